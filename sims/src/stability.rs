//! How often a ring changes although nobody is gone: under loss, and while processes stand still for a while.

use std::time::Duration;

use ringwright::{Event, Instant};
use serde::{Deserialize, Serialize};

use crate::convergence::Site;
use crate::history::What;
use crate::rng::Rng;
use crate::run::run_until;
use crate::script::{Store, Verb};
use crate::setup::SetupError;
use crate::step::Step;
use crate::world::{Settings, World};

/// From the end of a token timeout after a pause to the next one somewhere in the cluster, on average: two pauses at once
/// would be as one that is longer.
pub const PAUSES: Duration = Duration::from_secs(10);

/// A ring to be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Watch {
    /// Where; its loss is there once the first ring has formed.
    pub site: Site,
    /// Every [`PAUSES`] on average one node stands still for this share of the token timeout, percent; 0 is never.
    pub pause: u32,
    /// How long it is watched, s.
    pub seconds: u32,
    /// Source of all chance.
    pub seed: u64,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Rings that were formed.
    pub changes: u32,
    /// Of these, rings that somebody was not in.
    pub exclusions: u32,
    /// How often a node lost the quorum.
    pub quorum_losses: u32,
    /// Pauses.
    pub pauses: u32,
}

impl Watch {
    /// Forms a ring of all in good weather, then watches it; `None` if none came about in a minute and two rounds of the
    /// protocol's own timers.
    pub fn run(&self) -> Result<Option<Seen>, SetupError> {
        let settings = self.site.settings(self.seed)?;
        let mut world = Step::new(&settings);
        let mut rng = Rng::new(self.seed ^ 0x57AB);
        if !boot(&mut world, &settings, &self.site) {
            return Ok(None);
        }
        let seen = world.history().records.len();
        weather(&mut world, &settings, &self.site, self.site.loss);
        let end = world.now() + Duration::from_secs(self.seconds.into());
        let pauses = self.pauses(&mut world, &settings, &mut rng, end);
        run_until(&mut world, end);
        Ok(Some(Seen {
            pauses,
            ..count(&world, &settings, seen)
        }))
    }

    fn pauses(&self, world: &mut Step, settings: &Settings, rng: &mut Rng, end: Instant) -> u32 {
        let (token, ids) = (settings.timing.token, settings.ids());
        let length = token * self.pause / 100;
        let mut count = 0;
        if self.pause == 0 {
            return count;
        }
        loop {
            let at = world.now() + token + rng.duration(2 * PAUSES);
            if at + length >= end {
                return count;
            }
            run_until(world, at);
            let node = *rng.pick(&ids);
            world.apply(&Verb::Pause(node));
            run_until(world, at + length);
            world.apply(&Verb::Resume(node));
            count += 1;
        }
    }
}

fn weather(world: &mut Step, settings: &Settings, site: &Site, loss: u32) {
    let (from, to, link) = (settings.ids(), settings.ids(), site.link(loss));
    world.apply(&Verb::Link { from, to, link });
}

fn boot(world: &mut Step, settings: &Settings, site: &Site) -> bool {
    weather(world, settings, site, 0);
    let ids = settings.ids();
    for &node in &ids {
        let store = Store::Kept;
        world.apply(&Verb::Start { node, store });
    }
    let rounds = 2 * (settings.timing.token + settings.timing.consensus);
    let limit = world.now() + rounds + Duration::from_mins(1);
    loop {
        let next = world.now() + Duration::from_secs(1);
        run_until(world, next);
        let mut standing = ids.iter().map(|&node| world.status(node));
        if standing.all(|status| status.is_some_and(|s| s.synchronised && s.members == ids)) {
            return true;
        }
        if world.now() > limit {
            return false;
        }
    }
}

/// What was recorded after the first `seen` records.
fn count(world: &Step, settings: &Settings, seen: usize) -> Seen {
    let mut rings = Vec::new();
    let mut quorate = settings.ids();
    let mut counted = Seen::default();
    for record in &world.history().records[seen..] {
        match &record.what {
            What::Event(Event::Regular(ring)) if !rings.contains(&ring.ring_id) => {
                rings.push(ring.ring_id);
                counted.changes += 1;
                let short = ring.members.len() < settings.ids().len();
                counted.exclusions += u32::from(short);
            }
            What::Event(Event::Quorum { quorate: true, .. }) => {
                quorate.push(record.life.node);
            }
            What::Event(Event::Quorum { quorate: false, .. }) => {
                let node = record.life.node;
                counted.quorum_losses += u32::from(quorate.contains(&node));
                quorate.retain(|&other| other != node);
            }
            _ => {}
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vintage::Vintage;

    fn watch(loss: u32, pause: u32) -> Seen {
        let site = Site {
            vintage: Vintage::Corosync3_1_7,
            nodes: 3,
            token: 1000,
            token_coefficient: 0,
            loss,
            latency: 50,
        };
        let watch = Watch {
            site,
            pause,
            seconds: 600,
            seed: 1,
        };
        watch.run().expect("a valid file").expect("a first ring")
    }

    #[test]
    fn a_quiet_ring_stays() {
        assert_eq!(watch(0, 0), Seen::default());
    }

    #[test]
    fn a_ring_that_loses_half_of_all_datagrams_does_not() {
        assert!(watch(500, 0).changes > 0);
    }

    #[test]
    fn who_pauses_for_longer_than_token_and_consensus_is_left_out() {
        let seen = watch(0, 300);
        assert!(seen.pauses > 0);
        assert!(seen.exclusions >= seen.pauses / 2, "{seen:?}");
    }
}
