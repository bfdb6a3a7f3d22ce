//! How required and runnable spread along the orders, until nothing changes.

mod collective;
mod effect;

use alloc::vec::Vec;

use crate::action::Flow;
use crate::arena::{ActionId, NodeId};
use crate::state::{Cluster, Kind};

/// What an action is, seen as a whole or on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) optional: bool,
    pub(crate) runnable: bool,
}

/// Which of two actions was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) first: bool,
    pub(crate) then: bool,
}

impl Changed {
    pub(crate) fn merge(&mut self, other: Self) {
        self.first |= other.first;
        self.then |= other.then;
    }
}

/// More rounds than this for one action mean that two orders contradict each other.
const ROUNDS_MAX: usize = 2_000_000;

impl Cluster<'_> {
    /// Applies all orders that end in an action, and whatever changes because of that.
    pub(crate) fn update(&mut self, start: ActionId) {
        let mut work = alloc::vec![start];
        let mut rounds = 0;
        while let Some(then) = work.pop() {
            rounds += 1;
            if rounds > ROUNDS_MAX {
                return;
            }
            self.update_one(then, &mut work);
        }
    }

    fn update_one(&mut self, then: ActionId, work: &mut Vec<ActionId>) {
        let was = (self.actions[then].optional, self.actions[then].runnable);
        let any = self.actions[then].requires_any;
        if any {
            let a = &mut self.actions[then];
            a.runnable_before = 0;
            if a.required_before == 0 {
                a.required_before = 1;
            }
            a.runnable = false;
        }
        let mut changed = Changed::default();
        let mut i = self.actions[then].before.len();
        // The newest order first; one that comes while this runs changes `then`, so all are looked at again.
        while i > 0 {
            i -= 1;
            let first = self.actions[then].before[i].action;
            let step = self.follow(then, i, work);
            changed.then |= step.then;
            if step.first {
                work.extend(self.actions[first].after.iter().copied());
                work.push(first);
            }
        }
        let now = (self.actions[then].optional, self.actions[then].runnable);
        if any {
            changed.then = was != now;
        }
        if changed.then {
            if was.1 && !now.1 {
                self.block_dependents(then);
            }
            work.extend(self.actions[then].after.iter().copied());
            work.push(then);
        }
    }

    /// Where a group is as a whole, else the action's node.
    fn place_of(&self, id: ActionId) -> Option<NodeId> {
        let a = &self.actions[id];
        match a.rsc {
            Some(r) if self.rscs[r].kind == Kind::Group && a.is("start") => self.location(r, false),
            _ => a.node,
        }
    }

    fn follow(&mut self, then: ActionId, index: usize, work: &mut Vec<ActionId>) -> Changed {
        let wait = self.actions[then].before[index];
        if wait.flow == Flow::NONE {
            return Changed::default();
        }
        let (first_node, then_node) = (self.place_of(wait.action), self.place_of(then));
        if wait.flow.has(Flow::SAME_NODE)
            && first_node.is_some()
            && then_node.is_some()
            && first_node != then_node
        {
            self.actions[then].before[index].flow = Flow::NONE;
            return Changed::default();
        }
        let (first_rsc, then_rsc) = (self.actions[wait.action].rsc, self.actions[then].rsc);
        if first_rsc.is_some()
            && wait.flow.has(Flow::THEN_CANCELS_FIRST)
            && !self.actions[then].optional
        {
            self.actions[wait.action].optional = true;
            if let Some(r) = first_rsc.filter(|_| self.actions[wait.action].is("reload-agent")) {
                self.rscs[r].reload = false;
            }
        }
        let mut first = wait.action;
        if let (Some(f), Some(t)) = (first_rsc, then_rsc)
            && f != t
            && !self.is_inside(t, f)
        {
            first = self.expand_first(first);
        }
        if first != wait.action {
            return Changed {
                first: false,
                then: self.order_actions(first, then, wait.flow),
            };
        }
        let first_flags = self.flags_for_order(first, then_node);
        let then_flags = self.flags_for_order(then, first_node);
        self.take_effect((first, first_flags), (then, then_flags), index, work)
    }
}
