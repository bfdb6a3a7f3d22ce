//! Actions and orders of clones.

use super::Flow;
use crate::arena::RscId;
use crate::state::{Cluster, natural};

/// What the instances are about to do.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of each other"
)]
#[derive(Clone, Copy, Default)]
struct Doing {
    starting: bool,
    stopping: bool,
    active: bool,
    promoting: bool,
    demoting: bool,
}

impl Cluster<'_> {
    pub(super) fn create_clone_actions(&mut self, rsc: RscId) {
        for child in self.children(rsc) {
            self.create_actions(child);
        }
        self.create_collective_actions(rsc, &self.children(rsc));
        if self.rscs[rsc].promotable {
            self.create_promotable_actions(rsc);
        }
    }

    pub(super) fn create_collective_actions(&mut self, rsc: RscId, instances: &[RscId]) {
        let mut doing = Doing::default();
        for &i in instances {
            self.note_doing(i, &mut doing);
        }
        let start = self.collective(rsc, "start", !doing.starting, true);
        let started = self.collective(rsc, "running", !doing.starting, false);
        if doing.active || doing.starting {
            self.actions[started].runnable = true;
        }
        let start_notify = self.notify_boundaries(rsc, "start", Some(start), Some(started));
        let stop = self.collective(rsc, "stop", !doing.stopping, true);
        let stopped = self.collective(rsc, "stopped", !doing.stopping, true);
        self.actions[stop].migrate_runnable = true;
        let stop_notify = self.notify_boundaries(rsc, "stop", Some(stop), Some(stopped));
        if let (Some(up), Some(down)) = (start_notify, stop_notify) {
            self.order_maybe(down.post_done, up.pre, Flow::OPTIONAL);
        }
        if let Some(data) = &mut self.rscs[rsc].clone {
            data.start_notify = start_notify;
            data.stop_notify = stop_notify;
        }
    }

    fn note_doing(&self, rsc: RscId, doing: &mut Doing) {
        let r = &self.rscs[rsc];
        for c in &r.children {
            self.note_doing(*c, doing);
        }
        if !r.children.is_empty() {
            return;
        }
        for a in &r.actions {
            let a = &self.actions[*a];
            if a.optional {
                continue;
            }
            let able = a.pseudo || a.runnable;
            match &*a.task {
                "stop" if able => doing.stopping = true,
                "start" if a.runnable => doing.starting = true,
                "promote" => doing.promoting = true,
                "demote" => doing.demoting = true,
                _ => {}
            }
        }
        doing.active |= !r.running_on.is_empty();
    }

    fn create_promotable_actions(&mut self, rsc: RscId) {
        let mut doing = Doing::default();
        self.note_doing(rsc, &mut doing);
        let promote = self.collective(rsc, "promote", !doing.promoting, true);
        let promoted = self.collective(rsc, "promoted", !doing.promoting, true);
        let up = self.notify_boundaries(rsc, "promote", Some(promote), Some(promoted));
        let demote = self.collective(rsc, "demote", !doing.demoting, true);
        let demoted = self.collective(rsc, "demoted", !doing.demoting, true);
        let down = self.notify_boundaries(rsc, "demote", Some(demote), Some(demoted));
        let data = self.rscs[rsc].clone.as_mut().expect("a clone");
        data.promote_notify = up;
        data.demote_notify = down;
        let (start, stop) = (data.start_notify, data.stop_notify);
        if let (Some(up), Some(down), Some(start), Some(stop)) = (up, down, start, stop) {
            self.order_maybe(stop.post_done, up.pre, Flow::OPTIONAL);
            self.order_maybe(start.post_done, up.pre, Flow::OPTIONAL);
            self.order_maybe(down.post_done, up.pre, Flow::OPTIONAL);
            self.order_maybe(down.post_done, start.pre, Flow::OPTIONAL);
            self.order_maybe(down.post_done, stop.pre, Flow::OPTIONAL);
        }
    }

    pub(super) fn clone_constraints(&mut self, rsc: RscId) {
        self.order_known((rsc, "stopped"), (rsc, "start"), Flow::OPTIONAL);
        self.order_known((rsc, "start"), (rsc, "running"), Flow::RUNNABLE_LEFT);
        self.order_known((rsc, "stop"), (rsc, "stopped"), Flow::RUNNABLE_LEFT);
        if self.rscs[rsc].promotable {
            self.order_known((rsc, "demoted"), (rsc, "stop"), Flow::OPTIONAL);
            self.order_known((rsc, "running"), (rsc, "promote"), Flow::RUNNABLE_LEFT);
        }
        let ordered = self.rscs[rsc].clone.as_ref().is_some_and(|c| c.ordered);
        if ordered {
            let mut children = core::mem::take(&mut self.rscs[rsc].children);
            children.sort_by(|a, b| natural(&self.rscs[*a].id, &self.rscs[*b].id));
            self.rscs[rsc].children = children;
        }
        let mut last = None;
        for child in self.children(rsc) {
            self.internal_constraints(child);
            let flow = Flow::RUNNABLE_LEFT | Flow::FIRST_PRINTED;
            self.order_known((rsc, "start"), (child, "start"), flow);
            self.order_known((child, "start"), (rsc, "running"), Flow::THEN_PRINTED);
            self.order_known((rsc, "stop"), (child, "stop"), Flow::FIRST_PRINTED);
            self.order_known((child, "stop"), (rsc, "stopped"), Flow::THEN_PRINTED);
            if let Some(l) = last.filter(|_| ordered) {
                self.order_known((l, "start"), (child, "start"), Flow::OPTIONAL);
                self.order_known((child, "stop"), (l, "stop"), Flow::OPTIONAL);
            }
            last = Some(child);
        }
        if self.rscs[rsc].promotable {
            self.promotable_constraints(rsc, ordered);
        }
    }

    fn promotable_constraints(&mut self, rsc: RscId, ordered: bool) {
        self.order_known((rsc, "stopped"), (rsc, "promote"), Flow::OPTIONAL);
        self.order_known((rsc, "demoted"), (rsc, "start"), Flow::OPTIONAL);
        self.order_known((rsc, "promote"), (rsc, "promoted"), Flow::RUNNABLE_LEFT);
        self.order_known((rsc, "demote"), (rsc, "demoted"), Flow::OPTIONAL);
        self.order_known((rsc, "demoted"), (rsc, "promote"), Flow::OPTIONAL);
        let mut last = None;
        for child in self.children(rsc) {
            self.order_known((child, "demote"), (child, "promote"), Flow::OPTIONAL);
            self.order_known((rsc, "promote"), (child, "promote"), Flow::OPTIONAL);
            self.order_known((child, "promote"), (rsc, "promoted"), Flow::OPTIONAL);
            self.order_known((rsc, "demote"), (child, "demote"), Flow::FIRST_PRINTED);
            self.order_known((child, "demote"), (rsc, "demoted"), Flow::THEN_PRINTED);
            if let Some(l) = last.filter(|_| ordered) {
                self.order_known((l, "promote"), (child, "promote"), Flow::OPTIONAL);
                self.order_known((child, "demote"), (l, "demote"), Flow::OPTIONAL);
            }
            last = Some(child);
        }
    }
}
