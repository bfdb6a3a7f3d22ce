//! Hosts in network namespaces on one bridge, each with folders of its own where a cluster daemon keeps its things.

use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Serialize;
use tempfile::TempDir;

use crate::failure::Failure;

/// Where a daemon's things are, and what stands there on its host.
const FOLDERS: [(&str, &str); 4] = [
    ("etc", "/etc/corosync"),
    ("state", "/var/lib/corosync"),
    ("run", "/run"),
    ("shm", "/dev/shm"),
];

/// A daemon that speaks Totem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Program {
    Ringwright,
    Corosync,
}

/// Hosts 1 to n; host i is node i and has the address 192.168.57.i.
#[derive(Debug)]
pub(super) struct Hosts {
    /// What all their namespaces' names start with.
    name: String,
    dir: TempDir,
    count: u32,
    daemons: Vec<Option<Child>>,
}

/// The ring's timers, ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    pub(super) token: u32,
    pub(super) token_coefficient: u32,
}

impl Program {
    /// The daemon in the foreground, with the host's /etc/corosync/corosync.conf.
    fn command(self) -> Result<Vec<String>, Failure> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        match self {
            Self::Corosync => Ok(words(&["corosync", "-f"])),
            Self::Ringwright => {
                let own = std::env::current_exe()?;
                let own = own.to_string_lossy();
                Ok(words(&[&own, "node", "--state-dir", "/var/lib/corosync"]))
            }
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ringwright => "ringwright",
            Self::Corosync => "corosync",
        })
    }
}

impl Hosts {
    /// Makes them; root only.
    pub(super) fn new(count: u32, timers: Timers) -> Result<Self, Failure> {
        let dir = tempfile::Builder::new()
            .prefix("ringwright-bench-")
            .tempdir()?;
        let hosts = Self {
            name: format!("rwb{}", std::process::id()),
            dir,
            count,
            daemons: (0..count).map(|_| None).collect(),
        };
        let hub = hosts.hub();
        ip(&["netns", "add", &hub])?;
        ip(&["-n", &hub, "link", "add", "br0", "type", "bridge"])?;
        ip(&["-n", &hub, "link", "set", "br0", "up"])?;
        for node in 1..=count {
            hosts.add(node, &conf(count, timers))?;
        }
        Ok(hosts)
    }

    fn add(&self, node: u32, conf: &str) -> Result<(), Failure> {
        let (hub, host, port) = (self.hub(), self.host(node), port(node));
        for (folder, _) in FOLDERS {
            fs::create_dir_all(self.folder(node).join(folder))?;
        }
        fs::write(self.folder(node).join("etc/corosync.conf"), conf)?;
        ip(&["netns", "add", &host])?;
        ip(&["-n", &host, "link", "set", "lo", "up"])?;
        let pair = ["type", "veth", "peer", "name", "eth0", "netns", &host];
        ip(&[&["-n", &hub, "link", "add", &port][..], &pair].concat())?;
        ip(&["-n", &hub, "link", "set", &port, "master", "br0", "up"])?;
        let address = format!("{}/24", address(node));
        ip(&["-n", &host, "addr", "add", &address, "dev", "eth0"])?;
        ip(&["-n", &host, "link", "set", "eth0", "up"])
    }

    pub(super) fn nodes(&self) -> Vec<u32> {
        (1..=self.count).collect()
    }

    /// The namespace of the bridge.
    pub(super) fn hub(&self) -> String {
        format!("{}-hub", self.name)
    }

    fn host(&self, node: u32) -> String {
        format!("{}-{node}", self.name)
    }

    fn folder(&self, node: u32) -> PathBuf {
        self.dir.path().join(node.to_string())
    }

    /// Starts a node's daemon.
    pub(super) fn start(&mut self, node: u32, program: Program) -> Result<(), Failure> {
        let log = File::create(self.folder(node).join("log"))?;
        let mut command = self.command(node, &program.command()?);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn()?;
        self.daemons[node as usize - 1] = Some(child);
        Ok(())
    }

