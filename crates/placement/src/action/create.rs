//! Actions come into being: at most one of a kind for a resource and a node.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use super::{Action, NotifyKey, Reason, task};
use crate::arena::{ActionId, NodeId, RscId};
use crate::cib::HistoryEntry;
use crate::state::{Cluster, Needs, Quorum, Role};

impl Cluster<'_> {
    /// The first (newest) action of a resource with this task and interval, on a node if one is given. One that has no
    /// node yet gets this one.
    pub(crate) fn find_action(
        &mut self,
        rsc: RscId,
        task: &str,
        interval: u32,
        node: Option<NodeId>,
    ) -> Option<ActionId> {
        for &a in self.rscs[rsc].actions.iter().rev() {
            let action = &self.actions[a];
            if action.notify.is_some() || action.interval_ms != interval || action.task != task {
                continue;
            }
            match (node, action.node) {
                (None, _) => return Some(a),
                (Some(n), Some(m)) if n == m => return Some(a),
                (Some(n), None) => {
                    self.actions[a].node = Some(n);
                    return Some(a);
                }
                _ => {}
            }
        }
        None
    }

    /// The first (newest) action of a task on a node, whatever its interval.
    pub(crate) fn first_action(
        &self,
        rsc: RscId,
        task: &str,
        node: Option<NodeId>,
    ) -> Option<ActionId> {
        let of_task = |a: &&ActionId| {
            let action = &self.actions[**a];
            action.notify.is_none() && action.task == task
        };
        let mut homeless = None;
        for &a in self.rscs[rsc].actions.iter().rev().filter(of_task) {
            match (node, self.actions[a].node) {
                (None, _) => return Some(a),
                (Some(n), Some(m)) if n == m => return Some(a),
                (Some(_), None) if homeless.is_none() => homeless = Some(a),
                _ => {}
            }
        }
        homeless
    }

    /// All actions of a resource with this task and interval.
    pub(crate) fn actions_of(
        &self,
        rsc: RscId,
        task: &str,
        interval: u32,
    ) -> alloc::vec::Vec<ActionId> {
        self.rscs[rsc]
            .actions
            .iter()
            .rev()
            .copied()
            .filter(|a| {
                let action = &self.actions[*a];
                action.notify.is_none() && action.interval_ms == interval && action.task == task
            })
            .collect()
    }

    /// The action of a resource, new or not. An existing one becomes required, if `optional` is false.
    pub(crate) fn rsc_action(
        &mut self,
        rsc: RscId,
        task: &str,
        interval: u32,
        node: Option<NodeId>,
        optional: bool,
    ) -> ActionId {
        let existing = self.find_action(rsc, task, interval, node);
        let id = existing.unwrap_or_else(|| {
            let id = self.actions.push(Action {
                task: task::of(task),
                interval_ms: interval,
                rsc: Some(rsc),
                node,
                optional,
                runnable: true,
                needs: self.action_needs(rsc, task),
                ..Action::default()
            });
            self.rscs[rsc].actions.push(id);
            id
        });
        let a = &self.actions[id];
        if a.node.is_some() && !a.pseudo && !self.rscs[rsc].managed && interval == 0 {
            self.actions[id].optional = true;
        } else if !optional {
            self.actions[id].optional = false;
        }
        self.note_runnable(id);
        id
    }

    /// Whether an action can run, by its node and by quorum.
    fn note_runnable(&mut self, id: ActionId) {
        let a = &self.actions[id];
        if a.pseudo {
            return;
        }
        let rsc = a.rsc.expect("of a resource");
        let Some(node) = a.node else {
            self.actions[id].runnable = false;
            return;
        };
        let (on_dc, needs, is_stop) = (a.on_dc, a.needs, a.is("stop"));
        let n = &self.nodes[node];
        let guest = self.is_guest(node);
        if !on_dc && !n.online && (!guest || n.remote_requires_reset) {
            self.actions[id].runnable = false;
            if self.rscs[rsc].managed && is_stop && !n.unclean {
                self.fence_node(node, "stop is unrunnable");
            }
        } else if !on_dc && n.pending {
            self.actions[id].runnable = false;
        } else if needs == Needs::Nothing {
            self.actions[id].reason = None;
            self.actions[id].runnable = !guest || self.can_fence(node);
        } else {
            self.note_quorum(id, rsc);
        }
    }

    fn note_quorum(&mut self, id: ActionId, rsc: RscId) {
        let (allowed, why) = match self.quorum_policy(rsc) {
            Quorum::Stop => (false, "no quorum"),
            Quorum::Freeze => {
                let active = self.is_active(rsc, true);
                let r = &self.rscs[rsc];
                (active && r.next_role <= r.role, "quorum freeze")
            }
            _ => (true, ""),
        };
        self.actions[id].runnable = allowed;
        if !allowed {
            self.set_reason(id, why);
        }
    }

    /// The policy as it applies to a resource at the moment.
    fn quorum_policy(&mut self, rsc: RscId) -> Quorum {
        if self.config.have_quorum {
            return Quorum::Ignore;
        }
        match self.config.quorum_policy {
            Quorum::Demote if self.rscs[rsc].role >= Role::Unpromoted => {
                if self.rscs[rsc].next_role > Role::Unpromoted {
                    self.set_next_role(rsc, Role::Unpromoted);
                }
                Quorum::Ignore
            }
            Quorum::Demote => Quorum::Stop,
            other => other,
        }
    }

    /// Whether it runs: on an online and clean node.
    pub(crate) fn is_active(&self, rsc: RscId, all: bool) -> bool {
        let r = &self.rscs[rsc];
        if r.is_primitive() {
            return r.running_on.iter().any(|n| {
                let n = &self.nodes[*n];
                n.unclean || n.online || !r.managed
            });
        }
        let mut active = r.children.iter().map(|c| self.is_active(*c, all));
        if all {
            active.all(|a| a)
        } else {
            active.any(|a| a)
        }
    }

    /// The first reason stays.
    pub(crate) fn set_reason(&mut self, id: ActionId, why: &str) {
        let slot = &mut self.actions[id].reason;
        if slot.is_none() {
            *slot = Some(Reason::Text(why.to_string()));
        }
    }

    pub(crate) fn replace_reason(&mut self, id: ActionId, why: &str) {
        self.actions[id].reason = Some(Reason::Text(why.to_string()));
    }

    /// A step that nothing is done for.
    pub(crate) fn pseudo(&mut self, name: &str) -> ActionId {
        if let Some(&id) = self.actions_by_name.get(name) {
            return id;
        }
        let id = self.actions.push(Action {
            task: Cow::Owned(name.to_string()),
            name: Some(name.to_string()),
            optional: true,
            runnable: true,
            pseudo: true,
            ..Action::default()
        });
        self.actions_by_name.insert(name.to_string(), id);
        id
    }

    /// A step of a group or clone as a whole.
    pub(crate) fn collective(
        &mut self,
        rsc: RscId,
        task: &'static str,
        optional: bool,
        runnable: bool,
    ) -> ActionId {
        let existing = self.find_action(rsc, task, 0, None);
        let id = existing.unwrap_or_else(|| {
            let id = self.actions.push(Action {
                task: Cow::Borrowed(task),
                rsc: Some(rsc),
                optional: true,
                ..Action::default()
            });
            self.rscs[rsc].actions.push(id);
            id
        });
        let a = &mut self.actions[id];
        a.pseudo = true;
        a.runnable |= runnable;
        if existing.is_none() {
            a.runnable = runnable;
            a.optional = optional;
        } else if !optional {
            a.optional = false;
        }
        id
    }

    /// A pseudo step of notification.
    pub(crate) fn notify_pseudo(
        &mut self,
        rsc: RscId,
        task: &'static str,
        key: NotifyKey,
    ) -> ActionId {
        let found = self.rscs[rsc]
            .actions
            .iter()
            .rev()
            .copied()
            .find(|a| self.actions[*a].notify.as_ref() == Some(&key));
        found.unwrap_or_else(|| {
            let id = self.actions.push(Action {
                task: Cow::Borrowed(task),
                rsc: Some(rsc),
                notify: Some(key),
                optional: true,
                runnable: true,
                pseudo: true,
                ..Action::default()
            });
            self.rscs[rsc].actions.push(id);
            id
        })
    }

    pub(crate) fn stop_action(&mut self, rsc: RscId, node: NodeId, optional: bool) -> ActionId {
        self.rsc_action(rsc, "stop", 0, Some(node), optional)
    }

    pub(crate) fn start_action(
        &mut self,
        rsc: RscId,
        node: Option<NodeId>,
        optional: bool,
    ) -> ActionId {
        self.rsc_action(rsc, "start", 0, node, optional)
    }

    pub(crate) fn demote_action(&mut self, rsc: RscId, node: NodeId, optional: bool) -> ActionId {
        self.rsc_action(rsc, "demote", 0, Some(node), optional)
    }

    pub(crate) fn promote_action(
        &mut self,
        rsc: RscId,
        node: Option<NodeId>,
        optional: bool,
    ) -> ActionId {
        self.rsc_action(rsc, "promote", 0, node, optional)
    }

    /// Stops on a node that exist already are not required after all.
    pub(crate) fn stops_optional(&mut self, rsc: RscId, node: NodeId) {
        for a in self.actions_of(rsc, "stop", 0) {
            if self.actions[a].node == Some(node) {
                self.actions[a].optional = true;
            }
        }
    }

    /// The executor forgets the resource on a node.
    pub(crate) fn lrm_delete(&mut self, rsc: RscId, node: NodeId, optional: bool, reason: &str) {
        if self.rscs[rsc].failed || self.nodes[node].unclean || !self.nodes[node].online {
            return;
        }
        let id = self.rsc_action(rsc, "delete", 0, Some(node), false);
        self.actions[id].optional = false;
        self.set_reason(id, reason);
        let flow = if optional {
            super::Flow::IMPLIES_THEN
        } else {
            super::Flow::OPTIONAL
        };
        self.order_tasks(
            rsc,
            Cow::Borrowed("stop"),
            rsc,
            Cow::Borrowed("delete"),
            flow,
        );
        self.order_tasks(
            rsc,
            Cow::Borrowed("delete"),
            rsc,
            Cow::Borrowed("start"),
            flow,
        );
    }

    /// The fail count of a resource on a node is forgotten.
    pub(crate) fn clear_fail_count(&mut self, rsc: RscId, node: NodeId) -> ActionId {
        let id = self.rsc_action(rsc, "clear_failcount", 0, Some(node), false);
        let a = &mut self.actions[id];
        a.on_dc = true;
        a.runnable = true;
        a.optional = false;
        id
    }

    pub(crate) fn clearing_planned(&self, rsc: RscId, node: NodeId) -> bool {
        self.rscs[rsc]
            .actions
            .iter()
            .any(|a| self.actions[*a].is("clear_failcount") && self.actions[*a].node == Some(node))
    }

    /// A recurring operation is to be scheduled anew.
    pub(crate) fn reschedule(&mut self, rsc: RscId, node: NodeId, entry: &HistoryEntry) {
        if entry.digest.is_none() {
            return;
        }
        self.reschedule_action(rsc, node, &entry.operation, entry.interval_ms);
    }

    pub(crate) fn reschedule_action(
        &mut self,
        rsc: RscId,
        node: NodeId,
        task: &str,
        interval: u32,
    ) {
        let id = self.rsc_action(rsc, task, interval, Some(node), true);
        self.actions[id].reschedule = true;
    }

    /// How an action is named: `RSC_TASK_INTERVAL`, or its own name.
    pub(crate) fn action_key(&self, id: ActionId) -> String {
        let a = &self.actions[id];
        let Some(rsc) = a.rsc else {
            return a.name.clone().unwrap_or_default();
        };
        let rsc_id = &self.rscs[rsc].id;
        match &a.notify {
            Some(n) => format!("{rsc_id}_{}_notify_{}_0", n.kind, n.of),
            None => format!("{rsc_id}_{}_{}", a.task, a.interval_ms),
        }
    }

    /// Why an action is as it is, in words.
    pub(crate) fn reason_text(&self, id: ActionId) -> Option<String> {
        match self.actions[id].reason.as_ref()? {
            Reason::Text(t) => Some(t.clone()),
            Reason::Because(change, other) => {
                let o = &self.actions[*other];
                Some(match o.rsc {
                    Some(rsc) => format!("{change} {} {}", self.rscs[rsc].id, o.task),
                    None => format!("{change} {}", self.action_key(*other)),
                })
            }
        }
    }
}
