//! Scores before anything is assigned: locations, stickiness, failures, discovery.

use alloc::vec::Vec;

use crate::arena::{NodeId, RscId};
use crate::reason::Cause;
use crate::score::{INFINITY, Score};
use crate::state::{Cluster, Discovery, Kind, Location, Role};

impl Cluster<'_> {
    /// Adds to the score of a node, for a resource and all within; the node enters the table if need be.
    pub(crate) fn add_location_score(&mut self, rsc: RscId, node: NodeId, score: Score) {
        for child in self.children(rsc) {
            self.add_location_score(child, node, score);
        }
        let base = self.nodes[node].score;
        let r = &mut self.rscs[rsc];
        if r.allowed.get(node).is_none() {
            r.allowed.set(node, base);
        }
        r.allowed.add(node, score);
    }

    pub(crate) fn ban_everywhere(&mut self, rsc: RscId) {
        for child in self.children(rsc) {
            self.ban_everywhere(child);
        }
        for node in self.nodes_all() {
            let r = &mut self.rscs[rsc];
            r.allowed.set(node, -INFINITY);
        }
        if self.rscs[rsc].is_primitive() && self.rscs[rsc].assigned.is_some() {
            self.rscs[rsc].assigned = None;
        }
    }

    pub(crate) fn nodes_all(&self) -> Vec<NodeId> {
        self.nodes.ids().collect()
    }

    pub(crate) fn apply_base_scores(&mut self) {
        self.apply_locks();
        let locations = core::mem::take(&mut self.locations);
        for l in locations.iter().rev() {
            self.noting(
                l.rsc,
                |_| Cause::Location(l.id.clone()),
                |c| c.apply_location(l.rsc, l),
            );
        }
        self.locations = locations;
        for rsc in self.top.clone() {
            self.apply_stickiness(rsc);
        }
        self.ban_over_threshold();
        for rsc in self.top.clone() {
            self.noting(
                rsc,
                |_| Cause::Discovery,
                |c| c.apply_exclusive_discovery(rsc),
            );
        }
    }

    /// A resource that is locked to its node may go nowhere else.
    fn apply_locks(&mut self) {
        if !self.config.shutdown_lock {
            return;
        }
        for top in self.top.clone() {
            for rsc in self.primitives(top) {
                self.noting(rsc, |_| Cause::ShutdownLock, |c| c.apply_lock(rsc));
            }
        }
    }

    fn apply_lock(&mut self, rsc: RscId) {
        let mut lock = self.rscs[rsc].lock_node;
        let lockable = {
            let r = &self.rscs[rsc];
            r.clone.is_none()
                && !self.in_collective(rsc)
                && !r.fence_device
                && r.remote_node.is_none()
                && !r.orphan
        };
        if lock.is_some() && !self.rscs[rsc].running_on.is_empty() {
            // It was started elsewhere meanwhile.
            self.rscs[rsc].lock_node = None;
            return;
        }
        if lock.is_none() && lockable {
            // It is active on a node that shuts down in an orderly way.
            let r = &self.rscs[rsc];
            if let [node] = r.running_on[..] {
                let n = &self.nodes[node];
                if n.shutdown && !n.is_remote() {
                    if n.unclean {
                        return;
                    }
                    lock = Some(node);
                    self.rscs[rsc].lock_node = lock;
                    self.rscs[rsc].lock_time = self.now;
                }
            }
        }
        let Some(lock) = lock else {
            return;
        };
        if self.config.shutdown_lock_limit > 0 {
            let limit = self.config.shutdown_lock_limit;
            let expires = self.rscs[rsc].lock_time.saturating_add(limit);
            if self.now > expires {
                self.rscs[rsc].lock_node = None;
                return;
            }
        }
        for node in self.nodes_all() {
            if node != lock && self.rscs[rsc].allowed.get(node).is_some() {
                self.add_location_score(rsc, node, -INFINITY);
            }
        }
    }

    fn apply_location(&mut self, rsc: RscId, l: &Location) {
        match self.rscs[rsc].kind {
            Kind::Primitive => self.apply_location_here(rsc, l, true),
            Kind::Group => {
                self.apply_location_here(rsc, l, true);
                // The first member's scores stand for the group; the others get the nodes only.
                let colocated = self.rscs[rsc].group_colocated;
                for (i, member) in self.children(rsc).into_iter().enumerate() {
                    self.apply_location_here(member, l, i == 0 || !colocated);
                }
            }
            Kind::Clone => {
                self.apply_location_here(rsc, l, true);
                for child in self.children(rsc) {
                    self.apply_location(child, l);
                }
            }
            Kind::Bundle => self.apply_bundle_location(rsc, l),
        }
    }

    fn apply_bundle_location(&mut self, rsc: RscId, l: &Location) {
        self.apply_location_here(rsc, l, true);
        for replica in self.rscs[rsc].replicas.clone() {
            for part in [Some(replica.container), replica.ip].into_iter().flatten() {
                self.apply_location_here(part, l, true);
            }
        }
        // Promotion is decided among the instances inside.
        let child = self.contained(rsc);
        if let Some(child) = child.filter(|_| matches!(l.role, Role::Promoted | Role::Unpromoted)) {
            let index = self.rscs[rsc].promoted_locations.clone();
            self.rscs[child].promoted_locations.extend(index);
        }
    }

    pub(super) fn apply_location_here(&mut self, rsc: RscId, l: &Location, with_scores: bool) {
        if l.role != Role::Unknown && l.role != self.rscs[rsc].next_role {
            return;
        }
        for &(node, score) in &l.nodes {
            let r = &mut self.rscs[rsc];
            let score = if with_scores { score } else { 0 };
            match r.allowed.get(node) {
                None => r.allowed.set(node, score),
                Some(_) => r.allowed.add(node, score),
            }
            let mode = r.discovery.get(&node).copied().unwrap_or_default();
            if rank(mode) < rank(l.discovery) {
                if l.discovery == Discovery::Exclusive {
                    r.discovery_exclusive = true;
                }
                r.discovery.insert(node, l.discovery);
            }
        }
    }

    /// What runs well stays where it is, other things being equal.
    fn apply_stickiness(&mut self, rsc: RscId) {
        let children = self.children(rsc);
        if !children.is_empty() {
            for child in children {
                self.apply_stickiness(child);
            }
            return;
        }
        let r = &self.rscs[rsc];
        if !r.managed || r.stickiness < 1 {
            return;
        }
        let [node] = r.running_on[..] else {
            return;
        };
        if !self.config.symmetric && r.allowed.get(node).is_none() {
            return;
        }
        let by = r.stickiness;
        self.noting(
            rsc,
            |_| Cause::Stickiness,
            |c| c.add_location_score(rsc, node, by),
        );
    }

    fn apply_exclusive_discovery(&mut self, rsc: RscId) {
        let top = self.uber_parent(rsc);
        if !self.rscs[rsc].discovery_exclusive && !self.rscs[top].discovery_exclusive {
            return;
        }
        for child in self.children(rsc) {
            self.apply_exclusive_discovery(child);
        }
        let r = &mut self.rscs[rsc];
        for node in r.allowed.nodes() {
            if r.discovery.get(&node) != Some(&Discovery::Exclusive) {
                r.allowed.set(node, -INFINITY);
            }
        }
    }
}

fn rank(mode: Discovery) -> u8 {
    match mode {
        Discovery::Always => 0,
        Discovery::Never => 1,
        Discovery::Exclusive => 2,
    }
}
