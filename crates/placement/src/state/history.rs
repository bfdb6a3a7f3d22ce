//! What the operation histories say: which resource is active where, in which role, and what failed.

use alloc::vec::Vec;

use super::Role;
use super::cluster::Cluster;
use super::entry::{active_range, entries_by_age, key_of};
use super::named::Found;
use super::operation::OnFail;
use super::result::{rc, status};
use crate::arena::{NodeId, RscId};
use crate::cib::{HistoryEntry, HistoryResource};
use crate::reason::Cause;
use crate::score::INFINITY;
use crate::xml::Text;

/// How far the walk through one history has come.
pub(super) struct Walk<'a> {
    pub(super) rsc: RscId,
    pub(super) node: NodeId,
    /// Entries by age, oldest first.
    pub(super) entries: Vec<&'a HistoryEntry>,
    pub(super) on_fail: OnFail,
    pub(super) last_failure: Option<&'a HistoryEntry>,
}

impl<'a> Cluster<'a> {
    pub(super) fn unpack_history(&mut self, node: NodeId, state: usize) {
        let cib = self.cib;
        for (index, history) in cib.status.nodes[state].history.iter().enumerate() {
            self.unpack_resource_history(node, history, (state, index));
        }
    }

    fn unpack_resource_history(
        &mut self,
        node: NodeId,
        history: &'a HistoryResource,
        place: (usize, usize),
    ) {
        let lock = history.extra.get("shutdown-lock");
        if history.ops.is_empty() && lock.is_none() {
            return;
        }
        let rsc = match self.find_in_history(node, &history.id, place.1) {
            Found::Is(rsc) => rsc,
            Found::NotPrimitive => return,
            Found::None if history.ops.is_empty() => return,
            Found::None => self.orphan(history),
        };
        if let Some(lock) = lock {
            self.unpack_lock(rsc, node, lock);
        }
        self.histories.push((node, rsc, place.0, place.1));
        let entries = entries_by_age(&history.ops);
        let saved = core::mem::replace(&mut self.rscs[rsc].role, Role::Unknown);
        let mut walk = Walk {
            rsc,
            node,
            entries,
            on_fail: OnFail::Ignore,
            last_failure: None,
        };
        for i in 0..walk.entries.len() {
            let entry = walk.entries[i];
            self.unpack_entry(&mut walk, entry);
        }
        self.recurring_history(&walk);
        self.state_after(&walk);
        if let Some(wanted) = self.target_role(rsc) {
            let r = &mut self.rscs[rsc];
            if r.next_role == Role::Unknown || wanted < r.next_role {
                r.next_role = wanted;
            }
        }
        let r = &mut self.rscs[rsc];
        r.role = r.role.max(saved);
    }

    /// A resource that was active when its node shut down is kept for that node for a while.
    fn unpack_lock(&mut self, rsc: RscId, node: NodeId, lock: &str) {
        let time = crate::cib::value::leading_integer(lock);
        if !self.config.shutdown_lock || time <= 0 {
            return;
        }
        let limit = self.config.shutdown_lock_limit;
        if limit > 0 && self.now > time + limit {
            self.lrm_delete(rsc, node, true, "shutdown lock expired");
            return;
        }
        let online = self.nodes[node].online;
        let shutting = self.nodes[node].shutdown;
        if !online || shutting {
            self.rscs[rsc].lock_node = Some(node);
            self.rscs[rsc].lock_time = time;
        } else {
            self.lrm_delete(rsc, node, true, "shutdown lock cleared");
        }
    }

    fn unpack_entry(&mut self, walk: &mut Walk<'a>, entry: &'a HistoryEntry) {
        let task = &*entry.operation;
        if matches!(task, "notify" | "meta-data" | "meta_data") || entry.status == status::CANCELLED
        {
            return;
        }
        let mut op = Outcome::of(entry);
        let expired = self.expired(walk, entry, &op);
        let real = op.rc;
        op.rc = match op.rc {
            rc::DEGRADED if op.is_monitor() => rc::OK,
            rc::DEGRADED_PROMOTED if op.is_monitor() => rc::RUNNING_PROMOTED,
            other => other,
        };
        let masked = masks_probe_failure(entry, op.rc, op.status);
        if !masked && (op.status == status::DONE || op.status == status::ERROR) {
            self.final_status(walk, &mut op, expired);
        }
        if expired && op.expected != op.rc && real == op.rc {
            let n = &self.nodes[walk.node];
            if entry.interval_ms == 0 {
                return;
            } else if n.online && !n.unclean {
                self.reschedule(walk.rsc, walk.node, entry);
                return;
            }
        }
        if masked {
            self.mask_probe_failure(walk, entry, op.rc);
            return;
        }
        self.apply_outcome(walk, entry, &op);
    }

