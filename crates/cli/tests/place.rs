//! `ringwright place` as it is run: what it prints, how it ends, and that its events are those of `crm_simulate`.
//!
//! `REWRITE=1 cargo test -p ringwright-cli --test place` writes the expected texts anew; look at the difference.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::Ended;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/place")
}

fn place(args: &[&str]) -> Ended {
    place_in(&folder(), args, b"")
}

fn place_in(folder: &Path, args: &[&str], input: &[u8]) -> Ended {
    support::run("place", folder, args, input)
}

fn object(args: &[&str]) -> Value {
    let (status, out, err) = place(&[&["--json"], args].concat());
    assert_eq!(status, 0, "{err}");
    serde_json::from_str(&out).expect("JSON")
}

fn compare(name: &str, args: &[&str]) {
    let (status, found, err) = place(args);
    assert_eq!((status, &*err), (0, ""));
    let path = folder().join(name);
    if std::env::var_os("REWRITE").is_some() {
        fs::write(&path, &found).expect("a writable folder");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

#[test]
fn the_status_the_plan_its_steps_and_what_comes_of_them() {
    compare("lost.txt", &["--node-lost", "n1", "cluster.xml"]);
}

#[test]
fn what_is_in_its_place_stays_there() {
    compare("stable.txt", &["cluster.xml"]);
    let (status, out, _) = place(&["--quiet", "cluster.xml"]);
    assert_eq!(status, 0);
    assert_eq!(
        out,
        "Planned actions\n  none: everything is where it belongs\n"
    );
}

#[test]
fn every_score_is_told_with_what_made_it_and_every_action_with_what_it_waits_for() {
    compare("why-ip.txt", &["--why", "ip", "cluster.xml"]);
    compare(
        "why-report.txt",
        &["--node-lost", "n1", "--why", "report", "cluster.xml"],
    );
    compare(
        "why-probes.txt",
        &["--standby", "n2", "--why", "probes", "cluster.xml"],
    );
    let (status, out, err) = place(&["--why", "nothing", "cluster.xml"]);
    assert_eq!((status, &*out), (1, ""));
    assert!(err.contains("there is no resource `nothing`"), "{err}");
}

#[test]
fn the_reasons_of_a_score_add_up_to_it() {
    let placed = object(&["--scores", "--fail", "ip", "cluster.xml"]);
    let reasons = placed["reasons"].as_array().expect("reasons");
    let of_ip = reasons
        .iter()
        .filter(|r| r["resource"] == "ip" && r["node"] == "n1");
    let mut at = 0;
    for reason in of_ip.clone() {
        assert_eq!(reason["before"], at, "{reason}");
        at = reason["after"].as_i64().expect("a score");
    }
    assert_eq!(
        of_ip.count(),
        3,
        "location, stickiness, the member after it"
    );
    let scores = placed["scores"].as_array().expect("scores");
    let line = format!("pcmk__primitive_assign: ip allocation score on n1: {at}");
    assert!(scores.iter().any(|s| *s == *line), "{line}: {scores:?}");
}

#[test]
fn the_graph_is_drawn_by_graphviz() {
    compare("lost.dot", &["--node-lost", "n1", "--dot", "cluster.xml"]);
    if !installed("dot") {
        return;
    }
    let mut dot = Command::new("dot")
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("graphviz");
    let text = fs::read(folder().join("lost.dot")).expect("the graph");
    let mut input = dot.stdin.take().expect("a pipe");
    input.write_all(&text).expect("read whole");
    drop(input);
    let drawn = dot.wait_with_output().expect("an end");
    assert!(drawn.status.success());
    assert!(String::from_utf8_lossy(&drawn.stdout).contains("<svg"));
}

#[test]
fn a_folder_gives_one_object_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = fs::read(self::folder().join("cluster.xml")).expect("the cluster");
    fs::write(folder.path().join("a.xml"), &cluster).expect("written");
    fs::write(folder.path().join("b.xml.bz2"), packed(&cluster)).expect("written");
    fs::write(folder.path().join("bad.xml"), "<cib>").expect("written");
    let (status, out, err) = place_in(folder.path(), &["--json", "--output", "out", "."], b"");
    assert_eq!((status, &*out), (2, ""), "the bad one counts, {err}");
    assert!(
        err.contains("./bad.xml:1:6: error: the file ends within <cib>"),
        "{err}"
    );
    for case in ["a", "b"] {
        let text = fs::read_to_string(folder.path().join(format!("out/{case}.json")));
        let placed: Value = serde_json::from_str(&text.expect("the file")).expect("JSON");
        assert_eq!(placed["case"], case);
        assert_eq!(placed["placements"].as_array().map(Vec::len), Some(7));
        assert_eq!(placed["actions"], Value::Array(Vec::new()));
    }
    let (status, out, _) = place_in(folder.path(), &["--json", "-"], &cluster);
    assert_eq!((status, out.lines().count()), (0, 1));
}

/// As `bzip2` packs it.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

#[test]
fn what_cannot_be_used_is_pointed_at() {
    let text = fs::read_to_string(folder().join("cluster.xml")).expect("the cluster");
    let refused = |text: &str, wanted: &str| {
        let (status, out, err) = place_in(&folder(), &["-"], text.as_bytes());
        assert_eq!((status, &*out), (2, ""), "{err}");
        assert!(err.contains(wanted), "{err}");
    };
    refused(
        &text.replace("<nodes>", "<nodes"),
        "<stdin>:9:7: error: expected a name\n 9 |       <node id=\"1\" uname=\"n1\"/>\n   |       ^",
    );
    refused(
        &text.replace("pacemaker-3.7", "pacemaker-9.9"),
        "pacemaker-9.9",
    );
    refused("", "<stdin>: empty");
    let (status, _, err) = place(&["missing.xml"]);
    assert_eq!(status, 2);
    assert!(err.contains("missing.xml: No such file"), "{err}");
}

#[test]
fn an_event_that_cannot_happen_is_an_error() {
    let fails = |args: &[&str], wanted: &str| {
        let (status, out, err) = place(&[args, &["cluster.xml"]].concat());
        assert_eq!((status, &*out), (1, ""), "{err}");
        assert!(err.contains(wanted), "{err}");
    };
    fails(&["--node-down", "x"], "there is no node `x`");
    fails(&["--standby", "x"], "there is no node `x`");
    fails(&["--fail", "x"], "there is no primitive `x`");
    fails(&["--fail", "ip@n2"], "`ip@n2` does not run there");
    fails(
        &["--fail", "probe"],
        "`probe` runs on n1, n2, n3: say `probe@NODE`",
    );
}

#[test]
fn time_can_be_given() {
    // A failure that is forgotten after a minute.
    let text = fs::read_to_string(folder().join("cluster.xml")).expect("the cluster");
    let stickiness = r#"<nvpair id="defaults-stickiness""#;
    let forget = r#"<nvpair id="t" name="failure-timeout" value="60"/><nvpair id="m" name="migration-threshold" value="1"/>"#;
    let text = text.replace(stickiness, &format!("{forget}{stickiness}"));
    let failed = r#"<transient_attributes id="1"><instance_attributes id="s"><nvpair id="f" name="fail-count-ip#monitor_10000" value="1"/><nvpair id="l" name="last-failure-ip#monitor_10000" value="1700000000"/></instance_attributes></transient_attributes><lrm id="1">"#;
    let text = text.replacen(r#"<lrm id="1">"#, failed, 1);
    let runs_on = |now: &str| {
        let args = ["--json", "--now", now, "-"];
        let (status, out, err) = place_in(&folder(), &args, text.as_bytes());
        assert_eq!(status, 0, "{err}");
        let placed: Value = serde_json::from_str(&out).expect("JSON");
        let placements = placed["placements"].as_array().expect("placements").clone();
        let ip = placements.iter().find(|p| p["resource"] == "ip");
        ip.expect("the address")["node"].clone()
    };
    assert_eq!(
        runs_on("2023-11-14T22:13:30Z"),
        "n3",
        "ten seconds after it"
    );
    assert_eq!(runs_on("1700000061"), "n1", "61 seconds after it");
    let (status, _, err) = place(&["--now", "soon", "cluster.xml"]);
    assert_eq!(status, 1);
    assert!(err.contains("expected seconds since 1970"), "{err}");
}

/// Events as both tools take them.
const EVENTS: [(&[&str], &[&str]); 8] = [
    (&[], &[]),
    (&["--node-down", "n1"], &["-d", "n1"]),
    (&["--node-down", "n1,n3"], &["-d", "n1", "-d", "n3"]),
    (&["--node-lost", "n1"], &["-f", "n1"]),
    (
        &["--node-lost", "n1", "--quorum", "no"],
        &["-f", "n1", "-q", "0"],
    ),
    (
        &["--node-up", "n2", "--quorum", "no"],
        &["-u", "n2", "-q", "0"],
    ),
    (&["--fail", "ip"], &["-i", "ip_monitor_10000@n1=1"]),
    (&["--fail", "probe@n2"], &["-i", "probe_monitor_20000@n2=1"]),
];

#[test]
fn events_do_what_they_do_to_crm_simulate() {
    if !installed("crm_simulate") {
        return;
    }
    for (ours, theirs) in EVENTS {
        let ours = object(&[ours, &["cluster.xml"]].concat());
        let simulated = simulated(&folder().join("cluster.xml"), theirs);
        assert_eq!(actions(&ours), their_actions(&simulated), "{theirs:?}");
        assert_eq!(homes(&ours), their_homes(&simulated), "{theirs:?}");
    }
}

fn simulated(file: &Path, args: &[&str]) -> String {
    let mut simulate = Command::new("crm_simulate");
    simulate.args(["-S", "-x"]).arg(file).args(args);
    let output = simulate.output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn standby_is_what_the_attribute_does_to_crm_simulate() {
    if !installed("crm_simulate") {
        return;
    }
    let text = fs::read_to_string(folder().join("cluster.xml")).expect("the cluster");
    let standby = r#"<transient_attributes id="1"><instance_attributes id="s"><nvpair id="f" name="standby" value="on"/></instance_attributes></transient_attributes><lrm id="1">"#;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text = text.replacen(r#"<lrm id="1">"#, standby, 1);
    fs::write(file.path(), text).expect("written");
    let simulated = simulated(file.path(), &[]);
    let ours = object(&["--standby", "n1", "cluster.xml"]);
    assert_eq!(actions(&ours), their_actions(&simulated));
    assert_eq!(homes(&ours), their_homes(&simulated));
}

/// `VERB RESOURCE FROM TO`.
fn actions(placed: &Value) -> BTreeSet<String> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let actions = placed["actions"].as_array().expect("actions").iter();
    let line = |a: &Value| {
        if a["action"] == "fence" {
            return format!("fence {}", text(&a["node"]));
        }
        let (source, dest) = (text(&a["source"]), text(&a["dest"]));
        let nodes = match (&*source, &*dest) {
            (from, to) if from == to || to.is_empty() => from.to_owned(),
            ("", to) => to.to_owned(),
            (from, to) => format!("{from} -> {to}"),
        };
        format!("{} {} {nodes}", text(&a["action"]), text(&a["resource"]))
    };
    actions.map(line).collect()
}

fn their_actions(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .skip_while(|l| *l != "Transition Summary:")
        .skip(1);
    let lines = lines.take_while(|l| l.starts_with("  * "));
    let line = |l: &str| {
        let words: Vec<&str> = l.split_whitespace().skip(1).collect();
        if words[0] == "Fence" {
            return format!("fence {}", words[2]);
        }
        let (from, to) = (l.find('(').expect("nodes"), l.find(')').expect("nodes"));
        let nodes = l[from + 1..to].trim();
        format!("{} {} {nodes}", words[0].to_lowercase(), words[1])
    };
    lines.map(line).collect()
}

/// `RESOURCE NODE`; instances of clones by the name within.
fn homes(placed: &Value) -> BTreeSet<String> {
    let placements = placed["placements"].as_array().expect("placements").iter();
    let line = |p: &Value| {
        let resource = p["resource"].as_str().expect("a name");
        let base = resource.split(':').next().unwrap_or(resource);
        format!("{base} {}", p["node"].as_str().expect("a node"))
    };
    placements.map(line).collect()
}

fn their_homes(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .skip_while(|l| *l != "Revised Cluster Status:")
        .skip(1);
    let mut found = BTreeSet::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["*", name, _, "Started", node, ..] => {
                found.insert(format!("{name} {node}"));
            }
            ["*", "Started:", "[", ref nodes @ .., "]"] => {
                found.extend(nodes.iter().map(|n| format!("probe {n}")));
            }
            _ => {}
        }
    }
    found
}

/// Whether a program is there; if not, it is said.
fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("-?").output().is_ok();
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}
