//! The answer for a person at a terminal, in 80 columns.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ringwright_sims::explain::{Account, Cause, Counts, Fault, Proof, Ranked, Remedy};
use ringwright_sims::script::text;
use ringwright_sims::timeline::State;
use similar::TextDiff;

use super::Explained;
use crate::check::wrapped;

pub(super) const WIDTH: usize = 80;
pub(super) const HEADING: Style = Style::new().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();

/// Ends of a class that are shown; the rest is counted together.
const ENDS_MAX: usize = 4;
/// Lines of a changed file that are shown.
const DIFF_MAX: usize = 8;

/// The whole answer.
pub(super) fn answer(out: &mut dyn Write, explained: &Explained) -> io::Result<()> {
    head(out, explained)?;
    ranking(out, explained)?;
    let mut place = 0;
    for cause in causes(&explained.answer.ranked) {
        place += 1;
        detail(out, explained, place, cause)?;
    }
    remedied(out, explained)
}

/// The causes in the order of their best class of fault.
pub(super) fn causes(ranked: &[Ranked]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for ranked in ranked {
        if !causes.contains(&ranked.fault.cause) {
            causes.push(ranked.fault.cause);
        }
    }
    causes
}

fn head(out: &mut dyn Write, explained: &Explained) -> io::Result<()> {
    let (question, nodes) = (&explained.question, &explained.nodes);
    writeln!(out, "{HEADING}{}{HEADING:#}", asked(explained))?;
    let token = question.token.as_millis();
    writeln!(
        out,
        "{} nodes, {}, token timeout {token} ms, {} schedules of each fault\n",
        nodes.0.len(),
        runs(explained),
        question.seeds
    )?;
    for node in &nodes.0 {
        writeln!(
            out,
            "  {:>3}  {:<20} {}",
            node.number,
            node.name,
            node.addresses.join(" ")
        )?;
    }
    for (name, severity, summary) in &explained.findings {
        let style = if severity == "error" { BAD } else { HEADING };
        paragraph(
            out,
            "  ",
            &format!("{style}{severity}{style:#} {name}: {summary}"),
        )?;
    }
    if !explained.findings.is_empty() {
        writeln!(
            out,
            "  {DIM}ringwright check {} tells more{DIM:#}",
            explained.files.join(" ")
        )?;
    }
    let all: Vec<u32> = nodes.0.iter().map(|node| node.number).collect();
    let told = nodes.told(&explained.answer.baseline);
    writeln!(out, "\n{HEADING}Without any fault{HEADING:#}")?;
    for (who, what) in &told {
        let who = if told.len() == 1 {
            nodes.list(&all)
        } else {
            who.clone()
        };
        paragraph(out, "  ", &format!("{who}: {what}"))?;
    }
    Ok(())
}

/// The question in words.
pub(super) fn asked(explained: &Explained) -> String {
    use ringwright_sims::explain::Symptom;
    let name = |node| explained.nodes.name(node).to_owned();
    let how = if explained.question.steady {
        "each time"
    } else {
        "on some days"
    };
    match explained.question.symptom {
        None => "Which single faults split this cluster?".into(),
        Some(Symptom::Apart) => format!("Why are not all nodes together {how}?"),
        Some(Symptom::Alone(node)) => format!("Why are the others without {} {how}?", name(node)),
        Some(Symptom::Dead(node)) => format!("Why does the daemon on {} end {how}?", name(node)),
        Some(Symptom::SplitBrain) => format!("Why are two sides quorate {how}?"),
        Some(Symptom::NoQuorum) => format!("Why is nobody quorate {how}?"),
    }
}

/// What the machines run.
pub(super) fn runs(explained: &Explained) -> String {
    match explained.question.vintage {
        ringwright_sims::Vintage::Ringwright => "ringwright".into(),
        corosync => format!("corosync {corosync}"),
    }
}

