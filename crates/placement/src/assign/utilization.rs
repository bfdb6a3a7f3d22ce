//! Capacity of nodes and what resources need of it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::colocation::{Affects, fraction};
use crate::arena::{NodeId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Kind, Strategy, Table};
use crate::xml::Text;

type Amounts = BTreeMap<Text, i64>;

impl Cluster<'_> {
    pub(super) fn consume_capacity(&mut self, rsc: RscId, node: NodeId) {
        let need = self.rscs[rsc].utilization.clone();
        for (name, amount) in need {
            if let Some(left) = self.nodes[node].utilization.get_mut(&name) {
                *left -= amount;
            }
        }
    }

    pub(super) fn release_capacity(&mut self, rsc: RscId, node: NodeId) {
        let need = self.rscs[rsc].utilization.clone();
        for (name, amount) in need {
            if let Some(left) = self.nodes[node].utilization.get_mut(&name) {
                *left += amount;
            }
        }
    }

    /// The node with more free capacity first.
    pub(super) fn compare_capacity(&self, a: NodeId, b: NodeId) -> Ordering {
        let (x, y) = (&self.nodes[a].utilization, &self.nodes[b].utilization);
        let names = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k)));
        let mut balance = 0;
        for name in names {
            let (m, n) = (x.get(name).unwrap_or(&0), y.get(name).unwrap_or(&0));
            match m.cmp(n) {
                Ordering::Greater => balance -= 1,
                Ordering::Less => balance += 1,
                Ordering::Equal => {}
            }
        }
        balance.cmp(&0)
    }

    fn has_room(&self, node: NodeId, need: &Amounts) -> bool {
        let capacity = &self.nodes[node].utilization;
        need.iter()
            .all(|(name, amount)| *amount <= capacity.get(name).copied().unwrap_or(0))
    }

    /// Bans nodes without room; the node with most room, if none has room for all that belongs together.
    pub(super) fn ban_full_nodes(&mut self, rsc: RscId) -> Option<NodeId> {
        if self.config.strategy == Strategy::Default {
            return None;
        }
        let mut together = Vec::new();
        self.colocated(rsc, rsc, &mut together);
        let mut sum = Amounts::new();
        for &other in &together {
            self.add_need(other, &together, &mut sum);
        }
        let candidates: Vec<NodeId> = self.rscs[rsc]
            .allowed
            .iter()
            .filter(|(n, s)| *s >= 0 && self.available(*n))
            .map(|(n, _)| n)
            .collect();
        if candidates.iter().any(|n| self.has_room(*n, &sum)) {
            for n in candidates {
                if !self.has_room(n, &sum) {
                    self.add_location_score(rsc, n, -INFINITY);
                }
            }
            return None;
        }
        let mut most: Option<NodeId> = None;
        for &n in &candidates {
            if most.is_none_or(|m| self.compare_capacity(n, m) == Ordering::Less) {
                most = Some(n);
            }
        }
        let alone = self.rscs[rsc].utilization.clone();
        for n in candidates {
            if !self.has_room(n, &alone) {
                self.add_location_score(rsc, n, -INFINITY);
            }
        }
        most
    }

    /// Everything that must be on one node with it.
    fn colocated(&self, rsc: RscId, origin: RscId, found: &mut Vec<RscId>) {
        if found.contains(&rsc) {
            return;
        }
        let r = &self.rscs[rsc];
        if r.kind == Kind::Group {
            found.push(rsc);
            let cloned = r.parent.is_some();
            if r.group_colocated || cloned {
                for c in &r.children {
                    self.colocated(*c, origin, found);
                }
            }
        } else {
            found.push(rsc);
        }
        for id in &r.this_with {
            let c = &self.colocations[*id];
            if c.primary != origin
                && c.score >= INFINITY
                && self.affects(rsc, c.primary, c, true) == Affects::Location
            {
                self.colocated(c.primary, origin, found);
            }
        }
        for id in &r.with_this {
            let c = &self.colocations[*id];
            if c.dependent == origin || self.in_clone(rsc) && !self.in_clone(c.dependent) {
                continue;
            }
            if c.score >= INFINITY && self.affects(c.dependent, rsc, c, true) == Affects::Location {
                self.colocated(c.dependent, origin, found);
            }
        }
    }

    fn in_clone(&self, rsc: RscId) -> bool {
        self.clone_of(rsc).is_some()
    }

    /// What is not assigned yet counts, each once.
    fn add_need(&self, rsc: RscId, all: &[RscId], sum: &mut Amounts) {
        let r = &self.rscs[rsc];
        if !r.provisional {
            return;
        }
        match r.kind {
            Kind::Primitive => {
                for (name, amount) in &r.utilization {
                    *sum.entry(name.clone()).or_insert(0) += amount;
                }
            }
            Kind::Group => {
                let cloned = r.parent.is_some_and(|p| self.rscs[p].kind == Kind::Clone);
                let members: &[RscId] = if r.group_colocated || cloned {
                    &r.children
                } else {
                    r.children.get(..1).unwrap_or(&[])
                };
                for m in members.iter().filter(|m| !all.contains(m)) {
                    self.add_need(*m, all, sum);
                }
            }
            Kind::Clone => {
                let there = r.children.iter().any(|c| {
                    all.contains(c) || self.rscs[*c].children.iter().any(|g| all.contains(g))
                });
                if let Some(first) = r.children.first().filter(|_| !there) {
                    self.add_need(*first, all, sum);
                }
            }
            Kind::Bundle => {
                if let Some(replica) = r.replicas.first() {
                    self.add_need(replica.container, all, sum);
                }
            }
        }
    }

    /// Own scores and, with their factors, those of what it depends on.
    pub(super) fn merged_scores(&mut self, rsc: RscId) -> Table {
        let start = match self.rscs[rsc].kind {
            Kind::Group => self.rscs[rsc].children.first().copied().unwrap_or(rsc),
            _ => rsc,
        };
        let mut table = self.rscs[start].allowed.clone();
        self.rscs[rsc].merging = true;
        self.add_primaries(start, &mut table, 1.0);
        if start != rsc {
            self.add_primaries(rsc, &mut table, 1.0);
        }
        self.rscs[rsc].merging = false;
        table
    }

    fn add_primaries(&mut self, rsc: RscId, table: &mut Table, factor: f32) {
        for id in self.rscs[rsc].this_with.clone() {
            let c = &self.colocations[id];
            let (primary, attribute, by) =
                (c.primary, c.attribute.clone(), factor * fraction(c.score));
            if self.rscs[primary].merging {
                continue;
            }
            self.rscs[primary].merging = true;
            let mut work = table.clone();
            let source = match self.rscs[primary].kind {
                Kind::Group => self.rscs[primary]
                    .children
                    .first()
                    .copied()
                    .unwrap_or(primary),
                _ => primary,
            };
            self.add_matching(source, &mut work, attribute.as_deref(), by, false);
            if self.any_available(&work) {
                self.add_primaries(source, &mut work, by);
                *table = work;
            }
            self.rscs[primary].merging = false;
        }
    }
}
