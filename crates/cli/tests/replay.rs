//! `ringwright quorum replay`.

use std::path::Path;
use std::process::{Command, Output};

/// Two nodes boot; corosync's own record of it.
const BOOT: &str = r#"{"seed":7,"kind":"plain","config":{"nodes":[{"id":1,"votes":null},{"id":2,"votes":1}]},"steps":[{"op":"up","node":1,"partition":0,"views":{"1":{"quorate":false,"expected":2,"highest":2,"total":1,"quorum":2,"flags":0,"votes":1,"qdevice_votes":0,"members":[1],"partition":0,"wfa_status":null,"ev_barrier":2,"callbacks":[]}}}]}"#;

fn replay(text: &str, args: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("scenarios.jsonl");
    std::fs::write(&file, text).unwrap();
    run(&file, args)
}

fn run(file: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringwright"));
    command.args(["quorum", "replay"]).arg(file).args(args);
    command.output().expect("ringwright runs")
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn recorded_histories_agree() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../totem/tests/data/vqsim/scenarios.jsonl");
    let output = run(&file, &[]);
    assert_eq!(lines(&output), ["300 scenarios, 6442 views: 6442 agree"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_disagreement_is_told_with_its_place() {
    assert_eq!(replay(BOOT, &[]).status.code(), Some(0));
    let output = replay(&BOOT.replace(r#""quorum":2"#, r#""quorum":1"#), &[]);
    assert_eq!(
        lines(&output),
        [
            "seed 7 step 0 node 1 field quorum: expected 1, got 2",
            "1 scenarios, 1 views: 0 agree",
        ]
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn one_seed_is_told_step_by_step() {
    let two = format!("{BOOT}\n{}\n", BOOT.replace(r#""seed":7"#, r#""seed":8"#));
    let told = lines(&replay(&two, &["--seed", "8"]));
    assert_eq!(told[0], "seed 8: 2 nodes, 1 steps");
    assert_eq!(told[1], "step 0: node 1 boots into partition 0");
    assert!(
        told[2].contains("node 1") && told[2].contains("not quorate"),
        "{told:?}"
    );
    assert_eq!(told.last().unwrap(), "1 scenarios, 1 views: 1 agree");
    let unknown = replay(&two, &["--seed", "9"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        String::from_utf8(unknown.stderr)
            .unwrap()
            .contains("no scenario has seed 9")
    );
}

#[test]
fn a_malformed_line_is_named() {
    let cases = [
        (
            format!("{BOOT}\n{{\"seed\":"),
            ":2: EOF while parsing a value at column 8",
        ),
        (
            BOOT.replace("\"up\"", "\"upp\""),
            ":1: seed 7, step 0: unknown variant `upp`",
        ),
        (
            BOOT.replace("\"total\":1,", ""),
            ":1: seed 7, step 0: missing field `total`",
        ),
        (
            BOOT.replace("\"nodes\":", "\"knodes\":"),
            ":1: unknown field `knodes`",
        ),
    ];
    for (text, why) in cases {
        let output = replay(&text, &[]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(why), "{errors}");
        assert_eq!(output.status.code(), Some(1));
    }
}
