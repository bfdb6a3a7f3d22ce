//! Recurring operations: started, kept, rescheduled or cancelled.

use alloc::vec::Vec;

use super::Flow;
use crate::arena::{ActionId, NodeId, RscId};
use crate::state::{Cluster, OpSpec, Role};

impl Cluster<'_> {
    pub(super) fn create_recurring(&mut self, rsc: RscId) {
        let r = &self.rscs[rsc];
        if r.blocked || r.maintenance {
            return;
        }
        let node = r.assigned;
        if node.is_some_and(|n| self.nodes[n].maintenance) {
            return;
        }
        let ops: Vec<OpSpec> = self
            .operations(rsc)
            .filter(|o| {
                o.interval_ms > 0 && !matches!(&*o.name, "start" | "stop" | "promote" | "demote")
            })
            .collect();
        if ops.is_empty() {
            return;
        }
        let active = node.is_some()
            && (self.rscs[rsc].next_role != Role::Stopped || !self.rscs[rsc].managed);
        let start = match node {
            Some(n) if active => Some(self.start_action(rsc, Some(n), true)),
            _ => None,
        };
        for op in &ops {
            if let (Some(start), Some(node)) = (start, node) {
                self.recur_active(rsc, start, node, op);
            }
            if op.role == Some(Role::Stopped) && self.rscs[rsc].unique {
                self.recur_inactive(rsc, node, op);
            }
        }
    }

    fn recorded(&self, rsc: RscId, op: &OpSpec, node: NodeId) -> Vec<ActionId> {
        self.actions_of(rsc, &op.name, op.interval_ms)
            .into_iter()
            .filter(|a| self.actions[*a].node == Some(node))
            .collect()
    }

    fn recur_active(&mut self, rsc: RscId, start: ActionId, node: NodeId, op: &OpSpec) {
        if op.role == Some(Role::Stopped) {
            return;
        }
        let recorded = self.recorded(rsc, op, node);
        let optional = self.actions[start].optional
            && !recorded.is_empty()
            && !recorded.iter().any(|a| self.actions[*a].reschedule);
        let next = self.rscs[rsc].next_role;
        let fits = match op.role {
            Some(role) => next == role,
            None => next != Role::Promoted,
        };
        if !fits {
            if optional {
                self.cancel(rsc, op, node);
            }
            return;
        }
        let monitor = self.rsc_action(rsc, &op.name, op.interval_ms, Some(node), optional);
        let n = &self.nodes[node];
        if !self.actions[start].runnable || !n.online || n.unclean {
            self.actions[monitor].runnable = false;
        }
        if next == Role::Promoted {
            self.actions[monitor].expects = Some(8);
        }
        if !self.rscs[rsc].managed {
            return;
        }
        self.order_monitor(rsc, monitor, next);
    }

    fn order_monitor(&mut self, rsc: RscId, monitor: ActionId, next: Role) {
        use super::End;
        let after = |task: &'static str| End::task(rsc, task.into());
        let flow = Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT;
        self.order(after("start"), End::Action(monitor), flow);
        self.order(after("reload-agent"), End::Action(monitor), flow);
        let flow = Flow::OPTIONAL | Flow::RUNNABLE_LEFT;
        if next == Role::Promoted {
            self.order(after("promote"), End::Action(monitor), flow);
        } else if self.rscs[rsc].role == Role::Promoted {
            self.order(after("demote"), End::Action(monitor), flow);
        }
    }

    /// Where it does not run, a monitor makes sure of that.
    fn recur_inactive(&mut self, rsc: RscId, active: Option<NodeId>, op: &OpSpec) {
        for node in self.node_order.clone() {
            if Some(node) == active {
                if !self.recorded(rsc, op, node).is_empty() {
                    self.cancel(rsc, op, node);
                }
                continue;
            }
            let optional = !self.recorded(rsc, op, node).is_empty();
            let monitor = self.rsc_action(rsc, &op.name, op.interval_ms, Some(node), optional);
            self.actions[monitor].expects = Some(7);
            if self.rscs[rsc].managed {
                self.order_after_stop(rsc, node, monitor);
            }
            let n = &self.nodes[node];
            if !n.online || n.unclean {
                self.actions[monitor].runnable = false;
            }
        }
    }

    fn order_after_stop(&mut self, rsc: RscId, node: NodeId, monitor: ActionId) {
        let on_node = |c: &Self, task: &str| -> Vec<ActionId> {
            c.actions_of(rsc, task, 0)
                .into_iter()
                .filter(|a| c.actions[*a].node == Some(node))
                .collect()
        };
        for probe in on_node(self, "monitor") {
            self.order_actions(probe, monitor, Flow::RUNNABLE_LEFT);
        }
        for stop in on_node(self, "stop") {
            if !self.actions[stop].optional && self.actions[monitor].optional {
                self.actions[monitor].optional = false;
            }
            if !self.actions[stop].runnable {
                self.actions[monitor].runnable = false;
            }
            self.order_actions(stop, monitor, Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT);
        }
    }

    fn cancel(&mut self, rsc: RscId, op: &OpSpec, node: NodeId) {
        let cancel = self.cancel_action(rsc, &op.name, op.interval_ms, node);
        let (role, next) = (self.rscs[rsc].role, self.rscs[rsc].next_role);
        let then = match (role, next) {
            (Role::Started | Role::Unpromoted, Role::Promoted) => "promote",
            (Role::Started | Role::Unpromoted | Role::Promoted, Role::Stopped) => "stop",
            (Role::Promoted, Role::Started | Role::Unpromoted) => "demote",
            _ => return,
        };
        self.order(
            super::End::Action(cancel),
            super::End::task(rsc, then.into()),
            Flow::RUNNABLE_LEFT,
        );
    }

    /// A recurring operation is taken off the executor.
    pub(crate) fn cancel_action(
        &mut self,
        rsc: RscId,
        task: &str,
        interval: u32,
        node: NodeId,
    ) -> ActionId {
        let key = (super::task::of(task), interval);
        let found = self.rscs[rsc].actions.iter().copied().find(|a| {
            let a = &self.actions[*a];
            a.node == Some(node) && a.cancel.as_ref() == Some(&key)
        });
        found.unwrap_or_else(|| {
            let id = self.actions.push(super::Action {
                task: "cancel".into(),
                interval_ms: interval,
                rsc: Some(rsc),
                node: Some(node),
                runnable: self.nodes[node].online,
                cancel: Some(key),
                ..super::Action::default()
            });
            self.rscs[rsc].actions.push(id);
            id
        })
    }
}
