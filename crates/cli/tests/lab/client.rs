//! Messages through a mixed ring: a libcpg client on corosync and ours in one group see the same messages in the same
//! order, while a third node is killed and rejoins.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::hosts::{Lab, PATIENCE, RINGWRIGHT};

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

/// The `i`th message of the sender whose letters begin with `first`.
fn message(first: u8, i: usize) -> Vec<u8> {
    let letter = first + u8::try_from(i % 26).expect("a letter");
    vec![letter; size_of(i)]
}

/// The clients of both sides, in one group.
struct Clients {
    watch: Child,
    ours: Receiver<String>,
    theirs: Child,
    at_corosync: Receiver<String>,
    send: Child,
    sender: thread::JoinHandle<()>,
}

impl Clients {
    /// Ours on host 1, theirs on host 2. The watcher is a member too, but says nothing.
    fn start(lab: &Lab, client: &str) -> Self {
        let piped = |host, command: &[&str]| {
            let mut command = lab.command(host, command);
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a client")
        };
        let mut watch = piped(1, &[RINGWRIGHT, "cpg", "watch", GROUP, "--json"]);
        let ours = lines(&mut watch);
        ours.recv().expect("our own join");
        let mut theirs = piped(2, &[client, GROUP, "2", &COUNT.to_string()]);
        let at_corosync = lines(&mut theirs);
        // Who sends before the other has joined is not heard by it.
        let joined = |line: String| line.contains("\"node\":2");
        assert!(ours.iter().any(joined), "the libcpg client joins");
        let mut send = piped(1, &[RINGWRIGHT, "cpg", "send", GROUP]);
        let mut stdin = send.stdin.take().expect("piped");
        let sender = thread::spawn(move || {
            for i in 0..COUNT {
                stdin
                    .write_all(&message(b'A', i))
                    .expect("our sender lives");
                stdin.write_all(b"\n").expect("our sender lives");
            }
        });
        Self {
            watch,
            ours,
            theirs,
            at_corosync,
            send,
            sender,
        }
    }

    /// What our side sees, host 3 being killed after a quarter of it and started again after half.
    fn collect(&self, lab: &Lab) -> Vec<Delivered> {
        let mut seen = Vec::new();
        while seen.len() < 2 * COUNT {
            let line = self
                .ours
                .recv_timeout(PATIENCE)
                .expect("messages keep coming");
            let Some(delivered) = from_json(&line) else {
                continue;
            };
            seen.push(delivered);
            match seen.len() {
                n if n == COUNT / 2 => lab.stop(3, "KILL"),
                n if n == COUNT => lab.start(3),
                _ => {}
            }
        }
        seen
    }

    /// What their side saw.
    fn end(mut self) -> Vec<Delivered> {
        self.sender.join().expect("the sender");
        assert!(self.send.wait().expect("our sender").success());
        let there = self.at_corosync.iter().map(Delivered).collect();
        assert!(self.theirs.wait().expect("the libcpg client").success());
        self.watch.kill().expect("the watcher");
        self.watch.wait().expect("the watcher");
        there
    }
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

    let clients = Clients::start(&lab, client.to_str().expect("a path in UTF-8"));
    let here = clients.collect(&lab);
    let there = clients.end();
    assert_eq!(there.len(), 2 * COUNT);
    let parting = here.iter().zip(&there).position(|(a, b)| a != b);
    assert_eq!(parting, None, "the orders part at message {parting:?}");
    for (node, first) in [("1", b'A'), ("2", b'a')] {
        let of_node = here
            .iter()
            .filter(|d| d.0.split(' ').next() == Some(node))
            .map(|d| d.0.clone());
        let expected = (0..COUNT).map(|i| {
            let message = message(first, i);
            format!("{node} {} {:08x}", message.len(), fnv1a(&message))
        });
        assert!(
            of_node.eq(expected),
            "node {node}: messages lost, doubled or out of order"
        );
    }
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    lab.assert_healthy();
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn while_a_corosync_node_is_killed_and_rejoins() {
    messages_in_the_same_order("msgc", "RCC");
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn while_a_node_of_ours_is_killed_and_rejoins() {
    messages_in_the_same_order("msgr", "RCR");
}
