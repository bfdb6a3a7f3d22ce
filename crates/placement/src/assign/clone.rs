//! Assigning the instances of a clone, and colocation with a clone.

use alloc::vec::Vec;

use super::colocation::{Adding, WOULD_BE_NEGATIVE, fraction};
use crate::arena::{ColocationId, NodeId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Kind, Role};

impl Cluster<'_> {
    pub(super) fn assign_clone(&mut self, clone: RscId) {
        if !self.rscs[clone].provisional || self.rscs[clone].allocating {
            return;
        }
        if self.rscs[clone].promotable {
            self.add_promotion_scores(clone);
        }
        self.rscs[clone].allocating = true;
        for id in self.rscs[clone].this_with.clone() {
            let primary = self.colocations[id].primary;
            self.assign(primary, None);
        }
        self.add_dependents_of_clone(clone);
        self.note_scores("pcmk__clone_assign", clone);
        self.sort_instances(clone);
        let (max, node_max) = {
            let data = self.rscs[clone].clone.as_ref().expect("a clone");
            (data.max, data.node_max)
        };
        self.distribute(clone, max, node_max);
        if self.rscs[clone].promotable {
            self.set_promoted_roles(clone);
        }
        self.rscs[clone].provisional = false;
        self.rscs[clone].allocating = false;
    }

    fn add_dependents_of_clone(&mut self, clone: RscId) {
        let mut table = self.rscs[clone].allowed.clone();
        for id in self.rscs[clone].with_this.clone() {
            let c = &self.colocations[id];
            if !self.has_influence(c, None) {
                continue;
            }
            let (dependent, attribute, factor) =
                (c.dependent, c.attribute.clone(), fraction(c.score));
            self.add_preferences(
                dependent,
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

    /// Instances go where they are already, then to the best nodes, up to the limits.
    pub(super) fn distribute(&mut self, clone: RscId, max: i32, node_max: i32) {
        self.rscs[clone].counts.clear();
        let nodes = self.rscs[clone].allowed.nodes();
        let available = nodes.iter().filter(|n| self.available(**n)).count();
        let available = i32::try_from(available).unwrap_or(i32::MAX);
        let all = max < available;
        let per_node = max.checked_div(available).unwrap_or(1).max(1);
        let mut placed = 0;
        for instance in self.children(clone) {
            if placed >= max {
                break;
            }
            let r = &self.rscs[instance];
            if r.running_on.is_empty() || !r.provisional || self.any_failed(instance) {
                continue;
            }
            let Some(node) = self.current_node_of(instance) else {
                continue;
            };
            let in_table = self.rscs[clone].allowed.get(node).is_some();
            let count = self.rscs[clone].counts.get(&node).copied().unwrap_or(0);
            if self.available(node)
                && in_table
                && count < per_node
                && self.place_instance(clone, instance, Some(node), all, node_max)
            {
                placed += 1;
            }
        }
        for instance in self.children(clone) {
            if !self.rscs[instance].provisional {
                continue;
            }
            if placed >= max {
                self.ban_everywhere(instance);
                self.place_nowhere(instance);
            } else if self.place_instance(clone, instance, None, all, node_max) {
                placed += 1;
            }
        }
    }

    fn place_nowhere(&mut self, instance: RscId) {
        self.assign(instance, None);
    }

    fn any_failed(&self, rsc: RscId) -> bool {
        self.rscs[rsc].failed
    }

    fn current_node_of(&self, rsc: RscId) -> Option<NodeId> {
        self.current_node(rsc)
    }

    /// Whether the instance was placed.
    fn place_instance(
        &mut self,
        clone: RscId,
        instance: RscId,
        prefer: Option<NodeId>,
        all: bool,
        node_max: i32,
    ) -> bool {
        if !self.rscs[instance].provisional {
            return self.location(instance, false).is_some();
        }
        if self.rscs[instance].allocating {
            return false;
        }
        self.inherit_colocations(clone, instance, all);
        if let Some(node) = prefer
            && self.rscs[instance].allowed.get(node).is_none_or(|s| s < 0)
        {
            return false;
        }
        self.ban_full_instances(clone, instance, node_max);
        let backup = self.backup(instance);
        let chosen = self.assign(instance, prefer);
        if let (Some(node), Some(wanted)) = (chosen, prefer)
            && node != wanted
        {
            self.restore(instance, backup);
            return false;
        }
        if let Some(node) = chosen {
            *self.rscs[clone].counts.entry(node).or_insert(0) += 1;
        }
        chosen.is_some()
    }

    fn backup(&self, instance: RscId) -> Vec<(RscId, crate::state::Table)> {
        let mut out = alloc::vec![(instance, self.rscs[instance].allowed.clone())];
        for c in &self.rscs[instance].children {
            out.push((*c, self.rscs[*c].allowed.clone()));
        }
        out
    }

    fn restore(&mut self, instance: RscId, backup: Vec<(RscId, crate::state::Table)>) {
        for (rsc, table) in backup {
            self.rscs[rsc].allowed = table;
            self.unassign(rsc);
            self.rscs[rsc].provisional = true;
            let wanted = self.target_role(rsc).unwrap_or(Role::Unknown);
            if self.rscs[rsc].next_role == Role::Stopped {
                self.rscs[rsc].next_role = wanted;
            }
        }
        self.rscs[instance].provisional = true;
    }

    fn inherit_colocations(&mut self, clone: RscId, instance: RscId, all: bool) {
        for id in self.rscs[clone].this_with.clone() {
            let score = self.colocations[id].score;
            if all || !(0..INFINITY).contains(&score) {
                self.insert_this_with(instance, id);
            }
        }
        for id in self.rscs[clone].with_this.clone() {
            let c = &self.colocations[id];
            if self.has_influence(c, Some(instance)) && (all || c.score < 0) {
                self.insert_with_this(instance, id);
            }
        }
    }

    /// Bans nodes that hold enough instances, or where the clone may not be.
    fn ban_full_instances(&mut self, clone: RscId, instance: RscId, node_max: i32) {
        for node in self.rscs[instance].allowed.nodes() {
            let parent = self.rscs[clone].allowed.get(node);
            let count = self.rscs[clone].counts.get(&node).copied().unwrap_or(0);
            let by = match parent {
                _ if !self.available(node) || self.rscs[instance].orphan => Some(-INFINITY),
                None => Some(-INFINITY),
                Some(score) if score < 0 => Some(score),
                Some(_) if count >= node_max => Some(-INFINITY),
                Some(_) => None,
            };
            if let Some(by) = by {
                self.add_if_present(instance, node, by);
            }
        }
    }

    fn add_if_present(&mut self, rsc: RscId, node: NodeId, by: i32) {
        for c in self.children(rsc) {
            self.add_if_present(c, node, by);
        }
        self.rscs[rsc].allowed.add(node, by);
    }

    pub(super) fn apply_clone_as_primary(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        if self.rscs[primary].provisional {
            return;
        }
        let c = &self.colocations[id];
        if self.rscs[primary].promotable && c.primary_role != Role::Unknown {
            if self.rscs[dependent].provisional {
                self.colocate_with_role(dependent, primary, id);
            } else if c.dependent_role == Role::Promoted {
                self.colocate_role_with_role(dependent, primary, id);
            }
            return;
        }
        let whole = c.dependent;
        let interleave = self.rscs[whole]
            .clone
            .as_ref()
            .is_some_and(|d| d.interleave)
            && self.same_node_max(whole, primary);
        let mandatory = c.score >= INFINITY;
        if interleave {
            match self.partner(dependent, primary, Role::Unknown, false) {
                Some(partner) => self.apply_colocation(dependent, partner, id, true),
                None if mandatory => self.settle(dependent, None),
                None => {}
            }
            return;
        }
        if mandatory {
            let mut nodes = Vec::new();
            for instance in self.children(primary) {
                if let Some(n) = self
                    .location(instance, false)
                    .filter(|_| !self.blocked_deep(instance))
                {
                    nodes.push(n);
                }
            }
            self.ban_others(dependent, &nodes);
            return;
        }
        for instance in self.children(primary) {
            self.apply_colocation(dependent, instance, id, false);
        }
    }

    fn same_node_max(&self, a: RscId, b: RscId) -> bool {
        let max = |r: RscId| {
            let r = &self.rscs[r];
            match r.kind {
                Kind::Bundle => Some(1),
                _ => r.clone.as_ref().map(|d| d.node_max),
            }
        };
        max(a) == max(b)
    }

    /// The instance of a clone (or replica of a bundle) on the node of another one.
    pub(crate) fn partner(
        &self,
        of: RscId,
        collective: RscId,
        role: Role,
        current: bool,
    ) -> Option<RscId> {
        if let Some(node) = self.location(of, current) {
            return self.instance_on(node, collective, role, current);
        }
        let sorted = self.sorted_nodes(&self.rscs[of].allowed, None);
        sorted
            .into_iter()
            .find_map(|(node, _)| self.instance_on(node, collective, role, current))
    }

    pub(crate) fn instance_on(
        &self,
        node: NodeId,
        collective: RscId,
        role: Role,
        current: bool,
    ) -> Option<RscId> {
        self.instances(collective).into_iter().find(|i| {
            !self.blocked_deep(*i)
                && (role == Role::Unknown || self.role(*i, current) == role)
                && self.location(*i, current) == Some(node)
        })
    }

    /// Instances of a clone, containers of a bundle.
    pub(crate) fn instances(&self, collective: RscId) -> Vec<RscId> {
        let r = &self.rscs[collective];
        if r.kind == Kind::Bundle {
            r.replicas.iter().map(|x| x.container).collect()
        } else {
            r.children.clone()
        }
    }
}
