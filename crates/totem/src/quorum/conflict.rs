//! Options that do not go together, and what became of them.

use core::fmt;

use crate::NodeId;

/// A combination of options that corosync 3.1.7 does not start with (its daemon exits with status 20).
///
/// [`Refusal::rule`] numbers them in the order in which the configuration is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Refusal {
    /// Rule 1: this node is not in a nodelist and there is no `expected_votes`.
    NothingExpected,
    /// Rule 2: `two_node` with a quorum device.
    TwoNodeWithDevice,
    /// Rule 6: `auto_tie_breaker` and `last_man_standing` with an odd sum of votes and without `wait_for_all`.
    OddTieBreakerWithLastManStanding {
        /// The sum of the nodelist's votes.
        sum: u32,
    },
    /// Rule 7: `last_man_standing` with a quorum device.
    LastManStandingWithDevice,
    /// Rule 8: `auto_tie_breaker` with a quorum device.
    TieBreakerWithDevice,
    /// Rule 9: `allow_downscale` with a quorum device.
    DownscaleWithDevice,
    /// Rule 10: `expected_votes` is set and the device's votes are not.
    DeviceVotesMissing,
    /// Rule 11: the device's votes are not set, and the nodes do not have one vote each on average.
    DeviceVotesUnclear {
        /// The number of nodes.
        nodes: u32,
        /// The sum of their votes.
        sum: u32,
    },
    /// Rule 12: fewer than two of the expected votes are left to the nodes.
    DeviceVotesTooMany {
        /// The device's votes; `None` is automatic.
        votes: Option<u32>,
        /// `expected_votes`.
        expected: u32,
    },
}

impl Refusal {
    /// The rule's number.
    #[must_use]
    pub fn rule(&self) -> u8 {
        match self {
            Self::NothingExpected => 1,
            Self::TwoNodeWithDevice => 2,
            Self::OddTieBreakerWithLastManStanding { .. } => 6,
            Self::LastManStandingWithDevice => 7,
            Self::TieBreakerWithDevice => 8,
            Self::DownscaleWithDevice => 9,
            Self::DeviceVotesMissing => 10,
            Self::DeviceVotesUnclear { .. } => 11,
            Self::DeviceVotesTooMany { .. } => 12,
        }
    }

    /// The keys of corosync.conf that contradict each other, the one to point at first.
    #[must_use]
    pub fn keys(&self) -> &'static [&'static str] {
        const MODEL: &str = "quorum.device.model";
        const DEVICE_VOTES: &str = "quorum.device.votes";
        match self {
            Self::NothingExpected => &["quorum.expected_votes", "nodelist.node"],
            Self::TwoNodeWithDevice => &["quorum.two_node", MODEL],
            Self::OddTieBreakerWithLastManStanding { .. } => &[
                "quorum.last_man_standing",
                "quorum.auto_tie_breaker",
                "quorum.wait_for_all",
            ],
            Self::LastManStandingWithDevice => &["quorum.last_man_standing", MODEL],
            Self::TieBreakerWithDevice => &["quorum.auto_tie_breaker", MODEL],
            Self::DownscaleWithDevice => &["quorum.allow_downscale", MODEL],
            Self::DeviceVotesMissing => &[MODEL, DEVICE_VOTES, "quorum.expected_votes"],
            Self::DeviceVotesUnclear { .. } => &[MODEL, DEVICE_VOTES, "nodelist.node.quorum_votes"],
            Self::DeviceVotesTooMany { .. } => &[DEVICE_VOTES, "quorum.expected_votes"],
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingExpected => {
                f.write_str("quorum needs a nodelist with this node in it, or expected_votes")
            }
            Self::TwoNodeWithDevice => f.write_str("two_node does not go with a quorum device"),
            Self::OddTieBreakerWithLastManStanding { sum } => write!(
                f,
                "auto_tie_breaker with last_man_standing and an odd sum of votes ({sum}) needs wait_for_all"
            ),
            Self::LastManStandingWithDevice => {
                f.write_str("last_man_standing does not go with a quorum device")
            }
            Self::TieBreakerWithDevice => {
                f.write_str("auto_tie_breaker does not go with a quorum device")
            }
            Self::DownscaleWithDevice => {
                f.write_str("allow_downscale does not go with a quorum device")
            }
            Self::DeviceVotesMissing => {
                f.write_str("with expected_votes, a quorum device needs its votes written down")
            }
            Self::DeviceVotesUnclear { nodes, sum } => write!(
                f,
                "the quorum device's votes follow from one vote a node only; {nodes} nodes have {sum}: write them down"
            ),
            Self::DeviceVotesTooMany {
                votes: Some(votes),
                expected,
            } => write!(
                f,
                "{votes} votes of the quorum device leave less than two of {expected} expected votes to the nodes"
            ),
            Self::DeviceVotesTooMany {
                votes: None,
                expected,
            } => {
                write!(
                    f,
                    "automatic device votes do not fit {expected} expected votes"
                )
            }
        }
    }
}