    /// What status and code mean, given what was expected.
    fn final_status(&mut self, walk: &mut Walk<'a>, op: &mut Outcome<'_>, expired: bool) {
        op.status = if op.rc == op.expected {
            status::DONE
        } else {
            status::ERROR
        };
        let probe = op.is_probe();
        let rsc = walk.rsc;
        match op.rc {
            rc::OK if probe && op.expected == rc::NOT_RUNNING => op.status = status::DONE,
            rc::NOT_RUNNING if probe || op.expected == op.rc || !self.rscs[rsc].managed => {
                op.status = status::DONE;
                self.rscs[rsc].role = Role::Stopped;
                walk.on_fail = OnFail::Ignore;
                self.rscs[rsc].next_role = Role::Unknown;
            }
            rc::RUNNING_PROMOTED => {
                if probe && op.rc != op.expected {
                    op.status = status::DONE;
                }
                if !expired || op.rc == op.expected {
                    self.rscs[rsc].role = Role::Promoted;
                }
            }
            rc::FAILED_PROMOTED => {
                if !expired || op.rc == op.expected {
                    self.rscs[rsc].role = Role::Promoted;
                }
                op.status = status::ERROR;
            }
            rc::NOT_CONFIGURED => op.status = status::ERROR_FATAL,
            rc::UNIMPLEMENTED if op.entry.interval_ms != 0 => op.status = status::NOT_SUPPORTED,
            rc::UNIMPLEMENTED | rc::NOT_INSTALLED | rc::INVALID_PARAM | rc::INSUFFICIENT_PRIV => {
                if !expired {
                    self.block_unless_fenced(walk, op.entry);
                }
                op.status = status::ERROR_HARD;
            }
            _ => {}
        }
    }

    /// A stop that can't succeed, on a node that can't be fenced.
    fn block_unless_fenced(&mut self, walk: &Walk<'a>, entry: &HistoryEntry) {
        if &*entry.operation == "stop" && !self.can_fence(walk.node) {
            let r = &mut self.rscs[walk.rsc];
            r.managed = false;
            r.blocked = true;
        }
    }

    fn apply_outcome(&mut self, walk: &mut Walk<'a>, entry: &'a HistoryEntry, op: &Outcome<'_>) {
        match op.status {
            status::PENDING => return self.pending(walk, entry),
            status::DONE => return self.succeeded(walk, entry, op.rc),
            status::NOT_INSTALLED => {
                let (fail, role) = self.on_fail(walk.rsc, &entry.operation, entry.interval_ms);
                if fail == OnFail::Ignore {
                    walk.on_fail = OnFail::Migrate;
                }
                self.ban_for_failure(walk, entry, Some(walk.node));
                return self.failed(walk, entry, op.rc, fail, role);
            }
            // Not connected: the connection must be failed, whatever it says of itself.
            8 => {
                if let Some(r) = self.nodes[walk.node]
                    .remote_rsc
                    .filter(|r| self.rscs[*r].managed)
                {
                    self.rscs[r].failed = true;
                    self.rscs[r].must_stop = true;
                }
            }
            _ => {}
        }
        let (fail, role) = self.on_fail(walk.rsc, &entry.operation, entry.interval_ms);
        let container_stop = fail == OnFail::RestartContainer && &*entry.operation == "stop";
        if fail == OnFail::Ignore || container_stop {
            self.succeeded(walk, entry, op.expected);
            self.rscs[walk.rsc].failure_ignored = true;
            if fail == OnFail::RestartContainer && walk.on_fail <= OnFail::Restart {
                walk.on_fail = fail;
            }
            return;
        }
        self.failed(walk, entry, op.rc, fail, role);
        match op.status {
            status::ERROR_HARD => self.ban_for_failure(walk, entry, Some(walk.node)),
            status::ERROR_FATAL => self.ban_for_failure(walk, entry, None),
            _ => {}
        }
    }

