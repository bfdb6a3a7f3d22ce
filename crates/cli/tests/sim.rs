//! `ringwright sim` as it is run: what it prints, how it ends, what it writes.
//!
//! `REWRITE=1 cargo test -p ringwright-cli --test sim` writes the expected texts anew; look at the difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Status, standard output, standard error.
type Ended = (i32, String, String);

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringwright"));
    command
        .arg("sim")
        .args(args)
        .current_dir(configurations())
        .stdin(Stdio::null());
    for variable in ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] {
        command.env_remove(variable);
    }
    command
}

fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("no signal");
    (status, text(output.stdout), text(output.stderr))
}

fn sim(args: &[&str]) -> Ended {
    ended(command(args).output().expect("the command"))
}

/// Of a run that is as expected.
fn good(args: &[&str]) -> String {
    let (status, out, err) = sim(args);
    assert_eq!((status, err.as_str()), (0, ""), "{args:?}: {out}");
    out
}

/// What it says when it refuses.
fn refused(args: &[&str], status: i32) -> String {
    let (found, out, err) = sim(args);
    assert_eq!((found, out.as_str()), (status, ""), "{args:?}: {err}");
    err
}

fn configurations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/tests/data")
}

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sim")
        .join(name);
    if std::env::var_os("REWRITE").is_some() {
        fs::write(&path, found).expect("a writable folder");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[test]
fn every_scenario_is_listed_once_in_a_table_and_as_json() {
    let table = good(&["list"]);
    let json = good(&["list", "--json"]);
    let scenarios: Vec<Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(scenarios.len() >= 17, "{json}");
    for scenario in &scenarios {
        let name = scenario["name"].as_str().expect("a name");
        let rows = table
            .lines()
            .filter(|line| line.split(' ').next() == Some(name));
        assert_eq!(rows.count(), 1, "{name} in {table}");
        assert!(!scenario["vintages"].as_array().expect("a list").is_empty());
        assert_eq!(scenario["engines"]["step"], scenario["vintages"]);
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 125),
        "{table}"
    );
}

#[test]
fn a_run_is_told_to_the_end() {
    let out = good(&["run", "s09", "--vintage", "2.4.3", "--seed", "3"]);
    compare("gap.txt", &out);
    assert_eq!(
        out,
        good(&[
            "run",
            "s09-gap-alone",
            "--vintage",
            "2.4.3",
            "--seed",
            "0x3"
        ])
    );
}

#[test]
fn a_split_brain_is_told_where_it_begins() {
    let out = good(&["run", "s03", "--vintage", "3.1.7"]);
    compare("cut.txt", &out);
    let without = good(&["run", "s03", "--vintage", "3.1.7", "--without", "two_node"]);
    assert!(!without.contains('⚠'), "{without}");
}

#[test]
fn the_replay_line_replays() {
    for args in [
        &[
            "run",
            "s12",
            "--vintage",
            "3.1.7",
            "--seed",
            "5",
            "--without",
            "two_node",
        ][..],
        &["run", "random", "--seed", "77", "--nodes", "4"],
        &[
            "run",
            "--script",
            "0s start 1; 0s start 2; 4s cut 1 <> 2",
            "--conf",
            "report.conf",
            "--until",
            "9.5",
        ],
    ] {
        let out = good(args);
        let line = out
            .lines()
            .find_map(|line| line.strip_prefix("Replay  "))
            .expect("a line");
        let words = shell_words(line.strip_prefix("ringwright sim ").expect("the command"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(good(&words), out, "{line}");
    }
}

/// Single quotes are all that the line uses.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.last_mut().expect("a word").push_str(part);
            continue;
        }
        let mut pieces = part.split(' ');
        words
            .last_mut()
            .expect("a word")
            .push_str(pieces.next().unwrap_or_default());
        words.extend(pieces.map(str::to_owned));
    }
    words
}

