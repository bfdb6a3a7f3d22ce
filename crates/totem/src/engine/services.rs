//! What the engine asks of each service while services synchronise.

use super::Engine;
use super::io::Event;
use super::lanes::Lanes;
use crate::sync::Verdict;
use crate::wire::service::{CMAP, CPG, Message, VOTEQUORUM, cmap};

impl Engine {
    /// Lets a service say what it has to say; whether it is done.
    pub(super) fn process(&mut self, service: u32) -> bool {
        match service {
            CMAP => {
                let version = Some(self.version.own()).filter(|&version| version != 0);
                self.send(&Message::Cmap(cmap::Message::of_config_version(
                    cmap::Reason::Sync,
                    version,
                )));
            }
            CPG => {
                for message in self.groups.sync_process() {
                    self.send(&Message::Cpg(message));
                }
            }
            VOTEQUORUM => {
                let done = self
                    .quorum
                    .as_mut()
                    .is_none_or(super::super::quorum::Votequorum::sync_process);
                self.take_quorum_outputs();
                if !done {
                    return false;
                }
            }
            _ => {}
        }
        self.sync.processed();
        true
    }

    pub(super) fn activate(&mut self, service: u32) {
        match service {
            CMAP => {
                if let Verdict::Leave { own, highest } =
                    self.version.activate(!self.transitional.is_empty())
                {
                    self.event(Event::ConfigTooOld { own, highest });
                    self.leave();
                }
            }
            CPG => {
                self.groups.sync_activate();
                self.take_group_events();
            }
            VOTEQUORUM => {
                if let Some(quorum) = &mut self.quorum {
                    quorum.sync_activate();
                }
                self.take_quorum_outputs();
            }
            _ => {}
        }
    }

    pub(super) fn complete(&mut self) {
        self.lanes.synchronising = false;
        let Lanes { sync, normal, .. } = &mut self.lanes;
        sync.drain_into(normal);
        if !self.lanes.normal.is_empty() {
            self.ring.wake(self.now, &mut self.lanes);
        }
        let ring_id = self.ring.ring_id();
        self.event(Event::Synchronised(ring_id));
    }
}
