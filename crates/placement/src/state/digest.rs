//! Digests of parameters: whether an operation was run with today's configuration.

use alloc::format;
use alloc::string::String;

use super::cluster::Cluster;
use crate::arena::{NodeId, RscId};
use crate::cib::HistoryEntry;
use crate::cib::value::parse_ms;
use crate::rule::Values;

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
        let Some(recorded) = entry.digest.as_deref() else {
            return Change::Unknown;
        };
        let params = self.operation_params(rsc, node, task, interval);
        if let Some(restart) = entry.restart_digest.as_deref() {
            let names = entry.force_restart.as_deref().unwrap_or("");
            let subset: Values = params
                .iter()
                .filter(|(k, _)| names.split_whitespace().any(|n| *n == ***k))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            if digest(&subset) != restart {
                return Change::Restart;
            }
            if digest(&params) != recorded {
                return if interval == 0 {
                    Change::Reload
                } else {
                    Change::Restart
                };
            }
            return Change::Same;
        }
        if digest(&params) == recorded {
            Change::Same
        } else {
            Change::Restart
        }
    }

    /// Whether an entry's failure came about with other parameters.
    pub(super) fn params_changed_since(
        &self,
        rsc: RscId,
        node: NodeId,
        entry: &HistoryEntry,
    ) -> bool {
        let task = if &*entry.operation == "monitor" && entry.interval_ms == 0 {
            "start"
        } else {
            &*entry.operation
        };
        matches!(
            self.params_change(rsc, node, entry, task, entry.interval_ms),
            Change::Restart | Change::Reload
        )
    }

    /// What the agent is given for an operation.
    pub(crate) fn operation_params(
        &self,
        rsc: RscId,
        node: NodeId,
        task: &str,
        interval: u32,
    ) -> Values {
        let mut values = self.params(rsc, Some(node));
        let spec = self.find_operation(rsc, task, interval);
        if let (Some(spec), Some(def)) = (&spec, self.rscs[rsc].def.as_deref()) {
            let asked = crate::rule::Asked {
                now: self.now,
                ..crate::rule::Asked::default()
            };
            let mut own = Values::new();
            asked.merge(&mut own, &def.operations[spec.index].params, None);
            values.extend(own);
        }
        if interval != 0 {
            let meta = self.operation_meta(rsc, spec.map(|s| s.index), task, interval);
            let ms = meta
                .get("timeout")
                .and_then(|t| parse_ms(t))
                .unwrap_or(20_000);
            values.insert("CRM_meta_timeout".into(), format!("{ms}").into());
        }
        if self.rscs[rsc].remote_node.is_some() && self.rscs[rsc].container.is_some() {
            // The address of a bundle's node is filled in by whoever executes.
            if values.get("addr").is_some_and(|a| &**a == "#uname") {
                values.insert("addr".into(), self.nodes[node].uname.clone());
            }
        }
        values
    }
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
