//! Fail counts, their expiry, and the ban that a threshold makes.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::cluster::Cluster;
use super::history::{Outcome, Walk};
use super::named::strip;
use super::result::rc;
use crate::arena::{NodeId, RscId};
use crate::cib::HistoryEntry;
use crate::cib::value::{leading_integer, parse_score};
use crate::reason::Cause;
use crate::rule::Values;
use crate::score::{self, INFINITY, Score};

impl<'a> Cluster<'a> {
    /// The name that fail counts of a resource go by.
    fn fail_name(&self, rsc: RscId) -> String {
        let r = &self.rscs[rsc];
        let name = r.history();
        if r.unique {
            name.to_string()
        } else {
            strip(name).to_string()
        }
    }

    /// Count and time of the last failure; with `effective`, what has expired does not count.
    pub(crate) fn fail_count(&self, rsc: RscId, node: NodeId, effective: bool) -> (Score, i64) {
        let attrs = &self.nodes[node].attrs;
        let name = self.fail_name(rsc);
        let (mut count, mut last): (Score, i64) = (0, 0);
        for (key, value) in attrs.range::<str, _>((
            core::ops::Bound::Included("fail-count-"),
            core::ops::Bound::Excluded("fail-count."),
        )) {
            if self.names_resource(rsc, key, "fail-count-", &name) {
                count = score::add(count, parse_score(value));
            }
        }
        for (key, value) in attrs.range::<str, _>((
            core::ops::Bound::Included("last-failure-"),
            core::ops::Bound::Excluded("last-failure."),
        )) {
            if self.names_resource(rsc, key, "last-failure-", &name) {
                last = last.max(leading_integer(value));
            }
        }
        if effective && count > 0 {
            let timeout = self.rscs[rsc].failure_timeout;
            if timeout > 0
                && !self.blocks_expiry(rsc, node)
                && last > 0
                && self.now > last.saturating_add(timeout)
            {
                count = 0;
            }
        }
        if self.rscs[rsc]
            .fillers
            .iter()
            .any(|f| !self.rscs[*f].fillers.contains(&rsc))
        {
            for f in &self.rscs[rsc].fillers {
                let r = &self.rscs[*f];
                // Bundle children and nested containers count with their container.
                if r.parent == Some(rsc) {
                    continue;
                }
                let (more, at) = self.fail_count(*f, node, effective);
                count = score::add(count, more);
                last = last.max(at);
            }
        }
        (count, last)
    }

    /// `PREFIX` NAME [`:N`] [`#op_interval`].
    fn names_resource(&self, rsc: RscId, key: &str, prefix: &str, name: &str) -> bool {
        let Some(rest) = key.strip_prefix(prefix).and_then(|k| k.strip_prefix(name)) else {
            return false;
        };
        let rest = if self.rscs[rsc].unique {
            rest
        } else {
            match rest.strip_prefix(':') {
                Some(r) => r.trim_start_matches(|c: char| c.is_ascii_digit()),
                None => rest,
            }
        };
        rest.is_empty() || rest.starts_with('#') && rest.contains('_')
    }

    /// A failure of an operation with on-fail=block never expires.
    fn blocks_expiry(&self, rsc: RscId, node: NodeId) -> bool {
        let specs: Vec<_> = self.operations(rsc).collect();
        let blocking: Vec<_> = specs
            .iter()
            .filter(|o| {
                let meta = self.operation_meta(rsc, Some(o.index), &o.name, o.interval_ms);
                meta.get("on-fail")
                    .is_some_and(|v| v.eq_ignore_ascii_case("block"))
            })
            .collect();
        if blocking.is_empty() {
            return false;
        }
        self.failed_entries(rsc, node).any(|e| {
            blocking
                .iter()
                .any(|o| *o.name == *e.operation && o.interval_ms == e.interval_ms)
        })
    }

