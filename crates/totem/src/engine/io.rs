//! What goes in and what comes out.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::group::{self, JoinError, Undeliverable};
use crate::ring::{self, Configuration, Sign, Target};
use crate::wire::service::cfg;
use crate::wire::service::cpg::GroupName;
use crate::wire::service::votequorum::DeviceName;
use crate::{NodeId, RingId, quorum};

/// The largest message to a process group, bytes.
pub const PAYLOAD_MAX: usize = 1 << 20;
/// The largest payload in one message, bytes: a longer one blocks corosync's connection to its client for ever.
pub(super) const ATOMIC_MAX: usize = PAYLOAD_MAX - 1024;
/// What survives a restart. Whoever starts a node reads it back from what [`Output::Store`] wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Stable {
    /// The last ring sequence; 0 on the first start.
    pub ring_seq: u64,
    /// The highest expected votes, with `expected_votes_tracking`.
    pub expected_votes: Option<u32>,
}

/// Something that happened, at the time given with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Input {
    /// A datagram of another node of the nodelist came in.
    Datagram(Bytes),
    /// A deadline of [`Engine::poll_timeout`](super::Engine::poll_timeout) passed.
    Timeout,
    /// The host knows something of the way to other nodes.
    Sign(Sign),
    /// A local process joins a group.
    JoinGroup {
        /// The process.
        pid: u32,
        /// The group.
        group: GroupName,
    },
    /// A local process leaves a group, or died.
    LeaveGroup {
        /// The process.
        pid: u32,
        /// The group.
        group: GroupName,
        /// Whether it died.
        died: bool,
    },
    /// A local process sends to a group that it has joined.
    Multicast {
        /// The process.
        pid: u32,
        /// The group.
        group: GroupName,
        /// At most [`PAYLOAD_MAX`] bytes.
        payload: Bytes,
    },
    /// A call to votequorum of an operator or of this node's quorum device.
    Quorum(QuorumCall),
    /// This node leaves in order: what waits is sent first, [`Output::Left`] is the last output.
    Leave,
}

/// A call to votequorum of an operator, or of the program that is this node's quorum device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum QuorumCall {
    /// `corosync-quorumtool -e`.
    SetExpected(u32),
    /// `corosync-quorumtool -n -v`.
    SetVotes(NodeId, u32),
    /// The cmap key `quorum.cancel_wait_for_all`.
    CancelWaitForAll,
    /// The configuration was read again; options that are fixed at start keep their value.
    Reconfigure(quorum::Options),
    /// What libvotequorum's `votequorum_qdevice_*` functions do.
    Device(DeviceCall),
}

/// A call of this node's quorum device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum DeviceCall {
    /// Registers the device; [`Event::DeviceRegistered`] is the answer.
    Register(DeviceName),
    /// Takes it back; its vote is gone at once.
    Unregister(DeviceName),
    /// Renames it in the whole ring.
    Rename {
        /// The present name.
        old: DeviceName,
        /// The name to be.
        new: DeviceName,
    },
    /// A sign of life with its vote, also while services synchronise: a synchronisation waits for it.
    Poll {
        /// The device.
        name: DeviceName,
        /// Whether it votes for this partition.
        cast: bool,
        /// The ring that it has seen.
        ring_id: RingId,
    },
    /// Lets its vote alone make a partition quorate, or no longer.
    MasterWins {
        /// The device.
        name: DeviceName,
        /// Whether it does.
        allow: bool,
    },
}

/// Why an input was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected {
    /// Too many bytes wait to be sent; try again after a delivery.
    QueueFull {
        /// The most bytes that may wait.
        limit: usize,
    },
    /// The payload is longer than [`PAYLOAD_MAX`].
    TooLong {
        /// Its length, bytes.
        len: usize,
    },
    /// The process is not in the group.
    NotInGroup,
    /// The process cannot join.
    Join(JoinError),
    /// votequorum refuses.
    Quorum(quorum::CallError),
    /// There is no votequorum here.
    NoQuorum,
    /// Services are being synchronised; try again.
    Synchronising,
    /// The node is leaving.
    Leaving,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueFull { limit } => write!(f, "more than {limit} bytes wait to be sent"),
            Self::TooLong { len } => write!(f, "a payload of {len} bytes, more than {PAYLOAD_MAX}"),
            Self::NotInGroup => f.write_str("the process is not in the group"),
            Self::Join(JoinError::AlreadyIn) => f.write_str("the process is in the group already"),
            Self::Join(JoinError::TooMany) => {
                f.write_str("too many processes of this node are in groups")
            }
            Self::Quorum(error) => error.fmt(f),
            Self::NoQuorum => f.write_str("no quorum provider is configured"),
            Self::Synchronising => f.write_str("services are being synchronised"),
            Self::Leaving => f.write_str("the node is leaving"),
        }
    }
}

impl core::error::Error for Rejected {}

/// Something to carry out, in order. Exhaustive: a new kind must not compile where nobody carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make durable before any later output is carried out.
    Store(Stable),
    /// Send a datagram.
    Transmit {
        /// To whom.
        to: Target,
        /// The datagram.
        bytes: Bytes,
    },
    /// Tell the local processes of a group.
    Group(group::Event),
    /// Throw away every datagram that waits in the sockets.
    Drain,
    /// Something worth telling.
    Event(Event),
    /// The goodbye is said: stop.
    Left,
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The ring protocol moved, or dropped something.
    Ring(ring::Event),
    /// Who comes along into the next ring.
    Transitional(Configuration),
    /// A ring is installed.
    Regular(Configuration),
    /// All services are synchronised: local processes are served.
    Synchronised(RingId),
    /// The verdict on this partition.
    Quorum {
        /// Whether it may act.
        quorate: bool,
        /// The members, ascending.
        members: Vec<NodeId>,
        /// The ring.
        ring_id: RingId,
    },
    /// The partition expects other votes than before.
    ExpectedVotes(u32),
    /// The answer to [`DeviceCall::Register`].
    DeviceRegistered(Result<(), quorum::CallError>),
    /// votequorum has something to say to the operator.
    QuorumNotice(quorum::Notice),
    /// A member's `totem.config_version`.
    ConfigVersion {
        /// The member.
        node: NodeId,
        /// Its version, 0 for none.
        version: u64,
    },
    /// This node was freshly started with an older configuration than a member's: it leaves.
    ConfigTooOld {
        /// Ours.
        own: u64,
        /// The newest.
        highest: u64,
    },
    /// Another node's operator wants this node gone: it leaves.
    Killed {
        /// Who says so.
        by: NodeId,
        /// And why.
        reason: cfg::KillReason,
    },
    /// A packet or message of a member was dropped.
    Undeliverable {
        /// The member.
        from: NodeId,
        /// What is wrong with it.
        error: Undeliverable,
    },
}
