//! Any bytes at all: printed back unchanged, read without a panic, every finding inside the file.

use proptest::prelude::*;
use ringwright_config::lint::{Cluster, Host, fix, lint};
use ringwright_config::{Document, LineKind, parse};

/// Lines as they occur, with the words that the grammar and the typed keys react to.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "totem {",
        "nodelist {",
        "node {",
        "interface {",
        "member {",
        "quorum {",
        "device {",
        "logging {",
        "logger_subsys {",
        "logging_daemon {",
        "uidgid {",
        "service {",
        "}",
        "}",
        "}",
        "version: 2",
        "transport: udpu",
        "transport: udp",
        "token: 20",
        "linknumber: 9",
        "ttl: 3",
        "ring0_addr: 10.0.0.1",
        "ring1_addr: ::1",
        "nodeid: 1",
        "nodeid: x",
        "memberaddr: 1.2.3.4",
        "two_node: 1",
        "provider: corosync_votequorum",
        "model: net",
        "votes: 4294967295",
        "expected_votes: 1",
        "subsys: A",
        "name: corosync",
        "debug: maybe",
        "uid: root",
        "cluster_name: ü",
        "mcastaddr: 1.1.1.1",
        "bindnetaddr: 10.0.0.9",
        "broadcast: yes",
        "ring0_addr: s10.0.0.1",
        "ring0_addr: alpha",
        "token: 1000",
        "secauth: on",
        "# note",
        "",
        "word",
        ": x",
        "a { b: 1 }",
        "} x",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (500usize..520).prop_map(|bytes| vec![b'#'; bytes]),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let newline = prop::sample::select(vec!["\n", "\r\n", "\r", " \t\n"]);
    let lines = prop::collection::vec((line(), newline), 0..60);
    let joined = lines.prop_map(|lines| {
        let bytes = lines
            .into_iter()
            .flat_map(|(line, newline)| [line, newline.as_bytes().to_vec()].concat());
        bytes.collect::<Vec<u8>>()
    });
    prop_oneof![3 => joined, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

/// A section of some of these lines.
fn section(name: &'static str, lines: &'static [&'static str]) -> impl Strategy<Value = String> {
    let some = prop::sample::subsequence(lines, 0..=lines.len()).prop_shuffle();
    some.prop_map(move |lines| format!("{name} {{\n{}\n}}\n", lines.join("\n")))
}

/// Files that corosync could read, with much in them that has no effect.
fn config() -> impl Strategy<Value = Vec<u8>> {
    let interface = "interface {\nbroadcast: yes\nbindnetaddr: 10.0.0.0\n}";
    let totem = &[
        "version: 2",
        "transport: udpu",
        "token: 900",
        "transport: udp",
        "cluster_name: c",
        "interface {\nlinknumber: 1\nbroadcast: yes\n}",
        "interface {\nbindnetaddr: 10.0.0.9\n}",
    ];
    let quorum = &[
        "provider: corosync_votequorum",
        "two_node: 1",
        "two_node: 0",
        "two_node: 2",
        "auto_tie_breaker: 1",
        "wait_for_all: 1",
        "two_node_semantics: corosync",
        "expected_votes: 2",
    ];
    let node = section(
        "node",
        &[
            "ring0_addr: 10.0.0.1",
            "name: a",
            "nodeid: 1",
            "service {\n}",
        ],
    );
    let nodelist = prop::collection::vec(node, 0..4)
        .prop_map(|nodes| format!("nodelist {{\n{}}}\n", nodes.concat()));
    let piece = prop_oneof![
        section("totem", totem),
        Just(format!("totem {{\n{interface}\n}}\n")),
        nodelist,
        section("quorum", quorum),
        section("service", &["name: pacemaker", "aisexec {\n}"]),
        Just("# service {\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn a_document_prints_back_unchanged(bytes in file(), last in line()) {
        let bytes = [bytes, last].concat();
        let (document, _) = Document::parse("any", bytes.clone());
        prop_assert_eq!(document.to_bytes(), bytes);
    }

    #[test]
    fn every_place_is_inside_its_line(bytes in file()) {
        let (document, _) = Document::parse("any", bytes.clone());
        for line in document.lines() {
            let inside = match line.kind {
                LineKind::Open { name, .. } => vec![name],
                LineKind::Pair { key, value } => vec![key, value],
                _ => vec![],
            };
            for span in inside {
                prop_assert!(line.span.start <= span.start && span.end <= line.span.end);
                prop_assert_eq!(span.line, line.span.line);
            }
        }
    }

    #[test]
    fn anything_is_read_without_a_panic_and_findings_are_in_order(bytes in file()) {
        let parsed = parse("any", bytes.clone());
        for found in &parsed.diagnostics {
            prop_assert!(found.span.end <= bytes.len().max(found.span.start));
            prop_assert!(!found.message.is_empty());
        }
        prop_assert!(parsed.diagnostics.is_sorted_by_key(|found| found.span.start));
    }

    #[test]
    fn anything_is_linted_without_a_panic_at_places_that_there_are(
        files in prop::collection::vec(prop_oneof![file(), config()], 0..4),
        asked in any::<bool>(),
    ) {
        let parsed = files.iter().map(|bytes| parse("any", bytes.clone()));
        let mut cluster = Cluster::of(parsed);
        if asked {
            let host = Host { name: "alpha".into(), addresses: vec!["10.0.0.9".parse().expect("ip")] };
            cluster = cluster.with_names(|_| vec!["127.0.1.1".parse().expect("ip")]).on_host(host);
        }
        for found in lint(&cluster) {
            prop_assert!(!found.places.is_empty());
            for place in &found.places {
                prop_assert!(place.span.end <= files[place.file].len());
            }
        }
    }

    #[test]
    fn fixing_twice_is_fixing_once_and_only_takes_lines_away(
        bytes in prop_oneof![file(), config()],
    ) {
        let once = fix("any", &bytes, |_| true);
        let twice = fix("any", &once.bytes, |_| true);
        prop_assert_eq!(&twice.bytes, &once.bytes);
        prop_assert!(twice.findings.is_empty());
        let mut kept = once.bytes.split_inclusive(|&b| b == b'\n').peekable();
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            kept.next_if_eq(&line);
        }
        prop_assert_eq!(kept.next(), None, "something was added or changed");
    }

    #[test]
    fn a_section_that_does_nothing_goes_and_what_is_around_it_stays(
        mut rest in prop_oneof![file(), config()],
    ) {
        if rest.last().is_some_and(|&last| last != b'\n') {
            rest.push(b'\n');
        }
        let dead = b"aisexec {\nuser: root\n}\n".to_vec();
        prop_assume!(Document::parse("any", rest.clone()).0.is_balanced());
        let with = fix("any", &[dead, rest.clone()].concat(), |rule| rule.name == "dead-section");
        let without = fix("any", &rest, |rule| rule.name == "dead-section");
        prop_assert_eq!(with.bytes, without.bytes);
        prop_assert_eq!(with.findings.len(), without.findings.len() + 1);
    }
}

/// Sections have no limit to their depth: the work must not grow with it.
#[test]
fn a_hundred_thousand_nested_sections_are_read_in_one_pass() {
    let (depth, pairs) = (100_000, 100_000);
    let file = [
        "nodelist {\nnode {\n".into(),
        "a {\n".repeat(depth),
        "b: 1\n".repeat(pairs),
        "}\n".repeat(depth + 2),
    ]
    .concat();
    assert_eq!(
        fix("deep", file.as_bytes(), |_| true).bytes,
        file.as_bytes()
    );
    let parsed = parse("deep", file);
    assert!(parsed.document.is_balanced());
    let too_long = parsed
        .diagnostics
        .iter()
        .filter(|found| found.code == "name-too-long")
        .count();
    assert_eq!(
        too_long, 1,
        "the first section too deep is refused with all that is in it"
    );
}