#[test]
fn the_timeline_is_json_with_both_holders_in_it() {
    let json: Value =
        serde_json::from_str(&good(&["run", "s03", "--vintage", "2.4.3", "--json"])).expect("JSON");
    assert_eq!(json["until"], 25_000_000);
    let holds_at = |at: u64| {
        let lanes = json["lanes"].as_array().expect("lanes");
        let holds = |lane: &&Value| {
            let mut spans = lane["spans"].as_array().expect("spans").iter();
            spans.any(|span| {
                span["from"].as_u64() <= Some(at)
                    && span["to"].as_u64() > Some(at)
                    && span["floating"] == true
            })
        };
        lanes.iter().filter(holds).count()
    };
    assert_eq!((holds_at(9_000_000), holds_at(17_000_000)), (1, 2));
}

#[test]
fn names_that_are_not_there_are_answered_with_near_ones() {
    assert!(refused(&["run", "s03-cat"], 1).contains("near it: s03-cut"));
    assert!(refused(&["run", "gap"], 1).contains("s09-gap-alone, s10-gap-member, s11-gap-new"));
    assert!(refused(&["run", "s1"], 1).contains("`s1` may be any of s10-gap-member"));
    let vintage = refused(&["run", "s10", "--vintage", "3.1.7"], 1);
    assert!(
        vintage.contains("s10-gap-member tells nothing of 3.1.7: its vintages are 2.3.3, 2.4.3"),
        "{vintage}"
    );
    assert!(
        refused(&["run", "s01", "--vintage", "9"], 1)
            .contains("known are 2.3.3, 2.4.3, 3.1.7, ringwright")
    );
}

#[test]
fn what_is_wrong_with_a_script_is_shown_at_its_place() {
    let err = refused(&["run", "--script", "0s start 1\n1s  flap 2"], 2);
    assert!(err.contains("script:2:5: expected a verb"), "{err}");
    assert!(err.contains("  1s  flap 2\n      ^"), "{err}");
    let err = refused(&["run", "--script", "0s start 1; 1s crash 9"], 1);
    assert!(
        err.contains("`crash 9` speaks of node 9; the machines are 1, 2 and 3"),
        "{err}"
    );
    let err = refused(&["run", "--script", "0s file 1 other.conf"], 1);
    assert!(err.contains("--file other.conf=FILE"), "{err}");
    let err = refused(&["run", "--script", "no-such-file"], 2);
    assert!(err.contains("no-such-file: No such file"), "{err}");
    let err = refused(&["run", "--script", "9s start 1", "--until", "3"], 1);
    assert!(err.contains("before the last verb"), "{err}");
    for wrong in [
        &["run"][..],
        &["run", "s01", "--script", "0s start 1"],
        &["run", "s01", "--until", "3"],
        &["run", "s01", "--nodes", "3"],
        &["run", "random", "--conf", "report.conf"],
        &["run", "s01", "--without", "no_such_key"],
        &[
            "run",
            "s15",
            "--conf",
            "report.conf",
            "--without",
            "broadcast",
        ],
        &["sweep", "s01", "--seeds", "5..5"],
        &["sweep", "s01", "--seeds", "0..5", "--shard", "3/2"],
        &["sweep", "s01", "--seeds", "0..5", "--shard", "auto"],
    ] {
        refused(wrong, 1);
    }
}

#[test]
fn a_script_runs_on_files_of_ones_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a writable folder");
        path.to_string_lossy().into_owned()
    };
    let report = fs::read_to_string(configurations().join("report.conf")).expect("a file");
    let whole = put("all.conf", &report);
    let other = put(
        "port.conf",
        &report.replace("mcastport: 5405", "mcastport: 5407"),
    );
    let script = put(
        "story",
        "0s start 1; 0s start 2; 0s start 3\n10s file 1 other; 10s restart 1 # another port\n",
    );
    let file = format!("other={other}");
    let args = [
        "run",
        "--script",
        &script,
        "--conf",
        &whole,
        "--file",
        &file,
        "--vintage",
        "3.1.7",
    ];
    let out = good(&args);
    assert!(
        out.contains("At the end  1:{1}- 2:{2,3}Q 3:{2,3}Q"),
        "{out}"
    );
    let single = format!("1={other}");
    let args = [
        "run",
        "s01",
        "--conf",
        &whole,
        "--conf",
        &single,
        "--vintage",
        "3.1.7",
        "--seed",
        "1",
    ];
    let out = good(&args);
    assert!(
        out.contains("At the end  1:{1}- 2:{2,3}- 3:{2,3}-"),
        "{out}"
    );
    assert!(out.contains("No expectation"), "{out}");
}

