//! How datagrams leave and arrive: all that the loop knows of a network.

use std::collections::VecDeque;
use std::io;

use bytes::Bytes;
use ringwright::{Sign, Target};

/// The longest datagram that a node takes, bytes; longer ones are dropped.
pub const DATAGRAM_MAX: usize = 65536;

/// Once so many datagrams were received, no more are until they are handled and timers have had their turn.
pub const BATCH_MAX: usize = 64;

/// Datagrams received and not yet handled, oldest first.
pub type Batch = VecDeque<Bytes>;

/// Where sockets come from: once the node's address is there, and again after it was away.
pub trait Transport: Send + 'static {
    /// What it opens.
    type Socket: Socket;

    /// Opens the socket on the node's own address.
    ///
    /// On an error the loop tries again, soon and then every second.
    fn bind(&mut self) -> impl Future<Output = io::Result<Self::Socket>> + Send;
}

/// An open way to the other nodes.
pub trait Socket: Send + 'static {
    /// Sends a train: datagrams in their order, each to one other node or to every other node of the nodelist.
    ///
    /// Several may leave in one system call; to each node they keep their order. Datagrams may be lost: it never waits
    /// long, tries every node even if one fails, and returns the first error, which is counted and logged.
    fn send(&mut self, train: &[(Target, Bytes)]) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits for a datagram or a [`Socket::sign`], then appends what waits already to `batch`, and stops once [`BATCH_MAX`]
    /// are in it; the last system call may bring some more.
    ///
    /// Must be cancel safe: a datagram taken from the network is in `batch`, or is returned by the next call. It may
    /// return without a datagram. On an error the loop closes the socket and binds another.
    fn receive(&mut self, batch: &mut Batch) -> impl Future<Output = io::Result<()>> + Send;

    /// The next thing that the host says of the way to other nodes, asked after each receive and once what that has brought is
    /// handled. A network that says nothing of it has none; a socket around another asks that one, whose
    /// [`receive`](Self::receive) would come back at once otherwise.
    fn sign(&mut self) -> Option<Sign>;

    /// Throws away what waits.
    fn drain(&mut self);

    /// What was dropped since it was bound.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// What the network's edge has dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// Datagrams of addresses outside the nodelist.
    pub rejected: u64,
    /// Datagrams longer than [`DATAGRAM_MAX`].
    pub too_long: u64,
    /// Datagrams that could not be sent, each node counted; none while the address is away.
    pub unsent: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.too_long += other.too_long;
        self.unsent += other.unsent;
    }
}
