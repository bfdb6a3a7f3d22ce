//! Random clusters, placed by ours and by Pacemaker's own scheduler.
//!
//! `SEEDS=0..5000 cargo test --release -p ringwright-placement --test differential -- --nocapture` tries others; clusters on
//! which the two disagree are made small and written to the folder that `FOUND` names.

mod generate;
mod history;
mod outcome;
mod shrink;

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::panic;
use std::path::{Path, PathBuf};

use outcome::{Outcome, ours, theirs};
use ringwright_placement::Cib;
use support::installed;

/// What is tried when nothing else is asked for.
const SEEDS: Range<u64> = 0..300;

/// How many disagreements are made small; each takes a hundred runs.
const SHRUNK_MAX: usize = 40;

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("SEEDS") else {
        return SEEDS;
    };
    let range = text
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    range.unwrap_or_else(|| panic!("SEEDS={text}: expected FROM..TO"))
}

/// What differs between two outcomes: of placements, and of anything.
struct Verdict {
    placements: bool,
    actions: bool,
}

fn compare(ours: Option<&Outcome>, theirs: &Outcome) -> Verdict {
    Verdict {
        placements: ours.is_some_and(|o| o.placements == theirs.placements),
        actions: ours.is_some_and(|o| o.actions == theirs.actions),
    }
}

/// Ours; nothing if it refuses, or panics, which counts as a disagreement.
fn decided(cib: &Cib) -> Option<Outcome> {
    panic::catch_unwind(|| ours(cib)).ok().flatten()
}

#[test]
fn random_clusters_are_placed_as_pacemaker_places_them() {
    if !installed("crm_simulate") {
        return;
    }
    let found = std::env::var_os("FOUND").map(PathBuf::from);
    let (mut compared, mut placements, mut actions, mut shrunk) = (0, 0, 0, 0);
    let mut disagreeing = Vec::new();
    for seed in seeds() {
        let cib = generate::cluster(seed);
        // It gives up on circles of orders.
        let Some(expected) = theirs(&cib) else {
            continue;
        };
        let verdict = compare(decided(&cib).as_ref(), &expected);
        compared += 1;
        placements += u32::from(verdict.placements);
        actions += u32::from(verdict.actions);
        if verdict.placements && verdict.actions {
            continue;
        }
        disagreeing.push(seed);
        if let (Some(folder), true) = (&found, shrunk < SHRUNK_MAX) {
            shrunk += 1;
            keep(folder, seed, &cib, &verdict);
        }
    }
    let share = |n: u32| 100.0 * f64::from(n) / f64::from(compared);
    eprintln!(
        "{compared} clusters: placements agree on {placements} ({:.2} %), actions on {actions} ({:.2} %)",
        share(placements),
        share(actions)
    );
    eprintln!("disagreeing: {disagreeing:?}");
    assert!(compared > 0, "nothing was compared");
    assert!(
        share(placements) >= 99.0,
        "placements agree on {:.2} % only",
        share(placements)
    );
}

/// Makes a disagreement small and writes it down, with both outcomes.
fn keep(folder: &Path, seed: u64, cib: &Cib, verdict: &Verdict) {
    let bad = |cib: &Cib| {
        let Some(expected) = theirs(cib) else {
            return false;
        };
        let now = compare(decided(cib).as_ref(), &expected);
        if verdict.placements {
            !now.actions
        } else {
            !now.placements
        }
    };
    let small = shrink::shrink(cib, bad);
    let expected = theirs(&small).expect("it was decided before");
    let got = decided(&small).map_or_else(|| "refused or panicked\n".to_owned(), |o| o.to_string());
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(format!("{seed}.xml")), small.to_xml()).expect("a writable file");
    let report = format!("expected\n{expected}\ngot\n{got}");
    fs::write(folder.join(format!("{seed}.txt")), report).expect("a writable file");
}

#[test]
fn recorded_clusters_are_placed_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/corpus");
    let mut wrong = BTreeMap::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "xml") {
            continue;
        }
        let read = |path: &Path| fs::read_to_string(path).expect("a readable file");
        let cib = Cib::parse(&path.display().to_string(), &read(&path))
            .expect("it can be read")
            .cib;
        let expected = outcome::parse(&read(&path.with_extension("txt")));
        let got = decided(&cib).unwrap_or_default();
        if got != expected {
            wrong.insert(path, format!("expected\n{expected}got\n{got}"));
        }
        count += 1;
    }
    assert!(count > 0, "an empty corpus");
    assert!(
        wrong.is_empty(),
        "{} of {count} differ: {wrong:#?}",
        wrong.len()
    );
}
