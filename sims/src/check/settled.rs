//! Once the faults are over, all running nodes are in one ring, operational and synchronised, with the right verdict
//! ([`together`]), and nobody waits for a message of its own.
//!
//! Source: "The Totem single-ring ordering and membership protocol", section 7 (termination of the membership
//! algorithm); votequorum(5) for the verdict: a majority is quorate, unless `wait_for_all` waits for the first sight of
//! every node.

use ringwright::NodeId;
use ringwright::ring::PhaseName;

use super::{Violation, quorum, self_delivery};
use crate::history::{History, Life};
use crate::world::{Settings, World};

const PROPERTY: &str = "settled";

/// Judges how a world stands now: `Ok` once it has settled.
pub fn check<W: World>(world: &W, settings: &Settings) -> Result<(), Violation> {
    together(world, settings)?;
    let ids = settings.ids().into_iter();
    let live: Vec<NodeId> = ids.filter(|&node| world.status(node).is_some()).collect();
    let survivors = survivors(world.history(), &live);
    self_delivery::check(world.history(), &survivors)
}

/// Judges the ring alone: messages may still wait.
pub fn together<W: World>(world: &W, settings: &Settings) -> Result<(), Violation> {
    let fail = |what: String| {
        let (property, at) = (PROPERTY, world.now());
        Err(Violation { property, at, what })
    };
    let running: Vec<_> = settings
        .ids()
        .into_iter()
        .filter_map(|node| Some((node, world.status(node)?)))
        .collect();
    let Some((_, first)) = running.first() else {
        return Ok(());
    };
    let live: Vec<NodeId> = running.iter().map(|(node, _)| *node).collect();
    for (node, status) in &running {
        if status.phase != PhaseName::Operational || status.members != live {
            return fail(format!(
                "{node:?} is in {} with {:?}, not with {live:?}",
                status.phase, status.members
            ));
        }
        if !status.synchronised {
            return fail(format!("the services of {node:?} are not synchronised"));
        }
        if status.ring_id != first.ring_id {
            return fail(format!(
                "{node:?} is in {}, others in {}",
                status.ring_id, first.ring_id
            ));
        }
        // Who waits for the first sight of all is not quorate before.
        let waits = settings.quorum.two_node != 0 || settings.quorum.wait_for_all.unwrap_or(0) != 0;
        let expected = quorum::is_majority(live.len(), &settings.quorum);
        if status.quorate != expected && !(waits && live.len() < settings.ids().len()) {
            return fail(format!(
                "{node:?} is quorate among {live:?}: {}",
                status.quorate
            ));
        }
    }
    Ok(())
}

/// The latest life of each running node.
fn survivors(history: &History, live: &[NodeId]) -> Vec<Life> {
    live.iter()
        .filter_map(|&node| {
            history
                .records
                .iter()
                .rev()
                .map(|record| record.life)
                .find(|life| life.node == node)
        })
        .collect()
}
