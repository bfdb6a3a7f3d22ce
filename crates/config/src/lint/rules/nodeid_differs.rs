//! A node that has one id here and another there.

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
    let ids = sides::by_node(cluster, |config, node| {
        let place = config.place(&node.path("nodeid"));
        Some((node.ring0_addr()?, place, node.id?.to_string()))
    });
    for (address, ids) in ids {
        sides::differ(cluster, found, &format!("the id of {address}"), ids);
    }
}
