//! Any bytes at all: printed back unchanged, read without a panic, every finding inside the file.

use proptest::prelude::*;
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
