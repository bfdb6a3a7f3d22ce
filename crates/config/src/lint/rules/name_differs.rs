//! A node that has one name here and another there.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "name-differs",
    severity: Severity::Warning,
    concerns: "corosync 3, and resource managers that know nodes by name",
    summary: "one address with different node names in different files",
    explanation: "A node looks for itself by its host name first, and Pacemaker knows nodes by these names: with two names a node \
        may take itself for another, or appear twice.",
    remedy: "copy one file to all nodes; a node's `name` is best the name of its host (`uname -n`)",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let names = sides::by_node(cluster, |config, node| {
        let name = node.name.as_deref().unwrap_or("none");
        Some((
            node.ring0_addr()?,
            config.place(&node.path("name")),
            name.to_owned(),
        ))
    });
    for (address, names) in names {
        sides::differ(cluster, found, &format!("the name of {address}"), names);
    }
}
