//! `ringwright explain` as it is run: what it says of several configurations, and how it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn explain(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .arg("explain")
        .args(args)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests/data"))
        .output()
        .expect("the command")
}

/// Few schedules: these are about words, the simulation has tests of its own.
fn text(args: &[&str]) -> String {
    let output = explain(&[&["--quick"], args].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn refused(args: &[&str]) -> (i32, String) {
    let output = explain(args);
    let status = output.status.code().expect("no signal");
    (status, String::from_utf8(output.stderr).expect("text"))
}

#[test]
fn the_report_is_told_the_interface_first_and_what_helps() {
    let told = text(&[
        "--symptom",
        "alone=master1",
        "--vintage",
        "2.4.3",
        "report.conf",
    ]);
    for line in [
        "Why are the others without primary on some days?",
        "1. A: interface reconfigured under a running corosync",
        "error two-node:",
        "None of ",
        "splits the quorum.",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    let replays = |line: &&str| !line.contains("replay: ");
    let long: Vec<_> = told
        .lines()
        .filter(replays)
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn the_replay_line_ends_as_told() {
    let output = explain(&[
        "--quick",
        "--json",
        "--symptom",
        "alone=1",
        "--vintage",
        "2.4.3",
        "report.conf",
    ]);
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let best = &found["answers"][0]["ranked"][0];
    assert_eq!(best["cause"], "A");
    let shortest = &best["shortest"];
    let run = Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .args(["sim", "run", "--vintage", "2.4.3", "--conf"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests/data/report.conf"))
        .args(["--seed", &shortest["seed"].to_string()])
        .args(["--script", shortest["script"].as_str().expect("a script")])
        .output()
        .expect("the command");
    let told = String::from_utf8(run.stdout).expect("text");
    assert!(
        told.contains(shortest["views"].as_str().expect("views")),
        "{told}"
    );
}

#[test]
fn equal_questions_have_equal_answers() {
    let ask = || text(&["--symptom", "apart", "report.conf"]);
    assert_eq!(ask(), ask());
}

#[test]
fn all_versions_stand_side_by_side() {
    let told = text(&["--vintage", "all", "report.conf"]);
    let gap = told
        .lines()
        .find(|line| line.contains("gap-alone"))
        .expect("a row");
    let cells: Vec<&str> = gap.split_whitespace().collect();
    assert!(
        cells[2].parse::<u32>().is_ok_and(|percent| percent > 0),
        "{gap}"
    );
    assert_eq!(
        cells[6..],
        ["-", "-"],
        "neither 3.1.7 nor ringwright: {gap}"
    );
}

#[test]
fn a_page_holds_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("why.html");
    text(&["--html", page.to_str().expect("a path"), "report.conf"]);
    let page = fs::read_to_string(page).expect("a page");
    assert!(
        page.contains("a second owner of the node&#39;s address")
            || page.contains("a second owner of the node's address")
    );
    assert!(!page.contains("http://") || page.contains("http://www.w3.org"));
}

#[test]
fn evidence_moves_the_ranking() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evidence");
    let capture = data.join("mute.pcap");
    let told = text(&[
        "--symptom",
        "alone=1",
        "--vintage",
        "2.4.3",
        "--capture",
        capture.to_str().expect("a path"),
        "report.conf",
    ]);
    let first = told
        .lines()
        .find(|line| line.starts_with("1. "))
        .expect("a cause");
    assert!(first.starts_with("1. C:"), "{first}");
}

#[test]
fn files_of_all_nodes_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = fs::read_to_string(configurations().join("report.conf")).expect("the report");
    for (node, port) in [("primary", 5405), ("secondary", 5405), ("terciary", 5407)] {
        let text = report.replace("5405", &port.to_string());
        fs::write(folder.path().join(format!("{node}.conf")), text).expect("a file");
    }
    let told = text(&[folder.path().to_str().expect("a path")]);
    let without = told.split("Without any fault").nth(1).expect("a section");
    let without = without
        .split("Faults that do it")
        .next()
        .expect("a section");
    assert!(
        without.contains("terciary: terciary; no quorum"),
        "{without}"
    );
}

fn configurations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests/data")
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let (status, why) = refused(&["--symptom", "alone=nobody", "report.conf"]);
    assert_eq!(status, 1);
    assert!(
        why.contains("there is no node `nobody`: the nodes are primary, secondary, terciary"),
        "{why}"
    );
    let (status, why) = refused(&["--symptom", "odd", "report.conf"]);
    assert_eq!(status, 1);
    assert!(why.contains("`odd` is no symptom: alone=NODE"), "{why}");
    let (status, why) = refused(&["no-such.conf"]);
    assert_eq!(status, 2);
    assert!(why.contains("no-such.conf"), "{why}");
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.conf");
    fs::write(&broken, "totem {\n  version: 2\n").expect("a file");
    let (status, why) = refused(&[broken.to_str().expect("a path")]);
    assert_eq!(status, 8);
    assert!(why.contains("is refused, as said above"), "{why}");
    fs::write(&broken, "totem {\n  version: 2\n}\n").expect("a file");
    let (status, why) = refused(&[broken.to_str().expect("a path")]);
    assert_eq!(status, 2);
    assert!(
        why.contains("the nodelist has no node with an address"),
        "{why}"
    );
}
