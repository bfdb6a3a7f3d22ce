//! Digests of parameters: whether an operation was run with today's configuration.

use alloc::format;
use alloc::string::String;

use super::cluster::Cluster;
use crate::arena::{ActionId, NodeId, RscId};
use crate::cib::HistoryEntry;
use crate::cib::value::parse_ms;
use crate::rule::{Values, versions};
use crate::xml::Text;

/// How today's parameters compare with those of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The same, or nothing to compare with is needed.
    Same,
    /// Nothing was recorded.
    Unknown,
    /// A change that the agent can take while running.
    Reload,
    /// A change that needs a restart.
    Restart,
}

impl Cluster<'_> {
    /// Compares the parameters of an operation with the recorded digests.
    pub(crate) fn params_change(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        task: &str,
        interval: u32,
    ) -> Change {
        let change = self.digests_change(rsc, node, entry, task, interval);
        if change != Change::Same && self.only_private_changed(rsc, node, entry, task, interval) {
            return Change::Same;
        }
        change
    }

    fn digests_change(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        task: &str,
        interval: u32,
    ) -> Change {
        if entry.digest.is_none() && entry.restart_digest().is_none() {
            return Change::Unknown;
        }
        let (params, own) = self.operation_params(rsc, node, task, interval);
        if let Some(restart) = entry.restart_digest() {
            let subset = match entry.force_restart() {
                Some(names) => only(&params, |name| listed(names, name)),
                None => params.clone(),
            };
            if digest(&subset) != restart {
                return Change::Restart;
            }
        }
        if entry.digest.as_deref() == Some(&digest(&params)) {
            Change::Same
        } else if interval == 0 && entry.restart_digest().is_some() && !own {
            Change::Reload
        } else {
            Change::Restart
        }
    }

    /// Whether all but what is secret is as it was. Who looks at a file may see secrets masked, so these alone count for nothing.
    fn only_private_changed(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
        task: &str,
        interval: u32,
    ) -> bool {
        let Some(recorded) = entry.extra.get("op-secure-digest") else {
            return false;
        };
        let old = entry
            .feature_set
            .as_deref()
            .is_none_or(|v| versions(v, "3.16.0").is_lt());
        let mut params = if old {
            self.params(rsc, Some(node))
        } else {
            self.operation_params(rsc, node, task, interval).0
        };
        params.remove("CRM_meta_timeout");
        let secret = entry.extra.get("op-secure-params").unwrap_or("");
        let filtered = old && self.rscs[rsc].fence_device;
        let public = only(&params, |name| {
            !(listed(secret, name) || filtered && fencer_param(name))
        });
        digest(&public) == recorded
    }

    /// Whether an entry's failure came about with other parameters.
    pub(super) fn params_changed_since(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
    ) -> bool {
        if self.awaits_host(rsc).is_some() {
            return false;
        }
        let task = if &*entry.operation == "monitor" && entry.interval_ms == 0 {
            "start"
        } else {
            &*entry.operation
        };
        matches!(
            self.digests_change(rsc, node, entry, task, entry.interval_ms),
            Change::Restart | Change::Reload
        )
    }

    /// The digest that is recorded when an action is carried out.
    pub(crate) fn kept_digest(&self, id: ActionId) -> Option<Text> {
        let a = &self.actions[id];
        let (rsc, node) = (a.rsc?, a.node?);
        let is_once = a.interval_ms == 0;
        let task = match &*a.task {
            "start" | "monitor" | "promote" | "migrate_from" | "reload-agent" if is_once => "start",
            "monitor" => "monitor",
            _ => return None,
        };
        if a.pseudo || !self.rscs[rsc].is_primitive() {
            return None;
        }
        let (params, _) = self.operation_params(rsc, node, task, a.interval_ms);
        Some(Text::from(digest(&params)))
    }

    /// The container of a connection whose address is that of the container's host.
    pub(crate) fn awaits_host(&self, rsc: RscId) -> Option<RscId> {
        let r = &self.rscs[rsc];
        r.remote_node?;
        let container = r.container?;
        let params = self.params(rsc, None);
        let named = params.get("addr").is_some_and(|a| &**a == "#uname");
        named.then_some(container)
    }

    /// What the agent is given for an operation, and whether some of it is for this operation only.
    pub(crate) fn operation_params(
        &self,
        rsc: RscId,
        node: NodeId,
        task: &str,
        interval: u32,
    ) -> (Values, bool) {
        let mut values = self.params(rsc, Some(node));
        let mut extra = false;
        let spec = self.find_operation(rsc, task, interval);
        if let (Some(spec), Some(def)) = (&spec, self.rscs[rsc].def.as_deref()) {
            let asked = crate::rule::Asked {
                now: self.now,
                ..crate::rule::Asked::default()
            };
            let mut own = Values::new();
            asked.merge(&mut own, &def.operations[spec.index].params, None);
            extra = !own.is_empty();
            for (name, value) in own {
                values.entry(name).or_insert(value);
            }
        }
        if interval != 0 {
            let meta = self.operation_meta(rsc, spec.map(|s| s.index), task, interval);
            let ms = meta
                .get("timeout")
                .and_then(|t| parse_ms(t))
                .unwrap_or(20_000);
            values.insert("CRM_meta_timeout".into(), format!("{ms}").into());
        }
        // The address of a bundle's node is filled in by whoever executes: its host.
        if let Some(container) = self.awaits_host(rsc) {
            let c = &self.rscs[container];
            if let Some(host) = c.assigned.or_else(|| self.current_node(container)) {
                values.insert("addr".into(), self.nodes[host].uname.clone());
            }
        }
        (values, extra)
    }
}

fn only(params: &Values, keep: impl Fn(&str) -> bool) -> Values {
    params
        .iter()
        .filter(|(name, _)| keep(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Whether a name is in a list whose names have a blank on both sides.
fn listed(list: &str, name: &str) -> bool {
    list.contains(&format!(" {name} "))
}

/// Parameters that the fencer takes itself and that no agent declares.
fn fencer_param(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("pcmk_") else {
        return matches!(name, "provides" | "stonith-timeout");
    };
    let of_action = rest
        .rsplit_once('_')
        .is_some_and(|(_, kind)| matches!(kind, "action" | "timeout" | "retries"));
    of_action
        || matches!(
            rest,
            "host_argument"
                | "host_check"
                | "host_list"
                | "host_map"
                | "action_limit"
                | "delay_base"
                | "delay_max"
        )
}

/// MD5 of the parameters as an element, in hexadecimal.
pub(crate) fn digest(params: &Values) -> String {
    let mut text = String::from(" <parameters");
    for (name, value) in params {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        escape(&mut text, value);
        text.push('"');
    }
    text.push_str("/>\n");
    format!("{:x}", md5::compute(text.as_bytes()))
}

fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_no_parameters_is_the_recorded_one() {
        assert_eq!(digest(&Values::new()), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
    }
}
