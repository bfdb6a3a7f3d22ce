//! What a clone has beyond other resources.

use crate::arena::ActionId;

/// Limits and collective actions of a clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct CloneData {
    pub(crate) max: i32,
    pub(crate) node_max: i32,
    pub(crate) promoted_max: i32,
    pub(crate) promoted_node_max: i32,
    pub(crate) interleave: bool,
    pub(crate) ordered: bool,
    pub(crate) promoted_allocated: i32,
    /// Instances made so far, surplus ones included.
    pub(crate) total: u32,
    pub(crate) start_notify: Option<NotifyActions>,
    pub(crate) stop_notify: Option<NotifyActions>,
    pub(crate) promote_notify: Option<NotifyActions>,
    pub(crate) demote_notify: Option<NotifyActions>,
}

/// The pseudo actions around one kind of action.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NotifyActions {
    pub(crate) pre: Option<ActionId>,
    pub(crate) pre_done: Option<ActionId>,
    pub(crate) post: Option<ActionId>,
    pub(crate) post_done: Option<ActionId>,
}