    fn failed_entries(&self, rsc: RscId, node: NodeId) -> impl Iterator<Item = &'a HistoryEntry> {
        let (id, name) = (
            self.rscs[rsc].id.clone(),
            self.rscs[rsc].history().to_string(),
        );
        let n = &self.nodes[node];
        let (node_id, uname) = (n.id.clone(), n.uname.clone());
        self.cib
            .status
            .nodes
            .iter()
            .filter(move |s| s.attrs.id() == &*node_id || s.attrs.get("uname") == Some(&*uname))
            .flat_map(|s| &s.history)
            .filter(move |h| *h.id == *id || *h.id == *name)
            .flat_map(|h| &h.ops)
            .filter(|e| e.id.ends_with("_last_failure_0"))
    }

    /// Whether an entry's failure is too old to count. Schedules that its fail count is cleared.
    pub(super) fn expired(
        &mut self,
        walk: &Walk<'a>,
        entry: &HistoryEntry,
        op: &Outcome<'_>,
    ) -> bool {
        let (rsc, node) = (walk.rsc, walk.node);
        let timeout = self.rscs[rsc].failure_timeout;
        let harmless_probe = op.is_probe()
            && matches!(
                entry.rc,
                rc::OK
                    | rc::NOT_RUNNING
                    | rc::RUNNING_PROMOTED
                    | rc::DEGRADED
                    | rc::DEGRADED_PROMOTED
            );
        let mut expired = false;
        let mut clear = false;
        let changed = entry.last_rc_change.unwrap_or(0);
        if timeout > 0 && changed > 0 && !self.blocks_expiry(rsc, node) {
            let (unexpired, _) = self.fail_count(rsc, node, true);
            let (any, _) = self.fail_count(rsc, node, false);
            if unexpired == 0 && self.now >= changed.saturating_add(timeout) {
                expired = true;
                clear = any != 0;
            }
        }
        if expired && harmless_probe {
            expired = false;
        }
        if entry.id.ends_with("_last_failure_0") && matches!(&*entry.operation, "start" | "monitor")
        {
            clear |= !expired && self.params_changed_since(rsc, node, entry);
        }
        if clear {
            self.clear_fail_count(rsc, node);
        }
        expired
    }

    /// The resource (for an anonymous clone the clone) that is banned from a node for its failures.
    pub(crate) fn over_threshold(&self, rsc: RscId, node: NodeId) -> Option<RscId> {
        let r = &self.rscs[rsc];
        if r.migration_threshold == 0 || r.failure_ignored {
            return None;
        }
        let attrs = &self.nodes[node].attrs;
        let any = attrs
            .range::<str, _>((
                core::ops::Bound::Included("fail-count-"),
                core::ops::Bound::Excluded("fail-count."),
            ))
            .next()
            .is_some();
        if !any {
            return None;
        }
        let (count, _) = self.fail_count(rsc, node, true);
        if count <= 0 || self.clearing_planned(rsc, node) {
            return None;
        }
        let target = if r.unique { rsc } else { self.uber_parent(rsc) };
        (count >= r.migration_threshold).then_some(target)
    }

    /// Bans nodes where a resource failed too often.
    pub(crate) fn ban_over_threshold(&mut self) {
        for node in self.node_order.clone() {
            let has = self.nodes[node]
                .attrs
                .keys()
                .any(|k| k.starts_with("fail-count-"));
            if !has {
                continue;
            }
            for top in self.top.clone() {
                for rsc in self.primitives(top) {
                    if let Some(banned) = self.over_threshold(rsc, node) {
                        let cause = |c: &Self| Cause::MigrationThreshold {
                            failures: c.fail_count(rsc, node, true).0,
                            threshold: c.rscs[rsc].migration_threshold,
                        };
                        self.noting(banned, cause, |c| {
                            c.add_location_score(banned, node, -INFINITY);
                        });
                    }
                }
            }
        }
    }

    /// Parameters of an agent for a node, rules evaluated there.
    pub(crate) fn params(&self, rsc: RscId, node: Option<NodeId>) -> Values {
        let mut values = Values::new();
        let r = &self.rscs[rsc];
        let asked = crate::rule::Asked {
            now: self.now,
            node: node.map(|n| &self.nodes[n].attrs),
            agent: Some((&r.class, r.provider.as_deref(), &r.agent)),
            ..crate::rule::Asked::default()
        };
        if let Some(def) = r.def.as_deref() {
            asked.merge(&mut values, &def.params, None);
        }
        let mut at = r.parent;
        while let Some(p) = at {
            asked.merge(&mut values, self.parent_params(p), None);
            at = self.rscs[p].parent;
        }
        values
    }

    fn parent_params(&self, parent: RscId) -> &'a [crate::cib::NvSet] {
        let id = strip(&self.rscs[parent].id);
        self.cib
            .resources
            .iter()
            .find_map(|r| match r {
                crate::cib::Resource::Group(g) if g.attrs.id() == id => Some(&*g.params),
                crate::cib::Resource::Clone(c) if c.attrs.id() == id => Some(&*c.params),
                crate::cib::Resource::Clone(c) => match &*c.child {
                    crate::cib::Resource::Group(g) if g.attrs.id() == id => Some(&*g.params),
                    _ => None,
                },
                _ => None,
            })
            .unwrap_or(&[])
    }
}
