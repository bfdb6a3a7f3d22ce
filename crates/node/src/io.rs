//! What goes into a node and what comes out: the protocol's, and the resource manager's.

use bytes::Bytes;
use ringwright_totem as totem;
use ringwright_totem::{Event, QuorumCall, Sign, Stable, Target, group};

use crate::GroupName;
use crate::manager;

/// Something that happened, at the time given with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Input {
    /// A datagram of another node of the nodelist came in.
    Datagram(Bytes),
    /// A deadline of [`Node::poll_timeout`](crate::Node::poll_timeout) passed.
    Timeout,
    /// The host knows something of the way to other nodes. It may hasten the membership protocol; alone it excludes nobody.
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
        /// At most [`PAYLOAD_MAX`](crate::PAYLOAD_MAX) bytes.
        payload: Bytes,
    },
    /// A call to votequorum of an operator or of this node's quorum device.
    Quorum(QuorumCall),
    /// Of the resources. Nothing comes of it without a resource manager.
    Resource(manager::Input),
    /// This node leaves in order: resources are stopped, what waits is sent; [`Output::Left`] is the last output.
    Leave,
}

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
    /// About resources.
    Resource(manager::Output),
    /// The goodbye is said: stop.
    Left,
}

impl From<totem::Output> for Output {
    fn from(output: totem::Output) -> Self {
        match output {
            totem::Output::Store(stable) => Self::Store(stable),
            totem::Output::Transmit { to, bytes } => Self::Transmit { to, bytes },
            totem::Output::Group(event) => Self::Group(event),
            totem::Output::Drain => Self::Drain,
            totem::Output::Event(event) => Self::Event(event),
            totem::Output::Left => Self::Left,
        }
    }
}
