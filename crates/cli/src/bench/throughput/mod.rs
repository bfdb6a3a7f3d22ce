//! `ringwright bench throughput`: how much one node of a ring sends, ours and corosync's in turn.

pub(crate) mod load;
mod show;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;

use indicatif::{ProgressBar, ProgressStyle};
use nix::unistd::geteuid;
use serde::Serialize;
use tempfile::TempDir;

use super::hosts::{self, Hosts, Program, Timers};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::{chart, html};

/// Where a host's daemon finds its things.
const CONFIG: &str = "/etc/corosync/corosync.conf";
const STATE: &str = "/var/lib/corosync";

/// Which ring, and who loads its first node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ring {
    /// corosync everywhere, and a client by libcpg.
    Corosync,
    /// Ours everywhere; the loading process embeds the first node.
    Embedded,
    /// Our daemons, and a client of the first one's control socket.
    Client,
    /// The loading process embeds the first node; the others are corosync's.
    Mixed,
}

/// What to measure.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) nodes: u32,
    /// Of payloads, bytes.
    pub(crate) sizes: Vec<usize>,
    /// For each size.
    pub(crate) seconds: u32,
    /// Of each ring.
    pub(crate) repeats: u32,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

/// One size on one ring, as it is written.
#[derive(Debug, Serialize)]
struct Run {
    ring: Ring,
    repeat: u32,
    /// Of a payload, bytes.
    size: usize,
    /// Delivered to the sender's own node.
    messages: u64,
    seconds: f64,
}

impl Run {
    /// Messages a second.
    fn rate(&self) -> f64 {
        super::sample::float(self.messages) / self.seconds
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Corosync => "corosync",
            Self::Embedded => "ringwright",
            Self::Client => "client",
            Self::Mixed => "mixed",
        })
    }
}

/// Measures and shows.
pub(crate) fn run(request: &Request) -> Outcome {
    html::try_open(request.json.iter().chain(&request.svg))?;
    if !geteuid().is_root() {
        return Err(Failure::new("network namespaces are made by root only"));
    }
    let dir = tempfile::tempdir()?;
    let libcpg = libcpg_client(&dir);
    let rings = match libcpg {
        Some(_) => &[Ring::Corosync, Ring::Embedded, Ring::Client, Ring::Mixed][..],
        None => &[Ring::Embedded, Ring::Client],
    };
    let bar = bar(request, rings);
    let stop = hosts::stop_on_interrupt();
    let timers = Timers {
        token: 1000,
        token_coefficient: 650,
    };
    let mut hosts = Hosts::new(request.nodes, timers)?;
    let mut runs = Vec::new();
    for repeat in 0..request.repeats {
        for &ring in rings {
            bar.set_message(ring.to_string());
            let lines = measure(request, &mut hosts, ring, libcpg.as_deref())?;
            for line in lines.lines() {
                runs.push(parsed(line, ring, repeat)?);
            }
            hosts.clear()?;
            bar.inc(1);
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::new("interrupted"));
            }
        }
    }
    bar.finish_and_clear();
    show::print(request, rings, &runs)?;
    if let Some(path) = &request.json {
        let text = serde_json::to_string_pretty(&runs).map_err(Failure::new)?;
        html::write(path, &text)?;
    }
    if let Some(path) = &request.svg {
        html::write(path, &chart::svg(&show::picture(request, rings, &runs)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts a ring and loads its first node; what the loading process writes.
fn measure(
    request: &Request,
    hosts: &mut Hosts,
    ring: Ring,
    libcpg: Option<&Path>,
) -> Result<String, Failure> {
    let (first, others) = match ring {
        Ring::Corosync => (Some(Program::Corosync), Program::Corosync),
        Ring::Embedded => (None, Program::Ringwright),
        Ring::Client => (Some(Program::Ringwright), Program::Ringwright),
        Ring::Mixed => (None, Program::Corosync),
    };
    if let Some(first) = first {
        hosts.start(1, first)?;
    }
    for node in 2..=request.nodes {
        hosts.start(node, others)?;
    }
    let (nodes, seconds) = (request.nodes.to_string(), request.seconds.to_string());
    let own = std::env::current_exe()?.display().to_string();
    let mut words = match (ring, libcpg) {
        (Ring::Corosync, Some(client)) => vec![client.display().to_string(), nodes, seconds],
        (Ring::Client, _) => strings(&[&own, "bench", "load", "--client", &nodes, &seconds]),
        _ => strings(&[&own, "bench", "load", &nodes, &seconds]),
    };
    words.extend(request.sizes.iter().map(usize::to_string));
    let output = hosts.command(1, &words).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(Failure::new);
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::new(format!("{ring}: {}", why.trim())))
}

/// Where the process that embeds a node looks.
pub(crate) fn embedded() -> load::Way {
    load::Way::Embedded {
        config: CONFIG.into(),
        state: STATE.into(),
    }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn parsed(line: &str, ring: Ring, repeat: u32) -> Result<Run, Failure> {
    let strange = || Failure::new(format!("{ring}: a line that says nothing: {line}"));
    let [size, messages, seconds] = line.split(' ').collect::<Vec<_>>()[..] else {
        return Err(strange());
    };
    Ok(Run {
        ring,
        repeat,
        size: size.parse().map_err(|_| strange())?,
        messages: messages.parse().map_err(|_| strange())?,
        seconds: seconds.parse().map_err(|_| strange())?,
    })
}

/// The client of corosync, compiled here; `None`, with a word, if corosync or what compiles it is not installed.
fn libcpg_client(dir: &TempDir) -> Option<PathBuf> {
    let (source, program) = (dir.path().join("client.c"), dir.path().join("client"));
    let compiled = std::fs::write(&source, include_str!("client.c")).is_ok()
        && Command::new("cc")
            .args(["-O2", "-o"])
            .args([&program, &source])
            .args(["-lcpg", "-lpthread"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    if compiled && hosts::is_installed("corosync") {
        return Some(program);
    }
    anstream::eprintln!(
        "ringwright: corosync, libcpg's headers or a C compiler is not installed: only ringwright is measured"
    );
    None
}

fn bar(request: &Request, rings: &[Ring]) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(request.repeats) * rings.len() as u64);
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rings  {eta} left  {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