fn ranking(out: &mut dyn Write, explained: &Explained) -> io::Result<()> {
    let answer = &explained.answer;
    let seen = if explained.question.symptom.is_some() {
        "seen"
    } else {
        "apart"
    };
    writeln!(
        out,
        "\n{HEADING}Faults that do it, the best explanation first{HEADING:#}"
    )?;
    if answer.ranked.is_empty() {
        writeln!(out, "  none of those that were tried")?;
    } else {
        writeln!(
            out,
            "  {HEADING}{:<20}{seen:>6}  {:<8}{:<8}{:<15}{:>9}{:>10}{HEADING:#}",
            "", "varies", "its own", "needs", "2 quorate", "2 holders"
        )?;
    }
    for ranked in &answer.ranked {
        row(out, explained, ranked)?;
    }
    let never: Vec<&str> = answer.unable.iter().map(|(fault, _)| fault.name).collect();
    if !never.is_empty() {
        paragraph(out, "  ", &format!("never: {}", never.join(", ")))?;
    }
    writeln!(
        out,
        "  {DIM}seen: at the end of so many schedules; (…): only for a while. varies: it comes\n  \
         and goes with one configuration. its own: it has to be this node. 2 quorate:\n  \
         two sides were quorate at once. 2 holders: two machines held the floating\n  \
         address.{DIM:#}"
    )
}

fn row(out: &mut dyn Write, explained: &Explained, ranked: &Ranked) -> io::Result<()> {
    let counts = &ranked.account.counts;
    let (fault, yes) = (ranked.fault, |is: bool| if is { "yes" } else { "-" });
    let seen = if counts.lasting > 0 {
        share(counts.lasting, counts.runs)
    } else {
        format!("({})", share(counts.passing, counts.runs))
    };
    let evidence = verdict(explained, fault.cause);
    writeln!(
        out,
        "  {} {:<18}{seen:>6}  {:<8}{:<8}{:<15}{:>9}{:>10}{evidence}",
        fault.cause.letter(),
        fault.name,
        yes(ranked.varies),
        yes(ranked.singles_out),
        fault.circumstance,
        share(counts.split_brain, counts.runs),
        share(counts.two_addresses, counts.runs),
    )
}

fn verdict(explained: &Explained, cause: Cause) -> &'static str {
    if explained.question.supported.contains(&cause) {
        "  evidence: yes"
    } else if explained.question.ruled_out.contains(&cause) {
        "  evidence: no"
    } else {
        ""
    }
}

/// `49 %`; a trace is not nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    match part * 100 / whole.max(1) {
        0 if part == 0 => "-".into(),
        0 => "<1 %".into(),
        percent => format!("{percent} %"),
    }
}

fn detail(
    out: &mut dyn Write,
    explained: &Explained,
    place: usize,
    cause: Cause,
) -> io::Result<()> {
    writeln!(
        out,
        "\n{HEADING}{place}. {}: {}{HEADING:#}",
        cause.letter(),
        cause.title()
    )?;
    paragraph(out, "   ", cause.mechanism())?;
    let ranked = explained.answer.ranked.iter();
    for ranked in ranked.filter(|ranked| ranked.fault.cause == cause) {
        class(out, explained, ranked)?;
    }
    writeln!(out, "\n   {HEADING}From outside{HEADING:#}")?;
    for sign in cause.signs() {
        item(out, "   - ", sign)?;
    }
    Ok(())
}

fn class(out: &mut dyn Write, explained: &Explained, ranked: &Ranked) -> io::Result<()> {
    let account = &ranked.account;
    writeln!(out)?;
    let told = format!(
        "{HEADING}{}{HEADING:#}: {}",
        ranked.fault.name,
        told(explained, ranked.fault)
    );
    paragraph(out, "   ", &told)?;
    ends(out, account)?;
    example(out, explained, ranked)?;
    for proof in &ranked.proofs {
        let counts = (&proof.before, &proof.after);
        remedy(out, explained, proof.remedy, counts)?;
    }
    Ok(())
}

/// What happens, to whom.
pub(super) fn told(explained: &Explained, fault: &Fault) -> String {
    let victim = explained
        .question
        .symptom
        .and_then(ringwright_sims::explain::Symptom::node);
    let victim = victim.map_or("one node", |node| explained.nodes.name(node));
    fault.told(victim)
}

