//! `two_node` with other than two nodes.

use super::{Check, Cluster, Fix, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "two-node",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "`two_node` in a cluster that does not have exactly two nodes",
    explanation: "With `two_node`, one vote is enough for every part of the cluster that has at most two members, however \
        many nodes are listed; corosync neither warns nor switches it off. A cut between three nodes leaves both sides \
        quorate, and both start the floating address. Before all nodes have met once it does the opposite: it implies \
        `wait_for_all`, and a healthy majority is not quorate.",
    remedy: "remove `two_node` from the file of every node and restart corosync; `--fix` removes it",
    check: Check::Cluster(check),
    fix: Some(Fix::RemoveKey),
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let nodes = config.nodes.len();
        if !config.has_two_node() || nodes == 2 || !config.counts_votes() {
            continue;
        }
        let (message, label) = if nodes == 1 {
            (
                "`two_node` with a single node".to_owned(),
                "for exactly two nodes only",
            )
        } else {
            (
                format!("`two_node` with {nodes} nodes: any one or two of them are quorate"),
                "one vote is enough for every part of at most two nodes",
            )
        };
        found
            .at(file, config.place("quorum.two_node"), message)
            .label(label)
            .also(
                file,
                config.place("nodelist"),
                format!(
                    "{nodes} node{} listed here",
                    if nodes == 1 { "" } else { "s" }
                ),
            );
    }
}
