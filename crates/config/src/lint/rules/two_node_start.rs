//! `two_node` without `wait_for_all`.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "two-node-start",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "`two_node` with `wait_for_all: 0`",
    explanation: "Two nodes that start without seeing each other are both quorate at once: `wait_for_all`, which `two_node` \
        implies, would have kept both from acting until they have met.",
    remedy: "remove `wait_for_all: 0`: `two_node` then implies `wait_for_all: 1`",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let options = config.quorum_options();
        if config.counts_votes() && config.has_two_node() && options.wait_for_all == Some(0) {
            found
                .at(
                    file,
                    config.place("quorum.wait_for_all"),
                    "`two_node` without `wait_for_all`: two nodes that start apart are both quorate",
                )
                .label("a node that starts alone does not wait")
                .also(file, config.place("quorum.two_node"), "one vote is enough");
        }
    }
}