fn ends(out: &mut dyn Write, account: &Account) -> io::Result<()> {
    let ends = account.ends();
    for (outcome, tally) in ends.iter().take(ENDS_MAX) {
        let groups = if outcome.0.len() > 6 {
            outcome.groups()
        } else {
            outcome.to_string()
        };
        let percent = share(tally.count, account.counts.runs);
        writeln!(out, "     {percent:>5}  {groups}")?;
    }
    let rest: u64 = ends
        .iter()
        .skip(ENDS_MAX)
        .map(|(_, tally)| tally.count)
        .sum();
    if rest > 0 {
        let percent = share(rest, account.counts.runs);
        writeln!(
            out,
            "     {percent:>5}  other ends, {} kinds",
            ends.len() - ENDS_MAX
        )?;
    }
    Ok(())
}

fn example(out: &mut dyn Write, explained: &Explained, ranked: &Ranked) -> io::Result<()> {
    writeln!(out, "   the shortest schedule of this kind")?;
    item(out, "     ", &text::one_line(&ranked.example.script))?;
    for line in changed_files(explained, ranked).iter().take(DIFF_MAX) {
        writeln!(out, "     {line}")?;
    }
    if changed_files(explained, ranked).is_empty() {
        writeln!(
            out,
            "   {DIM}replay: {}{DIM:#}",
            replay_line(explained, ranked)
        )?;
    }
    writeln!(out, "   at its end the tools show")?;
    for (who, what) in explained.nodes.told(&ranked.run.outcome) {
        let how = how_it_ended(explained, ranked, &who);
        item(out, "     ", &format!("{who}: {what}{how}"))?;
    }
    let holders = ranked.run.timeline.lanes.iter();
    let holders: Vec<u32> = holders
        .filter(|lane| lane.spans.last().is_some_and(|span| span.floating))
        .map(|lane| lane.node)
        .collect();
    if holders.len() > 1 {
        let who = explained.nodes.list(&holders);
        writeln!(
            out,
            "     {BAD}the floating address is on {who} at once{BAD:#}"
        )?;
    }
    Ok(())
}

/// The command that runs a schedule again, if all nodes share one file.
pub(super) fn replay_line(explained: &Explained, ranked: &Ranked) -> String {
    let script = text::one_line(&ranked.example.script);
    let (seed, vintage) = (ranked.example.settings.seed, explained.question.vintage);
    let file = explained
        .files
        .first()
        .map_or("corosync.conf", String::as_str);
    format!(
        "ringwright sim run --conf {file} --vintage {vintage} --seed {seed:#x} --script '{script}'"
    )
}

/// ` (signal 6)` for one node that is dead.
fn how_it_ended(explained: &Explained, ranked: &Ranked, who: &str) -> String {
    let mut lanes = ranked.run.timeline.lanes.iter();
    let lane = lanes.rfind(|lane| explained.nodes.name(lane.node) == who);
    match lane
        .and_then(|lane| lane.spans.last())
        .map(|span| &span.state)
    {
        Some(State::Dead { how }) => format!(" ({how})"),
        _ => String::new(),
    }
}

/// How files differ from those given, if the fault is about files.
pub(super) fn changed_files(explained: &Explained, ranked: &Ranked) -> Vec<String> {
    let mut lines = Vec::new();
    let setup = ranked.example.settings.setup.iter();
    for (node, machine) in setup.flat_map(|setup| &setup.machines) {
        let given = &explained.question.setup.machines[node];
        let name = explained.nodes.name(node.0);
        if machine.key != given.key {
            lines.push(format!("{name}: another key file"));
        }
        if machine.conf == given.conf {
            continue;
        }
        let diff = TextDiff::from_lines(&*given.conf, &*machine.conf);
        for change in diff.iter_all_changes() {
            let sign = match change.tag() {
                similar::ChangeTag::Equal => continue,
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
            };
            lines.push(format!("{name}: {sign} {}", change.value().trim()));
        }
    }
    lines
}

/// A remedy that is applied beforehand changes what happens; one that is applied afterwards, how it ends.
fn is_repair(remedy: Remedy) -> bool {
    matches!(
        remedy,
        Remedy::RemoveOwner | Remedy::OpenPath | Remedy::SameFiles
    )
}

