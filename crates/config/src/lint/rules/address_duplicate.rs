//! Two nodes with one address.

use std::collections::BTreeMap;

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-duplicate",
    severity: Severity::Error,
    concerns: "corosync 2 and 3, which do not notice",
    summary: "one address for two nodes",
    explanation: "Both entries lead to the same machine: the other is never asked, and if it runs it is a node that nobody \
        lists.",
    remedy: "give each node the address that it alone has",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for entry in cluster.addressed() {
        for address in cluster
            .addresses(entry.text)
            .into_iter()
            .filter(|a| !a.is_loopback())
        {
            let first = *seen.entry((entry.file, address)).or_insert(entry);
            if first.node.position != entry.node.position {
                let (one, two) = (first.node.label(), entry.node.label());
                let message = if one == two {
                    format!("{address} is listed twice")
                } else {
                    format!("{one} and {two} have the same address {address}")
                };
                found.at(entry.file, entry.span, message).also(
                    first.file,
                    first.span,
                    "first here",
                );
            }
        }
    }
}
