//! What leads a primitive from its role and node to the next ones.

use super::Flow;
use crate::arena::{NodeId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Kind, Multiple, Role, Strategy};

/// The next step from one role towards another.
fn step(from: Role, to: Role) -> Role {
    use Role::{Promoted, Started, Stopped, Unknown, Unpromoted};
    match (from, to) {
        (Unknown, Unknown) => Unknown,
        (Started | Unpromoted | Promoted, Promoted) => Promoted,
        (Stopped | Started, Started) => Started,
        (Stopped, Unpromoted | Promoted) | (Started | Unpromoted, Unpromoted) | (Promoted, _) => {
            Unpromoted
        }
        (Unknown | Stopped | Started | Unpromoted, _) => Stopped,
    }
}

impl Cluster<'_> {
    /// Creates the actions of a resource of any kind.
    pub(crate) fn create_actions(&mut self, rsc: RscId) {
        match self.rscs[rsc].kind {
            Kind::Primitive => self.create_primitive_actions(rsc),
            Kind::Group => self.create_group_actions(rsc),
            Kind::Clone => self.create_clone_actions(rsc),
            Kind::Bundle => {}
        }
    }

    fn create_primitive_actions(&mut self, rsc: RscId) {
        if self.rscs[rsc].next_role == Role::Unknown {
            let assigned = self.rscs[rsc].assigned.is_some();
            self.set_next_role(
                rsc,
                if assigned {
                    Role::Started
                } else {
                    Role::Stopped
                },
            );
        }
        let current = self.current_node(rsc);
        for node in self.rscs[rsc].dangling.clone() {
            let stop = self.stop_action(rsc, node, false);
            self.actions[stop].dangle = true;
        }
        let assigned = self.rscs[rsc].assigned;
        let moving = current.is_some()
            && assigned.is_some()
            && current != assigned
            && self.rscs[rsc].next_role >= Role::Started;
        let mut need_stop = moving;
        let mut migrate = moving && self.can_migrate(rsc, current);
        self.check_multiple(rsc, current, &mut need_stop, &mut migrate);
        if self.rscs[rsc].start_pending
            && let Some(node) = assigned
        {
            let start = self.start_action(rsc, Some(node), true);
            self.actions[start].print_always = true;
        }
        let mut need_promote = false;
        if !moving {
            let r = &self.rscs[rsc];
            if r.failed {
                if r.must_stop {
                    need_stop = true;
                } else {
                    need_promote = r.next_role == Role::Promoted;
                }
            } else if r.blocked {
                need_stop = true;
            } else if r.role > Role::Started && current.is_some() && assigned.is_some() {
                let start = self.start_action(rsc, assigned, true);
                need_stop |= !self.actions[start].optional;
            }
        }
        self.restart_actions(rsc, current, need_stop, need_promote);
        self.transition_actions(rsc);
        self.create_recurring(rsc);
        if migrate {
            self.create_migration(rsc, current);
        }
    }

    /// Active more than once, be it for a migration that is under way.
    fn check_multiple(
        &mut self,
        rsc: RscId,
        current: Option<NodeId>,
        need_stop: &mut bool,
        migrate: &mut bool,
    ) {
        let (all, _) = self.active_counts(rsc);
        self.check_partial(rsc, current, all, need_stop, migrate);
        let multiple = self.multiply_active(rsc)
            && self.rscs[rsc].migrating.is_none()
            && !self.rscs[rsc].was_migrating;
        self.rscs[rsc].stop_unexpected = false;
        if multiple {
            match self.rscs[rsc].multiple {
                Multiple::StopUnexpected => {
                    *need_stop = true;
                    self.rscs[rsc].stop_unexpected = true;
                }
                Multiple::StopStart => *need_stop = true,
                Multiple::StopOnly | Multiple::Block => {}
            }
            *migrate = false;
        }
    }

    fn check_partial(
        &mut self,
        rsc: RscId,
        current: Option<NodeId>,
        all: usize,
        need_stop: &mut bool,
        migrate: &mut bool,
    ) {
        let Some((source, target)) = self.rscs[rsc].migrating else {
            return;
        };
        let goes_on = *migrate
            && all == 2
            && current == Some(source)
            && self.rscs[rsc].assigned == Some(target);
        if !goes_on {
            *need_stop = true;
            *migrate = false;
            self.rscs[rsc].migrating = None;
            self.rscs[rsc].was_migrating = true;
        }
    }

    /// Down on the current node and up again in the same role; optional unless something needs it.
    fn restart_actions(
        &mut self,
        rsc: RscId,
        current: Option<NodeId>,
        need_stop: bool,
        need_promote: bool,
    ) {
        let target = self.rscs[rsc].role;
        let mut role = target;
        while role != Role::Stopped {
            let next = step(role, Role::Stopped);
            self.do_step(rsc, role, next, current, !need_stop, true);
            role = next;
        }
        let assigned = self.rscs[rsc].assigned;
        while self.rscs[rsc].role <= self.rscs[rsc].next_role
            && role != target
            && !self.rscs[rsc].blocked
        {
            let next = step(role, target);
            let required = need_stop || next == Role::Promoted && need_promote;
            self.do_step(rsc, role, next, assigned, !required, true);
            role = next;
        }
    }

    fn transition_actions(&mut self, rsc: RscId) {
        let (mut role, last) = (self.rscs[rsc].role, self.rscs[rsc].next_role);
        let assigned = self.rscs[rsc].assigned;
        for _ in 0..6 {
            if role == last {
                break;
            }
            let next = step(role, last);
            self.do_step(rsc, role, next, assigned, false, false);
            role = next;
        }
    }

    fn do_step(
        &mut self,
        rsc: RscId,
        from: Role,
        to: Role,
        node: Option<NodeId>,
        optional: bool,
        restarting: bool,
    ) {
        match (from, to) {
            (Role::Stopped, Role::Started | Role::Unpromoted) => {
                self.do_start(rsc, node, optional, restarting);
            }
            (Role::Started | Role::Unpromoted, Role::Promoted) => {
                self.do_promote(rsc, node, optional, restarting);
            }
            (Role::Promoted, Role::Unpromoted) => self.do_demote(rsc, optional, restarting),
            (Role::Unknown | Role::Started | Role::Unpromoted, Role::Stopped) => {
                self.do_stop(rsc, optional, restarting);
            }
            _ => {}
        }
    }

    /// Where it is right, among several nodes where it is active.
    fn is_expected(&self, rsc: RscId, node: Option<NodeId>, restarting: bool) -> bool {
        let r = &self.rscs[rsc];
        restarting
            && r.stop_unexpected
            && r.next_role > Role::Stopped
            && node.is_some()
            && r.assigned == node
    }

    fn do_stop(&mut self, rsc: RscId, optional: bool, restarting: bool) {
        let mut optional = optional;
        for node in self.rscs[rsc].running_on.clone() {
            if self.is_expected(rsc, Some(node), restarting) {
                continue;
            }
            if let Some((_, target)) = self.rscs[rsc].migrating {
                if node == target && self.rscs[rsc].assigned == Some(target) {
                    continue;
                }
                optional = false;
            }
            let stop = self.stop_action(rsc, node, optional);
            if self.rscs[rsc].assigned.is_none() {
                self.replace_reason(stop, "node availability");
            } else if restarting && self.rscs[rsc].stop_unexpected {
                self.replace_reason(stop, "being multiply active");
            }
            if !self.rscs[rsc].managed {
                self.actions[stop].runnable = false;
            }
            if self.rscs[rsc].needs_unfencing && self.have_unfencing {
                let unfence = self.unfence_op(node);
                self.order_actions(stop, unfence, Flow::IMPLIES_FIRST);
            }
        }
    }

    fn do_start(&mut self, rsc: RscId, node: Option<NodeId>, optional: bool, restarting: bool) {
        let start = self.start_action(rsc, node, true);
        if let Some(n) = node {
            self.order_vs_unfence(rsc, n, start, Flow::IMPLIES_THEN);
        }
        if self.actions[start].runnable && !optional {
            self.actions[start].optional = false;
        }
        if self.is_expected(rsc, node, restarting) {
            self.actions[start].pseudo = true;
        }
    }

    fn do_promote(&mut self, rsc: RscId, node: Option<NodeId>, optional: bool, restarting: bool) {
        let on_node = |c: &Self, task: &str| -> alloc::vec::Vec<crate::arena::ActionId> {
            c.actions_of(rsc, task, 0)
                .into_iter()
                .filter(|a| c.actions[*a].node == node)
                .collect()
        };
        let runnable = on_node(self, "start")
            .iter()
            .all(|a| self.actions[*a].runnable);
        if runnable {
            let promote = self.promote_action(rsc, node, optional);
            if self.is_expected(rsc, node, restarting) {
                self.actions[promote].pseudo = true;
            }
            return;
        }
        for a in on_node(self, "promote") {
            self.actions[a].runnable = false;
        }
    }

    fn do_demote(&mut self, rsc: RscId, optional: bool, restarting: bool) {
        for node in self.rscs[rsc].running_on.clone() {
            if !self.is_expected(rsc, Some(node), restarting) {
                self.demote_action(rsc, node, optional);
            }
        }
    }

    /// Orders that a resource has by itself.
    pub(crate) fn internal_constraints(&mut self, rsc: RscId) {
        match self.rscs[rsc].kind {
            Kind::Primitive => self.primitive_constraints(rsc),
            Kind::Group => self.group_constraints(rsc),
            Kind::Clone => self.clone_constraints(rsc),
            Kind::Bundle => {}
        }
    }

    fn primitive_constraints(&mut self, rsc: RscId) {
        if !self.rscs[rsc].managed {
            return;
        }
        let flow = Flow::OPTIONAL | Flow::IMPLIES_THEN | Flow::RESTART;
        self.order_known((rsc, "stop"), (rsc, "start"), flow);
        let promotable = self.clone_of(rsc).is_some_and(|c| self.rscs[c].promotable);
        if promotable || self.rscs[rsc].role > Role::Unpromoted {
            self.order_known((rsc, "demote"), (rsc, "stop"), Flow::PROMOTED_IMPLIES_FIRST);
            self.order_known((rsc, "start"), (rsc, "promote"), Flow::RUNNABLE_LEFT);
        }
        let flow = Flow::SAME_NODE | Flow::THEN_CANCELS_FIRST;
        self.order_known((rsc, "delete"), (rsc, "monitor"), flow);
        if !self.rscs[rsc].fence_device && self.have_unfencing && self.rscs[rsc].needs_unfencing {
            self.unfencing_constraints(rsc);
        }
        if self.config.strategy != Strategy::Default && !self.rscs[rsc].utilization.is_empty() {
            self.load_constraints(rsc);
        }
        if self.rscs[rsc].container.is_some() {
            self.container_constraints(rsc);
        }
        if self.rscs[rsc].remote_node.is_some() || self.rscs[rsc].fence_device {
            self.avoid_remote_nodes(rsc);
        }
    }

    /// Room is made on a node before something starts there.
    fn load_constraints(&mut self, rsc: RscId) {
        use super::End;
        for node in self.rscs[rsc].running_on.clone() {
            let load = self.load_stopped(node);
            self.order(End::task(rsc, "stop".into()), End::Action(load), Flow::LOAD);
        }
        for node in self.rscs[rsc].allowed.nodes() {
            let load = self.load_stopped(node);
            self.order(
                End::Action(load),
                End::task(rsc, "start".into()),
                Flow::LOAD,
            );
            self.order(
                End::Action(load),
                End::task(rsc, "migrate_to".into()),
                Flow::LOAD,
            );
        }
    }

    fn load_stopped(&mut self, node: NodeId) -> crate::arena::ActionId {
        let name = alloc::format!("load_stopped_{}", self.nodes[node].uname);
        let id = self.pseudo(&name);
        self.actions[id].node = Some(node);
        self.actions[id].optional = false;
        id
    }

    fn container_constraints(&mut self, rsc: RscId) {
        let container = self.rscs[rsc].container.expect("just seen");
        let mut remote = None;
        if self.rscs[rsc].remote_node.is_some() {
            if !self.rscs[rsc].allow_remote_remotes {
                self.avoid_remote_nodes(container);
            }
            self.order_known((container, "monitor"), (rsc, "stop"), Flow::OPTIONAL);
        } else if self.rscs[container].remote_node.is_some() {
            remote = Some(container);
        } else {
            remote = self.guest_connection(container);
        }
        if let Some(remote) = remote {
            for node in self.rscs[rsc].allowed.nodes() {
                if self.nodes[node].remote_rsc != Some(remote) {
                    self.rscs[rsc].allowed.set(node, -INFINITY);
                }
            }
            return;
        }
        let flow = Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT;
        self.order_known((container, "start"), (rsc, "start"), flow);
        self.order_known((rsc, "stop"), (container, "stop"), Flow::IMPLIES_FIRST);
        let score = if self.rscs[rsc].allow_remote_remotes {
            10_000
        } else {
            INFINITY
        };
        self.new_colocation(crate::assign::Colocation {
            attribute: None,
            score,
            dependent: rsc,
            primary: container,
            dependent_role: Role::Unknown,
            primary_role: Role::Unknown,
            influence: true,
        });
    }

    /// The connection of the guest node that a resource hosts.
    pub(crate) fn guest_connection(&self, container: RscId) -> Option<RscId> {
        let fillers = &self.rscs[container].fillers;
        fillers
            .iter()
            .copied()
            .find(|f| self.rscs[*f].remote_node.is_some())
    }

    fn avoid_remote_nodes(&mut self, rsc: RscId) {
        for node in self.rscs[rsc].allowed.nodes() {
            if self.nodes[node].remote_rsc.is_some() {
                self.rscs[rsc].allowed.set(node, -INFINITY);
            }
        }
    }
}
