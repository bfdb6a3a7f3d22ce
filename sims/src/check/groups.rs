//! Process groups follow the configurations: every process of a group runs on a member of the installed ring, and each
//! membership is the one before it plus who joined, less who left.
//!
//! Source: `cpg_initialize(3)`, `cpg_confchg_fn_t`; of what all members see alike, [`super::virtual_synchrony`].

use std::collections::{BTreeMap, BTreeSet};

use ringwright::group::{Process, Reason};
use ringwright::{Event, GroupName, NodeId};

use super::{Violation, ensure};
use crate::history::{History, Life, What};
use crate::world::Settings;

const PROPERTY: &str = "groups";

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    for (life, entries) in history.lives() {
        let mut ring: Vec<NodeId> = Vec::new();
        let mut groups: BTreeMap<GroupName, Vec<Process>> = BTreeMap::new();
        for (at, what) in entries {
            match what {
                What::Event(Event::Regular(next)) => ring.clone_from(&next.members),
                What::Membership {
                    group,
                    members,
                    joined,
                    left,
                } => {
                    let outside = members.iter().find(|process| !ring.contains(&process.node));
                    ensure(outside.is_none(), PROPERTY, at, || {
                        format!("{life} sees {outside:?} in {group}, but the ring is {ring:?}")
                    })?;
                    let before = groups.remove(group);
                    if let Some(before) = &before {
                        ensure(
                            after(before, joined, left) == *members,
                            PROPERTY,
                            at,
                            || {
                                format!(
                                    "{life} sees {group} go from {before:?} by +{joined:?} −{left:?} to {members:?}"
                                )
                            },
                        )?;
                    }
                    if is_local(life, members) {
                        groups.insert(group.clone(), members.clone());
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Without local processes a node is not told of changes.
fn is_local(life: Life, members: &[Process]) -> bool {
    members.iter().any(|process| process.node == life.node)
}

fn after(
    before: &[Process],
    joined: &[(Process, Reason)],
    left: &[(Process, Reason)],
) -> Vec<Process> {
    let mut members: BTreeSet<Process> = before.iter().copied().collect();
    for (process, _) in left {
        members.remove(process);
    }
    members.extend(joined.iter().map(|(process, _)| *process));
    members.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn a_process_on_a_node_outside_the_ring_is_found() {
        let mut f = Forge::ring_of(3);
        f.move_to(&[1, 2], 9, &[1, 2]).membership(1, &[1, 2], &[3]);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        let mut f = Forge::ring_of(3);
        f.move_to(&[1, 2], 9, &[1, 2])
            .membership(1, &[1, 2, 3], &[]);
        assert!(check(&f.history, &f.settings).is_err());
    }

    #[test]
    fn a_process_that_vanishes_without_a_word_is_found() {
        let mut f = Forge::ring_of(3);
        f.membership(1, &[1, 2], &[]);
        assert_eq!(
            check(&f.history, &f.settings).unwrap_err().property,
            PROPERTY
        );
    }
}
