//! Actions and the order between them.

mod change;
mod clone;
mod create;
mod fence;
mod flow;
mod group;
mod migrate;
mod notify;
mod order;
mod primitive;
mod probe;
mod recurring;
mod shutdown;
pub(crate) mod task;

use alloc::string::String;
use alloc::vec::Vec;

use crate::arena::{ActionId, NodeId, RscId};
use crate::state::Needs;

pub(crate) use flow::Flow;
pub(crate) use order::{End, Ordering};
pub(crate) use task::Task;

/// Why an action is as it is.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    /// In words.
    Text(String),
    /// Because of another action, which makes it `required`, `unrunnable` or `unmigrateable`.
    Because(&'static str, ActionId),
}

/// What an action waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) action: ActionId,
    pub(crate) flow: Flow,
}

/// A pseudo action of notification: `pre`, `confirmed-pre`, `post`, `confirmed-post` of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotifyKey {
    pub(crate) kind: &'static str,
    pub(crate) of: Task,
}

/// An action.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of an action are independent of each other"
)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Action {
    pub(crate) task: Task,
    pub(crate) interval_ms: u32,
    pub(crate) rsc: Option<RscId>,
    pub(crate) node: Option<NodeId>,
    /// The key of an action that belongs to no resource.
    pub(crate) name: Option<String>,
    pub(crate) notify: Option<NotifyKey>,
    pub(crate) needs: Needs,
    pub(crate) reason: Option<Reason>,

    pub(crate) optional: bool,
    pub(crate) runnable: bool,
    pub(crate) pseudo: bool,
    pub(crate) print_always: bool,
    pub(crate) migrate_runnable: bool,
    pub(crate) requires_any: bool,
    pub(crate) reschedule: bool,
    /// A stop on the source of a finished migration.
    pub(crate) dangle: bool,
    /// Carried out by the controller itself.
    pub(crate) on_dc: bool,
    /// A monitor that expects another code than "running".
    pub(crate) expects: Option<i32>,
    /// A cancellation of this operation.
    pub(crate) cancel: Option<(Task, u32)>,
    pub(crate) required_before: u32,
    pub(crate) runnable_before: u32,
    /// How a node is fenced.
    pub(crate) fence_how: Option<String>,
    /// The action that notifies about this one comes before or after it.
    pub(crate) before: Vec<Wait>,
    pub(crate) after: Vec<ActionId>,
    /// It is part of the graph.
    pub(crate) dumped: bool,
}

impl Action {
    pub(crate) fn is(&self, task: &str) -> bool {
        self.task == task
    }
}
