//! The answer as a page, with a timeline for each class of fault.

use std::path::Path;

use ringwright_sims::script::text;

use super::Explained;
use super::show::{asked, causes, changed_files, proof_row, runs, share, told};
use crate::failure::Failure;
use crate::html::{Page, Share};

/// Writes it.
pub(super) fn write(path: &Path, explained: &[Explained]) -> Result<(), Failure> {
    let title = explained.first().map_or_else(String::new, asked);
    let mut page = Page::new(&title);
    for one in explained {
        answer(&mut page, one);
    }
    page.write(path)
}

fn answer(page: &mut Page, explained: &Explained) {
    let (question, answer) = (&explained.question, &explained.answer);
    let names: Vec<&str> = explained
        .nodes
        .0
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    page.heading(&format!("{}: {}", runs(explained), names.join(", ")));
    page.text(&format!(
        "Token timeout {} ms; {} schedules of each class of fault. Without any fault: {}",
        question.token.as_millis(),
        question.seeds,
        answer.baseline
    ));
    for (name, severity, summary) in &explained.findings {
        if severity == "error" {
            page.warning(&format!("{name}: {summary}"));
        }
    }
    let rows: Vec<Vec<String>> = answer
        .ranked
        .iter()
        .map(|ranked| {
            let counts = &ranked.account.counts;
            let yes = |is: bool| if is { "yes" } else { "-" }.to_owned();
            vec![
                format!("{} {}", ranked.fault.cause.letter(), ranked.fault.name),
                share(counts.lasting, counts.runs),
                share(counts.passing, counts.runs),
                yes(ranked.varies),
                yes(ranked.singles_out),
                ranked.fault.circumstance.to_string(),
                share(counts.split_brain, counts.runs),
                share(counts.two_addresses, counts.runs),
            ]
        })
        .collect();
    page.table(
        &[
            "Fault",
            "Seen at the end",
            "For a while",
            "Varies",
            "Its own",
            "Needs",
            "Two quorate sides",
            "Two holders",
        ],
        &rows,
    );
    for (place, cause) in causes(&answer.ranked).into_iter().enumerate() {
        page.heading(&format!("{}. {cause}", place + 1));
        page.text(cause.mechanism());
        for ranked in answer
            .ranked
            .iter()
            .filter(|ranked| ranked.fault.cause == cause)
        {
            class(page, explained, ranked);
        }
        page.text("From outside:");
        page.code(&cause.signs().join("\n"));
    }
    remedied(page, explained);
}

fn class(page: &mut Page, explained: &Explained, ranked: &ringwright_sims::explain::Ranked) {
    let counts = &ranked.account.counts;
    page.text(&format!(
        "{}: {}",
        ranked.fault.name,
        told(explained, ranked.fault)
    ));
    let shares: Vec<Share> = ranked
        .account
        .ends()
        .into_iter()
        .take(6)
        .map(|(outcome, tally)| Share {
            what: outcome.to_string(),
            count: tally.count,
            note: format!("seed {}", tally.seed),
            is_bad: outcome.quorate_groups() > 1,
        })
        .collect();
    page.shares(counts.runs, &shares);
    let script = text::one_line(&ranked.example.script);
    page.timeline(
        &format!("The shortest schedule of {}", ranked.fault.name),
        &script,
        &ranked.run.timeline,
    );
    let changed = changed_files(explained, ranked);
    if !changed.is_empty() {
        page.code(&changed.join("\n"));
    }
    if !ranked.proofs.is_empty() {
        let rows: Vec<Vec<String>> = ranked.proofs.iter().map(proof_row).collect();
        let head = [
            "Remedy",
            "Seen before",
            "after",
            "Two quorate sides before",
            "after",
        ];
        page.table(&head, &rows);
    }
}

fn remedied(page: &mut Page, explained: &Explained) {
    let remedied = &explained.answer.remedied;
    page.heading("With all that can be done beforehand");
    let list: Vec<String> = remedied.remedies.iter().map(ToString::to_string).collect();
    page.code(&list.join("\n"));
    let (before, after) = (&remedied.before, &remedied.after);
    let row = |what: &str, before_part: u64, after_part: u64| {
        vec![
            what.to_owned(),
            format!("{before_part} of {}", before.runs),
            format!("{after_part} of {}", after.runs),
        ]
    };
    page.table(
        &[
            "Schedules of every class but differing files",
            "without",
            "with",
        ],
        &[
            row(
                "two sides quorate at once",
                before.split_brain,
                after.split_brain,
            ),
            row("not all together at the end", before.apart, after.apart),
            row(
                "nobody quorate at the end",
                before.no_quorum,
                after.no_quorum,
            ),
            row(
                "two holders of the address",
                before.two_addresses,
                after.two_addresses,
            ),
        ],
    );
}