/// A sweep that ends in two ways.
const SWEEP: [&str; 6] = ["sweep", "s09", "--vintage", "2.4.3", "--seeds", "100..221"];

#[test]
fn a_sweep_counts_how_runs_end() {
    compare("sweep.txt", &good(&SWEEP));
}

#[test]
fn outcomes_are_those_of_a_time_if_asked_for() {
    let out = good(&[
        "sweep",
        "s03",
        "--vintage",
        "3.1.7",
        "--seeds",
        "0..5",
        "--at",
        "19",
    ]);
    assert!(
        out.contains("Outcome at 19.000 s") && out.contains("1:{1}Q 2:{2,3}Q 3:{2,3}Q"),
        "{out}"
    );
    let late = refused(&["sweep", "s03", "--seeds", "0..5", "--at", "99"], 1);
    assert!(late.contains("a run is over after 25.000 s"), "{late}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |jobs: &str| {
        let mut args = SWEEP.to_vec();
        args.extend(["--jobs", jobs, "--json"]);
        good(&args)
    };
    assert_eq!(with("1"), with("5"));
}

fn part(folder: &Path, shard: &str, name: &str, more: &[&str]) -> String {
    let path = folder.join(name).to_string_lossy().into_owned();
    let mut args = SWEEP.to_vec();
    args.extend(["--shard", shard, "--out", &path]);
    args.extend(more);
    good(&args);
    path
}

#[test]
fn parts_put_together_are_the_whole_byte_for_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let part = |shard: &str, name: &str| part(folder.path(), shard, name, &[]);
    let (one, two, three) = (part("1/3", "1"), part("2/3", "2"), part("3/3", "3"));
    let merge = ["merge", &three, &one, &two];
    assert_eq!(good(&merge), good(&SWEEP));
    let mut json = SWEEP.to_vec();
    json.push("--json");
    let merged = [&merge[..], &["--json"]].concat();
    assert_eq!(good(&merged), good(&json));
    let written = |args: &[&str], name: &str| {
        let path = folder.path().join(name);
        let path = path.to_string_lossy().into_owned();
        let args = [args, &["--html", &path]].concat();
        good(&args);
        fs::read_to_string(path).expect("a page")
    };
    assert_eq!(
        written(&merge, "merged.html"),
        written(&SWEEP, "whole.html")
    );
}

