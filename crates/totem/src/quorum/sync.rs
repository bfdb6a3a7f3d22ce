//! The part in service synchronisation: everybody introduces itself to the new ring, then everybody decides.

use super::conflict::Notice;
use super::explain::Reason;
use super::node::{NodeState, flag};
use super::{Output, Votequorum};
use crate::wire::service::votequorum::Message;
use crate::{Instant, NodeId, RingId};

/// A synchronisation under way, from [`Votequorum::sync_init`] to [`Votequorum::sync_activate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Sync {
    /// Our introduction is on its way.
    introduced: bool,
    /// Our device has not yet polled for this ring.
    awaits_device: bool,
}

impl Votequorum {
    /// A new ring: at once when the ring protocol delivers the regular configuration, also during another
    /// synchronisation. `members` ascending.
    pub fn sync_init(&mut self, now: Instant, members: &[NodeId], ring: RingId) {
        if members.len() > 1 {
            self.us_mut().set(flag::FIRST, false);
        }
        let mut left = false;
        for gone in self.ring_members.iter().filter(|id| !members.contains(id)) {
            if let Some(node) = self.nodes.get_mut(gone) {
                node.state = NodeState::Dead;
            }
            left = true;
        }
        if self.shrinks_after(members.len(), left) {
            self.last_man_standing_at = Some(now + self.settings.last_man_standing_window);
        }
        self.previous = core::mem::replace(&mut self.ring_members, members.to_vec());
        self.ring = ring;
        let awaits_device = self.device_sync_starts(now);
        self.sync = Some(Sync {
            introduced: false,
            awaits_device,
        });
    }

    /// One step of synchronisation: at each token until it says that it is done (`true`).
    pub fn sync_process(&mut self) -> bool {
        let Some(sync) = &mut self.sync else {
            return true;
        };
        if !core::mem::replace(&mut sync.introduced, true) {
            self.send_node_info();
            self.send_device_info();
            if self.device.is_named() {
                let name = self.device.name.clone();
                self.send(Message::QdeviceReg {
                    register: true,
                    name,
                });
            }
        }
        let waits = self.sync.is_some_and(|sync| sync.awaits_device);
        !(waits && self.us().has(flag::DEVICE_REGISTERED))
    }

    /// Everybody has said all: decide, and publish the verdict whether it changed or not.
    pub fn sync_activate(&mut self) {
        self.recalculate(false, false);
        self.publish();
        self.sync = None;
    }

    /// The device has polled, or is given up.
    pub(super) fn release_sync(&mut self) {
        if let Some(sync) = &mut self.sync {
            sync.awaits_device = false;
        }
    }

    /// Whether a ring of `count` members starts the last man standing window. Compares members with votes, and asks for
    /// the lowest id whatever the tie breaker is, as corosync does.
    fn shrinks_after(&self, count: usize, left: bool) -> bool {
        let quorum = usize::from(self.quorum);
        let lowest = self
            .extremes
            .and_then(|(lowest, _)| self.nodes.get(&lowest));
        let tie =
            self.settings.tie_breaker.is_on() && lowest.is_some_and(super::node::Node::is_member);
        self.settings.last_man_standing && ((count >= quorum && left) || (count <= quorum && tie))
    }

    pub(super) fn publish(&mut self) {
        if self.reason == Reason::WaitForAll {
            let (votes, expected) = (self.tally().votes, self.us().expected);
            self.notice(Notice::Waiting { votes, expected });
        }
        self.output(Output::Verdict {
            quorate: self.quorate,
            members: self.ring_members.clone(),
            ring: self.ring,
        });
    }
}
