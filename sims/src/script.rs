//! The few verbs in which a schedule of faults and work is written.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use ringwright::ring::PhaseName;
use ringwright::{Instant, NodeId};
use ringwright_totem::wire::Kind;

/// What a node finds of its ring sequence when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// What it made durable last.
    Kept,
    /// Nothing: the state directory was lost.
    Lost,
}

/// How a direction between two nodes treats datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Nothing comes through.
    pub cut: bool,
    /// Lost datagrams of a thousand.
    pub loss: u32,
    /// Doubled datagrams of a thousand.
    pub duplicate: u32,
    /// Of a thousand, datagrams that others overtake.
    pub reorder: u32,
    /// Least time on the way.
    pub delay: Duration,
    /// Added to the delay at random, up to this.
    pub jitter: Duration,
    /// Longer datagrams are lost; UDP payload bytes.
    pub len_max: usize,
}

impl Default for Link {
    /// A quiet local network: 50 to 100 µs, nothing lost, in order.
    fn default() -> Self {
        Self {
            cut: false,
            loss: 0,
            duplicate: 0,
            reorder: 0,
            delay: Duration::from_micros(50),
            jitter: Duration::from_micros(50),
            len_max: usize::MAX,
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perfect = Self::default();
        if self.cut {
            return f.write_str("cut");
        }
        write!(f, "delay {:?}+{:?}", self.delay, self.jitter)?;
        for (name, value) in [
            ("loss", self.loss),
            ("duplicate", self.duplicate),
            ("reorder", self.reorder),
        ] {
            if value > 0 {
                write!(f, " {name} {value}‰")?;
            }
        }
        if self.len_max != perfect.len_max {
            write!(f, " at most {} bytes", self.len_max)?;
        }
        Ok(())
    }
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
        group: &'static str,
    },
    /// A process leaves a group.
    Quit {
        /// Its node.
        node: NodeId,
        /// Its process id.
        pid: u32,
        /// The group's name.
        group: &'static str,
    },
    /// A process sends a message.
    Send {
        /// Its node.
        node: NodeId,
        /// Its process id.
        pid: u32,
        /// The group's name.
        group: &'static str,
        /// The payload's length, bytes.
        len: usize,
    },
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { node, store } => write!(f, "start {node:?}, store {store:?}"),
            Self::Crash(node) => write!(f, "crash {node:?}"),
            Self::CrashAtStore { node, durable } => {
                let when = if *durable { "after" } else { "before" };
                write!(f, "crash {node:?} {when} its next store")
            }
            Self::When { node, phase, then } => write!(f, "when {node:?} enters {phase}: {then}"),
            Self::Leave(node) => write!(f, "leave {node:?}"),
            Self::Pause(node) => write!(f, "pause {node:?}"),
            Self::Resume(node) => write!(f, "resume {node:?}"),
            Self::Link { from, to, link } => write!(f, "link {from:?} → {to:?}: {link}"),
            Self::Heal => f.write_str("heal"),
            Self::DropNext { to, kind, count } => {
                write!(f, "drop the next {count} {kind:?} to {to:?}")
            }
            Self::Inject { to, bytes } => write!(f, "inject {} bytes to {to:?}", bytes.len()),
            Self::Join { node, pid, group } => write!(f, "{node:?}:{pid} joins {group}"),
            Self::Quit { node, pid, group } => write!(f, "{node:?}:{pid} leaves {group}"),
            Self::Send {
                node,
                pid,
                group,
                len,
            } => write!(f, "{node:?}:{pid} sends {len} bytes to {group}"),
        }
    }
}

/// A schedule: what is done when, in order of time.
pub type Script = Vec<(Instant, Verb)>;