#[test]
fn parts_that_do_not_fit_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let (one, two) = (part(path, "1/3", "1", &[]), part(path, "2/3", "2", &[]));
    let again = part(path, "1/3", "again", &[]);
    let without = part(path, "3/3", "without", &["--without", "two_node"]);
    let quarter = part(path, "4/4", "quarter", &[]);
    let err = |files: &[&str]| refused(&[&["merge"], files].concat(), 2);
    assert!(err(&[&one, &two]).contains("missing of 3 parts: 3"));
    assert!(err(&[&one, &two, &again]).contains("are both part 1 of 3"));
    assert!(err(&[&one, &two, &without]).contains("options or files differ"));
    assert!(err(&[&one, &quarter]).contains("numbers of parts differ: 3 and 4"));
    let changed = |from: &str, to: &str| {
        let text = fs::read_to_string(&two).expect("a part");
        assert!(text.contains(from), "{text}");
        let path = path.join("changed").to_string_lossy().into_owned();
        fs::write(&path, text.replacen(from, to, 1)).expect("a writable folder");
        err(&[&one, &path])
    };
    assert!(changed("\"end\":221", "\"end\":321").contains("seeds differ: 100..221 and 100..321"));
    assert!(
        changed("s09-gap-alone", "s01-base")
            .contains("scenarios differ: s09-gap-alone and s01-base")
    );
    assert!(changed("\"vintage\":\"2.4.3\"", "\"vintage\":\"2.3.3\"").contains("vintages differ"));
    assert!(changed("\"ringwright\":\"", "\"ringwright\":\"9").contains("versions differ"));
    assert!(changed("\"format\":1", "\"format\":2").contains("of this version"));
    assert!(changed("{", "").contains("no result of a sweep"));
    let short = fs::read_to_string(&two)
        .expect("a part")
        .replacen("\"runs\":40", "\"runs\":39", 1);
    let path = path.join("short").to_string_lossy().into_owned();
    fs::write(&path, short).expect("a writable folder");
    let third = part(folder.path(), "3/3", "3", &[]);
    assert!(err(&[&one, &path, &third]).contains("39 runs, but seeds 140..180"));
}

#[test]
fn a_job_array_says_which_part_is_run() {
    let with = |variables: &[(&str, &str)], shard: &str| {
        let mut command = command(&SWEEP);
        command.args(["--shard", shard, "--json"]);
        command.envs(variables.iter().copied());
        let (status, out, err) = ended(command.output().expect("the command"));
        assert_eq!(status, 0, "{err}");
        out
    };
    let slurm = [
        ("SLURM_ARRAY_TASK_ID", "5"),
        ("SLURM_ARRAY_TASK_MIN", "4"),
        ("SLURM_ARRAY_TASK_COUNT", "3"),
    ];
    let second = with(&[], "2/3");
    assert_eq!(with(&slurm, "auto"), second);
    assert_eq!(with(&[("JOB_COMPLETION_INDEX", "1")], "auto/3"), second);
}

#[test]
fn random_schedules_are_swept_too() {
    let out = good(&["sweep", "random", "--seeds", "0..20", "--nodes", "3"]);
    assert!(out.contains("20 runs, all as expected"), "{out}");
}

#[test]
fn an_interrupted_sweep_shows_what_was_done() {
    let mut child = command(&["sweep", "s09", "--seeds", "0..1000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command");
    let id = child.id().to_string();
    // Until it listens: only then does the kernel's table of its signals say so.
    let listens = || {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 0b10 != 0)
    };
    while !listens() {
        let ended = child.try_wait().expect("its state");
        assert_eq!(ended, None, "it ended by itself");
        std::thread::yield_now();
    }
    let killed = Command::new("kill")
        .args(["-INT", &id])
        .status()
        .expect("kill");
    assert!(killed.success());
    let (status, out, err) = ended(child.wait_with_output().expect("an end"));
    assert_eq!(status, 130, "{err}");
    assert!(out.contains("Outcome"), "{out}");
    assert!(
        err.contains("interrupted after") && err.contains("of 1000000000 seeds"),
        "{err}"
    );
}

#[test]
fn a_picture_stands_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.svg");
    good(&[
        "run",
        "s03",
        "--vintage",
        "2.4.3",
        "--svg",
        &path.to_string_lossy(),
    ]);
    let svg = fs::read_to_string(&path).expect("a picture");
    assert!(
        svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""),
        "{svg}"
    );
    assert!(
        svg.contains("floating address on primary and secondary at once")
            || svg.contains("primary and secondary"),
        "{svg}"
    );
    assert!(!svg.contains("var(--"), "every colour is written out");
    let err = refused_to_write(&["run", "s01", "--svg", "/no/such/folder/x.svg"]);
    assert!(err.contains("/no/such/folder/x.svg: No such file"), "{err}");
}

fn refused_to_write(args: &[&str]) -> String {
    let (status, _, err) = sim(args);
    assert_eq!(status, 2, "{err}");
    err
}
