//! Nodes that send in different ways.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "transport-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "files with different transports",
    explanation: "Transports do not understand each other: the nodes of each form a group of their own.",
    remedy: "write the same into the file of every node, then restart corosync: a running daemon keeps what it has read",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let transports = sides::ask(cluster, |config| {
        let transport = config.known_transport()?;
        Some((config.place("totem.transport"), transport.to_string()))
    });
    sides::differ(cluster, found, "`transport`", transports);
}
