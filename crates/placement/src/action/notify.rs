//! Notifications: the steps around what a clone does.

use super::{Flow, NotifyKey};
use crate::arena::{ActionId, RscId};
use crate::state::{Cluster, NotifyActions};

impl Cluster<'_> {
    pub(super) fn order_maybe(
        &mut self,
        first: Option<ActionId>,
        then: Option<ActionId>,
        flow: Flow,
    ) {
        if let (Some(f), Some(t)) = (first, then) {
            self.order_actions(f, t, flow);
        }
    }

    fn boundary(
        &mut self,
        rsc: RscId,
        task: &'static str,
        kind: &'static str,
        of: ActionId,
    ) -> ActionId {
        let optional = self.actions[of].optional;
        let key = NotifyKey {
            kind,
            of: self.actions[of].task.clone(),
        };
        let id = self.notify_pseudo(rsc, task, key);
        let a = &mut self.actions[id];
        if !optional {
            a.optional = false;
        }
        id
    }

    /// "pre" before the action, "post" after all have done it; each is confirmed.
    pub(super) fn notify_boundaries(
        &mut self,
        rsc: RscId,
        _task: &'static str,
        action: Option<ActionId>,
        complete: Option<ActionId>,
    ) -> Option<NotifyActions> {
        if !self.rscs[rsc].notify {
            return None;
        }
        let mut made = NotifyActions::default();
        if let Some(action) = action {
            let pre = self.boundary(rsc, "notify", "pre", action);
            let done = self.boundary(rsc, "notified", "confirmed-pre", action);
            self.actions[pre].runnable = true;
            self.actions[done].runnable = true;
            self.order_actions(pre, done, Flow::OPTIONAL);
            self.order_actions(done, action, Flow::OPTIONAL);
            made.pre = Some(pre);
            made.pre_done = Some(done);
        }
        if let Some(complete) = complete {
            let post = self.boundary(rsc, "notify", "post", complete);
            let done = self.boundary(rsc, "notified", "confirmed-post", complete);
            let runnable = self.actions[complete].runnable;
            self.actions[post].runnable = runnable;
            self.actions[done].runnable = runnable;
            self.order_actions(complete, post, Flow::IMPLIES_THEN);
            self.order_actions(post, done, Flow::IMPLIES_THEN);
            made.post = Some(post);
            made.post_done = Some(done);
        }
        self.order_maybe(made.pre_done, made.post, Flow::OPTIONAL);
        Some(made)
    }
}