impl core::error::Error for Refusal {}

/// Something an operator should hear: an option that yielded, or a peer that misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Notice {
    /// `auto_tie_breaker_node` is there, `auto_tie_breaker` is off: it has no effect. Rule 3.
    TieBreakerNodeUnused,
    /// `auto_tie_breaker_node` is not `lowest`, `highest` or a list of ids: the tie breaker is switched off. Rule 3.
    TieBreakerNodeUnreadable,
    /// `two_node` was switched off because the cluster does not have exactly two nodes; `wait_for_all`, if it followed
    /// `two_node`, stays on. Ours; see [`TwoNode::Strict`](super::TwoNode::Strict).
    TwoNodeOff {
        /// The number of configured nodes; without a nodelist, the expected votes.
        nodes: u32,
    },
    /// `two_node` was switched off in favour of `auto_tie_breaker`; `wait_for_all`, if it followed, stays on. Rule 5.
    TwoNodeYields,
    /// `auto_tie_breaker` was switched off: the sum of votes is odd and `wait_for_all` is off. Rule 6.
    TieBreakerYields {
        /// The sum of the nodelist's votes.
        sum: u32,
    },
    /// `expected_votes` was replaced by what expected votes tracking remembers; 0 is the sum of the nodelist. Rule 14.
    ExpectedVotesTracked {
        /// As configured.
        configured: u32,
        /// As remembered.
        tracked: u32,
    },
    /// The threshold has eight bits, as in corosync, and these votes need more: it wraps, and a minority may be quorate.
    /// Keep the sum of all votes below 510.
    ThresholdWraps {
        /// The votes expected.
        expected: u32,
        /// What remains of their majority.
        threshold: u8,
    },
    /// A changed configuration contradicts itself; what cannot be used is not used until the next change.
    Contradiction(Refusal),
    /// `last_man_standing` was switched off for good: this node has more than one vote.
    LastManStandingOff {
        /// The node.
        node: NodeId,
        /// Its votes.
        votes: u32,
    },
    /// The votes are not all there yet: wait for all holds the verdict back.
    Waiting {
        /// Votes seen.
        votes: u32,
        /// Votes waited for.
        expected: u32,
    },
    /// Wait for all was cancelled.
    WaitForAllCancelled,
    /// A node introduced another one; dropped. No corosync does that.
    Impostor {
        /// Who sent it.
        from: NodeId,
        /// Whom it is about.
        node: NodeId,
    },
    /// A device's votes came from a node that never introduced itself; dropped.
    StrangerDevice(NodeId),
    /// A voter beyond the 384 that a cluster may have; dropped.
    TooManyNodes(NodeId),
    /// Our device's registration came back and nobody waits for it; dropped.
    DeviceRegistrationUnasked,
}

