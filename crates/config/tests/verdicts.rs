//! What corosync 3.1.7 took and refused, recorded: our verdict has to be the same.

use std::path::Path;
use std::process::Command;

const VERDICTS: &str = include_str!("data/verdicts.txt");

struct Verdict {
    line: usize,
    exit: i32,
    file: Vec<u8>,
}

fn verdicts() -> Vec<Verdict> {
    let rows = VERDICTS
        .lines()
        .enumerate()
        .filter(|(_, row)| !row.starts_with('#'));
    rows.map(|(index, row)| {
        let [exit, transport, place, text] = row
            .splitn(4, ' ')
            .collect::<Vec<_>>()
            .try_into()
            .expect(row);
        Verdict {
            line: index + 1,
            exit: exit.parse().expect(row),
            file: file(transport, place, &unescape(text)),
        }
    })
    .collect()
}

/// A configuration of one node on this host, with `text` at its place.
fn file(transport: &str, place: &str, text: &[u8]) -> Vec<u8> {
    let at = |here: &str| if here == place { text } else { b"" };
    match place {
        "file" => text.to_vec(),
        "totem" | "node" | "end" => [
            format!("totem {{\nversion: 2\ntransport: {transport}\n").as_bytes(),
            at("totem"),
            b"\n}\nnodelist {\nnode {\nring0_addr: 127.0.0.1\n",
            at("node"),
            b"\n}\n}\n",
            at("end"),
            b"\n",
        ]
        .concat(),
        _ => panic!("no such place: {place}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.bytes();
    while let Some(byte) = chars.next() {
        bytes.push(match (byte, byte == b'\\') {
            (_, false) => byte,
            (_, true) => match chars.next().expect("a character after the backslash") {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'\\' => b'\\',
                b'x' => {
                    let hex: String = chars.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&hex, 16).expect("two hexadecimal digits")
                }
                other => panic!("no such escape: {other}"),
            },
        });
    }
    bytes
}

#[test]
fn what_corosync_takes_is_taken_and_what_it_refuses_is_refused() {
    let wrong: Vec<String> = verdicts()
        .into_iter()
        .filter_map(|Verdict { line, exit, file }| {
            let text = String::from_utf8_lossy(&file).into_owned();
            let refused = ringwright_config::parse("corosync.conf", file).accepted().err();
            let found = refused.as_ref().map(ToString::to_string).unwrap_or_default();
            (refused.is_some() != (exit != 0))
                .then(|| format!("verdicts.txt:{line}: corosync exits with {exit}, we found: [{found}] in\n{text}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} differ\n{}",
        wrong.len(),
        verdicts().len(),
        wrong.join("\n")
    );
}

/// Records stay facts only if they can be taken again.
#[test]
#[ignore = "needs corosync 3.1.7 and root"]
fn corosync_gives_the_recorded_verdicts() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verdict.conf");
    for Verdict { line, exit, file } in verdicts() {
        std::fs::write(&path, &file).expect("a file in the target directory");
        let status = Command::new("corosync")
            .arg("-t")
            .arg("-c")
            .arg(&path)
            .output()
            .expect("corosync")
            .status;
        // A process ended by a signal has no exit code; the shell's way of counting stands in the records.
        let code = status.code().unwrap_or(134);
        assert_eq!(
            code,
            exit,
            "verdicts.txt:{line}: {}",
            String::from_utf8_lossy(&file)
        );
    }
}
