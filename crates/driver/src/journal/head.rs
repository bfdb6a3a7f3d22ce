//! What a journal's records say.

use ringwright::{Config, Input, Instant, Stable};
use serde::{Deserialize, Serialize};

use crate::Counters;

/// The number of the format that is written, and the only one that is read.
pub const FORMAT: u32 = 1;

/// What a part begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// When the process began to write the journal, nanoseconds since 1970 by the host's clock; the parts of one life of a
    /// node have the same.
    pub life: u64,
    /// The part's number; the next part's is one higher, also across lives.
    pub part: u64,
    /// The host's clock at `at`, nanoseconds since 1970.
    pub wall: u64,
    /// The node's time at the part's beginning, nanoseconds.
    pub at: u64,
    /// How far the life was recorded before this part.
    pub before: Continuation,
}

impl Head {
    /// The node's time at the part's beginning.
    #[must_use]
    pub fn instant(&self) -> Instant {
        Instant::from_nanos(self.at)
    }

    /// The host's clock at an instant of this part, nanoseconds since 1970.
    #[must_use]
    pub fn wall_at(&self, at: Instant) -> u64 {
        let since = at.since(self.instant()).as_nanos();
        self.wall
            .saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }
}

/// How far a life was recorded at some point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// Inputs so far, those that were not recorded included.
    pub inputs: u64,
    /// Inputs of those that are in no part: the disk was too slow.
    pub missed: u64,
    /// Over all outputs so far.
    pub digest: u64,
}

/// A node's start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Its configuration.
    pub config: Config,
    /// What an earlier life had made durable.
    pub stable: Stable,
    /// What fed its randomness.
    pub seed: u64,
}

/// A point at which a replay compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Where the life was.
    pub reached: Continuation,
    /// What the network's edge had dropped.
    pub counters: Counters,
}

/// What happened around the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HostEvent {
    /// The node's address was not on this machine at the start.
    AddressAwaited,
    /// The node's address came to this machine.
    AddressBack,
    /// The node's address left this machine.
    AddressGone,
    /// A socket was bound.
    Bound,
    /// No socket could be bound, for this reason; it was tried again.
    NotBound(String),
    /// The socket failed, for this reason; another was bound.
    SocketFailed(String),
    /// Datagrams could not be sent, for this reason; told at most every 10 s.
    NotSent(String),
}

/// One record of a part, after its head.
#[derive(Clone, Debug)]
pub enum Record {
    /// The node started.
    Start(Box<Start>),
    /// The node as it was, CBOR.
    Snapshot(Vec<u8>),
    /// The node was told something.
    Input(Input),
    /// Where the digest stood.
    Mark(Mark),
    /// Something happened around the node.
    Host(HostEvent),
    /// The life's end, and why.
    End(String),
}
