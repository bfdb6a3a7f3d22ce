//! How required and runnable spread along the orders, until nothing changes.

mod block;
mod collective;
mod effect;

use alloc::vec::Vec;

use block::Block;

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

/// An action whose orders are being followed.
struct Visit {
    then: ActionId,
    /// How many of its orders are left: the newest comes first, and those that come meanwhile have to wait.
    left: usize,
    changed: bool,
    was: Flags,
}

/// What is to be done, the last first.
enum Step {
    Begin(ActionId),
    Follow(Visit),
    Block(Block),
    BlockAction(Block, ActionId),
}

impl Cluster<'_> {
    /// Applies all orders that end in an action, and whatever changes because of that, depth first.
    pub(crate) fn update(&mut self, start: ActionId) {
        self.work(alloc::vec![Step::Begin(start)]);
    }

    /// What must be with something that cannot start or be promoted cannot do so either.
    pub(crate) fn block_dependents_of(&mut self, id: ActionId) {
        let blocks = self.dependents_to_block(id);
        self.work(blocks.into_iter().rev().map(Step::Block).collect());
    }

    fn work(&mut self, mut steps: Vec<Step>) {
        let mut next = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let Some(step) = steps.pop() else {
                return;
            };
            let mut visit = match step {
                Step::Begin(then) => self.begin(then),
                Step::Follow(visit) => visit,
                Step::Block(block) => {
                    self.block(&block, &mut steps);
                    continue;
                }
                Step::BlockAction(block, action) => {
                    self.block_action(&block, action, &mut steps);
                    continue;
                }
            };
            if visit.left > 0 {
                visit.left -= 1;
                self.follow_next(&mut visit, &mut next);
                steps.push(Step::Follow(visit));
                steps.extend(next.drain(..).rev().map(Step::Begin));
            } else {
                self.end(&visit, &mut steps);
            }
        }
    }

    fn begin(&mut self, then: ActionId) -> Visit {
        let was = self.own_flags(then);
        let a = &mut self.actions[then];
        if a.requires_any {
            // It is counted anew how many of those can run of which some are enough.
            a.runnable_before = 0;
            a.required_before = a.required_before.max(1);
            a.runnable = false;
        }
        Visit {
            then,
            left: a.before.len(),
            changed: false,
            was,
        }
    }

    fn follow_next(&mut self, visit: &mut Visit, next: &mut Vec<ActionId>) {
        let first = self.actions[visit.then].before[visit.left].action;
        let changed = self.follow(visit.then, visit.left, next);
        visit.changed |= changed.then;
        if changed.first {
            next.extend(self.actions[first].after.iter().rev().copied());
            next.push(first);
        }
    }

    fn end(&mut self, visit: &Visit, steps: &mut Vec<Step>) {
        let is = self.own_flags(visit.then);
        let any = self.actions[visit.then].requires_any;
        if !(if any { is != visit.was } else { visit.changed }) {
            return;
        }
        let mut next = Vec::new();
        self.again(visit.then, &mut next);
        steps.extend(next.into_iter().rev().map(Step::Begin));
        if visit.was.runnable && !is.runnable {
            let blocks = self.dependents_to_block(visit.then);
            steps.extend(blocks.into_iter().rev().map(Step::Block));
        }
    }

    /// An action and all that wait for it are looked at again.
    fn again(&self, action: ActionId, next: &mut Vec<ActionId>) {
        next.push(action);
        next.extend(self.actions[action].after.iter().rev().copied());
    }

    /// Where a group is as a whole, else the action's node.
    fn place_of(&self, id: ActionId) -> Option<NodeId> {
        let a = &self.actions[id];
        match a.rsc {
            Some(r) if self.rscs[r].kind == Kind::Group && a.is("start") => self.location(r, false),
            _ => a.node,
        }
    }

    fn follow(&mut self, then: ActionId, index: usize, next: &mut Vec<ActionId>) -> Changed {
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
            let new = self.order_actions(first, then, wait.flow);
            if new {
                self.actions[then].before[index].flow = Flow::NONE;
            }
            return Changed {
                first: false,
                then: new,
            };
        }
        let first_flags = self.flags_for_order(first, then_node);
        let then_flags = self.flags_for_order(then, first_node);
        self.take_effect((first, first_flags), (then, then_flags), index, next)
    }
}
