//! A ring id names one membership, and a node installs it at most once, in whichever of its lives.
//!
//! This holds as long as the representative keeps its ring sequence: of two rings with the same id whose representative
//! lost it in between, each is a ring of its own. Rings of one life have growing sequences. Source: "The Totem
//! single-ring ordering and membership protocol", section 5 (the ring sequence number is kept on stable storage so that
//! ring ids are unique).

use std::collections::{BTreeMap, BTreeSet};

use ringwright::Event;

use super::{Violation, ensure};
use crate::history::{History, What};
use crate::world::Settings;

const PROPERTY: &str = "ring_ids";

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    let mut members = BTreeMap::new();
    let mut installed = BTreeSet::new();
    let mut last = BTreeMap::new();
    for record in &history.records {
        let (at, life) = (record.at, record.life);
        let What::Event(Event::Regular(ring)) = &record.what else {
            continue;
        };
        let key = history.ring_key(ring.ring_id, at);
        let known = members.entry(key).or_insert_with(|| ring.members.clone());
        ensure(*known == ring.members, PROPERTY, at, || {
            format!(
                "{} is {known:?}, and {:?} at {life}",
                ring.ring_id, ring.members
            )
        })?;
        ensure(installed.insert((life.node, key)), PROPERTY, at, || {
            format!("{life} installed {} again", ring.ring_id)
        })?;
        let before = last.insert(life, ring.ring_id.seq);
        ensure(before < Some(ring.ring_id.seq), PROPERTY, at, || {
            format!("{life} installed {} after {before:x?}", ring.ring_id)
        })?;
        ensure(
            ring.members.first() == Some(&ring.ring_id.rep),
            PROPERTY,
            at,
            || format!("{} is not named after {:?}", ring.ring_id, ring.members),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;
    use crate::script::Store;

    #[test]
    fn an_id_for_two_memberships_is_found() {
        let mut f = Forge::ring_of(3);
        f.move_to(&[1], 9, &[1]);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.transitional(2, 9, &[2]).regular_of(2, (1, 9), &[1, 2]);
        assert_eq!(
            check(&f.history, &f.settings).unwrap_err().property,
            PROPERTY
        );
    }

    #[test]
    fn an_id_used_again_in_the_next_life_is_found_unless_the_sequence_was_lost() {
        for (store, found) in [(Store::Kept, true), (Store::Lost, false)] {
            let mut f = Forge::ring_of(1);
            f.restart(1, store)
                .transitional(1, 5, &[])
                .regular(1, 5, &[1]);
            assert_eq!(check(&f.history, &f.settings).is_err(), found, "{store:?}");
        }
    }
}
