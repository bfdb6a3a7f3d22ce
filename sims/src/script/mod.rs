//! The few verbs in which a schedule of faults and work is written, in Rust or as [`text`].

mod link;
pub mod text;
mod words;

use bytes::Bytes;
use ringwright::ring::PhaseName;
use ringwright::{Instant, NodeId};
use ringwright_totem::wire::Kind;

pub use link::Link;

/// What a node finds of its ring sequence when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// What it made durable last.
    Kept,
    /// Nothing: the state directory was lost.
    Lost,
}

/// Something done to the cluster at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A node that does not run starts.
    Start {
        /// The node.
        node: NodeId,
        /// What it finds of its last run.
        store: Store,
    },
    /// A node's process ends without a word; its memory and its sockets are gone.
    Crash(NodeId),
    /// The node crashes the next time it wants to make something durable.
    CrashAtStore {
        /// The node.
        node: NodeId,
        /// Whether that still becomes durable.
        durable: bool,
    },
    /// Something that is done the next time a node enters a phase, in the middle of what it then does.
    When {
        /// The node.
        node: NodeId,
        /// The phase.
        phase: PhaseName,
        /// What is done.
        then: Box<Verb>,
    },
    /// A node leaves in order.
    Leave(NodeId),
    /// As a service manager does it: a running node leaves in order, and then it starts, with the file that is there now.
    Restart(NodeId),
    /// A node's process stands still; its socket buffer fills.
    Pause(NodeId),
    /// It goes on.
    Resume(NodeId),
    /// Every direction from one of `from` to one of `to` becomes like `link`.
    Link {
        /// Senders.
        from: Vec<NodeId>,
        /// Receivers.
        to: Vec<NodeId>,
        /// What the directions are like from now on.
        link: Link,
    },
    /// All directions are perfect again, and what was arranged for later is called off.
    Heal,
    /// The next `count` datagrams of this kind are lost on the way to a node.
    DropNext {
        /// The receiver.
        to: NodeId,
        /// The frame's type.
        kind: Kind,
        /// How many.
        count: u32,
    },
    /// The interface of a machine goes down; its addresses stay on it.
    Down(NodeId),
    /// The interface of a machine loses its addresses.
    Flush(NodeId),
    /// The interface of a machine is up with its addresses.
    Up(NodeId),
    /// Another machine owns the address of this one, too, and answers for it; nothing listens there.
    Twin {
        /// Whose address.
        of: NodeId,
        /// Whether it is there from now on.
        on: bool,
    },
    /// These machines forget their neighbours' hardware addresses.
    Forget(Vec<NodeId>),
    /// A machine's key file becomes this one. A daemon that runs keeps the old one.
    Key {
        /// The machine.
        node: NodeId,
        /// The key's name.
        key: u32,
    },
    /// A machine's corosync.conf becomes one of [`Setup::files`](crate::Setup). A daemon that runs keeps the old one.
    File {
        /// The machine.
        node: NodeId,
        /// Its name.
        name: String,
    },
    /// A datagram that no node sent arrives.
    Inject {
        /// The receiver.
        to: NodeId,
        /// The datagram.
        bytes: Bytes,
    },
    /// A process joins a group.
    Join {
        /// Its node.
        node: NodeId,
        /// Its process id.
        pid: u32,
        /// The group's name.
        group: String,
    },
    /// A process leaves a group.
    Quit {
        /// Its node.
        node: NodeId,
        /// Its process id.
        pid: u32,
        /// The group's name.
        group: String,
    },
    /// A process sends a message.
    Send {
        /// Its node.
        node: NodeId,
        /// Its process id.
        pid: u32,
        /// The group's name.
        group: String,
        /// The payload's length, bytes.
        len: usize,
    },
}

/// A schedule: what is done when, in order of time.
pub type Script = Vec<(Instant, Verb)>;
