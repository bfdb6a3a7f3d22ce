//! Scores of nodes, dense: one entry a node.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::arena::{Id, NodeId};
use crate::score::{self, Score};

/// The score of a node that is not in the table.
pub(crate) const ABSENT: Score = Score::MIN;

/// A score for each node, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    scores: Box<[Score]>,
}

impl Table {
    pub(crate) fn filled(nodes: usize, score: Score) -> Self {
        Self {
            scores: vec![score; nodes].into(),
        }
    }

    /// The score of a node, `None` if it is not in the table.
    pub(crate) fn get(&self, node: NodeId) -> Option<Score> {
        self.scores
            .get(node.place())
            .copied()
            .filter(|s| *s != ABSENT)
    }

    pub(crate) fn set(&mut self, node: NodeId, score: Score) {
        self.scores[node.place()] = score;
    }

    /// Adds to the score of a node that is in the table.
    pub(crate) fn add(&mut self, node: NodeId, by: Score) {
        let s = &mut self.scores[node.place()];
        if *s != ABSENT {
            *s = score::add(*s, by);
        }
    }

    /// Nodes in the table with their scores.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (NodeId, Score)> + '_ {
        self.scores
            .iter()
            .enumerate()
            .filter(|(_, s)| **s != ABSENT)
            .map(|(i, s)| (NodeId::new(i), *s))
    }

    pub(crate) fn nodes(&self) -> Vec<NodeId> {
        self.iter().map(|(n, _)| n).collect()
    }
}

/// A set of nodes, small: bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeSet {
    first: u64,
    rest: Vec<u64>,
}

impl NodeSet {
    pub(crate) fn insert(&mut self, node: NodeId) {
        let (word, bit) = (node.place() / 64, node.place() % 64);
        if word == 0 {
            self.first |= 1 << bit;
            return;
        }
        if self.rest.len() < word {
            self.rest.resize(word, 0);
        }
        self.rest[word - 1] |= 1 << bit;
    }

    pub(crate) fn contains(&self, node: NodeId) -> bool {
        let (word, bit) = (node.place() / 64, node.place() % 64);
        let bits = if word == 0 {
            self.first
        } else {
            self.rest.get(word - 1).copied().unwrap_or(0)
        };
        bits & (1 << bit) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.iter().all(|w| *w == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_more_nodes_than_a_word() {
        let mut set = NodeSet::default();
        assert!(set.is_empty());
        for n in [0, 63, 64, 200] {
            set.insert(NodeId::new(n));
        }
        assert!(set.contains(NodeId::new(200)));
        assert!(set.contains(NodeId::new(63)));
        assert!(!set.contains(NodeId::new(65)));
        assert!(!set.is_empty());
    }
}
