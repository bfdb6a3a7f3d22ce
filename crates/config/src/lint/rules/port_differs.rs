//! Nodes that listen on different ports.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "port-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "files with different ports",
    explanation: "A node sends to its own port on every other node. One with another port hears nobody and is heard by nobody: it \
        forms a group of its own, always.",
    remedy: "write the same into the file of every node, then restart corosync: a running daemon keeps what it has read",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let ports = sides::ask(cluster, |config| {
        let port = config.totem.interface.mcastport;
        Some((
            config.place("totem.interface.0.mcastport"),
            port.to_string(),
        ))
    });
    sides::differ(cluster, found, "`mcastport`", ports);
}