fn remedy(
    out: &mut dyn Write,
    explained: &Explained,
    remedy: Remedy,
    (before, after): (&Counts, &Counts),
) -> io::Result<()> {
    let seen = if explained.question.symptom.is_some() {
        "seen"
    } else {
        "apart"
    };
    let about_quorum = matches!(remedy, Remedy::RemoveTwoNode | Remedy::TieBreaker);
    let mut effects = Vec::new();
    if !about_quorum {
        effects.push(effect(seen, before.lasting, after.lasting, before.runs));
    }
    if !is_repair(remedy) && (before.split_brain > 0 || after.split_brain > 0) {
        effects.push(effect(
            "two quorate sides",
            before.split_brain,
            after.split_brain,
            before.runs,
        ));
    }
    if about_quorum && before.no_quorum != after.no_quorum {
        effects.push(effect(
            "nobody quorate",
            before.no_quorum,
            after.no_quorum,
            before.runs,
        ));
    }
    item(out, "   > ", &format!("{remedy}: {}", effects.join("; ")))
}

fn effect(what: &str, before: u64, after: u64, runs: u64) -> String {
    let style = if after == 0 {
        GOOD
    } else if after >= before {
        BAD
    } else {
        HEADING
    };
    format!("{what} {before} → {style}{after}{style:#} of {runs}")
}

/// The classes again with all that can be done.
fn remedied(out: &mut dyn Write, explained: &Explained) -> io::Result<()> {
    let remedied = &explained.answer.remedied;
    writeln!(
        out,
        "\n{HEADING}With all that can be done beforehand{HEADING:#}"
    )?;
    for remedy in &remedied.remedies {
        item(out, "   > ", &remedy.to_string())?;
    }
    item(out, "   > ", "the same file and key on every node")?;
    let (before, after) = (&remedied.before, &remedied.after);
    writeln!(
        out,
        "   {} schedules of every class of fault but differing files:",
        after.runs
    )?;
    let per = |part: u64, counts: &Counts| share(part, counts.runs);
    for (what, before, after) in [
        (
            "two sides quorate at once",
            per(before.split_brain, before),
            per(after.split_brain, after),
        ),
        (
            "not all together at the end",
            per(before.apart, before),
            per(after.apart, after),
        ),
        (
            "nobody quorate at the end",
            per(before.no_quorum, before),
            per(after.no_quorum, after),
        ),
        (
            "two holders of the address",
            per(before.two_addresses, before),
            per(after.two_addresses, after),
        ),
    ] {
        writeln!(out, "     {what:<28} {before:>6}  →  {after:>6}")?;
    }
    let verdict = if after.split_brain == 0 {
        format!(
            "{GOOD}None of {} schedules splits the quorum.{GOOD:#}",
            after.runs
        )
    } else {
        format!(
            "{BAD}{} of {} schedules still split the quorum.{BAD:#}",
            after.split_brain, after.runs
        )
    };
    writeln!(out, "   {verdict}")?;
    if after.two_addresses > 0 {
        item(
            out,
            "   ",
            "Two holders that remain: a daemon that is killed or stands still leaves the address on its machine. That \
             takes fencing, or addresses that are leases, as ringwright's are.",
        )?;
    }
    Ok(())
}

fn paragraph(out: &mut dyn Write, indent: &str, text: &str) -> io::Result<()> {
    let lines = wrapped(text, WIDTH - indent.len());
    for line in lines.lines() {
        writeln!(out, "{indent}{line}")?;
    }
    Ok(())
}

/// The first line after a sign, the others below its text.
fn item(out: &mut dyn Write, sign: &str, text: &str) -> io::Result<()> {
    let lines = wrapped(text, WIDTH - sign.len());
    for (index, line) in lines.lines().enumerate() {
        let lead = if index == 0 {
            sign.to_owned()
        } else {
            " ".repeat(sign.len())
        };
        writeln!(out, "{lead}{line}")?;
    }
    Ok(())
}

/// A proof in one line, for pages.
pub(super) fn proof_row(proof: &Proof) -> Vec<String> {
    let of = |part: u64, counts: &Counts| format!("{part} of {}", counts.runs);
    vec![
        proof.remedy.to_string(),
        of(proof.before.lasting, &proof.before),
        of(proof.after.lasting, &proof.after),
        of(proof.before.split_brain, &proof.before),
        if is_repair(proof.remedy) {
            "-".into()
        } else {
            of(proof.after.split_brain, &proof.after)
        },
    ]
}
