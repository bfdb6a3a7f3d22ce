//! Messages through a mixed ring: a libcpg client on corosync and ours in one group see the same messages in the same
//! order, while a third node is killed and rejoins.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::hosts::{Lab, RINGWRIGHT};

/// Messages of each side.
const COUNT: usize = 10_000;
const GROUP: &str = "lab";

/// A delivered message as both clients tell of it: sender, length, hash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Delivered(String);

/// Mostly small, one of 101 up to a mebibyte, one of them exactly that.
fn size_of(i: usize) -> usize {
    match i {
        101 => 1 << 20,
        i if i % 101 == 0 => 1 + (i * 7919) % (1 << 18),
        i => 1 + (i * 31) % 3000,
    }
}

fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(2_166_136_261, |h, &b| {
        (h ^ u32::from(b)).wrapping_mul(16_777_619)
    })
}

fn compile_client() -> Option<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/cpg_client.c");
    let program =
        std::env::temp_dir().join(format!("ringwright-cpg-client-{}", std::process::id()));
    let compiled = Command::new("cc")
        .args(["-O2", "-Wall", "-o"])
        .arg(&program)
        .args([source, "-lcpg"])
        .status();
    if compiled.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("skipped: no C compiler, or libcpg-dev is not installed");
    None
}

/// Lines of a child's output, as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (tx, rx): (Sender<String>, _) = channel();
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    thread::spawn(move || {
        stdout
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| tx.send(line))
    });
    rx
}

/// Our client's messages as the C client tells of them; membership lines are left out.
fn from_json(line: &str) -> Option<Delivered> {
    let value: serde_json::Value = serde_json::from_str(line).expect("one JSON object a line");
    let payload = value.get("text")?.as_str().expect("the payload is text");
    let node = &value["from"]["node"];
    Some(Delivered(format!(
        "{node} {} {:08x}",
        payload.len(),
        fnv1a(payload.as_bytes())
    )))
}

fn messages_in_the_same_order(name: &str, kinds: &str) {
    let Some(lab) = Lab::up(name, kinds) else {
        return;
    };
    let Some(client) = compile_client() else {
        return;
    };
    lab.start_all();
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);

    let mut watch = lab.command(1, &[RINGWRIGHT, "cpg", "watch", GROUP, "--json"]);
    let mut watch = watch
        .stdout(Stdio::piped())
        .spawn()
        .expect("ringwright cpg watch");
    let ours = lines(&mut watch);
    ours.recv().expect("our own join");
    let client = client.to_str().expect("a path in UTF-8");
    // The watcher is a member too, but says nothing.
    let mut theirs = lab.command(2, &[client, GROUP, "2", &COUNT.to_string()]);
    let mut theirs = theirs
        .stdout(Stdio::piped())
        .spawn()
        .expect("the libcpg client");
    let at_corosync = lines(&mut theirs);

    let mut send = lab.command(1, &[RINGWRIGHT, "cpg", "send", GROUP]);
    let mut send = send
        .stdin(Stdio::piped())
        .spawn()
        .expect("ringwright cpg send");
    let mut stdin = send.stdin.take().expect("piped");
    let sender = thread::spawn(move || {
        for i in 0..COUNT {
            let mut line = vec![b'A' + (i % 26) as u8; size_of(i)];
            line.push(b'\n');
            stdin.write_all(&line).expect("our sender lives");
        }
    });

    let mut seen: Vec<Delivered> = Vec::new();
    while seen.len() < 2 * COUNT {
        if seen.len() == COUNT / 2 {
            lab.stop(3, "KILL");
        }
        if seen.len() == COUNT {
            lab.start(3);
        }
        let line = ours
            .recv_timeout(crate::hosts::PATIENCE)
            .expect("messages keep coming");
        seen.extend(from_json(&line));
    }
    sender.join().expect("the sender");
    assert!(send.wait().expect("ringwright cpg send").success());
    let there: Vec<_> = at_corosync.iter().map(Delivered).collect();
    assert!(theirs.wait().expect("the libcpg client").success());
    assert_eq!(there.len(), 2 * COUNT);
    let first = seen.iter().zip(&there).position(|(a, b)| a != b);
    assert_eq!(first, None, "the orders part at message {first:?}");
    for node in ["1", "2"] {
        let sent: Vec<_> = seen
            .iter()
            .filter(|d| d.0.split(' ').next() == Some(node))
            .collect();
        let letter = if node == "1" { b'A' } else { b'a' };
        let expected = (0..COUNT).map(|i| {
            let message = vec![letter + (i % 26) as u8; size_of(i)];
            format!("{node} {} {:08x}", message.len(), fnv1a(&message))
        });
        assert!(
            sent.iter().map(|d| d.0.clone()).eq(expected),
            "node {node}: lost, doubled or out of order"
        );
    }
    watch.kill().expect("the watcher");
    watch.wait().expect("the watcher");
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    lab.assert_healthy();
}

#[test]
fn while_a_corosync_node_is_killed_and_rejoins() {
    messages_in_the_same_order("msgc", "RCC");
}

#[test]
fn while_a_node_of_ours_is_killed_and_rejoins() {
    messages_in_the_same_order("msgr", "RCR");
}
