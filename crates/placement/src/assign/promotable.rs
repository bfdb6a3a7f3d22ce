//! Which instances of a promotable clone are promoted.

use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::colocation::{Adding, WOULD_BE_NEGATIVE, fraction};
use super::instance::merge_sort;
use crate::arena::{ColocationId, NodeId, RscId};
use crate::cib::value::parse_score;
use crate::score::{self, INFINITY, Score};
use crate::state::{Cluster, Quorum, Role};

impl Cluster<'_> {
    /// A positive promotion score makes an instance prefer its node.
    pub(super) fn add_promotion_scores(&mut self, clone: RscId) {
        for child in self.children(clone) {
            for node in self.rscs[child].allowed.nodes() {
                if !self.available(node) {
                    continue;
                }
                let by = self.promotion_score(child, node).unwrap_or(0);
                if by > 0 {
                    self.rscs[child].allowed.add(node, by);
                }
                let r = &mut self.rscs[child];
                r.priority = r.priority.max(by);
            }
        }
    }

    /// What the agent said about promotion on a node; `None` if nothing.
    fn promotion_score(&self, rsc: RscId, node: NodeId) -> Option<Score> {
        let r = &self.rscs[rsc];
        if !r.children.is_empty() {
            let mut sum = None;
            for c in &r.children {
                if let Some(s) = self.promotion_score(*c, node) {
                    sum = Some(match sum {
                        None | Some(0) => s,
                        Some(t) => score::add(t, s),
                    });
                }
            }
            return sum;
        }
        if !self.promotion_counts(rsc, node) {
            return None;
        }
        let value = |name: &str| {
            let key = format!("master-{name}");
            self.node_attribute(node, rsc, &key).map(parse_score)
        };
        value(r.history()).or_else(|| {
            if r.unique {
                None
            } else {
                value(crate::state::strip(&r.id))
            }
        })
    }

    /// An attribute of a node; of a guest's host if the resource asks for that.
    fn node_attribute(&self, node: NodeId, rsc: RscId, name: &str) -> Option<&str> {
        let on_host = self.rscs[rsc].meta("container-attribute-target") == Some("host");
        if on_host {
            let host = self.nodes[node]
                .remote_rsc
                .and_then(|r| self.rscs[r].container)
                .and_then(|c| self.rscs[c].assigned.or(self.current_node(c)));
            if let Some(host) = host {
                return self.nodes[host].attr(name);
            }
        }
        self.nodes[node].attr(name)
    }

    fn promotion_counts(&self, rsc: RscId, node: NodeId) -> bool {
        let r = &self.rscs[rsc];
        let allowed = r.allowed.get(node).is_some_and(|s| s >= 0);
        if !r.unique
            && let Some(clone) = self.clone_of(rsc)
        {
            let active = self.active_instance(clone, rsc, node);
            if active == Some(rsc) || active.is_none() && self.known_somewhere(clone, rsc, node) {
                return allowed;
            }
        }
        if r.running_on.is_empty() && r.known_on.is_empty() {
            return allowed;
        }
        allowed && (r.known_on.contains(node) || r.running_on.contains(&node))
    }

    fn siblings(&self, clone: RscId, rsc: RscId) -> Vec<RscId> {
        let base = crate::state::strip(&self.rscs[rsc].id);
        self.primitives(clone)
            .into_iter()
            .filter(|p| crate::state::strip(&self.rscs[*p].id) == base)
            .collect()
    }

    fn active_instance(&self, clone: RscId, rsc: RscId, node: NodeId) -> Option<RscId> {
        self.siblings(clone, rsc)
            .into_iter()
            .find(|p| self.active_on(*p, node))
    }

    fn known_somewhere(&self, clone: RscId, rsc: RscId, node: NodeId) -> bool {
        self.siblings(clone, rsc)
            .into_iter()
            .any(|p| self.rscs[p].known_on.contains(node))
    }

    pub(super) fn set_promoted_roles(&mut self, clone: RscId) {
        self.rscs[clone].counts.clear();
        for child in self.children(clone) {
            if self.role(child, true) != Role::Started {
                continue;
            }
            for p in self.primitives(child) {
                if self.rscs[p].role == Role::Started {
                    self.rscs[p].role = Role::Unpromoted;
                }
            }
        }
        for child in self.children(clone) {
            self.set_promotion_priority(clone, child);
        }
        self.sort_promotable(clone);
        let (max, node_max) = {
            let data = self.rscs[clone].clone.as_ref().expect("a clone");
            (data.promoted_max, data.promoted_node_max)
        };
        let mut promoted = 0;
        for child in self.children(clone) {
            let node = if promoted < max {
                self.promotable_on(clone, child, node_max)
            } else {
                None
            };
            let frozen = !self.config.have_quorum
                && self.config.quorum_policy == Quorum::Freeze
                && self.role(child, true) < Role::Promoted;
            match node.filter(|_| !frozen) {
                Some(node) => {
                    *self.rscs[clone].counts.entry(node).or_insert(0) += 1;
                    self.set_role_within(child, Role::Promoted);
                    promoted += 1;
                }
                None => self.set_role_within(child, Role::Unpromoted),
            }
        }
        if let Some(data) = &mut self.rscs[clone].clone {
            data.promoted_allocated = promoted;
        }
    }

    fn set_role_within(&mut self, rsc: RscId, role: Role) {
        for c in self.children(rsc) {
            self.set_role_within(c, role);
        }
        let r = &mut self.rscs[rsc];
        if role == Role::Promoted {
            if r.next_role == Role::Unknown
                || !r.children.is_empty()
                || r.next_role != Role::Stopped
            {
                r.next_role = Role::Promoted;
            }
        } else if r.next_role == Role::Started
            || r.next_role == Role::Unknown && r.assigned.is_some()
        {
            r.next_role = Role::Unpromoted;
        }
    }

    /// The node to promote an instance on, if it may be promoted.
    fn promotable_on(&self, clone: RscId, child: RscId, node_max: i32) -> Option<NodeId> {
        let r = &self.rscs[child];
        if r.children
            .iter()
            .any(|c| self.promotable_on(clone, *c, i32::MAX).is_none())
        {
            return None;
        }
        let node = self.location(child, false)?;
        if !r.managed {
            return (self.role(child, true) == Role::Promoted).then_some(node);
        }
        if r.priority < 0 || r.sort_index < 0 && r.parent == Some(clone) || !self.available(node) {
            return None;
        }
        self.rscs[clone].allowed.get(node)?;
        let count = self.rscs[clone].counts.get(&node).copied().unwrap_or(0);
        (count < node_max).then_some(node)
    }

    fn set_promotion_priority(&mut self, clone: RscId, child: RscId) {
        let node = self.location(child, false);
        let next = self.role(child, false);
        match next {
            Role::Started | Role::Unknown => {
                let score = node.and_then(|n| self.promotion_score(child, n));
                // Without any score, only a location can make it eligible.
                self.rscs[child].priority = score.unwrap_or(-1);
            }
            Role::Unpromoted | Role::Stopped => self.rscs[child].priority = -INFINITY,
            Role::Promoted => {}
        }
        if let Some(node) = node {
            for holder in [child, clone] {
                for index in self.rscs[holder].promoted_locations.clone() {
                    let by = self.locations[index]
                        .nodes
                        .iter()
                        .find(|(n, _)| *n == node)
                        .map(|(_, s)| *s);
                    if let Some(by) = by {
                        let r = &mut self.rscs[child];
                        r.priority = score::add(r.priority, by);
                    }
                }
            }
        }
        for id in self.rscs[child].this_with.clone() {
            let primary = self.colocations[id].primary;
            self.apply_colocation(child, primary, id, true);
        }
        let r = &mut self.rscs[child];
        r.sort_index = if next == Role::Promoted {
            INFINITY
        } else {
            r.priority
        };
    }

    fn sort_promotable(&mut self, clone: RscId) {
        if self.rscs[clone].merging {
            return;
        }
        self.rscs[clone].merging = true;
        for child in self.children(clone) {
            let index = self.rscs[child].sort_index;
            if let Some(node) = self.location(child, false).filter(|_| index >= 0) {
                self.rscs[clone].allowed.add(node, index);
            }
        }
        self.colocate_promoted(clone);
        self.tickets_for_promotion(clone);
        for child in self.children(clone) {
            let r = &self.rscs[child];
            if !r.managed && r.next_role == Role::Promoted {
                self.rscs[child].sort_index = INFINITY;
                continue;
            }
            if r.sort_index < 0 {
                continue;
            }
            if let Some(node) = self.location(child, false)
                && let Some(score) = self.rscs[clone].allowed.get(node)
            {
                self.rscs[child].sort_index = score;
            }
        }
        let mut children = core::mem::take(&mut self.rscs[clone].children);
        merge_sort(&mut children, &mut |a, b| {
            self.compare_promotable(clone, a, b)
        });
        self.rscs[clone].children = children;
        self.rscs[clone].merging = false;
    }

    fn compare_promotable(&mut self, clone: RscId, a: RscId, b: RscId) -> Ordering {
        let index = self.rscs[b].sort_index.cmp(&self.rscs[a].sort_index);
        let role = self.role(b, true).cmp(&self.role(a, true));
        match index.then(role) {
            Ordering::Equal => self.compare_instances(clone, a, b),
            other => other,
        }
    }

    /// Adds what colocations of, and with, the promoted role prefer.
    fn colocate_promoted(&mut self, clone: RscId) {
        let mut table = self.rscs[clone].allowed.clone();
        for id in self.rscs[clone].this_with.clone() {
            let c = &self.colocations[id];
            if c.dependent_role != Role::Promoted {
                continue;
            }
            let (other, attribute, factor) = (c.primary, c.attribute.clone(), fraction(c.score));
            let how = Adding {
                nonnegative: false,
                revocable: c.score < INFINITY,
            };
            self.add_preferences(other, &mut table, attribute.as_ref(), factor, how);
        }
        for id in self.rscs[clone].with_this.clone() {
            let c = &self.colocations[id];
            if c.primary_role != Role::Promoted || !self.has_influence(c, None) {
                continue;
            }
            let (other, attribute, factor) = (c.dependent, c.attribute.clone(), fraction(c.score));
            self.add_preferences(
                other,
                &mut table,
                attribute.as_ref(),
                factor,
                Adding::CAREFUL,
            );
        }
        for node in table.nodes() {
            if table.get(node) == Some(WOULD_BE_NEGATIVE) {
                table.set(node, 1);
            }
        }
        self.rscs[clone].allowed = table;
    }

    fn tickets_for_promotion(&mut self, clone: RscId) {
        for index in self.rscs[clone].tickets.clone() {
            let t = self.ticket_constraints[index].clone();
            let state = self.ticket_state(&t);
            if t.role == Role::Promoted && (!state.granted || state.standby) {
                self.ban_everywhere_only(clone);
            }
        }
    }

    /// The clone's own table: instances are placed already.
    fn ban_everywhere_only(&mut self, clone: RscId) {
        for node in self.rscs[clone].allowed.nodes() {
            self.rscs[clone].allowed.set(node, -INFINITY);
        }
    }

    /// The dependent goes where an instance has the role.
    pub(super) fn colocate_with_role(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        let c = &self.colocations[id];
        let (by, attribute) = (c.score, c.attribute.clone());
        let roles = (c.dependent_role, c.primary_role);
        let mut nodes: Vec<(NodeId, Score)> = Vec::new();
        for instance in self.children(primary) {
            let Some(node) = self.location(instance, false) else {
                continue;
            };
            if self.role(instance, false) != roles.1 {
                continue;
            }
            if by < INFINITY {
                for n in self.rscs[dependent].allowed.nodes() {
                    if self.same_place(n, node, attribute.as_deref()) {
                        self.rscs[dependent].allowed.add(n, by);
                    }
                }
            }
            nodes.push((node, self.instance_score(instance)));
        }
        if by >= INFINITY && (roles.0 != Role::Promoted || roles.1 != Role::Promoted) {
            for n in self.rscs[dependent].allowed.nodes() {
                match nodes.iter().find(|(m, _)| *m == n) {
                    Some((_, s)) => self.rscs[dependent].allowed.add(n, *s),
                    None => self.rscs[dependent].allowed.set(n, -INFINITY),
                }
            }
        }
    }

    fn instance_score(&self, instance: RscId) -> Score {
        match self.rscs[instance].children.first() {
            Some(first) => self.rscs[*first].assigned_score,
            None => self.rscs[instance].assigned_score,
        }
    }

    pub(super) fn colocate_role_with_role(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        let c = &self.colocations[id];
        let by = c.score;
        let partner = self.partner(dependent, primary, c.primary_role, false);
        let r = &mut self.rscs[dependent];
        if partner.is_some() {
            r.priority = score::add(r.priority, by);
        } else if by >= INFINITY {
            r.priority = -INFINITY;
        }
    }
}
