//! A node that has one id here and another there.

use std::collections::BTreeSet;

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "nodeid-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3: daemons crash or abort",
    summary: "one address with different ids in different files",
    explanation: "A node takes its id from its own file. Two that carry the same id cannot be told apart in the ring: corosync 2 \
        crashes on all nodes, corosync 3 loses one of them or aborts.",
    remedy: "copy one file to all nodes, then restart corosync on each",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let addresses: BTreeSet<&str> = cluster
        .addressed()
        .filter(|entry| entry.link == 0)
        .map(|entry| entry.text)
        .collect();
    for address in addresses {
        let ids = sides::ask(cluster, |config| {
            let node = config
                .nodes
                .iter()
                .find(|node| node.ring0_addr() == Some(address))?;
            Some((config.place(&node.path("nodeid")), node.id?.to_string()))
        });
        sides::differ(cluster, found, &format!("the id of {address}"), ids);
    }
}
