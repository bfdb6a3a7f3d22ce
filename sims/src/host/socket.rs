//! The socket of a daemon: where it listens, whom it sends to, whom it listens to.

use std::net::IpAddr;

use ringwright::{NodeId, Target};

/// Where a socket is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// To the node's own address.
    Address,
    /// To 127.0.0.1: nobody reaches it.
    Loopback,
    /// Nowhere.
    Closed,
}

/// How datagrams are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Plain, as with udpu since 3.0.
    Plain,
    /// With this key.
    Key(u32),
}

/// A daemon's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The node, by its own file.
    pub me: NodeId,
    /// Its own address, by its own file.
    pub address: IpAddr,
    /// The port of all nodes, by its own file.
    pub port: u16,
    /// Where the other nodes are, by its own file.
    pub peers: Vec<(NodeId, IpAddr)>,
    /// The group that datagrams to all go to; without one, each peer gets its own.
    pub group: Option<IpAddr>,
    /// Whether datagrams from other addresses than those of the peers are dropped.
    pub block_unlisted: bool,
    /// How its datagrams are sealed, and must be.
    pub seal: Seal,
    /// Where it is bound.
    pub bound: Bound,
}

impl Socket {
    /// The addresses that a datagram goes to.
    pub(super) fn destinations(&self, to: Target) -> impl Iterator<Item = IpAddr> + '_ {
        let group = self.group.filter(|_| to == Target::All);
        let is_meant = move |node: NodeId| match to {
            Target::All => group.is_none(),
            Target::Node(one) => one == node,
        };
        let peers = self.peers.iter().filter(move |(node, _)| is_meant(*node));
        peers.map(|&(_, address)| address).chain(group)
    }

    /// Whether datagrams to this address and port are for it.
    pub(super) fn listens_to(&self, destination: IpAddr, port: u16) -> bool {
        let is_for_us = destination == self.address || self.group == Some(destination);
        self.bound == Bound::Address && self.port == port && is_for_us
    }

    pub(super) fn is_listed(&self, source: IpAddr) -> bool {
        !self.block_unlisted || self.peers.iter().any(|&(_, address)| address == source)
    }
}
