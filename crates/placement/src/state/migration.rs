//! Live migrations that are under way, or broke off.

use super::Role;
use super::cluster::Cluster;
use super::history::Walk;
use super::result::{rc, status};
use crate::arena::{NodeId, RscId};
use crate::cib::HistoryEntry;

impl<'a> Cluster<'a> {
    /// Entries of a resource on a node, wherever they stand.
    fn entries_on(&self, rsc: RscId, node: NodeId) -> &'a [HistoryEntry] {
        let names = [&*self.rscs[rsc].id, self.rscs[rsc].history()];
        let n = &self.nodes[node];
        self.cib
            .status
            .nodes
            .iter()
            .filter(|s| s.attrs.id() == &*n.id || s.attrs.get("uname") == Some(&*n.uname))
            .flat_map(|s| &s.history)
            .find(|h| names.contains(&&*h.id))
            .map_or(&[], |h| &h.ops)
    }

    fn last(
        &self,
        rsc: RscId,
        node: NodeId,
        task: &str,
        source: Option<&str>,
    ) -> Option<&'a HistoryEntry> {
        self.entries_on(rsc, node).iter().find(|e| {
            &*e.operation == task
                && e.interval_ms == 0
                && source.is_none_or(|s| {
                    let peer = if task == "migrate_to" {
                        &e.migrate_target
                    } else {
                        &e.migrate_source
                    };
                    peer.as_deref() == Some(s)
                })
        })
    }

    /// The ends of a migration as an entry on one of them names them.
    fn ends(&self, entry: &HistoryEntry) -> Option<(NodeId, NodeId)> {
        let source = self.node_by_name(entry.migrate_source.as_deref()?)?;
        let target = self.node_by_name(entry.migrate_target.as_deref()?)?;
        Some((source, target))
    }

    /// An operation other than a monitor is newer than `entry`.
    fn acted_since(&self, rsc: RscId, node: NodeId, entry: &HistoryEntry, same_node: bool) -> bool {
        self.entries_on(rsc, node).iter().any(|e| {
            matches!(
                &*e.operation,
                "start" | "stop" | "migrate_from" | "migrate_to"
            ) && !core::ptr::eq(e, entry)
                && newer(e, entry, same_node)
        })
    }

    /// A monitor that is newer than `entry` says that it does not run there.
    fn not_running_since(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        same_node: bool,
    ) -> bool {
        self.entries_on(rsc, node)
            .iter()
            .find(|e| &*e.operation == "monitor" && succeeded_with(e, rc::NOT_RUNNING))
            .is_some_and(|e| newer(e, entry, same_node))
    }

    /// Whether what is known of a node is newer than the migration. Call ids are reliable on one node only, so it is
    /// compared with the operation on that node where there is one.
    fn state_since(
        &self,
        rsc: RscId,
        node: NodeId,
        own: Option<&HistoryEntry>,
        other: Option<&HistoryEntry>,
    ) -> bool {
        let Some(entry) = own.or(other) else {
            return false;
        };
        let same_node = own.is_some();
        self.acted_since(rsc, node, entry, same_node)
            || self.not_running_since(rsc, node, entry, same_node)
    }

    /// Whether the state on a node is not known at all.
    fn unknown_on(&self, rsc: RscId, node: NodeId) -> bool {
        self.entries_on(rsc, node)
            .iter()
            .all(|e| e.rc == rc::UNKNOWN)
    }

    /// A `migrate_to` that succeeded, on the source.
    pub(super) fn migrated_away(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let rsc = walk.rsc;
        let Some((source, target)) = self.ends(entry).filter(|e| e.0 == walk.node) else {
            return;
        };
        let source_name = self.nodes[source].uname.clone();
        let source_newer = self.acted_since(rsc, source, entry, true);
        let from = self.last(rsc, target, "migrate_from", Some(&source_name));
        if from.is_some() && source_newer {
            return;
        }
        let target_newer = self.state_since(rsc, target, from, Some(entry));
        if source_newer && target_newer {
            return;
        }
        if from.is_some_and(|f| succeeded_with(f, rc::OK)) {
            // It arrived; the source is yet to be cleaned up.
            self.rscs[rsc].role = Role::Stopped;
            self.rscs[rsc].dangling.push(source);
            return;
        }
        self.rscs[rsc].role = Role::Started;
        let up = self.nodes[target].online;
        let active = !target_newer && up;
        if from.is_some_and(|f| f.status != status::PENDING) {
            if active {
                self.add_running(rsc, target, true);
            } else {
                self.must_recover(rsc);
            }
            return;
        }
        // A target without any history was cleaned up: a probe will tell.
        if up && self.unknown_on(rsc, target) {
            return;
        }
        if active {
            self.add_running(rsc, target, false);
            if self.nodes[source].online {
                self.rscs[rsc].migrating = Some((source, target));
            }
        } else if !source_newer {
            self.must_recover(rsc);
        }
    }

    /// Failed, to be stopped, and not to be migrated again.
    fn must_recover(&mut self, rsc: RscId) {
        let r = &mut self.rscs[rsc];
        r.failed = true;
        r.must_stop = true;
        r.allow_migrate = false;
    }

    /// A `migrate_to` that failed: it may run on the target as well.
    pub(super) fn migrate_to_failed(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let rsc = walk.rsc;
        let Some((source, target)) = self.ends(entry).filter(|e| e.0 == walk.node) else {
            return;
        };
        self.rscs[rsc].role = Role::Started;
        let source_name = self.nodes[source].uname.clone();
        let from = self
            .last(rsc, target, "migrate_from", Some(&source_name))
            .filter(|f| succeeded_with(f, rc::OK));
        if !self.unknown_on(rsc, target) && !self.state_since(rsc, target, from, Some(entry)) {
            if self.nodes[target].online {
                self.add_running(rsc, target, false);
            }
        } else if !self.acted_since(rsc, source, entry, true) {
            self.rscs[rsc].dangling.push(source);
        }
    }

    /// A `migrate_from` that failed: it may still run on the source.
    pub(super) fn migrate_from_failed(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let rsc = walk.rsc;
        let Some((source, target)) = self.ends(entry).filter(|e| e.1 == walk.node) else {
            return;
        };
        self.rscs[rsc].role = Role::Started;
        let target_name = self.nodes[target].uname.clone();
        let to = self
            .last(rsc, source, "migrate_to", Some(&target_name))
            .filter(|t| succeeded_with(t, rc::OK));
        if !self.state_since(rsc, source, to, Some(entry)) && self.nodes[source].online {
            self.add_running(rsc, source, true);
        }
    }
}

fn succeeded_with(entry: &HistoryEntry, code: i32) -> bool {
    entry.status == status::DONE && entry.rc == code
}

/// Whether `a` is newer than `b`; call ids count on one node only.
fn newer(a: &HistoryEntry, b: &HistoryEntry, same_node: bool) -> bool {
    if same_node && (a.call_id < 0 || b.call_id < 0 || a.call_id != b.call_id) {
        if (a.call_id < 0) != (b.call_id < 0) {
            return a.call_id < 0;
        }
        return a.call_id > b.call_id;
    }
    match (a.last_rc_change, b.last_rc_change) {
        (Some(x), Some(y)) => x > y,
        _ => false,
    }
}
