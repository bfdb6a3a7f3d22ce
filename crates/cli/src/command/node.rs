//! `ringwright node`.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::{control, daemon};

/// Run a node in the foreground until SIGTERM or SIGINT; it leaves the ring in order
///
/// Findings in the configuration are drawn on standard error, and what happens in the cluster is logged there and to the
/// file that `logging` names. Without --name or --nodeid the nodelist's entry with this host's name or one of its
/// addresses is taken. If the node's address is not on this machine yet, the node waits for it.
#[derive(Debug, Args)]
#[command(after_help = "\
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
  ringwright node -c three.conf --nodeid 2 --state-dir /tmp/two --control /tmp/two/control.sock")]
pub(crate) struct Node {
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
    /// Where the other commands ask
    #[arg(long, value_name = "PATH", default_value_os_t = control::default_path())]
    control: PathBuf,
}

impl Node {
    pub(crate) fn run(self) -> Outcome {
        daemon::run(&daemon::Options {
            config: self.config,
            name: self.name,
            nodeid: self.nodeid,
            state_dir: self.state_dir,
            control: self.control,
        })
    }
}
