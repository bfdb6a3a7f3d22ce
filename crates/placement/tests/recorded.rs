//! Decisions as Pacemaker 2.1.5 makes them. Small clusters with the outcomes that `crm_simulate` recorded for them: one for
//! each question of how it decides, and one for each fate of a floating address on three nodes. Where the cases of the
//! scheduler's own suite are at hand, their shares of agreement.

#[path = "../examples/cases/candidate.rs"]
mod candidate;
mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use ringwright_placement::{Change, Cib, Options, Verb, active, place};

#[test]
fn every_question_has_the_recorded_answer() {
    all_agree("micro", 118);
}

#[test]
fn the_floating_address_goes_where_it_was_recorded() {
    all_agree("seed", 10);
}

fn all_agree(set: &str, count: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/recorded")
        .join(set);
    let mut wrong = String::new();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).expect("the recordings are here") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "xml") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).expect("a configuration");
        let expected = fs::read_to_string(path.with_extension("txt")).expect("its outcome");
        let got = outcome(&text);
        if got != expected {
            let _ = write!(
                wrong,
                "{}\n--- expected\n{expected}--- got\n{got}\n",
                path.display()
            );
        }
    }
    assert_eq!(seen, count, "recordings of {set}");
    assert!(wrong.is_empty(), "{wrong}");
}

/// Sorted lines: `= RESOURCE ROLE NODE` and `! VERB RESOURCE WHERE[ blocked][; WHY]`.
fn outcome(text: &str) -> String {
    let options = Options::default();
    let cib = Cib::parse("recorded", text).expect("it is well-formed").cib;
    let placement = place(&cib, &options).expect("it is supported");
    let after = placement.graph.carry_out(&cib);
    let placed = active(&after, &options).expect("it is supported");
    let unique = text.contains(r#"name="globally-unique" value="true""#);
    let mut lines: Vec<String> = placed
        .iter()
        .map(|a| {
            let name = match a.resource.split_once(':') {
                Some((base, _)) if !unique => base,
                _ => &a.resource,
            };
            format!("= {name} {} {}\n", a.role.name(), a.node)
        })
        .chain(placement.changes.iter().map(line))
        .collect();
    lines.sort();
    lines.concat()
}

fn line(change: &Change) -> String {
    let why = change
        .reason
        .as_ref()
        .map_or(String::new(), |r| format!("; {r}"));
    let source = change.source.as_deref();
    let dest = change.dest.as_deref();
    let place = source.or(dest).unwrap_or_default();
    if change.verb == Verb::Fence {
        return format!("! fence {place} {}{why}\n", change.resource);
    }
    let blocked = if change.blocked { " blocked" } else { "" };
    let moves = source.zip(dest).filter(|(from, to)| from != to);
    let r#where = match (change.role, change.next_role, moves) {
        (Some(now), Some(next), Some((from, to))) if now != next => {
            format!("{} {from} -> {} {to}", now.name(), next.name())
        }
        (Some(now), Some(next), None) if now != next => {
            format!("{} -> {} {place}", now.name(), next.name())
        }
        (Some(now), _, Some((from, to))) => format!("{from} -> {to} {}", now.name()),
        (None, _, Some((from, to))) => format!("{from} -> {to}"),
        (Some(now), _, None) => format!("{} {place}", now.name()),
        (None, _, None) => place.to_string(),
    };
    format!(
        "! {} {} {}{blocked}{why}\n",
        change.verb.name(),
        change.resource,
        r#where
    )
}

/// Least shares of agreement, placements and actions, exact for a case.
const TARGETS: [(&str, f64, f64); 3] = [("T1", 98.0, 97.0), ("T2", 95.0, 92.0), ("T3", 60.0, 50.0)];

#[test]
fn the_suite_of_the_scheduler_agrees() {
    let Some(cases) = support::shared_cases() else {
        return;
    };
    if !support::installed("python3") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/placement");
    let out = tempfile::tempdir().expect("a folder");
    let suite = folder.join("cases");
    for path in cases.iter().filter(|p| p.starts_with(&suite)) {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = fs::read_to_string(path).expect("a case");
        if let Some(json) = decide(&name, &text) {
            fs::write(out.path().join(format!("{name}.json")), json).expect("written");
        }
    }
    let table = Command::new("python3")
        .arg(folder.join("compare.py"))
        .arg(out.path())
        .output()
        .expect("the comparison runs");
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    for (tier, placement, actions) in TARGETS {
        let at_least = [("placement", placement), ("actions", actions)];
        for (measure, least) in at_least {
            let share = share(&table, tier, measure);
            assert!(share >= least, "{tier} {measure}: {share} %\n{table}");
        }
    }
}

/// `None` where the case is refused.
fn decide(name: &str, text: &str) -> Option<String> {
    let options = Options {
        clock: 1_790_000_000,
        ..Options::default()
    };
    let cib = Cib::parse(name, text).ok()?.cib;
    let placement = place(&cib, &options).ok()?;
    let placed = active(&placement.graph.carry_out(&cib), &options).ok()?;
    Some(candidate::json(name, &placement, &placed, false))
}

fn share(table: &str, tier: &str, measure: &str) -> f64 {
    table
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>())
        .find(|w| w.len() > 4 && w[0] == tier && w[1] == measure)
        .and_then(|w| w[4].trim_end_matches('%').parse().ok())
        .unwrap_or_else(|| panic!("no line {tier} {measure}:\n{table}"))
}