impl Notice {
    /// The rule's number, for those that come from reading the configuration as corosync does.
    #[must_use]
    pub fn rule(&self) -> Option<u8> {
        match self {
            Self::TieBreakerNodeUnused | Self::TieBreakerNodeUnreadable => Some(3),
            Self::TwoNodeYields => Some(5),
            Self::TieBreakerYields { .. } => Some(6),
            Self::ExpectedVotesTracked { .. } => Some(14),
            Self::Contradiction(refusal) => Some(refusal.rule()),
            _ => None,
        }
    }

    /// The keys of corosync.conf concerned, the one to point at first; empty when it is not about the configuration.
    #[must_use]
    pub fn keys(&self) -> &'static [&'static str] {
        match self {
            Self::TieBreakerNodeUnused => &["quorum.auto_tie_breaker_node"],
            Self::TieBreakerNodeUnreadable => {
                &["quorum.auto_tie_breaker_node", "quorum.auto_tie_breaker"]
            }
            Self::TwoNodeOff { .. } => &["quorum.two_node", "nodelist.node"],
            Self::TwoNodeYields => &["quorum.two_node", "quorum.auto_tie_breaker"],
            Self::TieBreakerYields { .. } => &["quorum.auto_tie_breaker", "quorum.wait_for_all"],
            Self::ExpectedVotesTracked { .. } => {
                &["quorum.expected_votes", "quorum.expected_votes_tracking"]
            }
            Self::ThresholdWraps { .. } => &["nodelist.node.quorum_votes", "quorum.expected_votes"],
            Self::Contradiction(refusal) => refusal.keys(),
            Self::LastManStandingOff { .. } => &["quorum.last_man_standing"],
            _ => &[],
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TieBreakerNodeUnused => {
                f.write_str("auto_tie_breaker_node has no effect: auto_tie_breaker is off")
            }
            Self::TieBreakerNodeUnreadable => f.write_str(
                "auto_tie_breaker is switched off: auto_tie_breaker_node is not lowest, highest or a list of node ids",
            ),
            Self::TwoNodeOff { nodes } => write!(
                f,
                "two_node is switched off: it is safe with exactly two nodes only, and {nodes} are configured \
                 (a majority is needed; wait_for_all stays as two_node asked)"
            ),
            Self::TwoNodeYields => f.write_str(
                "two_node is switched off: auto_tie_breaker is on (wait_for_all stays as two_node asked)",
            ),
            Self::TieBreakerYields { sum } => write!(
                f,
                "auto_tie_breaker is switched off: with an odd sum of votes ({sum}) it needs wait_for_all"
            ),
            Self::ExpectedVotesTracked { configured, tracked } => write!(
                f,
                "expected_votes {configured} is ignored: expected_votes_tracking remembers {tracked}"
            ),
            Self::ThresholdWraps { expected, threshold } => write!(
                f,
                "{expected} expected votes are too many: eight bits hold the votes needed, and {threshold} is left of them"
            ),
            Self::Contradiction(refusal) => write!(f, "the changed configuration is not used: {refusal}"),
            Self::LastManStandingOff { node, votes } => write!(
                f,
                "last_man_standing is switched off: it needs one vote a node, and node {node} has {votes}"
            ),
            Self::Waiting { votes, expected } => {
                write!(f, "waiting for all: {votes} of {expected} votes are here")
            }
            Self::WaitForAllCancelled => f.write_str("waiting for all was cancelled"),
            Self::Impostor { from, node } => {
                write!(f, "node {from} introduced itself as node {node}: dropped")
            }
            Self::StrangerDevice(node) => {
                write!(f, "device votes from node {node}, which never introduced itself: dropped")
            }
            Self::TooManyNodes(node) => {
                write!(f, "node {node} is one more than a cluster may have: its votes are dropped")
            }
            Self::DeviceRegistrationUnasked => {
                f.write_str("a quorum device registration came back that nobody waits for: dropped")
            }
        }
    }
}
