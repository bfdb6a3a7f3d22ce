//! Live migration.

use super::{End, Flow};
use crate::arena::{NodeId, RscId};
use crate::state::Cluster;

impl Cluster<'_> {
    pub(super) fn can_migrate(&self, rsc: RscId, current: Option<NodeId>) -> bool {
        let r = &self.rscs[rsc];
        let clean = |n: Option<NodeId>| n.is_some_and(|n| !self.nodes[n].unclean);
        r.allow_migrate
            && r.managed
            && !r.failed
            && !r.start_pending
            && clean(current)
            && clean(r.assigned)
    }

    pub(super) fn create_migration(&mut self, rsc: RscId, current: Option<NodeId>) {
        let (Some(current), Some(target)) = (current, self.rscs[rsc].assigned) else {
            return;
        };
        let partial = self.rscs[rsc].migrating.is_some();
        let start = self.start_action(rsc, Some(target), true);
        let stop = self.stop_action(rsc, current, true);
        let to = (!partial).then(|| self.rsc_action(rsc, "migrate_to", 0, Some(current), true));
        let from = self.rsc_action(rsc, "migrate_from", 0, Some(target), true);
        self.actions[start].migrate_runnable = true;
        self.actions[stop].migrate_runnable = true;
        self.actions[start].pseudo = true;
        self.actions[from].migrate_runnable = true;
        let needs = self.actions[start].needs;
        let on = |task: &'static str| End::task(rsc, task.into());
        let together = Flow::OPTIONAL | Flow::IMPLIES_FIRST_MIGRATABLE;
        if let Some(to) = to {
            self.actions[to].needs = needs;
            self.order(on("monitor"), on("migrate_to"), Flow::OPTIONAL);
            self.order(on("migrate_to"), on("migrate_from"), together);
        } else {
            self.actions[from].needs = needs;
            self.order(on("monitor"), on("migrate_from"), Flow::OPTIONAL);
        }
        self.order(on("migrate_from"), on("stop"), together);
        self.order(
            on("migrate_from"),
            on("start"),
            together | Flow::PSEUDO_LEFT,
        );
    }
}
