//! `ringwright node` and the commands that ask it: three daemons on loopback addresses, without root.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

const RINGWRIGHT: &str = env!("CARGO_BIN_EXE_ringwright");

/// A folder with configurations for a cluster of three on this process's own loopback addresses.
struct Cluster {
    directory: tempfile::TempDir,
    network: String,
    port: u16,
}

/// A running daemon; killed if a test ends before it.
struct Daemon {
    child: Child,
    control: PathBuf,
}

impl Cluster {
    fn new(test: u8) -> Self {
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let network = format!("127.{}.{low}.{}", high % 250 + 1, test);
        let port = UdpSocket::bind((format!("{network}1"), 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            directory: tempfile::tempdir().unwrap(),
            network,
            port,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn address(&self, node: u32) -> String {
        format!("{}{node}", self.network)
    }

    fn conf(&self, quorum: &str) -> PathBuf {
        let nodes: Vec<_> = (1..=3)
            .map(|node| {
                let address = self.address(node);
                format!("  node {{\n    ring0_addr: {address}\n    nodeid: {node}\n    name: n{node}\n  }}\n")
            })
            .collect();
        let text = format!(
            "totem {{\n  version: 2\n  transport: udpu\n  interface {{\n    mcastport: {}\n  }}\n}}\n\
             quorum {{\n  provider: corosync_votequorum\n{quorum}}}\nnodelist {{\n{}}}\n\
             logging {{\n  to_logfile: yes\n  logfile: {}\n}}\n",
            self.port,
            nodes.concat(),
            self.path("log").display()
        );
        let path = self.path("corosync.conf");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, conf: &Path, node: u32) -> (Command, PathBuf) {
        let control = self.path(&format!("run{node}/control.sock"));
        let mut command = Command::new(RINGWRIGHT);
        command.arg("node").arg("-c").arg(conf);
        command.args(["--nodeid", &node.to_string()]);
        command
            .arg("--state-dir")
            .arg(self.path(&format!("state{node}")));
        command.arg("--control").arg(&control);
        command.stdin(Stdio::null());
        (command, control)
    }

    /// Starts a daemon and waits until it listens.
    fn start(&self, conf: &Path, node: u32) -> Daemon {
        let (mut command, control) = self.command(conf, node);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log: Lines<BufReader<ChildStderr>> =
            BufReader::new(child.stderr.take().unwrap()).lines();
        let ready = format!("node {node} (n{node})");
        let told: Vec<_> = log
            .by_ref()
            .map_while(Result::ok)
            .take_while(|line| !line.contains(&ready))
            .collect();
        thread::spawn(move || log.for_each(drop));
        assert!(control.exists(), "{told:#?}");
        Daemon { child, control }
    }
}

impl Daemon {
    fn run(&self, args: &[&str]) -> Output {
        self.spawn(args).stdin(Stdio::null()).output().unwrap()
    }

    fn spawn(&self, args: &[&str]) -> Command {
        let mut command = Command::new(RINGWRIGHT);
        command.args(args).arg("--control").arg(&self.control);
        command
    }

    /// Standard output of a command that succeeds.
    fn tell(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", errors(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.tell(args)).unwrap()
    }

    fn send(&self, group: &str, args: &[&str], input: &[u8]) {
        let mut command = self.spawn(&[&["cpg", "send", group], args].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Ends it by a signal; its exit status.
    fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn three_daemons_agree_and_one_leaves_in_order() {
    let cluster = Cluster::new(1);
    let conf = cluster.conf("  two_node: 1\n");
    let mut daemons: Vec<_> = (1..=3).map(|node| cluster.start(&conf, node)).collect();
    let ring = |daemon: &Daemon| {
        let status = daemon.json(&["status", "--json", "--wait-members", "3"]);
        status["ring"].as_str().unwrap().to_owned()
    };
    let rings: Vec<_> = daemons.iter().map(ring).collect();
    assert!(
        rings[0].starts_with("1.") && rings.iter().all(|ring| *ring == rings[0]),
        "{rings:?}"
    );
    let status = daemons[1].json(&["status", "--json"]);
    assert_eq!(status["dropped"]["malformed"], 0);
    let notice = status["notices"][0].as_str().unwrap();
    assert!(
        notice.contains("corosync.conf:10:13: two_node is switched off"),
        "{notice}"
    );

    assert_reads_as_corosync(&cluster, &daemons[0], &rings[0]);

    assert_eq!(daemons.remove(0).end("-TERM"), Some(0));
    let status = daemons[0].json(&["status", "--json", "--wait-members", "2"]);
    assert_eq!(status["members"][0]["joined"], false);
    daemons[1].tell(&["status", "--wait-members", "2"]);
    let quorum = daemons[1].json(&["quorum", "--json"]);
    assert_eq!(quorum["members"].as_array().unwrap().len(), 2);
    let log = std::fs::read_to_string(cluster.path("log")).unwrap();
    assert!(log.contains("SIGTERM: leaving"), "{log}");

    assert_eq!(daemons.remove(0).end("-INT"), Some(0));
    daemons[0].tell(&["status", "--wait-members", "1"]);
    assert_eq!(
        daemons[0].run(&["quorum"]).status.code(),
        Some(2),
        "alone of three is not quorate"
    );
}

/// What the first of three daemons in this ring prints.
fn assert_reads_as_corosync(cluster: &Cluster, daemon: &Daemon, ring: &str) {
    let quorum = daemon.tell(&["quorum"]);
    let quorum = quorum.replace(ring, "RING");
    let (_, after_date) = quorum.split_once("Quorum provider").unwrap();
    assert_eq!(
        after_date,
        ":  corosync_votequorum\nNodes:            3\nNode ID:          1\nRing ID:          RING\nQuorate:          Yes\n\n\
         Votequorum information\n----------------------\nExpected votes:   3\nHighest expected: 3\nTotal votes:      3\n\
         Quorum:           2  \nFlags:            Quorate WaitForAll \n\n\
         Membership information\n----------------------\n    Nodeid      Votes Name\n         \
         1          1 n1 (local)\n         2          1 n2\n         3          1 n3\n"
    );
    let why = daemon.tell(&["quorum", "--why"]);
    assert!(
        why.starts_with("Quorate: 3 votes of 3 expected, 2 are needed\n"),
        "{why}"
    );

    let members: Vec<_> = (1..=3)
        .map(|node| {
            let key = format!("runtime.members.{node}");
            let address = cluster.address(node);
            format!(
                "{key}.config_version (u64) = 0\n{key}.ip (str) = r(0) ip({address}) \n\
                 {key}.join_count (u32) = 1\n{key}.status (str) = joined\n"
            )
        })
        .collect();
    assert_eq!(daemon.tell(&["cmap", "runtime.members"]), members.concat());
    let token = daemon.tell(&["cmap", "runtime.config.totem.token "]);
    assert_eq!(token, "");
    let token = daemon.tell(&["cmap", "totem.version", "runtime.config.totem.consensus"]);
    assert_eq!(
        token,
        "runtime.config.totem.consensus (u32) = 4380\ntotem.version (u32) = 2\n"
    );
    assert!(
        daemon
            .tell(&["cmap", "-m", "stats"])
            .contains("stats.srp.operational_entered (u64) = ")
    );
}

#[test]
fn messages_reach_a_watcher_in_order_and_whole() {
    let cluster = Cluster::new(2);
    let conf = cluster.conf("");
    let daemons: Vec<_> = (1..=3).map(|node| cluster.start(&conf, node)).collect();
    for daemon in &daemons {
        daemon.tell(&["status", "--wait-members", "3"]);
    }
    let mut watch = daemons[0]
        .spawn(&["cpg", "watch", "news", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut events = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let first = events.next().unwrap();
    assert_eq!(first["joined"][0]["reason"], "join");

    daemons[1].send("news", &[], b"one\ntwo\n\nfour");
    let large = vec![b'x'; 1 << 20];
    daemons[2].send("news", &["--whole"], &large);
    daemons[2].send("news", &["--whole"], &[0xff, 0x00]);
    let mut messages = events.by_ref().filter(|event| event.get("from").is_some());
    for (node, text) in [(2, "one"), (2, "two"), (2, ""), (2, "four")] {
        let event = messages.next().unwrap();
        assert_eq!(
            (&event["from"]["node"], &event["text"]),
            (&node.into(), &text.into())
        );
    }
    assert_eq!(
        messages.next().unwrap()["text"].as_str().unwrap().len(),
        large.len()
    );
    assert_eq!(messages.next().unwrap()["hex"], "ff00");
    watch.kill().unwrap();
    watch.wait().unwrap();

    let mut too_long = daemons[2].spawn(&["cpg", "send", "news", "--whole"]);
    let mut child = too_long
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&vec![b'x'; (1 << 20) + 1])
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("more than 1048576 bytes"),
        "{}",
        errors(&output)
    );
}

#[test]
fn votes_are_changed_or_refused_by_corosyncs_names() {
    let cluster = Cluster::new(3);
    let conf = cluster.conf("");
    let daemons: Vec<_> = (1..=2).map(|node| cluster.start(&conf, node)).collect();
    for daemon in &daemons {
        daemon.tell(&["status", "--wait-members", "2"]);
    }
    let refused = |args: &[&str], why: &str| {
        let output = daemons[0].run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(errors(&output).contains(why), "{}", errors(&output));
    };
    refused(&["quorum", "expected", "1"], "CS_ERR_INVALID_PARAM");
    refused(&["quorum", "expected", "0"], "positive");
    refused(&["quorum", "votes", "9", "1"], "CS_ERR_NAME_NOT_FOUND");
    daemons[0].tell(&["quorum", "expected", "2"]);
    assert_eq!(
        daemons[0].json(&["quorum", "--json"])["votes"]["expected"],
        2
    );
    daemons[0].tell(&["quorum", "cancel-wait-for-all"]);
}

#[test]
fn strangers_are_counted_and_a_second_daemon_is_told_of_the_first() {
    let cluster = Cluster::new(4);
    let conf = cluster.conf("");
    let daemon = cluster.start(&conf, 1);
    daemon.tell(&["status", "--wait-members", "1"]);
    let to = (cluster.address(1), cluster.port);
    // Kept until it counts: the daemon need not have read it when it is asked.
    let until = |what: &str, from: u32, bytes: &[u8]| {
        let socket = UdpSocket::bind((cluster.address(from), 0)).unwrap();
        for _ in 0..1000 {
            socket.send_to(bytes, &to).unwrap();
            if daemon.json(&["status", "--json"])["dropped"][what] != 0 {
                return;
            }
        }
        panic!("{what} stays 0");
    };
    until("rejected", 9, b"hello");
    until("malformed", 2, b"hello");

    let (mut second, _) = cluster.command(&conf, 1);
    let output = second.output().unwrap();
    assert_eq!(output.status.code(), Some(18), "{}", errors(&output));
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn what_does_not_start_says_why_with_corosyncs_status() {
    let cluster = Cluster::new(5);
    let run = |conf: &Path, node: u32| {
        let output = cluster.command(conf, node).0.output().unwrap();
        (output.status.code(), errors(&output))
    };
    let (status, why) = run(&cluster.path("missing"), 1);
    assert!(status == Some(8) && why.contains("No such file"), "{why}");
    let (status, why) = run(&cluster.conf(""), 9);
    assert!(status == Some(8) && why.contains("no node 9"), "{why}");
    let conf = cluster.conf("");
    let text = std::fs::read_to_string(&conf).unwrap();
    std::fs::write(&conf, text.replace("version: 2", "version: 3")).unwrap();
    let (status, why) = run(&conf, 1);
    assert_eq!(status, Some(8), "{why}");
    assert!(
        why.contains("corosync.conf:2:12") && why.contains('^'),
        "{why}"
    );
}

#[test]
fn without_a_daemon_the_socket_is_named() {
    for command in ["status", "members", "quorum", "cmap"] {
        let output = Command::new(RINGWRIGHT)
            .args([command, "--control", "/nowhere/control.sock"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = errors(&output);
        assert!(
            errors.starts_with("ringwright: /nowhere/control.sock: no daemon"),
            "{errors}"
        );
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[test]
fn a_wrong_usage_is_no_verdict() {
    let status = |args: &[&str]| {
        Command::new(RINGWRIGHT)
            .args(args)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(
        status(&["quorum", "--quorate"]),
        Some(1),
        "2 would mean not quorate"
    );
    assert_eq!(status(&["quorum", "--help"]), Some(0));
    assert_eq!(status(&["--version"]), Some(0));
    assert_eq!(status(&["completions", "bash"]), Some(0));
}
