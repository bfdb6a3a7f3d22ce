//! What corosync.conf says about quorum.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::NodeId;

/// The `quorum` and `nodelist` keys that votequorum reads, typed but not yet judged.
///
/// Switches are `u8` as in corosync.conf: 0 is off, anything else on. Source: votequorum(5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Options {
    /// `nodelist.node`: ids with their `quorum_votes` (1 when the key is absent). Empty without a nodelist.
    pub nodes: Vec<(NodeId, u32)>,
    /// `quorum.expected_votes`; 0 is not set. Replaces the sum of the nodelist's votes.
    pub expected_votes: u32,
    /// `quorum.votes`, default 1; read only when this node is not in the nodelist.
    pub votes: Option<u32>,
    /// `quorum.two_node`: with two nodes or fewer, one vote is enough.
    pub two_node: u8,
    /// When `two_node` applies.
    pub two_node_semantics: TwoNode,
    /// `quorum.wait_for_all`; absent, it follows `two_node`.
    pub wait_for_all: Option<u8>,
    /// `quorum.auto_tie_breaker`: exactly half of the votes are enough for the half with the tie breaker node.
    pub auto_tie_breaker: u8,
    /// `quorum.auto_tie_breaker_node`: `lowest` (the default), `highest`, or ids separated by blanks.
    pub auto_tie_breaker_node: Option<String>,
    /// `quorum.last_man_standing`: expected votes shrink after each window in a quorate partition.
    pub last_man_standing: u8,
    /// `quorum.last_man_standing_window`, milliseconds, default 10000.
    pub last_man_standing_window: Option<u32>,
    /// `quorum.allow_downscale`: a clean exit lowers the expected votes.
    pub allow_downscale: u8,
    /// `quorum.expected_votes_tracking`: the highest expected votes ever seen survive a restart.
    pub expected_votes_tracking: u8,
    /// `quorum.device`, when its `model` is a non-empty string.
    pub device: Option<DeviceOptions>,
}

impl Options {
    /// Defaults for a nodelist of these ids with one vote each.
    #[must_use]
    pub fn of<I: IntoIterator<Item = u32>>(ids: I) -> Self {
        Self {
            nodes: ids.into_iter().map(|id| (NodeId(id), 1)).collect(),
            ..Self::default()
        }
    }
}

/// The `quorum.device` section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceOptions {
    /// `votes`; absent, it is the number of nodes minus one.
    pub votes: Option<u32>,
    /// `timeout`, milliseconds between two polls at most, default 10000.
    pub timeout: Option<u32>,
    /// `sync_timeout`, milliseconds until the first poll after a ring change at most, default 30000.
    pub sync_timeout: Option<u32>,
}

impl DeviceOptions {
    /// The votes written down; 4294967295 is corosync's way to say automatic.
    pub(super) fn votes(self) -> Option<u32> {
        self.votes.filter(|votes| *votes != u32::MAX)
    }

    pub(super) fn timeout(self) -> Duration {
        millis(self.timeout.unwrap_or(10_000))
    }

    pub(super) fn sync_timeout(self) -> Duration {
        millis(self.sync_timeout.unwrap_or(30_000))
    }
}

/// When `two_node: 1` makes one vote enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum TwoNode {
    /// As votequorum(5) promises: only in a cluster of exactly two nodes. That is a nodelist of two, or no nodelist and
    /// `expected_votes: 2`, and no third node ever heard of. Otherwise the option is switched off at start; what it
    /// switched on, `wait_for_all`, stays on as it does when `two_node` yields to `auto_tie_breaker`: that can only
    /// delay a verdict, never split the cluster, and it keeps us from releasing a waiting corosync peer early.
    #[default]
    Strict,
    /// As corosync 3.1.7 computes: in any partition of at most two nodes, however many are configured. A cluster of
    /// three splits into two or three quorate parts. For replays and for comparison.
    Corosync,
}

pub(super) fn millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}
