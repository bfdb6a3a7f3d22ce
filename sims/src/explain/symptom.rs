//! What somebody saw.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::timeline::{Outcome, View};

/// A symptom; nodes are machines' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "node")]
pub enum Symptom {
    /// `alone=N`: the others are together without this node, whether it shows only itself, nothing or an old view.
    Alone(u32),
    /// `dead=N`: this node's daemon has ended by itself.
    Dead(u32),
    /// `apart`: not all nodes are together.
    Apart,
    /// `split-brain`: two groups are quorate at once.
    SplitBrain,
    /// `no-quorum`: nobody is quorate.
    NoQuorum,
}

impl Symptom {
    /// Reads one; `number` finds the machine that somebody calls so. `None` if it is no symptom.
    pub fn parse<E>(
        text: &str,
        number: impl Fn(&str) -> Result<u32, E>,
    ) -> Option<Result<Self, E>> {
        let (kind, node) = text.split_once('=').unwrap_or((text, ""));
        let found = match (kind.trim(), node.trim()) {
            ("apart" | "split", "") => Ok(Self::Apart),
            ("split-brain", "") => Ok(Self::SplitBrain),
            ("no-quorum", "") => Ok(Self::NoQuorum),
            ("alone" | "missing", node) if !node.is_empty() => number(node).map(Self::Alone),
            ("dead", node) if !node.is_empty() => number(node).map(Self::Dead),
            _ => return None,
        };
        Some(found)
    }

    /// The node that it is about.
    #[must_use]
    pub fn node(self) -> Option<u32> {
        match self {
            Self::Alone(node) | Self::Dead(node) => Some(node),
            _ => None,
        }
    }

    /// Whether the tools of the nodes that are meant to run show it.
    #[must_use]
    pub fn is_shown(self, outcome: &Outcome, running: &BTreeSet<u32>) -> bool {
        match self {
            Self::Alone(node) => is_alone(node, outcome, running),
            Self::Dead(node) => outcome.0.get(&node) == Some(&View::Dead),
            Self::Apart => !is_together(outcome, running),
            Self::SplitBrain => outcome.quorate_groups() > 1,
            Self::NoQuorum => outcome.quorate_groups() == 0,
        }
    }
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone(node) => write!(f, "alone={node}"),
            Self::Dead(node) => write!(f, "dead={node}"),
            Self::Apart => f.write_str("apart"),
            Self::SplitBrain => f.write_str("split-brain"),
            Self::NoQuorum => f.write_str("no-quorum"),
        }
    }
}

/// Whether every node that is meant to run shows all of them.
pub(super) fn is_together(outcome: &Outcome, running: &BTreeSet<u32>) -> bool {
    running.iter().all(|node| match outcome.0.get(node) {
        Some(View::Members(members, _)) => members.iter().eq(running.iter()),
        _ => false,
    })
}

fn is_alone(node: u32, outcome: &Outcome, running: &BTreeSet<u32>) -> bool {
    let others: Vec<u32> = running
        .iter()
        .copied()
        .filter(|&other| other != node)
        .collect();
    let own = match outcome.0.get(&node) {
        Some(View::Members(members, _)) => {
            members[..] == [node] || members.is_empty() || members.contains(&node)
        }
        _ => true,
    };
    let together = |other: &u32| match outcome.0.get(other) {
        Some(View::Members(members, _)) => *members == others,
        _ => false,
    };
    own && running.contains(&node) && !others.is_empty() && others.iter().all(together)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(symptom: Symptom, outcome: &str) -> bool {
        let running = BTreeSet::from([1, 2, 3]);
        symptom.is_shown(&outcome.parse().expect("an outcome"), &running)
    }

    #[test]
    fn alone_is_who_the_others_do_without() {
        let alone = Symptom::Alone(1);
        assert!(shown(alone, "1:{1}- 2,3:{2,3}Q"));
        assert!(shown(alone, "1:dead 2,3:{2,3}-"));
        assert!(shown(alone, "1:{1,2,3}Q 2,3:{2,3}Q"));
        assert!(!shown(alone, "1:{1}- 2:{2}- 3:{3}-"));
        assert!(!shown(alone, "1,2,3:{1,2,3}Q"));
        assert!(!shown(Symptom::Alone(2), "1:{1}- 2,3:{2,3}Q"));
    }

    #[test]
    fn apart_is_whatever_is_not_together() {
        assert!(!shown(Symptom::Apart, "1,2,3:{1,2,3}Q"));
        assert!(shown(Symptom::Apart, "1:waits 2,3:{2,3}Q"));
    }

    #[test]
    fn symptoms_are_read_with_the_names_of_nodes() {
        let number = |name: &str| {
            name.strip_prefix('n')
                .and_then(|n| n.parse().ok())
                .ok_or(())
        };
        assert_eq!(
            Symptom::parse("alone=n2", number),
            Some(Ok(Symptom::Alone(2)))
        );
        assert_eq!(Symptom::parse("alone=x", number), Some(Err(())));
        assert_eq!(Symptom::parse("alone", number), None);
        assert_eq!(
            Symptom::parse("no-quorum", number),
            Some(Ok(Symptom::NoQuorum))
        );
    }
}
