//! What one order does to its two actions.

use alloc::vec::Vec;

use super::{Changed, Flags};
use crate::action::{Flow, Reason};
use crate::arena::{ActionId, NodeId};
use crate::state::{Cluster, Kind, Role};

/// One of the effects that an order has on its two actions.
#[derive(Clone, Copy)]
pub(super) struct Effect {
    pub(super) first: ActionId,
    pub(super) then: ActionId,
    /// Where, of what runs in several places.
    pub(super) node: Option<NodeId>,
    /// `first` as the order sees it.
    pub(super) flags: Flags,
    pub(super) kind: Flow,
}

impl Cluster<'_> {
    pub(super) fn take_effect(
        &mut self,
        (first, first_flags): (ActionId, Flags),
        (then, then_flags): (ActionId, Flags),
        index: usize,
        next: &mut Vec<ActionId>,
    ) -> Changed {
        let mut changed = Changed::default();
        let mut flow = self.actions[then].before[index].flow;
        let mut node = self.actions[then].node;
        if flow.has(Flow::IMPLIES_THEN_ON_NODE) {
            flow = (flow & !Flow::IMPLIES_THEN_ON_NODE) | Flow::IMPLIES_THEN;
            node = self.actions[first].node;
        }
        let effect = |kind| Effect {
            first,
            then,
            node,
            flags: first_flags,
            kind,
        };
        let of_rsc = self.actions[then].rsc.is_some();
        let first_of_rsc = self.actions[first].rsc.is_some();
        if flow.has(Flow::IMPLIES_THEN) {
            if of_rsc {
                changed.merge(self.update_then(effect(Flow::IMPLIES_THEN), next));
            } else if !first_flags.optional && self.actions[then].optional {
                self.actions[then].optional = false;
                changed.then = true;
            }
        }
        if flow.has(Flow::RESTART) && of_rsc {
            changed.merge(self.update_then(effect(Flow::RESTART), next));
        }
        if flow.has(Flow::IMPLIES_FIRST) {
            if first_of_rsc {
                changed.merge(self.update_then(effect(Flow::IMPLIES_FIRST), next));
            } else if !first_flags.optional && self.actions[first].runnable {
                self.actions[first].runnable = false;
                changed.first = true;
            }
        }
        if flow.has(Flow::PROMOTED_IMPLIES_FIRST) && of_rsc {
            changed.merge(self.update_then(effect(Flow::PROMOTED_IMPLIES_FIRST), next));
        }
        if flow.has(Flow::ONE_OR_MORE) {
            changed.merge(self.count_runnable(effect(Flow::ONE_OR_MORE), next));
        }
        changed.merge(self.runnable_effects(effect(flow), index, next));
        self.print_effects(first, then, first_flags, then_flags, flow);
        changed.then |= self.blocked_stop(first, then, flow);
        changed
    }

    /// One of several firsts is enough: counts those that can run.
    fn count_runnable(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let mut changed = Changed::default();
        if self.actions[effect.then].rsc.is_some() {
            return self.update_then(effect, next);
        }
        if effect.flags.runnable {
            let a = &mut self.actions[effect.then];
            a.runnable_before += 1;
            if a.runnable_before >= a.required_before && !a.runnable {
                a.runnable = true;
                changed.then = true;
            }
        }
        changed
    }

    /// What an order of all these kinds does to what can run.
    fn runnable_effects(&mut self, all: Effect, index: usize, next: &mut Vec<ActionId>) -> Changed {
        let mut changed = Changed::default();
        let (first, then, flow) = (all.first, all.then, all.kind);
        let effect = |kind| Effect { kind, ..all };
        let of_rsc = self.actions[then].rsc.is_some();
        if flow.has(Flow::PROBE) && of_rsc {
            let active = self.actions[first]
                .rsc
                .is_some_and(|r| !self.rscs[r].running_on.is_empty());
            if !all.flags.runnable && active {
                self.actions[then].before[index].flow = Flow::NONE;
                return changed;
            }
            changed.merge(self.update_then(effect(Flow::RUNNABLE_LEFT), next));
        }
        if flow.has(Flow::RUNNABLE_LEFT) {
            if of_rsc {
                changed.merge(self.update_then(effect(Flow::RUNNABLE_LEFT), next));
            } else if !all.flags.runnable && self.actions[then].runnable {
                self.actions[then].runnable = false;
                changed.then = true;
            }
        }
        for kind in [
            Flow::IMPLIES_FIRST_MIGRATABLE,
            Flow::PSEUDO_LEFT,
            Flow::OPTIONAL,
            Flow::ASYMMETRICAL,
        ] {
            if flow.has(kind) && of_rsc {
                changed.merge(self.update_then(effect(kind), next));
            }
        }
        changed
    }

    fn print_effects(
        &mut self,
        first: ActionId,
        then: ActionId,
        first_flags: Flags,
        then_flags: Flags,
        flow: Flow,
    ) {
        if self.actions[first].runnable && flow.has(Flow::THEN_PRINTED) && !first_flags.optional {
            self.actions[then].print_always = true;
        }
        if flow.has(Flow::FIRST_PRINTED) && !then_flags.optional {
            self.actions[first].print_always = true;
        }
    }

    /// A stop that must not happen: nothing that waits for it can run.
    fn blocked_stop(&mut self, first: ActionId, then: ActionId, flow: Flow) -> bool {
        let a = &self.actions[first];
        let Some(rsc) = a.rsc else {
            return false;
        };
        let r = &self.rscs[rsc];
        let relevant = flow.any(Flow::IMPLIES_THEN | Flow::IMPLIES_FIRST | Flow::RESTART);
        if relevant
            && !r.managed
            && r.blocked
            && !a.runnable
            && a.is("stop")
            && self.actions[then].runnable
        {
            self.actions[then].runnable = false;
            if self.actions[then].reason.is_none() {
                self.actions[then].reason = Some(Reason::Because("unrunnable", first));
            }
            return true;
        }
        false
    }

    /// Updates by the kind of the resource that the order acts on.
    pub(super) fn update_then(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let acting = if effect.kind == Flow::IMPLIES_FIRST {
            effect.first
        } else {
            effect.then
        };
        let rsc = self.actions[acting].rsc.expect("of a resource");
        match self.rscs[rsc].kind {
            Kind::Primitive => self.update_pair(effect, next),
            Kind::Group => self.update_group(effect, next),
            Kind::Clone | Kind::Bundle => self.update_collective(effect, next),
        }
    }

    /// The effect on two actions themselves.
    pub(super) fn update_pair(&mut self, effect: Effect, next: &mut Vec<ActionId>) -> Changed {
        let Effect {
            first,
            then,
            flags,
            kind,
            ..
        } = effect;
        let before = (self.state_of(first), self.state_of(then));
        match kind {
            Flow::ASYMMETRICAL => self.asymmetric(first, then),
            Flow::IMPLIES_FIRST if !self.actions[then].optional => {
                if !flags.optional {
                    self.require(first, then);
                }
                if !self.actions[then].migrate_runnable {
                    self.clear_migrate(first, then);
                }
            }
            Flow::PROMOTED_IMPLIES_FIRST => {
                let promoted = self.actions[then]
                    .rsc
                    .is_some_and(|r| self.rscs[r].role == Role::Promoted);
                if promoted && !self.actions[then].optional {
                    self.require(first, then);
                    if !self.actions[then].migrate_runnable {
                        self.clear_migrate(first, then);
                    }
                }
            }
            Flow::IMPLIES_FIRST_MIGRATABLE => {
                let t = &self.actions[then];
                let (ready, required) = (t.migrate_runnable && t.runnable, !t.optional);
                if !ready {
                    self.forbid(first, then);
                }
                if required {
                    self.require(first, then);
                }
            }
            Flow::PSEUDO_LEFT if !self.actions[first].runnable => {
                self.clear_migrate(then, first);
                self.actions[then].pseudo = false;
            }
            Flow::RUNNABLE_LEFT if self.actions[then].runnable && !flags.runnable => {
                self.forbid(then, first);
                self.clear_migrate(then, first);
            }
            Flow::IMPLIES_THEN
                if self.actions[then].optional
                    && !flags.optional
                    && !self.actions[first].migrate_runnable =>
            {
                self.require(then, first);
            }
            Flow::RESTART => self.restart(first, then),
            _ => {}
        }
        let changed = Changed {
            first: before.0 != self.state_of(first),
            then: before.1 != self.state_of(then),
        };
        if changed.then
            && self.actions[then]
                .rsc
                .is_some_and(|r| self.rscs[r].parent.is_some())
        {
            next.push(then);
        }
        changed
    }

    fn state_of(&self, id: ActionId) -> [bool; 4] {
        let a = &self.actions[id];
        [a.optional, a.runnable, a.migrate_runnable, a.pseudo]
    }

    fn because(&mut self, id: ActionId, change: &'static str, cause: ActionId) {
        let same =
            self.actions[id].rsc.is_some() && self.actions[id].rsc == self.actions[cause].rsc;
        let own = self.actions[cause].reason.clone();
        let slot = &mut self.actions[id].reason;
        if slot.is_none() {
            *slot = if same {
                own
            } else {
                Some(Reason::Because(change, cause))
            };
        }
    }

    fn require(&mut self, id: ActionId, cause: ActionId) {
        if self.actions[id].optional {
            self.actions[id].optional = false;
            self.because(id, "required", cause);
        }
    }

    fn forbid(&mut self, id: ActionId, cause: ActionId) {
        if self.actions[id].runnable {
            self.actions[id].runnable = false;
            self.because(id, "unrunnable", cause);
        }
    }

    fn clear_migrate(&mut self, id: ActionId, cause: ActionId) {
        if self.actions[id].migrate_runnable {
            self.actions[id].migrate_runnable = false;
            self.because(id, "unmigrateable", cause);
        }
    }

    fn asymmetric(&mut self, first: ActionId, then: ActionId) {
        let Some(rsc) = self.actions[then].rsc else {
            return;
        };
        if self.actions[first].runnable {
            return;
        }
        let t = &self.actions[then];
        if t.optional {
            let role = self.role(rsc, true);
            if role == Role::Stopped && t.is("stop") {
                return;
            }
            if role >= Role::Started && t.is("start") && t.node.is_some() {
                let running = &self.rscs[rsc].running_on;
                if running.len() == 1 && running.first().copied() == t.node {
                    return;
                }
            }
        }
        self.require(then, first);
        self.forbid(then, first);
    }

    /// Stop then start of one resource, or of two that are bound together.
    fn restart(&mut self, first: ActionId, then: ActionId) {
        let (f, t) = (&self.actions[first], &self.actions[then]);
        let same = f.rsc == t.rsc;
        let managed = t.rsc.is_some_and(|r| self.rscs[r].managed);
        let required = !t.optional;
        let cannot = !t.runnable && managed && same;
        if !required && !cannot {
            return;
        }
        if f.runnable {
            self.require(first, then);
        }
        if !self.actions[then].optional {
            self.require(first, then);
        }
        if !self.actions[then].migrate_runnable {
            self.clear_migrate(first, then);
        }
        let f = &self.actions[first];
        if !f.optional && !f.runnable {
            self.forbid(then, first);
        }
    }
}
