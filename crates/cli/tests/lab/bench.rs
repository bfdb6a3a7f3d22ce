//! `ringwright bench lab` and `throughput` make their own hosts, measure both programs, and leave nothing behind.

use std::process::Command;

use crate::hosts::{Lab, RINGWRIGHT};

fn namespaces() -> String {
    let output = Command::new("ip").args(["netns", "list"]).output();
    String::from_utf8_lossy(&output.expect("ip").stdout).into_owned()
}

/// What a benchmark has written; `None`, with a word, if it cannot be run here.
fn runs(lab: &str, args: &[&str]) -> Option<Vec<serde_json::Value>> {
    // Says what is missing, if anything is.
    Lab::up(lab, "R")?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("runs.json");
    let mut command = Command::new(RINGWRIGHT);
    command.arg("bench").args(args).arg("--json").arg(&file);
    let child = command.spawn().expect("the command");
    let id = child.id();
    let ended = child.wait_with_output().expect("an end");
    assert!(ended.status.success());
    assert!(!namespaces().contains(&format!("rwb{id}-")));
    let runs = std::fs::read(&file).expect("a file");
    Some(serde_json::from_slice(&runs).expect("a list"))
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn every_fault_is_measured_on_both_and_nothing_is_left_behind() {
    let args = "lab --nodes 3 --repeats 1 --token-coefficient 0";
    let args: Vec<&str> = args.split(' ').collect();
    let Some(runs) = runs("bench", &args) else {
        return;
    };
    assert_eq!(runs.len(), 2 * 7, "{runs:#?}");
    for run in runs {
        assert!(run["seconds"].as_f64().is_some(), "no ring: {run}");
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn every_ring_is_loaded_with_every_size() {
    let args = "throughput --sizes 64,40000 --seconds 1 --repeats 1";
    let args: Vec<&str> = args.split(' ').collect();
    let Some(runs) = runs("through", &args) else {
        return;
    };
    let rings: Vec<_> = runs.iter().map(|run| run["ring"].as_str()).collect();
    for ring in ["corosync", "embedded", "client", "mixed"] {
        let its = rings.iter().filter(|of| **of == Some(ring));
        assert_eq!(its.count(), 2, "{rings:?}");
    }
    for run in runs {
        assert!(run["messages"].as_u64() > Some(0), "nothing came: {run}");
    }
}
