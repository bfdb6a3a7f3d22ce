//! Orders between actions, from constraints and from what resources are, and what they make of the actions.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Flow, Task, Wait, task};
use crate::arena::{ActionId, RscId};
use crate::state::{Cluster, Role};

/// One end of an order.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// All actions of a resource with this task and interval.
    Task {
        rsc: RscId,
        task: Task,
        interval_ms: u32,
    },
    /// One action.
    Action(ActionId),
}

impl End {
    pub(crate) fn task(rsc: RscId, task: Task) -> Self {
        Self::Task {
            rsc,
            task,
            interval_ms: 0,
        }
    }
}

/// "First, then".
#[derive(Clone, Debug)]
pub(crate) struct Ordering {
    pub(crate) first: End,
    pub(crate) then: End,
    pub(crate) flow: Flow,
}

impl Cluster<'_> {
    pub(crate) fn order(&mut self, first: End, then: End, flow: Flow) {
        self.orderings.push(Ordering { first, then, flow });
    }

    pub(crate) fn order_tasks(
        &mut self,
        first: RscId,
        first_task: Task,
        then: RscId,
        then_task: Task,
        flow: Flow,
    ) {
        self.order(
            End::task(first, first_task),
            End::task(then, then_task),
            flow,
        );
    }

    /// The usual case: names of tasks that are known.
    pub(crate) fn order_known(
        &mut self,
        first: (RscId, &'static str),
        then: (RscId, &'static str),
        flow: Flow,
    ) {
        self.order_tasks(
            first.0,
            Cow::Borrowed(first.1),
            then.0,
            Cow::Borrowed(then.1),
            flow,
        );
    }

    /// Orders two actions; whether that is new.
    pub(crate) fn order_actions(&mut self, first: ActionId, then: ActionId, flow: Flow) -> bool {
        if flow == Flow::NONE || first == then {
            return false;
        }
        let (after, before) = (&self.actions[first].after, &self.actions[then].before);
        // Look for an order that says the same, in the shorter list.
        let known = if before.len() <= after.len() || !after.contains(&then) {
            before.iter().any(|w| w.action == first && w.flow.any(flow))
        } else {
            before.iter().any(|w| w.action == first && w.flow.any(flow))
        };
        if known {
            return false;
        }
        self.actions[first].after.push(then);
        self.actions[then].before.push(Wait {
            action: first,
            flow,
        });
        true
    }

    /// Turns orders into waits of actions, then lets them take effect.
    pub(crate) fn apply_orderings(&mut self) {
        let mut i = 0;
        while i < self.orderings.len() {
            let order = self.orderings[i].clone();
            self.apply_ordering(&order);
            i += 1;
        }
        for id in self.actions.ids().rev().collect::<Vec<_>>() {
            self.block_dependents(id);
        }
        for id in self.actions.ids().rev().collect::<Vec<_>>() {
            self.update(id);
        }
    }

    fn apply_ordering(&mut self, order: &Ordering) {
        let firsts = match &order.first {
            End::Action(a) => alloc::vec![*a],
            End::Task {
                rsc,
                task,
                interval_ms,
            } => self.first_actions(*rsc, task, *interval_ms, order),
        };
        for first in firsts {
            match &order.then {
                End::Action(then) => self.order_with_dangle(first, *then, order.flow, false),
                End::Task {
                    rsc,
                    task,
                    interval_ms,
                } => {
                    let dangling =
                        self.actions[first].rsc == Some(*rsc) && self.actions[first].dangle;
                    for then in self.actions_of(*rsc, task, *interval_ms) {
                        self.order_with_dangle(first, then, order.flow, dangling);
                    }
                }
            }
        }
    }

    fn order_with_dangle(&mut self, first: ActionId, then: ActionId, flow: Flow, dangling: bool) {
        let flow = if dangling {
            flow & !Flow::IMPLIES_THEN
        } else {
            flow
        };
        self.order_actions(first, then, flow);
    }

    fn first_actions(
        &mut self,
        rsc: RscId,
        task: &Task,
        interval: u32,
        order: &Ordering,
    ) -> Vec<ActionId> {
        let found = self.actions_of(rsc, task, interval);
        if !found.is_empty() {
            return found;
        }
        let same = match &order.then {
            End::Task { rsc: then, .. } => *then == rsc,
            End::Action(a) => self.actions[*a].rsc == Some(rsc),
        };
        let then_exists = match &order.then {
            End::Task {
                rsc,
                task,
                interval_ms,
            } => !self.actions_of(*rsc, task, *interval_ms).is_empty(),
            End::Action(_) => true,
        };
        if same || !then_exists {
            return found;
        }
        let role = self.role(rsc, true);
        let moot =
            role == Role::Stopped && task == "stop" || role == Role::Unpromoted && task == "demote";
        if moot {
            return found;
        }
        alloc::vec![self.rsc_action(rsc, task, interval, None, true)]
    }

    /// The newest order between a stop and what follows it decides whether dependents may start.
    pub(crate) fn block_dependents(&mut self, id: ActionId) {
        let a = &self.actions[id];
        let Some(rsc) = a.rsc else {
            return;
        };
        let starts = a.is("start");
        let promotes = a.is("promote");
        if a.runnable || !starts && !promotes {
            return;
        }
        // A member's failure to start stops what depends on any of the group; unless a bundle or clone is in between.
        let mut whole = rsc;
        if let Some(parent) = self.rscs[rsc].parent
            && self.rscs[parent].kind == crate::state::Kind::Group
        {
            whole = parent;
        }
        let role = if promotes {
            Role::Promoted
        } else {
            Role::Started
        };
        for r in [Some(rsc), (whole != rsc).then_some(whole)]
            .into_iter()
            .flatten()
        {
            self.block_those_with(id, r, role);
        }
    }

    fn block_those_with(&mut self, cause: ActionId, rsc: RscId, role: Role) {
        for c in self.rscs[rsc].with_this.clone() {
            let c = &self.colocations[c];
            let primary_role = if c.primary_role == Role::Unknown {
                Role::Started
            } else {
                c.primary_role
            };
            if c.score < crate::score::INFINITY || c.primary != rsc || primary_role != role {
                continue;
            }
            let dependent = c.dependent;
            let blocked = if c.dependent_role == Role::Promoted {
                "promote"
            } else {
                "start"
            };
            self.block_action(cause, dependent, blocked);
        }
    }

    /// The dependent itself, or all that is within.
    fn block_action(&mut self, cause: ActionId, rsc: RscId, task: &'static str) {
        let children = self.children(rsc);
        if !children.is_empty() {
            for c in children {
                self.block_action(cause, c, task);
            }
        }
        let Some(found) = self.first_action(rsc, task, None) else {
            return;
        };
        if self.actions[found].runnable {
            self.actions[found].runnable = false;
            if self.actions[found].reason.is_none() {
                let primary = self.actions[cause].rsc.expect("of a resource");
                let why = alloc::format!("colocation with {}", self.rscs[primary].id);
                self.set_reason(found, &why);
            }
            self.block_dependents(found);
        }
    }

    /// A task of something with parts as what all of them have done.
    pub(crate) fn expand_first(&self, id: ActionId) -> ActionId {
        let a = &self.actions[id];
        let Some(rsc) = a.rsc.filter(|r| !self.rscs[*r].is_primitive()) else {
            return id;
        };
        if a.notify.is_some() {
            return id;
        }
        let Some(done) = task::done(&a.task).filter(|_| a.interval_ms == 0 && !a.is("notify"))
        else {
            return id;
        };
        let found = if self.rscs[rsc].notify && self.rscs[rsc].is_collective() {
            let key = super::NotifyKey {
                kind: "confirmed-post",
                of: Cow::Borrowed(done),
            };
            self.rscs[rsc]
                .actions
                .iter()
                .rev()
                .copied()
                .find(|x| self.actions[*x].notify.as_ref() == Some(&key))
        } else {
            self.first_action(rsc, done, None)
        };
        found.unwrap_or(id)
    }
}
