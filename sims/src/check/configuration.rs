//! A node delivers messages only in a configuration that holds it, and only from senders that this configuration holds;
//! configurations follow one another as they say.
//!
//! Between a transitional and a regular configuration only messages of the transitional members are delivered. Of a
//! regular configuration, `joined` are the members that did not come along; of a transitional one, `left` are those of
//! the last ring that do not. Source: "Extended virtual synchrony", specifications 2 (delivery of configuration changes)
//! and 1.4; `cpg_initialize(3)` on members and joined lists.

use ringwright::ring::Configuration;
use ringwright::{Event, Instant, NodeId};

use super::{Violation, ensure};
use crate::history::{History, Life, What};
use crate::world::Settings;

const PROPERTY: &str = "configuration";

#[derive(Default)]
struct Current {
    regular: Vec<NodeId>,
    /// The members that come along, between the two configurations of a change.
    transitional: Option<Configuration>,
}

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    for (life, entries) in history.lives() {
        let mut current = Current::default();
        for (at, what) in entries {
            match what {
                What::Delivered { from, .. } => current.admit(life, at, from.node)?,
                What::Event(Event::Transitional(next)) => current.leave(life, at, next)?,
                What::Event(Event::Regular(next)) => current.enter(life, at, next)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn without(of: &[NodeId], these: &[NodeId]) -> Vec<NodeId> {
    of.iter()
        .copied()
        .filter(|node| !these.contains(node))
        .collect()
}

impl Current {
    fn admit(&self, life: Life, at: Instant, from: NodeId) -> Result<(), Violation> {
        let members = match &self.transitional {
            Some(transitional) => &transitional.members,
            None => &self.regular,
        };
        ensure(members.contains(&from), PROPERTY, at, || {
            format!("{life} delivered a message of {from:?} among {members:?}")
        })
    }

    fn leave(&mut self, life: Life, at: Instant, next: &Configuration) -> Result<(), Violation> {
        let Configuration { members, left, .. } = next;
        let holds = self.transitional.is_none()
            && without(members, &self.regular).is_empty()
            && (members.contains(&life.node) || self.regular.is_empty())
            && *left == without(&self.regular, members);
        ensure(holds, PROPERTY, at, || {
            format!("{life} goes from {:?} to {next:?}", self.regular)
        })?;
        self.transitional = Some(next.clone());
        Ok(())
    }

    fn enter(&mut self, life: Life, at: Instant, next: &Configuration) -> Result<(), Violation> {
        let came = self.transitional.take();
        let holds = came.as_ref().is_some_and(|came| {
            came.ring_id == next.ring_id
                && next.joined == without(&next.members, &came.members)
                && without(&came.members, &next.members).is_empty()
        });
        let holds = holds && next.members.contains(&life.node) && next.members.is_sorted();
        ensure(holds, PROPERTY, at, || {
            format!("{life} goes by {came:?} to {next:?}")
        })?;
        self.regular.clone_from(&next.members);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn a_sender_outside_the_configuration_is_found() {
        let mut f = Forge::ring_of(3);
        let m = f.send(3);
        f.deliver(1, m);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        let late = f.send(3);
        f.move_to(&[1, 2], 9, &[1, 2]);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.deliver(1, late);
        assert_eq!(
            check(&f.history, &f.settings).unwrap_err().property,
            PROPERTY
        );
    }

    #[test]
    fn a_sender_that_does_not_come_along_is_found_in_the_transitional_configuration() {
        let mut f = Forge::ring_of(3);
        let m = f.send(3);
        f.transitional(1, 9, &[1, 2]).deliver(1, m);
        assert!(check(&f.history, &f.settings).is_err());
    }

    #[test]
    fn a_ring_without_the_node_itself_is_found() {
        let mut f = Forge::ring_of(3);
        f.transitional(1, 9, &[1]).regular(1, 9, &[2, 3]);
        assert!(check(&f.history, &f.settings).is_err());
    }
}
