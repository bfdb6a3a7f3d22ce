//! What a node is told once.

use alloc::vec::Vec;
use core::fmt;

use super::io::Stable;
use crate::ring::timing::Timing;
use crate::{NodeId, quorum, ring, wire};

/// Room of a totempg packet by default: a netmtu of 1500 less twice the MCAST header, as corosync reckons.
pub const NET_MTU_DEFAULT: usize = 1500 - 2 * wire::MCAST_HEADER_LEN;

/// The rooms that a packet may have, bytes: the largest, wrapped as an old message in recovery, still is one UDP datagram.
pub const NET_MTU_RANGE: core::ops::RangeInclusive<usize> =
    206..=65507 - 2 * wire::MCAST_HEADER_LEN;

/// What a node is told once, at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node; must be one of `nodes`.
    pub me: NodeId,
    /// Every node of the nodelist, in its order.
    pub nodes: Vec<NodeId>,
    /// The ring's timers and constants.
    pub timing: Timing,
    /// Room of a totempg packet, bytes; [`NET_MTU_DEFAULT`] unless `totem.netmtu` says otherwise.
    pub net_mtu: usize,
    /// `totem.config_version`, 0 for none.
    pub config_version: u64,
    /// votequorum's options; `None` without a provider: every node is quorate always.
    pub quorum: Option<quorum::Options>,
}

impl Config {
    /// Node `me` of these nodes with corosync's defaults and votequorum.
    #[must_use]
    pub fn of(me: NodeId, nodes: &[NodeId]) -> Self {
        Self {
            me,
            nodes: nodes.to_vec(),
            timing: Timing::of(nodes.len()),
            net_mtu: NET_MTU_DEFAULT,
            config_version: 0,
            quorum: Some(quorum::Options::of(nodes.iter().map(|node| node.0))),
        }
    }
}

/// Why a [`Config`] does not start a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The node is not in its own nodelist.
    NotListed(NodeId),
    /// The nodelist names a node twice, node 0, or more than 384 nodes.
    Nodes,
    /// `net_mtu` is outside [`NET_MTU_RANGE`].
    NetMtu(usize),
    /// The stored ring sequence is one that no honest ring reaches.
    RingSeq(u64),
    /// votequorum refuses its options.
    Quorum(quorum::Refusal),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotListed(node) => write!(f, "node {node} is not in the nodelist"),
            Self::Nodes => write!(
                f,
                "the nodelist needs 1 to {} nodes with different ids above 0",
                wire::NODES_MAX
            ),
            Self::NetMtu(room) => {
                let (min, max) = (NET_MTU_RANGE.start(), NET_MTU_RANGE.end());
                write!(
                    f,
                    "packets of {room} bytes: the room must be {min} to {max}"
                )
            }
            Self::RingSeq(seq) => write!(f, "the stored ring sequence {seq} is damaged"),
            Self::Quorum(refusal) => refusal.fmt(f),
        }
    }
}

impl core::error::Error for ConfigError {}

impl Config {
    pub(super) fn check(&self, stable: Stable) -> Result<(), ConfigError> {
        let Self { me, nodes, .. } = self;
        let mut sorted = nodes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != nodes.len()
            || nodes.len() > wire::NODES_MAX
            || sorted.first().is_none_or(|node| node.0 == 0)
        {
            return Err(ConfigError::Nodes);
        }
        if !nodes.contains(me) {
            return Err(ConfigError::NotListed(*me));
        }
        if !NET_MTU_RANGE.contains(&self.net_mtu) {
            return Err(ConfigError::NetMtu(self.net_mtu));
        }
        if stable.ring_seq > ring::RING_SEQ_MAX {
            return Err(ConfigError::RingSeq(stable.ring_seq));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_without_room_or_beyond_a_datagram_are_refused() {
        let ids = [NodeId(1)];
        let check = |net_mtu| {
            let config = Config {
                net_mtu,
                ..Config::of(ids[0], &ids)
            };
            config.check(Stable::default())
        };
        for net_mtu in [
            NET_MTU_DEFAULT,
            *NET_MTU_RANGE.start(),
            *NET_MTU_RANGE.end(),
        ] {
            assert_eq!(check(net_mtu), Ok(()));
        }
        for net_mtu in [0, 205, 65418, usize::MAX] {
            assert_eq!(check(net_mtu), Err(ConfigError::NetMtu(net_mtu)));
        }
    }
}
