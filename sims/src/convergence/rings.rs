//! Who has installed which ring, kept up to date from the history.

use std::collections::BTreeMap;

use ringwright::ring::Configuration;
use ringwright::{Event, Instant, NodeId, RingId};

use crate::history::What;
use crate::step::Step;
use crate::world::World;

/// The ring that each running node has installed last.
#[derive(Debug, Default)]
pub(super) struct Rings {
    /// Records that were looked at.
    seen: usize,
    installed: BTreeMap<NodeId, Configuration>,
    /// Ring ids, and when the first node installed them.
    formed: BTreeMap<RingId, Instant>,
}

impl Rings {
    /// Lets time pass until every one of `wanted` stands, on each of its members under the same id; `None` if that has
    /// not come by `limit`.
    pub(super) fn until(
        &mut self,
        world: &mut Step,
        wanted: &[Vec<NodeId>],
        limit: Instant,
    ) -> Option<Instant> {
        loop {
            if self.look(world) && wanted.iter().all(|members| self.stands(members)) {
                return Some(world.now());
            }
            if !world.step(limit) {
                return None;
            }
        }
    }

    /// How many rings were formed since then.
    pub(super) fn formed_since(&self, since: Instant) -> usize {
        self.formed.values().filter(|&&at| at >= since).count()
    }

    /// Takes in what happened since the last look; whether that may have changed anything.
    fn look(&mut self, world: &Step) -> bool {
        let records = &world.history().records;
        let mut changed = self.seen == 0;
        for record in &records[self.seen..] {
            let node = record.life.node;
            match &record.what {
                What::Event(Event::Regular(ring)) => {
                    self.formed.entry(ring.ring_id).or_insert(record.at);
                    self.installed.insert(node, ring.clone());
                }
                What::Crashed | What::Left | What::Ended(_) => {
                    self.installed.remove(&node);
                }
                _ => continue,
            }
            changed = true;
        }
        self.seen = records.len();
        changed
    }

    fn stands(&self, members: &[NodeId]) -> bool {
        let mut of_members = members.iter().map(|member| self.installed.get(member));
        let Some(Some(first)) = of_members.next() else {
            return members.is_empty();
        };
        first.members == members
            && of_members.all(|other| other.is_some_and(|ring| ring.ring_id == first.ring_id))
    }
}
