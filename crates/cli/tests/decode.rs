//! `ringwright decode` on recordings of real rings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Datagrams of each type in every recording, as an independent decoder counts them.
const COUNTS: [(&str, &[(&str, u64)]); 22] = [
    (
        "boot2",
        &[
            ("commit", 4),
            ("join", 5),
            ("mcast", 30),
            ("merge", 4),
            ("token", 92),
        ],
    ),
    (
        "boot3",
        &[
            ("commit", 10),
            ("join", 16),
            ("mcast", 118),
            ("merge", 34),
            ("token", 242),
        ],
    ),
    (
        "burst",
        &[("hold", 26), ("mcast", 60), ("merge", 18), ("token", 1293)],
    ),
    (
        "burst_big",
        &[("hold", 6), ("mcast", 90), ("merge", 12), ("token", 312)],
    ),
    (
        "crash3",
        &[
            ("commit", 4),
            ("join", 354),
            ("mcast", 28),
            ("merge", 8),
            ("token", 102),
        ],
    ),
    (
        "fail_to_receive",
        &[
            ("commit", 10),
            ("hold", 2),
            ("join", 12),
            ("mcast", 164),
            ("merge", 2),
            ("token", 132),
        ],
    ),
    ("idle", &[("merge", 18), ("token", 24)]),
    ("knet_aes_boot3", &[("foreign", 507)]),
    ("knet_boot2", &[("foreign", 140)]),
    ("knet_frag", &[("foreign", 343)]),
    ("knet_links", &[("foreign", 490)]),
    ("knet_none_boot3", &[("foreign", 501)]),
    ("knet_peer_rr", &[("foreign", 424)]),
    (
        "leave1rep",
        &[
            ("commit", 4),
            ("join", 4),
            ("leave", 2),
            ("mcast", 28),
            ("merge", 14),
            ("token", 97),
        ],
    ),
    (
        "leave3",
        &[
            ("commit", 4),
            ("join", 4),
            ("leave", 2),
            ("mcast", 28),
            ("merge", 16),
            ("token", 99),
        ],
    ),
    (
        "loss5",
        &[("hold", 2), ("mcast", 114), ("merge", 8), ("token", 198)],
    ),
    (
        "partition_heal",
        &[
            ("commit", 10),
            ("join", 362),
            ("mcast", 70),
            ("merge", 24),
            ("token", 244),
        ],
    ),
    (
        "peer_member",
        &[
            ("commit", 10),
            ("hold", 6),
            ("join", 16),
            ("leave", 2),
            ("mcast", 94),
            ("merge", 32),
            ("token", 767),
        ],
    ),
    (
        "peer_rep",
        &[
            ("commit", 10),
            ("hold", 6),
            ("join", 370),
            ("mcast", 94),
            ("merge", 38),
            ("token", 829),
        ],
    ),
    (
        "recovery_encap",
        &[
            ("commit", 4),
            ("hold", 2),
            ("join", 92),
            ("mcast", 104),
            ("merge", 6),
            ("token", 184),
        ],
    ),
    (
        "rejoin3",
        &[
            ("commit", 6),
            ("join", 12),
            ("mcast", 58),
            ("merge", 8),
            ("token", 139),
        ],
    ),
    (
        "udp_boot2_leave",
        &[
            ("commit", 4),
            ("join", 6),
            ("leave", 1),
            ("mcast", 37),
            ("merge", 14),
            ("token", 94),
        ],
    ),
];

fn decode(args: &[&str], file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringwright"));
    command.arg("decode").args(args).arg(file);
    command
        .stdin(Stdio::null())
        .output()
        .expect("ringwright runs")
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).expect("UTF-8")
}

fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/boot2.pcap")
}

/// The JSON lines of a file; the last is the summary.
fn json(file: &Path) -> (Vec<Value>, Value) {
    let output = decode(&["--json"], file);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let parse = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let mut lines: Vec<_> = text(&output.stdout).lines().map(parse).collect();
    let summary = lines.pop().expect("a summary")["summary"].clone();
    (lines, summary)
}

fn types(summary: &Value) -> BTreeMap<String, u64> {
    let types = summary["types"].as_object().expect("types");
    types
        .iter()
        .map(|(name, n)| (name.clone(), n.as_u64().unwrap()))
        .collect()
}

