//! `ringwright node`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Outcome;
use crate::control::configuration::Configuration;
use crate::edit::node::{Switch, switch};
use crate::{control, daemon};
use ringwright_driver::journal::{JOURNAL_SIZE_DEFAULT, JOURNAL_SIZE_MIN};

/// Run a node in the foreground until SIGTERM or SIGINT; it leaves the ring in order
///
/// Findings in the configuration are drawn on standard error, and what happens in the cluster is logged there and to the
/// file that `logging` names. Without --name or --nodeid the nodelist's entry with this host's name or one of its
/// addresses is taken. If the node's address is not on this machine yet, the node waits for it.
///
/// A journal never stops the node: if it cannot be written, that is logged and the node goes on without it.
///
/// With a word after it, nodes of a running cluster are told what to be; `pcs node`'s words are taken.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Exit statuses:
  0    the node left, by signal or because its config_version is outdated
  8    the configuration is refused, or --name or --nodeid names no node of it
  15   something that cannot be helped, such as a full disk under the stored ring id
  16   the state directory cannot be made
  17   the lock beside the control socket cannot be taken
  18   a daemon with this control socket runs already
  20   votequorum refuses its options
  21   the stored ring id cannot be read
  255  another node's operator wanted this node gone

Examples:
  ringwright node -c /etc/corosync/corosync.conf
  ringwright node --journal /var/lib/corosync/ringwright.journal --journal-size 256M
  ringwright node -c three.conf --nodeid 2 --state-dir /tmp/two --control /tmp/two/control.sock
  ringwright node standby primary"
)]
pub(crate) struct Node {
    #[command(subcommand)]
    order: Option<Order>,
    /// The configuration
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "/etc/corosync/corosync.conf"
    )]
    config: PathBuf,
    /// Be the node of this name
    #[arg(long, conflicts_with = "nodeid")]
    name: Option<String>,
    /// Be the node with this id
    #[arg(long, value_name = "ID")]
    nodeid: Option<u32>,
    /// Where the ring id is kept, instead of `system.state_dir`
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Record what the node is told, for `ringwright replay`: in FILE, and its complete parts in FILE.N
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// What all parts of the journal may take, with K, M or G: the oldest are deleted
    #[arg(long, value_name = "SIZE", requires = "journal", value_parser = size, default_value_t = Size(JOURNAL_SIZE_DEFAULT))]
    journal_size: Size,
    /// Where the other commands ask
    #[arg(long, value_name = "PATH", default_value_os_t = control::default_path())]
    control: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Run no resources there
    #[command(after_help = "Example:\n  ringwright node standby primary")]
    Standby(Nodes),
    /// Run resources there again
    #[command(after_help = "Example:\n  ringwright node unstandby primary")]
    Unstandby(Nodes),
    /// Leave the resources there as they are, whatever happens to them
    #[command(after_help = "Example:\n  ringwright node maintenance --all")]
    Maintenance(Nodes),
    /// Look after the resources there again
    #[command(after_help = "Example:\n  ringwright node unmaintenance --all")]
    Unmaintenance(Nodes),
}

#[derive(Debug, Args)]
struct Nodes {
    /// Their names
    #[arg(value_name = "NODE", required_unless_present = "all")]
    names: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "names")]
    all: bool,
    #[command(flatten)]
    configuration: Configuration,
}

impl Order {
    fn run(self) -> Outcome {
        let (nodes, what, on) = match self {
            Self::Standby(nodes) => (nodes, Switch::Standby, true),
            Self::Unstandby(nodes) => (nodes, Switch::Standby, false),
            Self::Maintenance(nodes) => (nodes, Switch::Maintenance, true),
            Self::Unmaintenance(nodes) => (nodes, Switch::Maintenance, false),
        };
        nodes
            .configuration
            .change(|cib| switch(cib, &nodes.names, what, on))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Node {
    pub(crate) fn run(self) -> Outcome {
        if let Some(order) = self.order {
            return order.run();
        }
        daemon::run(&daemon::Options {
            config: self.config,
            name: self.name,
            nodeid: self.nodeid,
            state_dir: self.state_dir,
            control: self.control,
            journal: self.journal.map(|path| (path, self.journal_size.0)),
        })
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(u64);

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}M", self.0 >> 20)
    }
}

fn size(text: &str) -> Result<Size, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let bytes = digits.parse::<u64>().ok();
    let bytes = bytes.and_then(|bytes| bytes.checked_mul(1 << shift));
    let bytes = bytes.ok_or("a size is a number of bytes, or of K, M or G, such as 64M")?;
    if bytes < JOURNAL_SIZE_MIN {
        return Err(format!("at least {} are needed", Size(JOURNAL_SIZE_MIN)));
    }
    Ok(Size(bytes))
}
