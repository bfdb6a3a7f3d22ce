//! `ringwright node --journal` and `ringwright replay`: one daemon on a loopback address, without root.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const RINGWRIGHT: &str = env!("CARGO_BIN_EXE_ringwright");

const QUORATE: &str = "has quorum and may act";

struct Host {
    directory: tempfile::TempDir,
    address: String,
}

impl Host {
    fn new(test: u8) -> Self {
        let [_, _, high, low] = std::process::id().to_be_bytes();
        Self {
            directory: tempfile::tempdir().unwrap(),
            address: format!("127.{}.{low}.{test}", high % 250 + 1),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts a node of one with this journal, and waits until its log says all of this.
    fn start(&self, journal: &Path, until: &[&str]) -> Child {
        let conf = self.path("corosync.conf");
        let text = format!(
            "totem {{\n  version: 2\n  transport: udpu\n}}\nquorum {{\n  provider: corosync_votequorum\n}}\n\
             nodelist {{\n  node {{\n    ring0_addr: {}\n    nodeid: 1\n    name: n1\n  }}\n}}\n\
             logging {{\n  to_stderr: yes\n}}\n",
            self.address
        );
        fs::write(&conf, text).unwrap();
        let mut command = Command::new(RINGWRIGHT);
        command
            .arg("node")
            .arg("-c")
            .arg(conf)
            .args(["--nodeid", "1"]);
        command.arg("--state-dir").arg(self.path("state"));
        command.arg("--control").arg(self.path("control.sock"));
        command.arg("--journal").arg(journal);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = log.by_ref().map_while(Result::ok);
        for until in until {
            let said = told.any(|line| line.contains(until));
            assert!(said, "nobody said {until}");
        }
        std::thread::spawn(move || log.for_each(drop));
        child
    }

    /// One life: it forms its ring and is ended.
    fn live(&self, journal: &Path) {
        let child = self.start(journal, &[QUORATE]);
        end(child, "-TERM");
    }
}

fn end(mut child: Child, signal: &str) -> Option<i32> {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
    child.wait().unwrap().code()
}

fn replay(files: &[&Path], args: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(RINGWRIGHT)
        .arg("replay")
        .args(args)
        .args(files)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn kinds(json: &str) -> Vec<String> {
    let objects = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    objects
        .map(|object| object["kind"].as_str().unwrap_or("summary").to_owned())
        .collect()
}

#[test]
fn a_life_is_told_as_it_was() {
    let host = Host::new(1);
    let journal = host.path("node.journal");
    host.live(&journal);
    let (status, told) = replay(&[&journal], &[]);
    assert_eq!(status, Some(0), "{told}");
    for line in [
        "node 1 (n1) of {1} starts: token 3000 ms, consensus 3600 ms, last ring sequence 0",
        "gathers: start",
        "ring 1.5 of {1}, new: {1}",
        "quorate with {1}",
        "is told to leave",
        "the node left the cluster",
        "Agrees      as recorded at all of",
    ] {
        assert!(told.contains(line), "no {line} in\n{told}");
    }
    let (_, json) = replay(&[&journal], &["--json"]);
    let kinds = kinds(&json);
    assert_eq!(kinds[..4], ["part", "host", "host", "start"]);
    assert_eq!(kinds.last().unwrap(), "summary");
    assert!(kinds.contains(&"ring".into()) && kinds.contains(&"verdict".into()));
    let (_, all) = replay(&[&journal], &["-vv"]);
    assert!(all.contains("a deadline") && all.lines().count() > told.lines().count());

    // A next life joins the story, and its own part is told alone.
    host.live(&journal);
    let (status, both) = replay(&[&journal], &[]);
    assert_eq!(status, Some(0), "{both}");
    assert!(both.contains("2 parts, 2 lives"), "{both}");
    let (_, first) = replay(&[&host.path("node.journal.1")], &[]);
    assert!(first.contains("1 part, 1 life"), "{first}");
}

#[test]
fn what_a_crash_cut_off_is_ignored_and_damage_is_pointed_at() {
    let host = Host::new(2);
    let journal = host.path("j");
    let child = host.start(&journal, &[QUORATE]);
    // A journal can be played while it is written.
    let mut plays = (0..1000).map(|_| replay(&[&journal], &[]).1);
    assert!(plays.any(|told| told.contains("quorate with {1}")));
    end(child, "-KILL");
    // What was done is there although nobody could end it in order.
    let (status, told) = replay(&[&journal], &[]);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        told.contains("quorate with {1}") && !told.contains("left the cluster"),
        "{told}"
    );

    let bytes = fs::read(&journal).unwrap();
    let copy = host.path("copy");
    fs::write(&copy, &bytes[..bytes.len() - 3]).unwrap();
    let (status, told) = replay(&[&copy], &[]);
    assert_eq!(status, Some(0), "{told}");
    assert!(
        told.contains("that a crash cut off are ignored") && told.contains("Cut off"),
        "{told}"
    );

    let mut wrong = bytes.clone();
    let middle = bytes.len() / 2;
    wrong[middle] ^= 1;
    fs::write(&copy, wrong).unwrap();
    let (status, told) = replay(&[&copy], &[]);
    assert_eq!(status, Some(2), "{told}");
    assert!(
        told.contains("Damaged     ") && told.contains(", record "),
        "{told}"
    );

    let line = bytes.iter().position(|&byte| byte == b'\n').unwrap();
    fs::write(
        &copy,
        [b"ringwright journal 7 3.1.4", &bytes[line..]].concat(),
    )
    .unwrap();
    let (status, told) = replay(&[&copy], &[]);
    assert_eq!(status, Some(2), "{told}");
    assert!(
        told.contains("a journal of format 7, written by ringwright 3.1.4"),
        "{told}"
    );

    let (status, told) = replay(&[&host.path("nobody")], &[]);
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("nobody: No such file"), "{told}");
}

#[test]
fn a_node_whose_journal_cannot_be_written_goes_on_without() {
    let host = Host::new(3);
    for (journal, why) in [
        (
            host.path("corosync.conf"),
            "there is a file that is not a journal",
        ),
        (host.path("no/such/directory"), "No such file or directory"),
    ] {
        let child = host.start(&journal, &[why, QUORATE]);
        assert_eq!(end(child, "-TERM"), Some(0), "{}", journal.display());
    }
}

#[test]
fn a_size_that_is_none_is_refused() {
    for (size, why) in [
        ("64X", "a size is a number of bytes, or of K, M or G"),
        ("1M", "at least 8M are needed"),
        ("99999999999G", "a size is a number"),
    ] {
        let output = Command::new(RINGWRIGHT)
            .args(["node", "--journal", "j", "--journal-size", size])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().contains(why));
    }
}
