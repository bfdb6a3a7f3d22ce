//! `ringwright explain --capture` on captures of real corosync 3.1.7, three hosts on a bridge, token 1000 ms.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn evidence(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .arg("explain")
        .args(args)
        .output()
        .unwrap()
}

fn capture(name: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/evidence");
    data.join(format!("{name}.pcap"))
}

fn judged(name: &str, more: &[&str]) -> Value {
    let path = capture(name);
    let args = [
        &["--quick", "--json", "--capture", path.to_str().unwrap()],
        more,
    ]
    .concat();
    let output = evidence(&args);
    assert!(output.status.success(), "{name}: {output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    found["evidence"].clone()
}

/// `A+` supported, `A-` ruled out, `A?` silent.
fn told(found: &Value) -> String {
    let causes = found["causes"].as_array().unwrap().iter();
    let told = causes.map(|cause| {
        let sign = match cause["finding"].as_str().unwrap() {
            "supported" => "+",
            "ruled out" => "-",
            _ => "?",
        };
        format!("{}{sign}", cause["cause"].as_str().unwrap())
    });
    told.collect::<Vec<_>>().join(" ")
}

/// What was done to master1, and what a capture on the bridge has to say.
const CAPTURES: [(&str, &str); 9] = [
    // nothing: three daemons start
    ("healthy", "A? B- C? D? E? F? G- H-"),
    // it receives nothing (iptables), the others hear it
    ("deaf", "A- B- C+ D- E? F- G- H-"),
    // the others receive nothing from it
    ("mute", "A- B- C+ D- E? F- G- H-"),
    // its daemon is not started
    ("refused", "A? B- C- D+ E? F? G- H-"),
    // it is stopped for 4 s
    ("pause", "A? B- C? D- E? F+ G- H-"),
    // its interface goes down, loses its address and is back after 6 s
    ("gone", "A+ B- C? D- E? F? G- H-"),
    // its file says mcastport 5407
    ("port", "A- B- C? D- E+ F- G- H-"),
    // its file lists only itself
    ("alone", "A? B- C? D? E+ F? G- H-"),
    // a fourth host has its address
    ("twin", "A- B+ C? D- E? F- G- H-"),
];

#[test]
fn every_capture_points_to_its_cause() {
    for (name, expected) in CAPTURES {
        assert_eq!(told(&judged(name, &[])), expected, "{name}");
    }
}

#[test]
fn facts_have_the_time_and_the_frame_that_decode_shows() {
    let found = judged("twin", &[]);
    let facts = found["facts"].as_array().unwrap();
    let twin = facts
        .iter()
        .find(|fact| fact["fact"] == "two-owners")
        .unwrap();
    assert_eq!(twin["number"], 3);
    let text = twin["text"].as_str().unwrap();
    assert!(
        text.starts_with("node 1 (192.168.56.2) belongs to 2 machines: "),
        "{text}"
    );
    assert_eq!(
        found["taken"],
        "where traffic between the nodes passes (a switch or a bridge)"
    );

    let flapping = judged("deaf", &[]);
    let facts = flapping["facts"].as_array().unwrap();
    let flapping = facts
        .iter()
        .find(|fact| fact["fact"] == "flapping")
        .unwrap();
    assert!(
        flapping["text"]
            .as_str()
            .unwrap()
            .contains("rings of the same {node 2,node 3}, one every 1.4 s")
    );
}

#[test]
fn files_name_the_nodes_and_say_whether_they_agree() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, port: u16, last: u8| {
        let mut text = format!(
            "totem {{\n version: 2\n transport: udpu\n token: 1000\n interface {{\n  mcastport: {port}\n }}\n}}\nnodelist {{\n"
        );
        for node in 1..=last {
            let address = node + 1;
            writeln!(
                text,
                " node {{\n  ring0_addr: 192.168.56.{address}\n  nodeid: {node}\n  name: master{node}\n }}"
            )
            .unwrap();
        }
        let path = directory.path().join(name);
        std::fs::write(&path, text + "}\n").unwrap();
        path.to_str().unwrap().to_owned()
    };
    let same = [file("a", 5405, 3), file("b", 5405, 3), file("c", 5405, 3)];
    let same = judged("deaf", &same.each_ref().map(String::as_str));
    assert_eq!(told(&same), "A- B- C+ D- E- F- G- H-");
    assert!(
        same.to_string().contains("master1 never names master2"),
        "{same}"
    );
    let other = [file("d", 5405, 3), file("e", 5406, 3)];
    let other = judged("deaf", &other.each_ref().map(String::as_str));
    assert_eq!(told(&other), "A- B- C+ D- E+ F- G- H-");
    assert!(other.to_string().contains("port-differs"), "{other}");
    // Two nodes listed, three that speak.
    let two = [file("f", 5405, 2)];
    let two = judged("healthy", &two.each_ref().map(String::as_str));
    assert!(
        two.to_string()
            .contains("node 3 is spoken of, and is not in the nodelist"),
        "{two}"
    );
}

#[test]
fn people_see_facts_and_causes() {
    let path = capture("gone");
    let output = evidence(&["--capture", path.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "Evidence\n",
        "  taken where traffic between the nodes passes (a switch or a bridge)\n",
        "\nFacts\n",
        "     1.833 s      41  node 1 says nothing for 6.2 s, while others do\n",
        "\nCauses\n",
        "  A  supported  interface reconfigured under a running daemon\n     node 1 comes back and asks everybody for addresses that it knew  (8.072 s, no. 337)\n",
        "  B  ruled out  a second owner of a node's address\n",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for (args, why) in [
        (&["--capture", "/nowhere"][..], "/nowhere: No such file"),
        (&["--capture", "Cargo.toml"], "Cargo.toml: not a pcap file"),
        (&["--journal", "Cargo.toml"], "Cargo.toml: not a journal"),
        (&["--journal", "/no/where"], "/no/where: No such file"),
        (&[], "required arguments"),
        (&["--capture", "a", "--journal", "b"], "cannot be used with"),
    ] {
        let output = evidence(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(why), "{args:?}: {errors}");
    }
}
