//! Actions and orders of groups.

use super::Flow;
use crate::arena::RscId;
use crate::assign::Colocation;
use crate::score::INFINITY;
use crate::state::{Cluster, Role};

impl Cluster<'_> {
    pub(super) fn create_group_actions(&mut self, rsc: RscId) {
        for member in self.children(rsc) {
            self.create_actions(member);
        }
        for task in ["start", "running", "stop", "stopped"] {
            self.collective(rsc, task, true, true);
        }
        if self.group_promotable(rsc) {
            for task in ["demote", "demoted", "promote", "promoted"] {
                self.collective(rsc, task, true, true);
            }
        }
    }

    fn group_promotable(&self, rsc: RscId) -> bool {
        self.clone_of(rsc).is_some_and(|c| self.rscs[c].promotable)
    }

    pub(super) fn group_constraints(&mut self, rsc: RscId) {
        self.order_known((rsc, "stopped"), (rsc, "start"), Flow::OPTIONAL);
        self.order_known((rsc, "start"), (rsc, "running"), Flow::RUNNABLE_LEFT);
        self.order_known((rsc, "stop"), (rsc, "stopped"), Flow::RUNNABLE_LEFT);
        let mut previous = None;
        let mut last_active = None;
        for member in self.children(rsc) {
            self.internal_constraints(member);
            self.member_constraints(rsc, member, previous);
            if !self.rscs[member].running_on.is_empty() {
                if let (Some(p), Some(l)) = (previous, last_active)
                    && self.rscs[rsc].group_ordered
                    && self.rscs[p].running_on.is_empty()
                {
                    self.order_known((member, "stop"), (l, "stop"), Flow::OPTIONAL);
                }
                last_active = Some(member);
            }
            previous = Some(member);
        }
    }

    fn member_constraints(&mut self, group: RscId, member: RscId, previous: Option<RscId>) {
        let ordered = self.rscs[group].group_ordered;
        let promotable = self.group_promotable(group);
        let mut down = Flow::NONE;
        let mut downed = Flow::THEN_PRINTED;
        let up = Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT;
        match previous {
            None if ordered => {
                down = Flow::OPTIONAL;
                downed = Flow::IMPLIES_THEN;
            }
            Some(p) if self.rscs[group].group_colocated => {
                let influence = self.rscs[member].critical;
                self.new_colocation(Colocation {
                    attribute: None,
                    score: INFINITY,
                    dependent: member,
                    primary: p,
                    dependent_role: Role::Unknown,
                    primary_role: Role::Unknown,
                    influence,
                });
            }
            _ => {}
        }
        if promotable {
            self.promoted_member_constraints(group, member, down, downed);
        }
        self.order_known((group, "start"), (member, "start"), Flow::FIRST_PRINTED);
        self.order_known(
            (group, "stop"),
            (member, "stop"),
            down | Flow::FIRST_PRINTED,
        );
        self.order_known((member, "stop"), (group, "stopped"), downed);
        self.order_known(
            (member, "start"),
            (group, "running"),
            up | Flow::THEN_PRINTED,
        );
        if !ordered {
            self.order_known(
                (group, "start"),
                (member, "start"),
                up | Flow::FIRST_PRINTED,
            );
            if promotable {
                self.order_known(
                    (group, "promote"),
                    (member, "promote"),
                    up | Flow::FIRST_PRINTED,
                );
            }
        } else if let Some(p) = previous {
            self.order_known((p, "start"), (member, "start"), up);
            self.order_known(
                (member, "stop"),
                (p, "stop"),
                Flow::OPTIONAL | Flow::RESTART,
            );
            if promotable {
                self.order_known((p, "promote"), (member, "promote"), up);
                self.order_known((member, "demote"), (p, "demote"), Flow::OPTIONAL);
            }
        }
    }

    fn promoted_member_constraints(
        &mut self,
        group: RscId,
        member: RscId,
        down: Flow,
        downed: Flow,
    ) {
        self.order_known(
            (group, "demote"),
            (member, "demote"),
            down | Flow::FIRST_PRINTED,
        );
        self.order_known((member, "demote"), (group, "demoted"), downed);
        self.order_known(
            (member, "promote"),
            (group, "promoted"),
            Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT | Flow::THEN_PRINTED,
        );
        self.order_known((group, "promote"), (member, "promote"), Flow::FIRST_PRINTED);
    }
}
