//! Only a majority of the configured votes is quorate, and a verdict speaks of the ring that is installed.
//!
//! A verdict belongs to a ring, not to an instant: a node that has not noticed yet that its ring is broken still shows
//! the last one. What is checked is each verdict when it is given. Since two majorities of the same votes share a node
//! and a node is in one ring at a time, no two rings of disjoint members are ever given a quorate verdict; `two_node` is
//! the documented exception for a cluster of two and is not judged for its lone node. Source: votequorum(5).

use ringwright::ring::Configuration;
use ringwright::{Event, quorum::Options};

use super::{Violation, ensure};
use crate::history::{History, What};
use crate::world::Settings;

const PROPERTY: &str = "quorum";

/// Whether `members` of the nodelist have a majority of one vote each.
#[must_use]
pub fn is_majority(members: usize, options: &Options) -> bool {
    2 * members > options.nodes.len()
}

/// Judges a history.
pub fn check(history: &History, settings: &Settings) -> Result<(), Violation> {
    for (life, entries) in history.lives() {
        let options = settings.quorum_of(life.node);
        let mut installed: Option<&Configuration> = None;
        for (at, what) in entries {
            match what {
                What::Event(Event::Regular(ring)) => installed = Some(ring),
                What::Event(Event::Quorum {
                    quorate,
                    members,
                    ring_id,
                }) => {
                    let current = installed
                        .is_some_and(|ring| ring.ring_id == *ring_id && ring.members == *members);
                    ensure(current, PROPERTY, at, || {
                        format!("{life} judges {ring_id} of {members:?} while in {installed:?}")
                    })?;
                    let allowed = is_majority(members.len(), &options) || options.two_node != 0;
                    ensure(!quorate || allowed, PROPERTY, at, || {
                        format!(
                            "{life} is quorate with {members:?} of {} nodes",
                            settings.nodes
                        )
                    })?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn a_quorate_minority_is_found() {
        let mut f = Forge::ring_of(3);
        f.verdict(1, 6, &[1, 2, 3], true);
        f.move_to(&[1], 9, &[1]).verdict(1, 9, &[1], false);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.verdict(1, 9, &[1], true);
        assert_eq!(
            check(&f.history, &f.settings).unwrap_err().property,
            PROPERTY
        );
    }

    #[test]
    fn a_verdict_on_another_ring_than_the_installed_one_is_found() {
        let mut f = Forge::ring_of(3);
        f.move_to(&[1, 2], 9, &[1, 2])
            .verdict(1, 5, &[1, 2, 3], true);
        assert!(check(&f.history, &f.settings).is_err());
    }
}