    fn ban_for_failure(&mut self, walk: &Walk<'a>, entry: &HistoryEntry, node: Option<NodeId>) {
        let whole = self.uber_parent(walk.rsc);
        let cause = |_: &Self| Cause::Failure(Text::from(key_of(entry)));
        self.noting(whole, cause, |c| c.ban_all_instances(walk.rsc, node));
    }

    /// Bans a resource, for an anonymous clone the whole clone, from one node or all.
    pub(super) fn ban_all_instances(&mut self, rsc: RscId, node: Option<NodeId>) {
        let whole = if self.rscs[rsc].unique {
            rsc
        } else {
            self.uber_parent(rsc)
        };
        match node {
            Some(node) => self.add_location_score(whole, node, -INFINITY),
            None => self.ban_everywhere(whole),
        }
    }

    /// A probe that can't know: the resource is not there and can't go there.
    fn mask_probe_failure(&mut self, walk: &mut Walk<'a>, entry: &'a HistoryEntry, _code: i32) {
        let fail = self
            .on_fail(walk.rsc, &entry.operation, entry.interval_ms)
            .0;
        let _ = fail;
        self.succeeded(walk, entry, rc::NOT_INSTALLED);
        self.ban_for_failure(walk, entry, Some(walk.node));
    }

    fn pending(&mut self, walk: &Walk<'a>, entry: &'a HistoryEntry) {
        let rsc = walk.rsc;
        if entry.interval_ms != 0 {
            let newer = walk.last_failure.is_some_and(|f| {
                key_of(f) == key_of(entry) && f.last_rc_change > entry.last_rc_change
            });
            if newer {
                return;
            }
        }
        match &*entry.operation {
            "start" => {
                self.rscs[rsc].start_pending = true;
                self.set_active(rsc);
            }
            "promote" => self.rscs[rsc].role = Role::Promoted,
            "migrate_to" if self.nodes[walk.node].unclean => {
                let target = entry.migrate_target().and_then(|t| self.node_by_name(t));
                if let Some(target) = target {
                    self.stop_action(rsc, target, false);
                }
            }
            _ => {}
        }
        let r = &mut self.rscs[rsc];
        if r.pending_task.is_none() && (entry.interval_ms != 0 || &*entry.operation != "monitor") {
            r.pending_task = Some(entry.operation.clone());
            r.pending_node = Some(walk.node);
        }
    }

    pub(super) fn set_active(&mut self, rsc: RscId) {
        let top = self.uber_parent(rsc);
        self.rscs[rsc].role = if self.rscs[top].promotable {
            Role::Unpromoted
        } else {
            Role::Started
        };
    }

    fn succeeded(&mut self, walk: &mut Walk<'a>, entry: &'a HistoryEntry, code: i32) {
        let rsc = walk.rsc;
        let mut clears = false;
        let below = self.rscs[rsc].role < Role::Started;
        if code == rc::NOT_INSTALLED || masks_probe_failure(entry, entry.rc, entry.status) {
            self.rscs[rsc].role = Role::Stopped;
        } else if code == rc::NOT_RUNNING {
            clears = true;
        } else {
            match &*entry.operation {
                "monitor" => {
                    clears = walk
                        .last_failure
                        .is_some_and(|f| key_of(f) == key_of(entry));
                    if below {
                        self.set_active(rsc);
                    }
                }
                "start" | "migrate_from" => {
                    self.rscs[rsc].role = Role::Started;
                    clears = true;
                }
                "stop" => {
                    self.rscs[rsc].role = Role::Stopped;
                    clears = true;
                }
                "promote" => {
                    self.rscs[rsc].role = Role::Promoted;
                    clears = true;
                }
                "demote" => {
                    clears = walk.on_fail == OnFail::Demote;
                    self.rscs[rsc].role = Role::Unpromoted;
                }
                "migrate_to" => self.migrated_away(walk, entry),
                _ if below => self.set_active(rsc),
                _ => {}
            }
        }
        if clears {
            self.clear_failure(walk);
        }
    }

    fn clear_failure(&mut self, walk: &mut Walk<'a>) {
        let cleared = match walk.on_fail {
            OnFail::Block
            | OnFail::Ignore
            | OnFail::Demote
            | OnFail::Restart
            | OnFail::RestartContainer => true,
            OnFail::ResetRemote => self.reconnect_interval(walk.rsc) == 0,
            OnFail::Stop | OnFail::Fence | OnFail::Standby | OnFail::Migrate => false,
        };
        if cleared {
            walk.on_fail = OnFail::Ignore;
            self.rscs[walk.rsc].next_role = Role::Unknown;
        }
    }

