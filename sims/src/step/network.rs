//! The wires between the nodes.

use std::collections::BTreeMap;

use bytes::Bytes;
use ringwright::{Instant, NodeId};
use ringwright_totem::wire::Kind;

use crate::rng::Rng;
use crate::script::Link;

/// A datagram on its way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) to: NodeId,
    pub(super) bytes: Bytes,
}

/// Every direction between two nodes, and what is on its way.
#[derive(Debug)]
pub(super) struct Network {
    links: BTreeMap<(NodeId, NodeId), Link>,
    /// When the last datagram of a direction arrives that others may not overtake.
    last: BTreeMap<(NodeId, NodeId), Instant>,
    drops: Vec<(NodeId, Kind, u32)>,
    flights: BTreeMap<(Instant, u64), Flight>,
    count: u64,
    rng: Rng,
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            links: BTreeMap::new(),
            last: BTreeMap::new(),
            drops: Vec::new(),
            flights: BTreeMap::new(),
            count: 0,
            rng: Rng::new(seed),
        }
    }

    pub(super) fn set(&mut self, from: &[NodeId], to: &[NodeId], link: &Link) {
        for &a in from {
            for &b in to {
                self.links.insert((a, b), link.clone());
            }
        }
    }

    pub(super) fn heal(&mut self) {
        self.links.clear();
        self.drops.clear();
    }

    pub(super) fn drop_next(&mut self, to: NodeId, kind: Kind, count: u32) {
        self.drops.push((to, kind, count));
    }

    /// When the next datagram arrives.
    pub(super) fn next(&self) -> Option<Instant> {
        self.flights.keys().next().map(|&(at, _)| at)
    }

    /// Takes the next datagram.
    pub(super) fn arrive(&mut self) -> Option<Flight> {
        self.flights.pop_first().map(|(_, flight)| flight)
    }

    pub(super) fn send(&mut self, now: Instant, from: NodeId, to: NodeId, bytes: &Bytes) {
        let link = self.links.get(&(from, to)).cloned().unwrap_or_default();
        let lost = link.cut
            || bytes.len() > link.len_max
            || self.rng.chance(link.loss)
            || self.is_to_be_dropped(to, bytes);
        if lost {
            return;
        }
        let copies = 1 + u32::from(self.rng.chance(link.duplicate));
        for _ in 0..copies {
            let mut at = now + link.delay + self.rng.duration(link.jitter);
            if self.rng.chance(link.reorder) {
                at = at + self.rng.duration(link.jitter * 4);
            } else {
                let previous = self.last.entry((from, to)).or_default();
                at = at.max(*previous);
                *previous = at;
            }
            self.count += 1;
            let bytes = bytes.clone();
            self.flights.insert((at, self.count), Flight { to, bytes });
        }
    }

    fn is_to_be_dropped(&mut self, to: NodeId, bytes: &[u8]) -> bool {
        let kind = bytes.get(TYPE_AT).copied();
        let drop = self.drops.iter_mut().find(|(receiver, of, count)| {
            *receiver == to && Some(of.number()) == kind && *count > 0
        });
        let Some((_, _, count)) = drop else {
            return false;
        };
        *count -= 1;
        true
    }
}

/// Where a frame's type stands, after the magic and the version.
const TYPE_AT: usize = 3;
