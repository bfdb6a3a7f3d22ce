//! What the operation histories say: which resource is active where, in which role, and what failed.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::cluster::Cluster;
use super::entry::{active_range, entries_by_age, key_of};
use super::operation::OnFail;
use super::result::{rc, status};
use super::{Kind, Multiple, Role};
use crate::arena::{NodeId, RscId};
use crate::cib::{HistoryEntry, HistoryResource, Primitive};
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
        let rsc = match self.find_in_history(node, &history.id) {
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

    fn find_in_history(&mut self, node: NodeId, id: &Text) -> Found {
        let by_id = self.rsc_ids.get(id).copied();
        let rsc = match by_id {
            Some(r) if self.rscs[r].kind != Kind::Primitive => return Found::NotPrimitive,
            Some(r) => r,
            None => {
                let base = strip(id);
                let zero = self.rsc_ids.get(&*format!("{base}:0")).copied();
                match zero {
                    Some(r) if !self.rscs[r].unique => r,
                    _ => return Found::None,
                }
            }
        };
        let Some(clone) = self.clone_of(rsc).filter(|_| !self.rscs[rsc].unique) else {
            return Found::Is(rsc);
        };
        let base = strip(id).to_string();
        let bundle = self.rscs[clone].parent;
        let instance = match bundle {
            Some(b) => self
                .replica_on(b, node)
                .filter(|r| strip(&self.rscs[*r].id) == base),
            None => Some(self.anonymous_instance(node, clone, &base)),
        };
        let Some(instance) = instance else {
            return Found::None;
        };
        if self.rscs[instance].id != *id {
            self.rscs[instance].history_name = Some(id.clone());
        }
        Found::Is(instance)
    }

    /// An instance for a history on a node: one that is there already, an inactive one, or a surplus one.
    fn anonymous_instance(&mut self, node: NodeId, clone: RscId, base: &str) -> RscId {
        let mut found = None;
        let mut inactive = None;
        let mut skip_inactive = false;
        for child in self.children(clone) {
            let places = self.places(child);
            if places.contains(&node) {
                found = self.named_within(child, base);
                if found.is_some_and(|f| !self.rscs[f].running_on.is_empty()) {
                    skip_inactive = true;
                    found = None;
                }
                if found.is_some() {
                    break;
                }
            } else if places.is_empty()
                && !skip_inactive
                && inactive.is_none()
                && !self.rscs[child].blocked
            {
                inactive = self.named_within(child, base).filter(|i| {
                    let pending = self.rscs[*i].pending_node;
                    pending.is_none_or(|p| p == node)
                });
            }
        }
        if found.is_none() && !skip_inactive {
            found = inactive;
        }
        let n = &self.nodes[node];
        let lost = (!n.online || n.unclean) && !self.is_guest(node);
        let universal = {
            let max = self.rscs[clone].clone.as_ref().map_or(0, |c| c.max);
            usize::try_from(max).is_ok_and(|m| m == self.nodes.len())
        };
        match found {
            Some(f) if self.rscs[f].needs_fencing || !lost || universal => f,
            _ => self.surplus(clone, base),
        }
    }

    /// Where an instance is active or pending.
    fn places(&self, child: RscId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for p in self.primitives(child) {
            let r = &self.rscs[p];
            nodes.extend(r.running_on.iter().copied().chain(r.pending_node));
        }
        nodes
    }

    fn named_within(&self, child: RscId, base: &str) -> Option<RscId> {
        self.primitives(child)
            .into_iter()
            .find(|p| strip(&self.rscs[*p].id) == base)
    }

    fn surplus(&mut self, clone: RscId, base: &str) -> RscId {
        let child = self.clone_child(clone);
        let instance = self.new_instance(clone, child);
        self.rscs[instance].orphan = true;
        for c in self.children(instance) {
            self.rscs[c].orphan = true;
        }
        self.named_within(instance, base).unwrap_or(instance)
    }

    fn clone_child(&self, clone: RscId) -> &'a crate::cib::Resource {
        let id = &self.rscs[clone].id;
        self.cib
            .resources
            .iter()
            .find_map(|r| match r {
                crate::cib::Resource::Clone(c) if c.attrs.id() == &**id => Some(&*c.child),
                _ => None,
            })
            .expect("clones come from the configuration")
    }

    /// A resource that is in a history only.
    fn orphan(&mut self, history: &HistoryResource) -> RscId {
        let mut p = Primitive::default();
        p.attrs.set("id", &history.id);
        p.attrs.set("class", &history.class);
        if let Some(provider) = &history.provider {
            p.attrs.set("provider", provider);
        }
        p.attrs.set("type", &history.kind);
        if let Some(container) = history.extra.get("container") {
            p.meta
                .push(super::setup::nvset(&[("container", container.to_string())]));
        }
        let remote = super::setup::is_remote_agent(&p);
        let rsc = self.unpack_primitive(
            super::Def::Made(alloc::rc::Rc::new(p)),
            &history.id,
            None,
            None,
        );
        self.rscs[rsc].orphan = true;
        self.top.push(rsc);
        if let Some(container) = history.extra.get("container")
            && let Some(&c) = self.rsc_ids.get(container)
        {
            self.rscs[rsc].container = Some(c);
            self.rscs[c].fillers.push(rsc);
        }
        if remote {
            self.orphan_connection(rsc, &history.id);
        }
        if self.config.stop_orphans {
            self.noting(rsc, |_| Cause::Orphan, |c| c.ban_everywhere(rsc));
        } else {
            self.rscs[rsc].managed = false;
        }
        rsc
    }

    fn orphan_connection(&mut self, rsc: RscId, id: &str) {
        self.have_remote_nodes = true;
        let node = self.node_any(Some(id), Some(id));
        let Some(node) = node else {
            return;
        };
        self.rscs[rsc].remote_node = Some(node);
        self.nodes[node].remote_rsc = Some(rsc);
        if self.rscs[rsc].container.is_some() {
            self.nodes[node].shutdown = true;
        }
        self.nodes[node].unseen = true;
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

    fn state_after(&mut self, walk: &Walk<'a>) {
        let (rsc, node) = (walk.rsc, walk.node);
        if self.rscs[rsc].role != Role::Unknown {
            self.note_known(rsc, node);
        }
        let r = &self.rscs[rsc];
        let n = &self.nodes[node];
        if r.role > Role::Stopped && !n.online && !n.maintenance && r.managed {
            self.active_on_lost_node(rsc, node);
        }
        let on_fail = if self.nodes[node].unclean {
            OnFail::Ignore
        } else {
            walk.on_fail
        };
        self.react(rsc, node, on_fail);
        if self.rscs[rsc].failed
            && let Some(remote) = self.rscs[rsc]
                .remote_node
                .filter(|n| self.nodes[*n].unclean)
        {
            self.nodes[remote].unseen = false;
        }
        let active = self.rscs[rsc].role > Role::Stopped;
        if active {
            self.add_running(rsc, node, walk.on_fail != OnFail::Ignore);
            match on_fail {
                OnFail::Ignore => {}
                OnFail::Demote | OnFail::Block => self.rscs[rsc].failed = true,
                _ => {
                    self.rscs[rsc].failed = true;
                    self.rscs[rsc].must_stop = true;
                }
            }
        } else if self.rscs[rsc]
            .history_name
            .as_deref()
            .is_some_and(|n| n.contains(':'))
        {
            self.rscs[rsc].history_name = None;
        } else {
            self.stops_optional(rsc, node);
        }
        let r = &mut self.rscs[rsc];
        if r.role == Role::Stopped
            && r.migrating.is_some_and(|(s, _)| s == node)
            && !r.running_on.is_empty()
        {
            r.role = Role::Started;
        }
    }

    fn note_known(&mut self, rsc: RscId, node: NodeId) {
        let mut at = Some(rsc);
        while let Some(r) = at {
            self.rscs[r].known_on.insert(node);
            at = if self.rscs[r].unique {
                None
            } else {
                self.rscs[r].parent
            };
        }
    }

    fn active_on_lost_node(&mut self, rsc: RscId, node: NodeId) {
        if self.is_guest(node) {
            self.rscs[rsc].failed = true;
            self.rscs[rsc].must_stop = true;
        } else if self.config.stonith {
            if let Some(remote) = self.nodes[node].remote_rsc.filter(|_| self.is_remote(node))
                && !self.rscs[remote].failed
            {
                self.nodes[node].unseen = true;
            }
        } else {
            return;
        }
        let reason = if self.nodes[node].is_remote() && !self.is_guest(node) {
            format!(
                "{} is active there (fencing will be revoked if remote connection can be re-established elsewhere)",
                self.rscs[rsc].id
            )
        } else {
            super::node_state::thought_active(&self.rscs[rsc].id)
        };
        self.fence_node(node, &reason);
    }

    fn react(&mut self, rsc: RscId, node: NodeId, on_fail: OnFail) {
        match on_fail {
            OnFail::Ignore => {}
            OnFail::Demote => {
                self.rscs[rsc].failed = true;
                self.demote_action(rsc, node, false);
            }
            OnFail::Fence => {
                let reason = super::node_state::failed_there(&self.rscs[rsc].id);
                self.fence_node(node, &reason);
            }
            OnFail::Standby => {
                self.nodes[node].standby = true;
                self.nodes[node].standby_onfail = true;
            }
            OnFail::Block => {
                self.rscs[rsc].managed = false;
                self.rscs[rsc].blocked = true;
            }
            OnFail::Migrate => self.add_location_score(rsc, node, -INFINITY),
            OnFail::Stop => self.rscs[rsc].next_role = Role::Stopped,
            OnFail::Restart => {
                if self.rscs[rsc].role > Role::Stopped {
                    self.fail_and_stop(rsc, node);
                }
            }
            OnFail::RestartContainer => {
                self.rscs[rsc].failed = true;
                self.rscs[rsc].must_stop = true;
                match self.rscs[rsc].container {
                    Some(c) if self.is_bundled(rsc) => self.stop_needed.push((c, node)),
                    Some(c) => {
                        self.stop_action(c, node, false);
                    }
                    None => {
                        if self.rscs[rsc].role > Role::Stopped {
                            self.stop_action(rsc, node, false);
                        }
                    }
                }
            }
            OnFail::ResetRemote => self.reset_remote(rsc, node),
        }
    }

    pub(crate) fn is_bundled(&self, rsc: RscId) -> bool {
        self.rscs[self.top_parent(rsc)].kind == Kind::Bundle
    }

    fn fail_and_stop(&mut self, rsc: RscId, node: NodeId) {
        self.rscs[rsc].failed = true;
        self.rscs[rsc].must_stop = true;
        self.stop_action(rsc, node, false);
    }

    fn reset_remote(&mut self, rsc: RscId, node: NodeId) {
        self.rscs[rsc].failed = true;
        self.rscs[rsc].must_stop = true;
        if self.config.stonith
            && let Some(remote) = self.rscs[rsc].remote_node
            && self.is_remote(remote)
            && !self.nodes[remote].remote_was_fenced
        {
            self.fence_node(remote, "remote connection is unrecoverable");
        }
        if self.rscs[rsc].role > Role::Stopped {
            self.stop_action(rsc, node, false);
        }
        if self.reconnect_interval(rsc) != 0 {
            self.rscs[rsc].next_role = Role::Stopped;
        }
    }

    /// Notes that a resource (and what it is within) is active on a node.
    pub(super) fn add_running(&mut self, rsc: RscId, node: NodeId, failed: bool) {
        if self.rscs[rsc].running_on.contains(&node) {
            return;
        }
        self.rscs[rsc].running_on.push(node);
        let primitive = self.rscs[rsc].is_primitive();
        if primitive {
            self.nodes[node].running.push(rsc);
            let promoted = i32::from(self.rscs[rsc].role == Role::Promoted);
            if self.rscs[rsc].priority != 0 && !failed {
                self.nodes[node].priority += self.rscs[rsc].priority + promoted;
            }
            if self.nodes[node].maintenance {
                self.rscs[rsc].managed = false;
            }
        }
        if !self.rscs[rsc].managed {
            self.add_location_score(rsc, node, INFINITY);
            let mut at = self.rscs[rsc].parent;
            // Once for each part: what is active more often is looked at later.
            while let Some(p) = at.filter(|_| self.nodes[node].online) {
                self.rscs[p].running_on.push(node);
                at = self.rscs[p].parent;
            }
            return;
        }
        if primitive && self.multiply_active(rsc) {
            self.recover_multiple(rsc);
        }
        if let Some(parent) = self.rscs[rsc].parent {
            self.add_running(parent, node, false);
        }
    }

    /// Active on more than one node; what is unclean counts only if it would have to be fenced.
    pub(crate) fn multiply_active(&self, rsc: RscId) -> bool {
        let (all, clean) = self.active_counts(rsc);
        if self.rscs[rsc].needs_fencing {
            all > 1
        } else {
            clean > 1
        }
    }

    fn recover_multiple(&mut self, rsc: RscId) {
        match self.rscs[rsc].multiple {
            Multiple::StopOnly => {
                self.noting(rsc, |_| Cause::MultipleActive, |c| c.ban_everywhere(rsc));
            }
            Multiple::Block => {
                let mut set = alloc::vec![rsc];
                if let Some(p) = self.rscs[rsc].parent {
                    let whole = &self.rscs[p];
                    if matches!(whole.kind, Kind::Group | Kind::Bundle)
                        && whole.multiple == Multiple::Block
                    {
                        set.extend(whole.children.iter().copied());
                    }
                }
                for r in set {
                    self.rscs[r].managed = false;
                    self.rscs[r].blocked = true;
                }
            }
            Multiple::StopStart | Multiple::StopUnexpected => {}
        }
    }
}

enum Found {
    Is(RscId),
    /// It names a group or clone today.
    NotPrimitive,
    None,
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

/// A name without the number of an instance.
pub(crate) fn strip(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => id,
    }
}

/// A probe failed for a reason that says that the resource can't be there.
fn masks_probe_failure(entry: &HistoryEntry, code: i32, state: i32) -> bool {
    let probe = &*entry.operation == "monitor" && entry.interval_ms == 0;
    probe
        && (matches!(code, rc::NOT_INSTALLED | rc::INVALID_PARAM) || state == status::NOT_INSTALLED)
}
