//! The transport that is not the default any more.

use super::{Check, Cluster, Found, Rule, Severity, Version};
use crate::Transport;

pub(super) const RULE: Rule = Rule {
    name: "udpu",
    severity: Severity::Info,
    concerns: "corosync 3",
    summary: "`transport: udpu` or `udp` instead of corosync 3's default",
    explanation: "corosync 3 builds on knet: several links a node, encryption, path MTU discovery. udpu and udp remain with one \
        link and plain traffic. One broken cable or switch port splits such a cluster.",
    remedy: "with corosync 3 on all nodes: `transport: knet` with a second link (`ring1_addr`), or bonded interfaces",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    if cluster
        .version()
        .is_some_and(|version| version < Version::KNET)
    {
        return;
    }
    for (file, config) in cluster.configs() {
        if let Some(transport @ (Transport::Udpu | Transport::Udp)) = config.known_transport() {
            found.at(
                file,
                config.place("totem.transport"),
                format!("`transport: {transport}` has a single link and no encryption"),
            );
        }
    }
}
