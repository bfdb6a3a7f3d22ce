//! Orders of groups and clones: what the whole is follows from its parts, and the other way round.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::effect::Effect;
use super::{Changed, Flags};
use crate::action::{Flow, task};
use crate::arena::{ActionId, NodeId, RscId};
use crate::state::{Cluster, Kind, Role};

impl Cluster<'_> {
    /// The flags of an action as an order sees them; of a clone on the node of the other action.
    pub(super) fn flags_for_order(&mut self, id: ActionId, node: Option<NodeId>) -> Flags {
        let Some(rsc) = self.actions[id].rsc else {
            return self.own_flags(id);
        };
        let flags = self.flags(id, None);
        if node.is_none() || !self.clone_like(rsc) {
            return flags;
        }
        let on_node = self.flags(id, node);
        Flags {
            optional: on_node.optional,
            runnable: on_node.runnable || flags.runnable,
        }
    }

    /// A clone, or something within one.
    fn clone_like(&self, rsc: RscId) -> bool {
        let mut at = Some(rsc);
        while let Some(r) = at {
            if self.rscs[r].kind == Kind::Clone {
                return true;
            }
            at = self.rscs[r].parent;
        }
        false
    }

    pub(super) fn own_flags(&self, id: ActionId) -> Flags {
        let a = &self.actions[id];
        Flags {
            optional: a.optional,
            runnable: a.runnable,
        }
    }

    fn flags(&mut self, id: ActionId, node: Option<NodeId>) -> Flags {
        let Some(rsc) = self.actions[id].rsc else {
            return self.own_flags(id);
        };
        match self.rscs[rsc].kind {
            Kind::Primitive => self.own_flags(id),
            Kind::Group => self.group_flags(rsc, id, node),
            Kind::Clone => {
                let children = self.children(rsc);
                self.collective_flags(&children, id, node)
            }
            Kind::Bundle => self.bundle_flags(rsc, id, node),
        }
    }

    fn bundle_flags(&mut self, rsc: RscId, id: ActionId, node: Option<NodeId>) -> Flags {
        if matches!(
            task::of_instance(&self.actions[id].task),
            "promote" | "demote" | "notify"
        ) && let Some(child) = self.contained(rsc)
        {
            let children = self.children(child);
            return self.collective_flags(&children, id, node);
        }
        let containers = self.instances(rsc);
        self.collective_flags(&containers, id, node)
    }

    fn group_flags(&mut self, group: RscId, id: ActionId, node: Option<NodeId>) -> Flags {
        let mut flags = Flags {
            optional: true,
            runnable: true,
        };
        if self.actions[id].notify.is_some() {
            return self.own_flags(id);
        }
        let whole: Cow<'static, str> = self.actions[id].task.clone();
        let part = task::of_instance(&whole).to_owned_task();
        for member in self.children(group) {
            match self.first_action(member, &part, node) {
                Some(a) => {
                    let m = self.flags(a, node);
                    if flags.optional && !m.optional {
                        flags.optional = false;
                        self.actions[id].optional = false;
                    }
                    if part != whole && flags.runnable && !m.runnable {
                        flags.runnable = false;
                        self.actions[id].runnable = false;
                    }
                }
                None if part != "stop" && part != "demote" => flags.runnable = false,
                None => {}
            }
        }
        flags
    }

    fn collective_flags(
        &mut self,
        instances: &[RscId],
        id: ActionId,
        node: Option<NodeId>,
    ) -> Flags {
        let mut flags = Flags {
            optional: true,
            runnable: true,
        };
        let mut any_runnable = false;
        let a = &self.actions[id];
        // A notification is about what it notifies of.
        let whole = a.notify.as_ref().map_or(&a.task, |key| &key.of).clone();
        let primitives = instances
            .first()
            .is_none_or(|i| self.rscs[*i].is_primitive());
        let part = if primitives {
            task::of_instance(&whole).to_owned_task()
        } else {
            whole
        };
        for &instance in instances {
            let at = if self.rscs[instance].is_primitive() {
                node
            } else {
                None
            };
            let Some(a) = self.first_action(instance, &part, at) else {
                continue;
            };
            let m = self.flags(a, node);
            if flags.optional && !m.optional {
                flags.optional = false;
                self.actions[id].optional = false;
            }
            any_runnable |= m.runnable;
        }
        if !any_runnable {
            flags.runnable = false;
            if node.is_none() {
                self.actions[id].runnable = false;
            }
        }
        flags
    }

    pub(super) fn update_group(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let mut changed = self.update_pair(effect, next);
        let Some(group) = self.actions[effect.then]
            .rsc
            .filter(|r| self.rscs[*r].kind == Kind::Group)
        else {
            return changed;
        };
        let whole = self.actions[effect.then].task.clone();
        for member in self.children(group) {
            if let Some(then) = self.first_action(member, &whole, effect.node) {
                changed.merge(self.update_part(Effect { then, ..effect }, next));
            }
        }
        changed
    }

    /// The effect on one of what the order acts on, and what follows from that.
    fn update_part(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let changed = self.update_then(effect, next);
        if changed.then {
            self.again(effect.then, next);
        }
        changed
    }

    pub(super) fn update_collective(
        &mut self,
        effect: Effect,
        next: &mut Vec<ActionId>,
    ) -> Changed {
        if self.interleaves(effect.first, effect.then) {
            return self.update_interleaved(effect, next);
        }
        let mut changed = self.update_pair(effect, next);
        let Some(whole) = self.actions[effect.then]
            .rsc
            .filter(|r| self.rscs[*r].is_collective())
        else {
            return changed;
        };
        let wanted = self.actions[effect.then].task.clone();
        for instance in self.instances(whole) {
            let Some(then) = self.first_action(instance, &wanted, effect.node) else {
                continue;
            };
            if self.flags(then, effect.node).runnable {
                changed.merge(self.update_part(Effect { then, ..effect }, next));
            }
        }
        changed
    }

    /// Two clones of which the dependent one asks for it: instance by instance.
    fn interleaves(&self, first: ActionId, then: ActionId) -> bool {
        let (Some(f), Some(t)) = (self.actions[first].rsc, self.actions[then].rsc) else {
            return false;
        };
        if f == t || !self.rscs[f].is_collective() || !self.rscs[t].is_collective() {
            return false;
        }
        let down = matches!(
            &*self.actions[first].task,
            "stop" | "demote" | "stopped" | "demoted"
        );
        let decides = if down { f } else { t };
        crate::cib::value::is_true(self.rscs[decides].meta("interleave"))
    }

    fn update_interleaved(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let Effect {
            first,
            then,
            node,
            kind: flow,
            ..
        } = effect;
        let mut changed = Changed::default();
        let (f, t) = (
            self.actions[first].rsc.expect("of a clone"),
            self.actions[then].rsc.expect("of a clone"),
        );
        let first_task = match &self.actions[first].notify {
            Some(key) => key.of.clone(),
            None => self.actions[first].task.clone(),
        };
        let current = matches!(&*first_task, "stopped" | "demoted");
        let part = task::of_instance(&first_task).to_owned_task();
        let then_task = self.actions[then].task.clone();
        for instance in self.instances(t) {
            let Some(partner) = self.partner(instance, f, Role::Unknown, current) else {
                if !current
                    && flow.any(Flow::RUNNABLE_LEFT | Flow::IMPLIES_THEN)
                    && self.unplace(instance)
                {
                    changed.then = true;
                }
                continue;
            };
            let a = self.interleaved_action(partner, f, &part, node);
            let b = self.interleaved_action(instance, t, &then_task, node);
            let (Some(a), Some(b)) = (a, b) else {
                continue;
            };
            if self.order_actions(a, b, flow) {
                changed.first = true;
                changed.then = true;
            }
            let step = Effect {
                first: a,
                then: b,
                flags: self.flags(a, node),
                ..effect
            };
            let step = self.update_part(step, next);
            changed.merge(step);
            if step.first {
                self.again(a, next);
            }
        }
        changed
    }

    /// Within a bundle, promotion is done by what runs inside.
    fn interleaved_action(
        &self,
        instance: RscId,
        whole: RscId,
        wanted: &str,
        node: Option<NodeId>,
    ) -> Option<ActionId> {
        if self.rscs[whole].kind == Kind::Bundle && matches!(wanted, "promote" | "demote") {
            let replica = self.rscs[whole]
                .replicas
                .iter()
                .find(|r| r.container == instance)?;
            return self.first_action(replica.child?, wanted, node);
        }
        self.first_action(instance, wanted, node)
    }

    /// There is no partner where it would go: it goes nowhere. Whether that is a change.
    fn unplace(&mut self, instance: RscId) -> bool {
        let was = self.location(instance, false);
        if was.is_none() {
            return false;
        }
        self.settle(instance, None);
        true
    }
}

/// A task out of a borrowed name.
trait ToOwnedTask {
    fn to_owned_task(self) -> Cow<'static, str>;
}

impl ToOwnedTask for &str {
    fn to_owned_task(self) -> Cow<'static, str> {
        task::of(self)
    }
}
