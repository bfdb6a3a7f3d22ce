//! What must be with something that cannot reach its role cannot reach its own.

use alloc::format;
use alloc::vec::Vec;

use super::Step;
use crate::arena::{ActionId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Kind, Role};

/// Something that is kept from being started or promoted.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// Because of this one.
    primary: RscId,
    rsc: RscId,
    task: &'static str,
}

impl Cluster<'_> {
    /// The mandatory dependents of what an action cannot bring up.
    pub(super) fn dependents_to_block(&self, id: ActionId) -> Vec<Block> {
        let mut blocks = Vec::new();
        let a = &self.actions[id];
        let (starts, promotes) = (a.is("start"), a.is("promote"));
        let Some(rsc) = a.rsc.filter(|_| !a.runnable && (starts || promotes)) else {
            return blocks;
        };
        let task = if starts { "start" } else { "promote" };
        let whole = self.top_parent(rsc);
        // As long as one part of it is able, dependents can be with that.
        let unable = |part: &RscId| {
            self.first_action(*part, task, None)
                .is_some_and(|found| !self.actions[found].runnable)
        };
        let r = &self.rscs[whole];
        // Groups are left to the order of their members.
        if r.kind == Kind::Group || r.with_this.is_empty() || !r.children.iter().all(unable) {
            return blocks;
        }
        for c in &r.with_this {
            let c = &self.colocations[*c];
            if c.score < INFINITY || promotes && c.primary_role != Role::Promoted {
                continue;
            }
            let wanted = c.dependent_role;
            blocks.push(Block {
                primary: rsc,
                rsc: c.dependent,
                task: if wanted == Role::Promoted {
                    "promote"
                } else {
                    "start"
                },
            });
        }
        blocks
    }

    /// The resource itself first, then all that is within.
    pub(super) fn block(&self, block: &Block, steps: &mut Vec<Step>) {
        for &rsc in self.rscs[block.rsc].children.iter().rev() {
            steps.push(Step::Block(Block { rsc, ..*block }));
        }
        for &action in &self.rscs[block.rsc].actions {
            let a = &self.actions[action];
            if a.is(block.task) && a.notify.is_none() {
                steps.push(Step::BlockAction(*block, action));
            }
        }
    }

    pub(super) fn block_action(&mut self, block: &Block, action: ActionId, steps: &mut Vec<Step>) {
        if !self.actions[action].runnable {
            return;
        }
        self.actions[action].runnable = false;
        let why = format!("colocation with {}", self.rscs[block.primary].id);
        self.set_reason(action, &why);
        steps.push(Step::Begin(action));
        let blocks = self.dependents_to_block(action);
        steps.extend(blocks.into_iter().rev().map(Step::Block));
    }
}
