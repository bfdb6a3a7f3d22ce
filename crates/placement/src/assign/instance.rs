//! The order in which instances of a clone are placed.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::colocation::{Adding, fraction};
use crate::arena::{NodeId, RscId};
use crate::score::{INFINITY, Score};
use crate::state::{Cluster, Table};

/// Sorts like a list that is halved and merged: the comparison need not be transitive.
pub(crate) fn merge_sort<T: Copy>(list: &mut Vec<T>, compare: &mut impl FnMut(T, T) -> Ordering) {
    if list.len() < 2 {
        return;
    }
    let mut second = list.split_off(list.len() / 2);
    merge_sort(list, compare);
    merge_sort(&mut second, compare);
    let first = core::mem::take(list);
    let (mut a, mut b) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(&x), Some(&y)) = (a.peek(), b.peek()) {
        if compare(x, y) == Ordering::Greater {
            list.push(y);
            b.next();
        } else {
            list.push(x);
            a.next();
        }
    }
    list.extend(a);
    list.extend(b);
}

impl Cluster<'_> {
    pub(super) fn sort_instances(&mut self, clone: RscId) {
        let mut children = core::mem::take(&mut self.rscs[clone].children);
        merge_sort(&mut children, &mut |a, b| {
            self.compare_instances(clone, a, b)
        });
        self.rscs[clone].children = children;
    }

    pub(super) fn compare_instances(&mut self, clone: RscId, a: RscId, b: RscId) -> Ordering {
        let active = |r: RscId| self.rscs[r].running_on.len();
        let (m, n) = (active(a), active(b));
        if m > 0 && n > 0 && m != n {
            return m.cmp(&n);
        }
        let allowed = |r: RscId| {
            let node = self.current_node(r);
            let ok = node.is_none_or(|n| self.rscs[r].allowed.get(n).is_some_and(|s| s >= 0));
            (node.filter(|_| ok), ok)
        };
        let ((x, ok_a), (y, ok_b)) = (allowed(a), allowed(b));
        let order = ok_b
            .cmp(&ok_a)
            .then_with(|| self.rscs[b].priority.cmp(&self.rscs[a].priority));
        if order != Ordering::Equal {
            return order;
        }
        let (x, y) = match (x, y) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(x), Some(y)) => (x, y),
        };
        self.compare_places(clone, (a, x), (b, y))
    }

    /// Both are active on a node where they may stay.
    fn compare_places(
        &mut self,
        clone: RscId,
        (a, x): (RscId, NodeId),
        (b, y): (RscId, NodeId),
    ) -> Ordering {
        let up = self.available(y).cmp(&self.available(x));
        if up != Ordering::Equal {
            return up;
        }
        let in_table = |n: NodeId| self.rscs[clone].allowed.get(n).is_some();
        let there = in_table(y).cmp(&in_table(x));
        if there != Ordering::Equal {
            return there;
        }
        if !in_table(x) {
            return Ordering::Equal;
        }
        let count = |n: NodeId| self.rscs[clone].counts.get(&n).copied().unwrap_or(0);
        let order = count(x)
            .cmp(&count(y))
            .then_with(|| self.did_fail(a).cmp(&self.did_fail(b)));
        if order != Ordering::Equal {
            return order;
        }
        let (s, t) = (
            self.colocation_score(clone, a, x),
            self.colocation_score(clone, b, y),
        );
        t.cmp(&s)
            .then_with(|| self.rscs[a].id.cmp(&self.rscs[b].id))
    }

    fn did_fail(&self, rsc: RscId) -> bool {
        self.rscs[rsc].failed || self.rscs[rsc].children.iter().any(|c| self.did_fail(*c))
    }

    /// What the clone's colocations say about an instance's node.
    fn colocation_score(&mut self, clone: RscId, instance: RscId, node: NodeId) -> Score {
        if self.rscs[clone].this_with.is_empty() && self.rscs[clone].with_this.is_empty() {
            return 0;
        }
        let mut table = Table::filled(self.nodes.len(), crate::state::ABSENT);
        table.set(node, 0);
        for id in self.rscs[clone].this_with.clone() {
            let c = &self.colocations[id];
            let (other, attribute, factor) = (c.primary, c.attribute.clone(), fraction(c.score));
            self.add_preferences(
                other,
                &mut table,
                attribute.as_ref(),
                factor,
                Adding::default(),
            );
        }
        for id in self.rscs[clone].with_this.clone() {
            let c = &self.colocations[id];
            if !self.has_influence(c, Some(instance)) {
                continue;
            }
            let (other, attribute, factor) = (c.dependent, c.attribute.clone(), fraction(c.score));
            self.add_preferences(
                other,
                &mut table,
                attribute.as_ref(),
                factor,
                Adding {
                    nonnegative: true,
                    revocable: false,
                },
            );
        }
        table.get(node).unwrap_or(-INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn equal_ones_keep_their_order() {
        let mut list = vec![(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        merge_sort(&mut list, &mut |x, y| x.0.cmp(&y.0));
        assert_eq!(list, [(1, 'b'), (1, 'e'), (2, 'd'), (3, 'a'), (3, 'c')]);
    }
}
