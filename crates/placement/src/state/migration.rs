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

    /// Whether a later operation says more about the resource on the node than `entry` does.
    fn state_after_migration(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        same_node: bool,
    ) -> bool {
        self.entries_on(rsc, node).iter().any(|e| {
            let counts = match &*e.operation {
                "start" | "stop" | "migrate_from" | "migrate_to" => {
                    e.interval_ms == 0 && !core::ptr::eq(e, entry)
                }
                "monitor" => {
                    e.interval_ms != 0 && e.rc == rc::NOT_RUNNING
                        || e.interval_ms == 0 && e.rc == rc::NOT_RUNNING
                }
                _ => false,
            };
            counts && newer(e, entry, same_node)
        })
    }

    /// A monitor since the migration says that it does not run there.
    fn not_running_since(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        same_node: bool,
    ) -> bool {
        self.entries_on(rsc, node).iter().any(|e| {
            &*e.operation == "monitor" && e.rc == rc::NOT_RUNNING && newer(e, entry, same_node)
        })
    }

    fn acted_since(&self, rsc: RscId, node: NodeId, entry: &HistoryEntry, same_node: bool) -> bool {
        self.entries_on(rsc, node).iter().any(|e| {
            matches!(
                &*e.operation,
                "start" | "stop" | "migrate_from" | "migrate_to"
            ) && e.interval_ms == 0
                && !core::ptr::eq(e, entry)
                && newer(e, entry, same_node)
        })
    }

    /// Whether the state on a node is not known at all: nothing but, perhaps, a migration.
    fn unknown_on(&self, rsc: RscId, node: NodeId) -> bool {
        !self.entries_on(rsc, node).iter().any(|e| {
            matches!(
                &*e.operation,
                "start" | "stop" | "monitor" | "migrate_from" | "migrate_to"
            )
        })
    }

    /// A `migrate_to` that succeeded, on the source.
    pub(super) fn migrated_away(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let (rsc, source) = (walk.rsc, walk.node);
        let Some(target) = entry
            .migrate_target
            .as_deref()
            .and_then(|t| self.node_by_name(t))
        else {
            return;
        };
        let source_name = self.nodes[source].uname.clone();
        let from = self.last(rsc, target, "migrate_from", Some(&source_name));
        // Something newer on the source: the migration is over.
        let source_newer = self.state_after_migration(rsc, source, entry, true);
        // Something newer on the target, beyond the migrate_from itself.
        let target_newer = self.acted_since_but(rsc, target, entry, from)
            || self.not_running_since(rsc, target, entry, false);
        self.rscs[rsc].role = Role::Started;
        let online = |c: &Self, n: NodeId| c.nodes[n].online;
        if source_newer && from.is_none() {
            return;
        }
        if let Some(from) = from.filter(|f| f.status != status::PENDING) {
            if target_newer && from.rc == rc::OK {
                // What the target says now counts; the source is only to be cleaned up.
            }
            if from.rc == rc::OK {
                if !source_newer {
                    self.rscs[rsc].role = Role::Stopped;
                    self.rscs[rsc].dangling.push(source);
                }
                return;
            }
            if online(self, target) && !target_newer {
                self.add_running(rsc, target, true);
            }
            return;
        }
        // Nothing more is known of the target: the migration is partial.
        if target_newer {
            self.rscs[rsc].role = Role::Started;
            return;
        }
        if online(self, target) {
            self.add_running(rsc, target, false);
            if online(self, source) {
                self.rscs[rsc].migrating = Some((source, target));
            }
        } else {
            self.rscs[rsc].failed = true;
            self.rscs[rsc].must_stop = true;
            self.rscs[rsc].allow_migrate = false;
        }
    }

    fn acted_since_but(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        but: Option<&'a HistoryEntry>,
    ) -> bool {
        self.entries_on(rsc, node).iter().any(|e| {
            matches!(
                &*e.operation,
                "start" | "stop" | "migrate_from" | "migrate_to"
            ) && e.interval_ms == 0
                && !but.is_some_and(|b| core::ptr::eq(b, e))
                && newer(e, entry, false)
        })
    }

    /// A `migrate_to` that failed: it may run on the target as well.
    pub(super) fn migrate_to_failed(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let (rsc, source) = (walk.rsc, walk.node);
        self.rscs[rsc].role = Role::Started;
        let Some(target) = entry
            .migrate_target
            .as_deref()
            .and_then(|t| self.node_by_name(t))
        else {
            return;
        };
        let source_name = self.nodes[source].uname.clone();
        let from = self.last(rsc, target, "migrate_from", Some(&source_name));
        let known = !self.unknown_on(rsc, target);
        let newer_there = self.acted_since(rsc, target, entry, false)
            || self.not_running_since(rsc, target, entry, false);
        if from.is_some() || known && newer_there {
            return;
        }
        if !newer_there && known {
            if self.nodes[target].online {
                self.add_running(rsc, target, false);
            }
        } else if !self.state_after_migration(rsc, source, entry, true) {
            self.rscs[rsc].dangling.push(source);
        }
    }

    /// A `migrate_from` that failed: it may still run on the source.
    pub(super) fn migrate_from_failed(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let (rsc, target) = (walk.rsc, walk.node);
        self.rscs[rsc].role = Role::Started;
        let Some(source) = entry
            .migrate_source
            .as_deref()
            .and_then(|s| self.node_by_name(s))
        else {
            return;
        };
        let target_name = self.nodes[target].uname.clone();
        let to = self.last(rsc, source, "migrate_to", Some(&target_name));
        let Some(to) = to else {
            return;
        };
        let acted = self.acted_since(rsc, source, to, true)
            || self.not_running_since(rsc, source, to, true);
        if !acted && self.nodes[source].online {
            self.add_running(rsc, source, true);
        }
    }
}

/// Whether `a` is newer than `b`; call ids count on one node only.
fn newer(a: &HistoryEntry, b: &HistoryEntry, same_node: bool) -> bool {
    if same_node && a.call_id >= 0 && b.call_id >= 0 {
        return a.call_id > b.call_id;
    }
    if same_node && (a.call_id < 0) != (b.call_id < 0) {
        return a.call_id < 0;
    }
    match (a.last_rc_change, b.last_rc_change) {
        (Some(x), Some(y)) if x != y => x > y,
        _ => false,
    }
}
