//! `ringwright evidence`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ringwright_config::lint::Cluster;
use ringwright_driver::journal;

use super::Outcome;
use crate::failure::Failure;
use crate::{check, evidence};

/// Read a capture or a journal of a split and say which of its known causes it supports and which it rules out
///
/// Facts come first, with their time and the number of the captured frame, or of the journal's input; then a verdict on each
/// cause, A to H, with the facts that it rests on. The corosync.conf files of the nodes, if given, name the nodes and say
/// whether they agree.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit statuses:
  0  done
  1  a file cannot be read, or the command line is wrong

Examples:
  tcpdump -i br0 -w split.pcap 'udp or arp or icmp'
  ringwright evidence --capture split.pcap corosync.conf
  ringwright evidence --journal /var/lib/corosync/ringwright.journal master?.conf
  ringwright evidence --json --capture split.pcap | jq '.causes[] | select(.finding == \"supported\")'")]
pub(crate) struct Evidence {
    /// corosync.conf: the one of all nodes, or each node's own
    #[arg(value_name = "CONF")]
    files: Vec<PathBuf>,
    /// A capture in pcap format; `-` is standard input
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "journal",
        conflicts_with = "journal"
    )]
    capture: Option<PathBuf>,
    /// A node's journal
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Evidence {
    pub(crate) fn run(self) -> Outcome {
        let cluster = if self.files.is_empty() {
            Cluster::default()
        } else {
            check::cluster(&check::read(&self.files)?)
        };
        let unreadable = |error: std::io::Error, file: &PathBuf| {
            Failure::new(format!("{}: {error}", file.display()))
        };
        let found = match (&self.capture, &self.journal) {
            (Some(capture), _) => evidence::of_capture(capture, &cluster)?,
            (None, Some(file)) => {
                let parts = journal::parts(file).map_err(|error| unreadable(error, file))?;
                evidence::of_journal(&parts, &cluster)?
            }
            (None, None) => unreachable!("one of them is required"),
        };
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        if self.json {
            writeln!(out, "{}", found.json())?;
        } else {
            found.write(&mut out)?;
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