    /// `reconnect_interval` of a remote connection, milliseconds.
    pub(crate) fn reconnect_interval(&self, rsc: RscId) -> u32 {
        let params = self.params(rsc, None);
        crate::cib::value::interval_ms(params.get("reconnect_interval").map(|v| &**v))
    }

    fn failed(
        &mut self,
        walk: &mut Walk<'a>,
        entry: &'a HistoryEntry,
        code: i32,
        fail: OnFail,
        fail_role: Option<Role>,
    ) {
        let rsc = walk.rsc;
        walk.last_failure = Some(entry);
        walk.on_fail = walk.on_fail.max(fail);
        match &*entry.operation {
            "stop" => {
                let cause = |_: &Self| Cause::Failure(Text::from(key_of(entry)));
                self.noting(rsc, cause, |c| {
                    c.add_location_score(rsc, walk.node, -INFINITY);
                });
            }
            "migrate_from" => self.migrate_from_failed(walk, entry),
            "migrate_to" => self.migrate_to_failed(walk, entry),
            "promote" => self.rscs[rsc].role = Role::Promoted,
            "demote" if fail == OnFail::Block => {
                self.rscs[rsc].role = Role::Promoted;
                self.rscs[rsc].next_role = Role::Stopped;
            }
            "demote" if code == rc::NOT_RUNNING => self.rscs[rsc].role = Role::Stopped,
            "demote" => self.rscs[rsc].role = Role::Unpromoted,
            _ => {}
        }
        let probe = &*entry.operation == "monitor" && entry.interval_ms == 0;
        if probe && code == rc::NOT_INSTALLED {
            self.rscs[rsc].role = Role::Stopped;
        } else if self.rscs[rsc].role < Role::Started {
            self.set_active(rsc);
        }
        if let Some(role) = fail_role {
            let r = &mut self.rscs[rsc];
            if role != Role::Started && r.next_role < role {
                r.next_role = role;
            }
            if role == Role::Stopped {
                let whole = self.uber_parent(rsc);
                let cause = |_: &Self| Cause::OnFail(Text::from(key_of(entry)));
                self.noting(whole, cause, |c| c.ban_all_instances(rsc, None));
            }
        }
    }

    /// Recurring operations that are active exist as optional actions.
    fn recurring_history(&mut self, walk: &Walk<'a>) {
        if !self.nodes[walk.node].online {
            return;
        }
        let (start, stop) = active_range(&walk.entries);
        for (i, entry) in walk.entries.iter().enumerate() {
            let i = isize::try_from(i).unwrap_or(isize::MAX);
            let past = start < stop && i <= stop || i < start;
            if past || entry.interval_ms == 0 || entry.status == status::PENDING {
                continue;
            }
            self.rsc_action(
                walk.rsc,
                &entry.operation,
                entry.interval_ms,
                Some(walk.node),
                true,
            );
        }
    }
}

/// An entry with its code and status as they are understood.
pub(super) struct Outcome<'e> {
    pub(super) entry: &'e HistoryEntry,
    pub(super) rc: i32,
    pub(super) expected: i32,
    pub(super) status: i32,
}

impl<'e> Outcome<'e> {
    fn of(entry: &'e HistoryEntry) -> Self {
        let expected = entry
            .transition()
            .map_or(entry.rc, |(_, expected, _)| expected);
        let expected = if expected < 0 { entry.rc } else { expected };
        Self {
            entry,
            rc: entry.rc,
            expected,
            status: entry.status,
        }
    }

    pub(super) fn is_monitor(&self) -> bool {
        &*self.entry.operation == "monitor"
    }

    pub(super) fn is_probe(&self) -> bool {
        self.is_monitor() && self.entry.interval_ms == 0
    }
}

/// A probe failed for a reason that says that the resource can't be there.
fn masks_probe_failure(entry: &HistoryEntry, code: i32, state: i32) -> bool {
    let probe = &*entry.operation == "monitor" && entry.interval_ms == 0;
    probe
        && (matches!(code, rc::NOT_INSTALLED | rc::INVALID_PARAM) || state == status::NOT_INSTALLED)
}
