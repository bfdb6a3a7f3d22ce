//! The candidates of the next ring.

use alloc::vec::Vec;

use crate::NodeId;

/// The join list and the failed list, in the order in which nodes became known.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lists {
    proc: Vec<NodeId>,
    failed: Vec<NodeId>,
}

fn add(list: &mut Vec<NodeId>, node: NodeId) -> bool {
    let new = !list.contains(&node);
    if new {
        list.push(node);
    }
    new
}

/// A list up to this long is searched from its start.
const SHORT: usize = 16;

/// A JOIN is compared so often that hundreds of nodes must not be compared each with each.
fn subset(a: &[NodeId], b: &[NodeId]) -> bool {
    if a == b {
        return true;
    }
    if b.len() <= SHORT {
        return a.iter().all(|node| b.contains(node));
    }
    let mut sorted = b.to_vec();
    sorted.sort_unstable();
    a.iter().all(|node| sorted.binary_search(node).is_ok())
}

impl Lists {
    /// Forgets everything but these members.
    pub(super) fn reset(&mut self, members: &[NodeId]) {
        self.proc = members.to_vec();
        self.failed.clear();
    }

    /// Keeps only these among the failed.
    pub(super) fn forgive(&mut self, still_failed: &[NodeId]) {
        self.failed.retain(|node| still_failed.contains(node));
    }

    pub(super) fn proc(&self) -> &[NodeId] {
        &self.proc
    }

    pub(super) fn failed(&self) -> &[NodeId] {
        &self.failed
    }

    pub(super) fn is_proc(&self, node: NodeId) -> bool {
        self.proc.contains(&node)
    }

    pub(super) fn is_failed(&self, node: NodeId) -> bool {
        self.failed.contains(&node)
    }

    /// Whether the node is new in the join list.
    pub(super) fn add_proc(&mut self, node: NodeId) -> bool {
        add(&mut self.proc, node)
    }

    /// Whether the node is new in the failed list.
    pub(super) fn add_failed(&mut self, node: NodeId) -> bool {
        add(&mut self.failed, node)
    }

    /// Those who shall form the ring: the join list less the failed list, ascending.
    pub(super) fn candidates(&self) -> Vec<NodeId> {
        let mut candidates: Vec<_> = self
            .proc
            .iter()
            .copied()
            .filter(|&node| !self.is_failed(node))
            .collect();
        candidates.sort_unstable();
        candidates
    }

    /// Whether these lists are ours, as sets.
    pub(super) fn equal(&self, proc: &[NodeId], failed: &[NodeId]) -> bool {
        self.cover(proc, failed) && subset(&self.proc, proc) && subset(&self.failed, failed)
    }

    /// Whether these lists hold nothing new.
    pub(super) fn cover(&self, proc: &[NodeId], failed: &[NodeId]) -> bool {
        subset(proc, &self.proc) && subset(failed, &self.failed)
    }

    /// The lists of a goodbye: `node` is no candidate and stands last among the failed.
    pub(super) fn without(&self, node: NodeId) -> (Vec<NodeId>, Vec<NodeId>) {
        let others = |list: &[NodeId]| {
            list.iter()
                .copied()
                .filter(|&n| n != node)
                .collect::<Vec<_>>()
        };
        let mut failed = others(&self.failed);
        failed.push(node);
        (others(&self.proc), failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_compared_as_sets_however_long_they_are() {
        for length in [3, SHORT, SHORT + 1, 384] {
            let ids = |from: usize, to: usize| -> Vec<NodeId> {
                let ids = (from..to).map(|id| NodeId(u32::try_from(id).expect("small")));
                // Any order but the ascending one.
                ids.rev().collect()
            };
            let mut lists = Lists::default();
            (0..length).for_each(|id| {
                lists.add_proc(NodeId(u32::try_from(id).expect("small")));
            });
            assert!(lists.equal(&ids(0, length), &[]), "{length}");
            assert!(lists.cover(&ids(1, length), &[]), "{length}");
            assert!(!lists.equal(&ids(1, length), &[]), "{length}");
            assert!(!lists.cover(&ids(0, length + 1), &[]), "{length}");
            assert!(!lists.cover(&ids(0, length), &ids(0, 1)), "{length}");
            // The same node twice makes up for no other.
            let twice = [ids(1, length), ids(1, 2)].concat();
            assert!(!lists.equal(&twice, &[]), "{length}");
        }
    }
}
