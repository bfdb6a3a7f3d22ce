//! What changes, resource by resource, as a list for people.

use alloc::string::String;
use alloc::vec::Vec;

use crate::arena::{ActionId, NodeId, RscId};
use crate::placement::{Change, Verb};
use crate::state::{Cluster, Kind, Role};

/// The planned actions of a resource, looked up once.
struct Plan {
    start: Option<ActionId>,
    stop: Option<ActionId>,
    promote: Option<ActionId>,
    demote: Option<ActionId>,
}

impl Cluster<'_> {
    pub(crate) fn summary(&mut self) -> Vec<Change> {
        let mut out = self.fences();
        for top in self.top.clone() {
            self.summarize(top, &mut out);
        }
        out
    }

    fn fences(&self) -> Vec<Change> {
        let mut out = Vec::new();
        for id in self.actions.ids() {
            let a = &self.actions[id];
            if !a.is("stonith") || a.optional || a.rsc.is_some() {
                continue;
            }
            let Some(node) = a.node else {
                continue;
            };
            out.push(Change {
                verb: Verb::Fence,
                resource: a.fence_how.as_deref().unwrap_or("reboot").into(),
                source: Some(self.nodes[node].uname.clone()),
                dest: None,
                role: None,
                next_role: None,
                blocked: !a.runnable,
                reason: self.reason_text(id),
            });
        }
        out
    }

    fn summarize(&mut self, rsc: RscId, out: &mut Vec<Change>) {
        if self.rscs[rsc].kind == Kind::Bundle {
            for replica in self.rscs[rsc].replicas.clone() {
                let parts = [
                    replica.ip,
                    Some(replica.container),
                    replica.remote,
                    replica.child,
                ];
                for part in parts.into_iter().flatten() {
                    self.summarize(part, out);
                }
            }
            return;
        }
        let children = self.children(rsc);
        if !children.is_empty() {
            for c in children {
                self.summarize(c, out);
            }
            return;
        }
        if !self.rscs[rsc].is_primitive() {
            return;
        }
        let next = self.rscs[rsc].assigned;
        let current = if self.rscs[rsc].running_on.is_empty() {
            None
        } else {
            self.current_node(rsc)
        };
        if current.is_some() && self.rscs[rsc].role == Role::Stopped {
            self.rscs[rsc].role = Role::Started;
        }
        let r = &self.rscs[rsc];
        if current.is_none() && r.orphan || !r.managed || current.is_none() && next.is_none() {
            return;
        }
        let plan = self.plan(rsc, current, next);
        if self.rscs[rsc].role == self.rscs[rsc].next_role {
            self.same_role(rsc, current, next, &plan, out);
        } else {
            self.other_role(rsc, current, next, &plan, out);
        }
    }

    fn plan(&mut self, rsc: RscId, current: Option<NodeId>, next: Option<NodeId>) -> Plan {
        let start = self.find_action(rsc, "start", 0, next);
        let runnable = start.is_some_and(|s| self.actions[s].runnable);
        let at = if runnable { current } else { None };
        let mut stop = self.find_action(rsc, "stop", 0, at);
        if stop.is_none() && self.rscs[rsc].stop_unexpected {
            stop = self.find_action(rsc, "stop", 0, None);
        }
        Plan {
            start,
            stop,
            promote: self.find_action(rsc, "promote", 0, next),
            demote: self.find_action(rsc, "demote", 0, next),
        }
    }

    fn required(&self, id: Option<ActionId>) -> bool {
        id.is_some_and(|a| !self.actions[a].optional)
    }

    fn same_role(
        &mut self,
        rsc: RscId,
        current: Option<NodeId>,
        next: Option<NodeId>,
        plan: &Plan,
        out: &mut Vec<Change>,
    ) {
        let moving = current.is_some() && next.is_some() && current != next;
        let migrates = self
            .find_action(rsc, "migrate_from", 0, next)
            .is_some_and(|m| self.actions[m].runnable);
        let failed = self.rscs[rsc].failed;
        if migrates {
            out.push(self.change(Verb::Migrate, rsc, current, next, plan.start, None));
        } else if self.rscs[rsc].reload {
            out.push(self.change(Verb::Reload, rsc, current, next, plan.start, None));
        } else if !self.required(plan.start) {
            if self.required(plan.demote) && self.required(plan.promote) {
                out.push(self.change(
                    Verb::RePromote,
                    rsc,
                    current,
                    next,
                    plan.promote,
                    plan.demote,
                ));
            }
        } else if !plan.start.is_some_and(|s| self.actions[s].runnable) {
            let why = plan
                .stop
                .filter(|s| self.actions[*s].reason.is_some())
                .or(plan.start);
            out.push(self.change(Verb::Stop, rsc, current, None, plan.stop, why));
        } else if moving {
            let verb = if failed { Verb::Recover } else { Verb::Move };
            out.push(self.change(verb, rsc, current, next, plan.stop, None));
        } else if failed {
            out.push(self.change(Verb::Recover, rsc, current, None, plan.stop, None));
        } else {
            out.push(self.change(Verb::Restart, rsc, current, next, plan.start, None));
        }
    }

    fn other_role(
        &mut self,
        rsc: RscId,
        current: Option<NodeId>,
        next: Option<NodeId>,
        plan: &Plan,
        out: &mut Vec<Change>,
    ) {
        let moving = current.is_some() && next.is_some() && current != next;
        let r = &self.rscs[rsc];
        let (role, next_role) = (r.role, r.next_role);
        let cannot_start = plan.start.is_some_and(|s| !self.actions[s].runnable);
        if plan.stop.is_some() && (next_role == Role::Stopped || cannot_start) {
            for node in self.rscs[rsc].running_on.clone() {
                let stop = self.find_action(rsc, "stop", 0, Some(node));
                let why = stop
                    .filter(|s| self.actions[*s].reason.is_some())
                    .or(plan.start);
                if stop.is_some() {
                    out.push(self.change(Verb::Stop, rsc, Some(node), None, stop, why));
                }
            }
        } else if plan.stop.is_some() && r.failed && r.must_stop {
            out.push(self.change(Verb::Recover, rsc, current, next, plan.stop, plan.start));
        } else if moving {
            out.push(self.change(Verb::Move, rsc, current, next, plan.stop, None));
        } else if r.reload {
            out.push(self.change(Verb::Reload, rsc, current, next, plan.start, None));
        } else if self.required(plan.stop) {
            out.push(self.change(Verb::Restart, rsc, current, next, plan.start, None));
        } else if role == Role::Promoted {
            out.push(self.change(Verb::Demote, rsc, current, next, plan.demote, None));
        } else if next_role == Role::Promoted {
            out.push(self.change(Verb::Promote, rsc, current, next, plan.promote, None));
        } else if role == Role::Stopped && next_role > Role::Stopped {
            out.push(self.change(Verb::Start, rsc, current, next, plan.start, None));
        }
    }

    fn change(
        &self,
        verb: Verb,
        rsc: RscId,
        source: Option<NodeId>,
        dest: Option<NodeId>,
        action: Option<ActionId>,
        why: Option<ActionId>,
    ) -> Change {
        let r = &self.rscs[rsc];
        let name = |n: NodeId| self.nodes[n].uname.clone();
        let need_role = r.role > Role::Started || r.next_role > Role::Unpromoted;
        let changes = need_role && r.role != r.next_role && dest.is_some();
        let reason: Option<String> = why.or(action).and_then(|a| self.reason_text(a));
        Change {
            verb,
            resource: r.id.clone(),
            source: source.map(name),
            dest: dest.map(name),
            role: need_role.then_some(r.role),
            next_role: changes.then_some(r.next_role),
            blocked: action.is_some_and(|a| !self.actions[a].runnable),
            reason,
        }
    }
}