#[test]
fn every_recording_is_understood_to_the_last_datagram() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/captures");
    if !folder.is_dir() {
        println!("skipped: the recordings are not beside the project");
        return;
    }
    for (name, counts) in COUNTS {
        let (lines, summary) = json(&folder.join(format!("{name}.pcap")));
        let counted: BTreeMap<_, _> = counts.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect();
        assert_eq!(types(&summary), counted, "{name}");
        assert_eq!(lines.len() as u64, counted.values().sum::<u64>(), "{name}");
        for key in ["malformed_messages", "broken", "other"] {
            assert_eq!(summary[key], 0, "{name}: {key}");
        }
        let messages = summary["messages"].as_object().expect("messages");
        assert!(
            messages.keys().all(|m| !m.contains("function")),
            "{name}: {messages:?}"
        );
    }
    // What happens in them, as their description says.
    let lost = |name: &str| json(&folder.join(name)).1["tokens_lost"].clone();
    assert_eq!(
        ["crash3.pcap", "peer_rep.pcap", "leave3.pcap"].map(lost),
        [1, 1, 0]
    );
    let (_, burst) = json(&folder.join("burst.pcap"));
    assert_eq!(burst["messages"]["cpg mcast"], 3 + 4 + 1 + 40);
    let (_, lossy) = json(&folder.join("loss5.pcap"));
    assert_eq!(lossy["messages"]["cpg mcast"], 120);
    assert_eq!(lossy["retransmissions"], 4);
}

#[test]
fn a_boot_of_two_is_three_rings_and_their_services() {
    let (lines, summary) = json(&small());
    assert_eq!(
        types(&summary),
        BTreeMap::from([
            ("commit".into(), 4),
            ("join".into(), 5),
            ("mcast".into(), 30),
            ("merge".into(), 4),
            ("token".into(), 92),
        ])
    );
    let rings: Vec<_> = summary["rings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ring| {
            (
                ring["ring"].as_str().unwrap(),
                ring["members"].to_string(),
                ring["formed"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rings,
        [
            ("1.5", "[1]".into(), true),
            ("2.5", "[2]".into(), true),
            ("1.9", "[1,2]".into(), true)
        ]
    );
    assert_eq!(summary["messages"]["sync barrier"], 4 * 4);
    let commit = lines.iter().find(|line| line["type"] == "commit").unwrap();
    assert_eq!(commit["ring"], "1.9");
    assert_eq!(commit["entries"][0]["what"], "1");
}

#[test]
fn filters_leave_what_was_asked_for() {
    let shown = |args: &[&str]| {
        let output = text(&decode(args, &small()).stdout);
        let lines: Vec<_> = output
            .lines()
            .take_while(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        lines
    };
    assert_eq!(shown(&["--type", "join,commit"]).len(), 9);
    assert_eq!(shown(&["--type", "join", "--node", "2"]).len(), 2);
    let own = shown(&["--ring", "2.5"]);
    assert_eq!(own.len(), 8);
    assert!(
        own.iter().all(|line| line.contains("from=2 ring=2.5")),
        "{own:?}"
    );
    let long = shown(&["-v", "--type", "commit"]);
    assert!(
        long.iter().any(|line| line.trim() == "high_delivered: 8"),
        "{long:?}"
    );
}

#[test]
fn a_file_that_is_none_or_ends_early_is_an_error_that_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let whole = std::fs::read(small()).unwrap();
    let cases = [
        (file("empty", b""), "not a capture file"),
        (
            file("text", b"no capture at all, but words"),
            "not a pcap file",
        ),
        (file("ng", &[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0]), "pcapng"),
        (
            file("cut", &whole[..3000]),
            "frame 6: the file ends within it",
        ),
        (directory.path().join("missing"), "No such file"),
    ];
    for (path, why) in cases {
        let output = decode(&[], &path);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(why), "{errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

#[test]
fn damaged_frames_are_named_and_never_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.pcap");
    let whole = std::fs::read(small()).unwrap();
    // One bit flipped at a time, in the headers and bodies of the first frames.
    for at in (24..1200).step_by(13) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bytes).unwrap();
        let output = decode(&["-v"], &path);
        let errors = text(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "byte {at}: {errors}"
        );
        assert!(!errors.contains("panicked"), "byte {at}: {errors}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let script = format!(
        "{} decode -v {} | head -n 1",
        env!("CARGO_BIN_EXE_ringwright"),
        small().display()
    );
    let output = Command::new("bash")
        .args(["-c", &format!("set -o pipefail; {script}")])
        .output()
        .unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout).lines().count(), 1);
}
