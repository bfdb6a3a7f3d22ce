//! What the ring tells beside what it does.

use core::fmt;
use core::time::Duration;

use crate::wire::Malformed;
use crate::{NodeId, RingId};

/// A phase of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhaseName {
    /// Finding out who is there.
    Gather,
    /// A commit token goes round.
    Commit,
    /// Old messages are exchanged.
    Recovery,
    /// Messages are ordered.
    Operational,
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gather => "gather",
            Self::Commit => "commit",
            Self::Recovery => "recovery",
            Self::Operational => "operational",
        })
    }
}

/// Why a node gathers; the numbers are those in corosync's log, those above 15 this program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherReason {
    /// 0: some did not agree in time.
    ConsensusTimeout,
    /// 2: no token while operational.
    TokenLost,
    /// 3: agreed, but no commit token came.
    ConsensusExpired,
    /// 4: the commit token was lost.
    TokenLostInCommit,
    /// 5: the token was lost in recovery.
    TokenLostInRecovery,
    /// 6: this node cannot receive.
    FailedToReceive,
    /// 7: a message of another ring.
    Foreign,
    /// 8: a message of a node not yet considered.
    ForeignDuringGather,
    /// 9: another ring's merge detection.
    Merge,
    /// 10: merge detection of a node not yet considered.
    MergeDuringGather,
    /// 11: a JOIN with something new.
    Join,
    /// 12: a JOIN with nothing new, while operational.
    JoinWhileOperational,
    /// 13: a JOIN while committing.
    JoinInCommit,
    /// 14: a JOIN during recovery.
    JoinInRecovery,
    /// 15: the start.
    InterfaceUp,
    /// 16: the host of a member refuses its datagrams.
    Refused(NodeId),
    /// 17: this node's own address or carrier is gone.
    Unplugged,
}

impl GatherReason {
    /// The number that corosync logs.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::ConsensusTimeout => 0,
            Self::TokenLost => 2,
            Self::ConsensusExpired => 3,
            Self::TokenLostInCommit => 4,
            Self::TokenLostInRecovery => 5,
            Self::FailedToReceive => 6,
            Self::Foreign => 7,
            Self::ForeignDuringGather => 8,
            Self::Merge => 9,
            Self::MergeDuringGather => 10,
            Self::Join => 11,
            Self::JoinWhileOperational => 12,
            Self::JoinInCommit => 13,
            Self::JoinInRecovery => 14,
            Self::InterfaceUp => 15,
            Self::Refused(_) => 16,
            Self::Unplugged => 17,
        }
    }
}

impl fmt::Display for GatherReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::ConsensusTimeout => "some did not agree in time",
            Self::TokenLost => "the token was lost",
            Self::ConsensusExpired => "no commit token came",
            Self::TokenLostInCommit => "the commit token was lost",
            Self::TokenLostInRecovery => "the token was lost in recovery",
            Self::FailedToReceive => "this node fails to receive",
            Self::Foreign => "a message of another ring",
            Self::ForeignDuringGather => "a message of a new node",
            Self::Merge => "another ring's merge detection",
            Self::MergeDuringGather => "merge detection of a new node",
            Self::Join => "a join with news",
            Self::JoinWhileOperational => "a join",
            Self::JoinInCommit => "a join while committing",
            Self::JoinInRecovery => "a join during recovery",
            Self::InterfaceUp => "start",
            Self::Refused(node) => return write!(f, "the host of node {node} refuses datagrams"),
            Self::Unplugged => "this node's address or carrier is gone",
        };
        f.write_str(text)
    }
}

/// Something worth telling; nothing depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The node looks for members.
    Gather(GatherReason),
    /// A commit token for this ring was accepted.
    Commit(RingId),
    /// The ring exchanges old messages.
    Recovery(RingId),
    /// The ring is installed.
    Operational(RingId),
    /// A token came late, but before its timeout.
    TokenLate(Duration),
    /// A datagram that is not a frame was dropped.
    Malformed(Malformed),
    /// A frame of a node outside the nodelist was dropped.
    Unlisted(NodeId),
    /// A frame whose numbers no honest peer can send was dropped.
    Implausible(&'static str),
    /// Messages were asked for again.
    RetransmitRequested {
        /// The first of them.
        first: u32,
        /// How many.
        count: usize,
    },
    /// This node missed messages for too long and gives itself up.
    FailedToReceive,
    /// A member said goodbye.
    Left(NodeId),
    /// This process did not run for a while; what it had missed is thrown away.
    Paused,
}
