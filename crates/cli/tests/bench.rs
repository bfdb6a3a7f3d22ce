//! `ringwright bench` in virtual time as it is run: what it prints and what it writes.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::run;

/// Standard output of a benchmark, and the runs and the picture that it wrote.
fn bench(args: &str) -> (String, Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let args = format!("{args} --json runs.json --svg picture.svg");
    let args: Vec<&str> = args.split(' ').collect();
    let (status, out, err) = run("bench", folder.path(), &args, b"");
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    let runs = serde_json::from_str(&read("runs.json")).expect("JSON");
    (out, runs, read("picture.svg"))
}

#[test]
fn corosync_waits_for_the_dead_and_not_for_those_who_left() {
    let (out, runs, svg) = bench(
        "convergence --nodes 3,4 --faults kill,leave --vintages 3.1.7 --token 1000 --token-coefficient 0 --seeds 2",
    );
    assert_eq!(out.lines().count(), 1 + 2 * 2, "{out}");
    assert_eq!(runs.len(), 2 * 2 * 2);
    for run in &runs {
        let seconds = run["seconds"].as_f64().expect("a ring");
        // A second for the token, 1.2 s for consensus.
        let expected = match run["fault"].as_str() {
            Some("kill") => 2.0..3.0,
            _ => 0.0..0.1,
        };
        assert!(expected.contains(&seconds), "{run}");
        assert!(run["datagrams"].as_u64() > Some(0), "{run}");
    }
    assert!(svg.starts_with("<svg "), "{svg}");
    for shown in [
        "kill: time to the new ring",
        "corosync 3.1.7",
        "token + consensus",
        "prefers-color-scheme: dark",
    ] {
        assert!(svg.contains(shown), "{shown} is not in {svg}");
    }
    // The marks of two numbers of nodes, of two faults in three measures, and one in the legend.
    assert_eq!(svg.matches("<circle").count(), 2 * 2 * 3 + 1);
}

#[test]
fn the_same_is_measured_again_from_the_same_seeds() {
    let args = "convergence --nodes 5 --faults boot,heal --loss 5 --seeds 2 --jobs 2";
    let without_processor = |mut runs: Vec<Value>| {
        for run in &mut runs {
            run["processor"].take();
        }
        runs
    };
    let [one, other] = [(); 2].map(|()| without_processor(bench(args).1));
    assert_eq!(one, other);
}

#[test]
fn a_ring_changes_under_loss_and_not_without() {
    let (out, runs, _) = bench(
        "changes --nodes 3 --vintages 3.1.7 --loss 0,50 --pause 50 --token-coefficient 0 --seconds 300 --seeds 1",
    );
    assert_eq!(out.lines().count(), 1 + 3, "{out}");
    let changes: Vec<_> = runs
        .iter()
        .map(|run| run["seen"]["changes"].as_u64())
        .collect();
    assert_eq!((changes[0], changes[2]), (Some(0), Some(0)), "{runs:?}");
    assert!(changes[1] > Some(0), "{runs:?}");
    assert!(runs[2]["seen"]["pauses"].as_u64() > Some(0), "{runs:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    for args in [
        "convergence --nodes 1",
        "convergence --nodes 385",
        "convergence --faults flood",
        "convergence --loss 101",
        "changes --seeds 0",
        "lab --nodes 1",
        "throughput --sizes 0",
        "throughput --sizes 2000000",
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let (status, out, err) = run("bench", Path::new("/"), &args, b"");
        assert_eq!((status, out.as_str()), (1, ""), "{args:?}: {err}");
    }
}
