//! What a node tells of itself, followed.

use ringwright::ring::Configuration;
use ringwright::{Event, NodeId, RingId, ring};

/// A node as its events describe it.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    ring: RingId,
    members: Vec<NodeId>,
    synchronised: bool,
    quorate: bool,
}

impl Watched {
    /// Takes the next event, and tells it in words if it is worth it.
    pub(super) fn take(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Ring(ring::Event::Gather(reason)) => {
                self.synchronised = false;
                Some(format!("looks for members: {reason}"))
            }
            Event::Ring(ring::Event::Left(node)) => Some(format!("hears node {node} say goodbye")),
            Event::Regular(Configuration {
                ring_id, members, ..
            }) => {
                self.ring = *ring_id;
                self.members.clone_from(members);
                self.synchronised = false;
                Some(format!("ring {ring_id:<5} members {}", list(members)))
            }
            Event::Synchronised(_) => {
                self.synchronised = true;
                None
            }
            Event::Quorum {
                quorate, members, ..
            } => {
                self.quorate = *quorate;
                let verdict = if *quorate { "yes" } else { "no " };
                Some(format!("quorum {verdict}  members {}", list(members)))
            }
            _ => None,
        }
    }

    /// Whether the node is in a quorate, synchronised ring of just these.
    pub(super) fn is_settled_with(&self, members: &[NodeId]) -> bool {
        self.synchronised && self.quorate && self.members == members
    }

    pub(super) fn ring(&self) -> RingId {
        self.ring
    }
}

fn list(nodes: &[NodeId]) -> String {
    let nodes: Vec<_> = nodes.iter().map(ToString::to_string).collect();
    nodes.join(" ")
}