    /// A command on a node's host.
    pub(super) fn command(&self, node: u32, words: &[String]) -> Command {
        let mut script = String::from("mount --make-rprivate /");
        for (folder, there) in FOLDERS {
            let _ = write!(
                script,
                " && mkdir -p {there} && mount --bind \"$0/{folder}\" {there}"
            );
        }
        script.push_str(" && exec \"$@\"");
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.host(node)])
            .args(["unshare", "--mount", "sh", "-c", &script])
            .arg(self.folder(node))
            .args(words);
        command
    }

    /// Sends a node's daemon a signal that ends it, sooner or later.
    pub(super) fn signal(&mut self, node: u32, signal: Signal) -> Result<(), Failure> {
        let Some(child) = &self.daemons[node as usize - 1] else {
            return Err(Failure::new(format!("node {node} does not run")));
        };
        let pid = i32::try_from(child.id()).map_err(Failure::new)?;
        kill(Pid::from_raw(pid), signal).map_err(Failure::new)
    }

    /// Waits until a node's daemon has ended.
    pub(super) fn wait(&mut self, node: u32) -> Result<(), Failure> {
        if let Some(mut child) = self.daemons[node as usize - 1].take() {
            child.wait()?;
        }
        Ok(())
    }

    /// A node whose daemon has ended by itself.
    pub(super) fn first_dead(&mut self) -> Option<u32> {
        let mut daemons = self.daemons.iter_mut().zip(1..);
        daemons.find_map(|(child, node)| {
            let ended = child.as_mut()?.try_wait().ok()?;
            ended.map(|_| node)
        })
    }

    /// The end of what a node's daemon has said.
    pub(super) fn last_words(&self, node: u32) -> String {
        let log = fs::read_to_string(self.folder(node).join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    /// A node's port of the bridge goes down, or up again; its own link stays up.
    pub(super) fn plug(&self, node: u32, up: bool) -> Result<(), Failure> {
        let state = if up { "up" } else { "down" };
        ip(&["-n", &self.hub(), "link", "set", &port(node), state])
    }

    /// Kills all daemons, and forgets what they stored.
    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        self.kill_all();
        for node in self.nodes() {
            for folder in ["state", "run", "shm"] {
                let folder = self.folder(node).join(folder);
                fs::remove_dir_all(&folder)?;
                fs::create_dir_all(&folder)?;
            }
        }
        Ok(())
    }

    fn kill_all(&mut self) {
        for child in self.daemons.iter_mut().filter_map(Option::take) {
            end(child);
        }
    }
}

fn end(mut child: Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.kill_all();
        let hosts = self.nodes().into_iter().map(|node| self.host(node));
        for namespace in hosts.chain([self.hub()]) {
            // What is not there any more need not go.
            let _ = ip(&["netns", "del", &namespace]);
        }
    }
}

/// A host's port of the bridge.
fn port(node: u32) -> String {
    format!("port{node}")
}

fn address(node: u32) -> String {
    format!("192.168.57.{node}")
}

fn ip(args: &[&str]) -> Result<(), Failure> {
    let output = Command::new("ip").args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| Failure::new(format!("ip: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::new(format!(
        "ip {}: {}",
        args.join(" "),
        why.trim()
    )))
}

/// The same file for all, and for both programs.
fn conf(count: u32, timers: Timers) -> String {
    let Timers {
        token,
        token_coefficient,
    } = timers;
    let mut conf = format!(
        "totem {{\n version: 2\n cluster_name: bench\n transport: udpu\n token: {token}\n \
         token_coefficient: {token_coefficient}\n}}\nquorum {{\n provider: corosync_votequorum\n}}\nnodelist {{\n"
    );
    for node in 1..=count {
        let _ = writeln!(
            conf,
            " node {{\n  ring0_addr: {}\n  nodeid: {node}\n  name: n{node}\n }}",
            address(node)
        );
    }
    conf.push_str(
        "}\nlogging {\n to_stderr: yes\n to_logfile: no\n to_syslog: no\n timestamp: hires\n}\n",
    );
    conf.push_str("system {\n sched_rr: no\n}\n");
    conf
}

/// Whether a program can be found.
pub(super) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder: PathBuf| is_file(&folder.join(program)))
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Becomes true on Ctrl-C, so that the hosts are removed before the command ends.
pub(super) fn stop_on_interrupt() -> &'static AtomicBool {
    static STOP: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        // Without a runtime, Ctrl-C ends the command as it does by default.
        if let Ok(runtime) = runtime {
            let signal = runtime.block_on(tokio::signal::ctrl_c());
            STOP.store(signal.is_ok(), Ordering::Relaxed);
        }
    });
    &STOP
}
