//! Nodes that call their cluster by different names.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "cluster-name-differs",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3; with udp each name is a group of its own",
    summary: "files with different cluster names",
    explanation: "With udp the name decides the multicast group, so that such nodes never meet. With udpu and knet they do meet, and \
        tools that go by the name take them for two clusters.",
    remedy: "write the same into the file of every node, then restart corosync: a running daemon keeps what it has read",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let names = sides::written(cluster, "totem.cluster_name");
    sides::differ(cluster, found, "`cluster_name`", names);
}
