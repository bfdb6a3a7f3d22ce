//! No votequorum.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "no-quorum",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "several nodes without `provider: corosync_votequorum`",
    explanation: "Without a provider every node is always quorate, and no key of the section `quorum` has an effect: every \
        part of a split cluster goes on as if it were the whole.",
    remedy: "write `quorum { provider: corosync_votequorum }`, each on lines of its own, in the file of every node",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let nodes = config.nodes.len();
        if nodes > 1 && config.cmap.get("quorum.provider").is_none() {
            let section = config.cmap.section("quorum");
            found.at(
                file,
                section.unwrap_or_else(|| config.place("nodelist")),
                format!("no quorum provider: each of the {nodes} nodes is quorate, also alone"),
            );
        }
    }
}
