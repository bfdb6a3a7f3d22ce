//! What the configuration of today makes of operations that were run with another one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{End, Flow};
use crate::arena::{ActionId, NodeId, RscId};
use crate::cib::{HistoryEntry, HistoryResource};
use crate::state::{Change, Cluster, active_entries};
use crate::xml::Text;

impl Cluster<'_> {
    pub(crate) fn handle_changes(&mut self) {
        let histories = core::mem::take(&mut self.histories);
        let named = self.instances_by_name();
        let cib = self.cib;
        for &(node, rsc, state, index) in &histories {
            let n = &self.nodes[node];
            if !n.maintenance && !self.available(node) {
                continue;
            }
            let history = &cib.status.nodes[state].history[index];
            // Only instances share a name.
            if self.rscs[rsc].orphan || !self.in_collective(rsc) {
                self.handle_history(node, rsc, history);
                continue;
            }
            for &rsc in named.get(&*history.id).into_iter().flatten() {
                self.handle_history(node, rsc, history);
            }
        }
        self.histories = histories;
    }

    /// Instances by what they are called, and by the name of the history that was read for them.
    fn instances_by_name(&self) -> BTreeMap<Text, Vec<RscId>> {
        let mut named: BTreeMap<Text, Vec<RscId>> = BTreeMap::new();
        let primitives = self.rscs.ids().filter(|r| self.rscs[*r].is_primitive());
        for rsc in primitives.filter(|r| self.in_collective(*r)) {
            let r = &self.rscs[rsc];
            named.entry(r.id.clone()).or_default().push(rsc);
            if let Some(name) = r.history_name.as_ref().filter(|n| **n != r.id) {
                named.entry(name.clone()).or_default().push(rsc);
            }
        }
        named
    }

    fn handle_history(&mut self, node: NodeId, rsc: RscId, history: &HistoryResource) {
        if history.ops.is_empty() {
            return;
        }
        if self.rscs[rsc].orphan {
            if !self.in_collective(rsc) {
                self.lrm_delete(rsc, node, false, "orphan");
            }
            return;
        }
        let r = &self.rscs[rsc];
        let other_agent =
            history.class != r.class || history.provider != r.provider || history.kind != r.agent;
        let active = r.running_on.contains(&node);
        if other_agent {
            if active {
                let stop = self.stop_action(rsc, node, false);
                self.set_reason(stop, "resource definition change");
            }
            self.lrm_delete(rsc, node, false, "resource definition change");
        }
        if !active {
            return;
        }
        // Where its host will be is not known yet.
        let later = self.awaits_host(rsc).is_some() && !self.assigned_all;
        if !later {
            for entry in active_entries(&history.ops) {
                self.handle_entry(rsc, node, entry);
            }
        }
    }

    /// What has to know where containers are going to be.
    pub(crate) fn handle_late_changes(&mut self) {
        self.assigned_all = true;
        let histories = core::mem::take(&mut self.histories);
        let cib = self.cib;
        for &(node, rsc, state, index) in &histories {
            let r = &self.rscs[rsc];
            if r.remote_node.is_some() && self.available(node) && self.awaits_host(rsc).is_some() {
                self.handle_history(node, rsc, &cib.status.nodes[state].history[index]);
            }
        }
        self.histories = histories;
    }

    fn handle_entry(&mut self, rsc: RscId, node: NodeId, entry: &HistoryEntry) {
        let task = &*entry.operation;
        let maintenance = self.rscs[rsc].maintenance || self.nodes[node].maintenance;
        if entry.interval_ms > 0 && maintenance {
            self.cancel_recorded(rsc, node, entry);
        } else if entry.interval_ms > 0
            || matches!(task, "monitor" | "start" | "promote" | "migrate_from")
        {
            let changed = self.check_entry(rsc, node, entry);
            if changed && self.fail_count(rsc, node, true).0 != 0 {
                self.clear_fail_count(rsc, node);
            }
        }
    }

    fn cancel_recorded(&mut self, rsc: RscId, node: NodeId, entry: &HistoryEntry) {
        let cancel = self.cancel_action(rsc, &entry.operation, entry.interval_ms, node);
        self.order(
            End::task(rsc, "stop".into()),
            End::Action(cancel),
            Flow::OPTIONAL,
        );
    }

    /// Whether the operation's definition changed.
    fn check_entry(&mut self, rsc: RscId, node: NodeId, entry: &HistoryEntry) -> bool {
        let task = &*entry.operation;
        if entry.interval_ms > 0 && self.find_operation(rsc, task, entry.interval_ms).is_none() {
            if self.config.stop_orphan_actions {
                self.cancel_recorded(rsc, node, entry);
            }
            return true;
        }
        let expired = self.expired_recurring(rsc, node, entry);
        let compared = match task {
            "monitor" | "promote" | "migrate_from" if entry.interval_ms == 0 => "start",
            other => other,
        };
        let change = if expired {
            Change::Restart
        } else {
            self.params_change(rsc, node, entry, compared, entry.interval_ms)
        };
        match change {
            Change::Same => false,
            _ if entry.interval_ms > 0 => {
                self.reschedule_action(rsc, node, task, entry.interval_ms);
                true
            }
            Change::Reload => {
                self.reload(rsc, node);
                true
            }
            Change::Restart | Change::Unknown => {
                // Wherever it will be started.
                let id = self.rsc_action(rsc, compared, 0, None, false);
                self.replace_reason(id, "resource definition change");
                true
            }
        }
    }

    /// Its failure expired: it was marked for rescheduling when its history was read.
    fn expired_recurring(&self, rsc: RscId, node: NodeId, entry: &HistoryEntry) -> bool {
        entry.interval_ms > 0
            && self
                .actions_of(rsc, &entry.operation, entry.interval_ms)
                .iter()
                .any(|a: &ActionId| {
                    self.actions[*a].node == Some(node) && self.actions[*a].reschedule
                })
    }

    /// The agent takes its new parameters while running.
    fn reload(&mut self, rsc: RscId, node: NodeId) {
        let r = &self.rscs[rsc];
        if !r.managed || r.failed {
            return;
        }
        if r.start_pending {
            self.stop_action(rsc, node, false);
            return;
        }
        self.rscs[rsc].reload = true;
        let reload = self.rsc_action(rsc, "reload-agent", 0, Some(node), false);
        self.replace_reason(reload, "resource definition change");
        let flow = Flow::OPTIONAL | Flow::THEN_CANCELS_FIRST;
        self.order(End::Action(reload), End::task(rsc, "stop".into()), flow);
        self.order(End::Action(reload), End::task(rsc, "demote".into()), flow);
    }
}
