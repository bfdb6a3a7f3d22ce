//! Hosts in network namespaces, each with a cluster daemon.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::view::View;

/// How long anything may take before a test gives up on it; nothing is measured by it.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// What runs on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Corosync,
    Ringwright,
}

impl Kind {
    /// `C` or `R`.
    pub(crate) fn of(letter: char) -> Self {
        match letter {
            'C' => Self::Corosync,
            'R' => Self::Ringwright,
            other => panic!("no daemon is called {other}"),
        }
    }
}

/// A lab of hosts 1 to n; host i has nodeid i and the address 192.168.56.(i + 1).
pub(crate) struct Lab {
    script: PathBuf,
    name: String,
    kinds: Vec<Kind>,
}

impl Lab {
    /// Hosts with these daemons (`"CCR"`), configured but not started; `None` with a word if they cannot be made here.
    pub(crate) fn up(name: &str, kinds: &str) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/lab/lab");
        let missing = if !script.exists() {
            Some("the lab's script is not beside the project")
        } else if !succeeds("sh", &["-c", "[ $(id -u) = 0 ]"]) {
            Some("this is not root")
        } else if !succeeds("sh", &["-c", "command -v corosync ip iptables"]) {
            Some("corosync, ip or iptables is not installed")
        } else {
            None
        };
        if let Some(why) = missing {
            println!("skipped: {why}");
            return None;
        }
        let kinds: Vec<_> = kinds.chars().map(Kind::of).collect();
        let lab = Self {
            script,
            name: format!("rw{name}"),
            kinds,
        };
        lab.run(&["down"]);
        lab.must(&["up", &lab.kinds.len().to_string()]);
        for host in lab.hosts() {
            lab.configure(host, &lab.conf(QUORUM_PLAIN));
        }
        Some(lab)
    }

    pub(crate) fn hosts(&self) -> std::ops::RangeInclusive<usize> {
        1..=self.kinds.len()
    }

    pub(crate) fn kind(&self, host: usize) -> Kind {
        self.kinds[host - 1]
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<usize> {
        self.hosts()
            .filter(|&host| self.kind(host) == kind)
            .collect()
    }

    /// The same short token everywhere, so that faults are noticed soon.
    pub(crate) fn conf(&self, quorum: &str) -> String {
        let mut text = String::from(
            "totem {\n version: 2\n cluster_name: lab\n transport: udpu\n token: 1000\n token_coefficient: 0\n}\n",
        );
        writeln!(
            text,
            "quorum {{\n provider: corosync_votequorum\n{quorum}}}\nnodelist {{"
        )
        .unwrap();
        for host in self.hosts() {
            let address = address(host);
            writeln!(
                text,
                " node {{\n  ring0_addr: {address}\n  nodeid: {host}\n  name: n{host}\n }}"
            )
            .unwrap();
        }
        text.push_str("}\nlogging {\n to_stderr: yes\n to_logfile: no\n to_syslog: no\n timestamp: hires\n}\n");
        text.push_str("system {\n sched_rr: no\n}\n");
        text
    }

    /// `text` becomes the host's corosync.conf.
    pub(crate) fn configure(&self, host: usize, text: &str) {
        let file = self.dir(host).join("etc/corosync.conf");
        std::fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }

    pub(crate) fn start(&self, host: usize) {
        let host_text = host.to_string();
        match self.kind(host) {
            Kind::Corosync => self.must(&["start", &host_text, "daemon", "corosync", "-f"]),
            Kind::Ringwright => {
                self.must(
                    &[
                        &["start", host_text.as_str(), "daemon"],
                        &ringwright_node()[..],
                    ]
                    .concat(),
                );
            }
        }
    }

    pub(crate) fn start_all(&self) {
        self.hosts().for_each(|host| self.start(host));
    }

    /// Ends the daemon by a signal and waits until it is gone.
    pub(crate) fn stop(&self, host: usize, signal: &str) {
        self.must(&["stop", &host.to_string(), "daemon", signal]);
    }

    /// Sends the daemon a signal that it survives.
    pub(crate) fn signal(&self, host: usize, signal: &str) {
        let pid = self.pid(host);
        assert!(
            succeeds("kill", &[&format!("-{signal}"), &pid]),
            "host {host}: the daemon is gone"
        );
    }

    /// Whether the daemon lives.
    pub(crate) fn is_alive(&self, host: usize) -> bool {
        succeeds("kill", &["-0", &self.pid(host)])
    }

    pub(crate) fn pid(&self, host: usize) -> String {
        let file = self.dir(host).join("daemon.pid");
        std::fs::read_to_string(&file)
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()))
            .trim()
            .to_string()
    }

    pub(crate) fn log(&self, host: usize) -> String {
        std::fs::read_to_string(self.dir(host).join("daemon.log")).unwrap_or_default()
    }

    /// A host's private folder.
    pub(crate) fn dir(&self, host: usize) -> PathBuf {
        std::env::temp_dir().join(format!("clusterlab-{}/{host}", self.name))
    }

    /// A command of the lab's script, such as `cut 1`.
    pub(crate) fn must(&self, args: &[&str]) {
        let output = self.run(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "lab {}: {errors}", args.join(" "));
    }

    /// Runs a command on a host.
    pub(crate) fn exec(&self, host: usize, command: &[&str]) -> Output {
        let host = host.to_string();
        self.run(&[&["exec", host.as_str()], command].concat())
    }

    /// A command on a host, to be spawned with pipes.
    pub(crate) fn command(&self, host: usize, command: &[&str]) -> Command {
        let mut c = self.script();
        c.arg("exec").arg(host.to_string()).args(command);
        c
    }

    fn run(&self, args: &[&str]) -> Output {
        // A file, not a pipe: background daemons would keep a pipe open.
        let mut command = self.script();
        command.args(args).stdin(Stdio::null());
        command
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.script.display()))
    }

    fn script(&self) -> Command {
        let mut command = Command::new(&self.script);
        command.env("LAB", &self.name);
        command
    }

    /// What the host's own tool shows; `None` while the daemon does not answer.
    pub(crate) fn view(&self, host: usize) -> Option<View> {
        let output = match self.kind(host) {
            Kind::Corosync => self.exec(host, &["timeout", "5", "corosync-quorumtool", "-s"]),
            Kind::Ringwright => self.exec(host, &["timeout", "5", RINGWRIGHT, "quorum"]),
        };
        View::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// Waits until all of `hosts` show one ring of just `members`, and returns what they show.
    pub(crate) fn until_ring(&self, hosts: &[usize], members: &[usize]) -> View {
        let what = format!("hosts {hosts:?} in one ring of {members:?}");
        self.until(&what, || {
            let views: Option<Vec<_>> = hosts.iter().map(|&host| self.view(host)).collect();
            let views = views?;
            let first = views.first()?.clone();
            let agree = views.iter().all(|v| v.agrees_with(&first)) && first.members == members;
            agree.then_some(first)
        })
    }

    /// Waits until `probe` finds something.
    #[expect(clippy::disallowed_methods, reason = "real daemons run in real time")]
    pub(crate) fn until<T>(&self, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = probe() {
                println!("{what}: after {:.1} s", start.elapsed().as_secs_f32());
                return found;
            }
            if start.elapsed() > PATIENCE {
                let views: Vec<_> = self.hosts().map(|host| (host, self.view(host))).collect();
                let log = |host| format!("--- host {host}\n{}", tail(&self.log(host)));
                let logs: Vec<_> = self.hosts().map(log).collect();
                panic!("never: {what}\nviews: {views:#?}\n{}", logs.join("\n"));
            }
        }
    }

    /// Every daemon lives and none of ours has panicked or listens on loopback.
    pub(crate) fn assert_healthy(&self) {
        for host in self.hosts() {
            assert!(
                self.is_alive(host),
                "host {host}: the daemon is dead\n{}",
                tail(&self.log(host))
            );
            if self.kind(host) == Kind::Ringwright {
                assert!(
                    !self.log(host).contains("panicked"),
                    "host {host}:\n{}",
                    tail(&self.log(host))
                );
                let sockets = self.exec(host, &["ss", "-lun"]);
                let sockets = String::from_utf8_lossy(&sockets.stdout);
                assert!(
                    !sockets.contains("127.0.0.1"),
                    "host {host} listens on loopback\n{sockets}"
                );
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

/// No option but the provider.
pub(crate) const QUORUM_PLAIN: &str = "";
/// Our program.
pub(crate) const RINGWRIGHT: &str = env!("CARGO_BIN_EXE_ringwright");

/// Our daemon, with corosync's configuration and state.
pub(crate) fn ringwright_node() -> [&'static str; 6] {
    let (conf, state) = ("/etc/corosync/corosync.conf", "/var/lib/corosync");
    [RINGWRIGHT, "node", "-c", conf, "--state-dir", state]
}

pub(crate) fn address(host: usize) -> String {
    format!("192.168.56.{}", host + 1)
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
