//! Why a node is done.

use std::fmt;
use std::io;
use std::sync::Arc;

use ringwright::{ConfigError, NodeId};

/// Why a node no longer runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// It left in order.
    Left,
    /// It was freshly started with an older `totem.config_version` than a member's, and left.
    ConfigTooOld {
        /// Ours.
        own: u64,
        /// The newest.
        highest: u64,
    },
    /// Another node's operator wanted it gone, and it left.
    Killed {
        /// Who said so.
        by: NodeId,
    },
    /// What must survive a crash could not be stored: going on could break the order of rings.
    Store(Arc<io::Error>),
    /// The node does not start with its configuration.
    Config(ConfigError),
    /// The loop was aborted: its runtime is gone, or it panicked, a defect.
    Aborted,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the node left the cluster"),
            Self::ConfigTooOld { own, highest } => write!(
                f,
                "the node left: its config_version {own} is older than the cluster's {highest}"
            ),
            Self::Killed { by } => {
                write!(f, "the node left: the operator of node {by} asked for it")
            }
            Self::Store(error) => {
                write!(f, "the node stopped: its state cannot be stored: {error}")
            }
            Self::Config(error) => write!(f, "the node does not start: {error}"),
            Self::Aborted => f.write_str("the node was aborted"),
        }
    }
}

impl std::error::Error for Ended {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Config(error) => Some(error),
            _ => None,
        }
    }
}
