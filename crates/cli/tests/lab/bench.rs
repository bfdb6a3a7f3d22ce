//! `ringwright bench lab` makes its own hosts, measures every fault on both programs, and leaves nothing behind.

use std::process::Command;

use crate::hosts::{Lab, RINGWRIGHT};

fn namespaces() -> String {
    let output = Command::new("ip").args(["netns", "list"]).output();
    String::from_utf8_lossy(&output.expect("ip").stdout).into_owned()
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn every_fault_is_measured_on_both_and_nothing_is_left_behind() {
    // Says what is missing, if anything is.
    if Lab::up("bench", "R").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("runs.json");
    let mut command = Command::new(RINGWRIGHT);
    command
        .args([
            "bench",
            "lab",
            "--nodes",
            "3",
            "--repeats",
            "1",
            "--token-coefficient",
            "0",
            "--json",
        ])
        .arg(&file);
    let child = command.spawn().expect("the command");
    let id = child.id();
    let ended = child.wait_with_output().expect("an end");
    assert!(ended.status.success());
    let runs: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let runs = runs.as_array().expect("a list");
    assert_eq!(runs.len(), 2 * 7, "{runs:#?}");
    for run in runs {
        assert!(run["seconds"].as_f64().is_some(), "no ring: {run}");
    }
    assert!(!namespaces().contains(&format!("rwb{id}-")));
}
