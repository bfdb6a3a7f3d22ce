//! Nodes that count votes in different ways.

use std::collections::BTreeSet;

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "quorum-differs",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "files with different quorum options or votes",
    explanation: "Each node counts by its own file until it has met the others: of the two sides of a split, both may think that \
        they have the majority, or neither.",
    remedy: "write the same into the file of every node, then restart corosync: a running daemon keeps what it has read",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let configs = || cluster.configs().map(|(_, config)| config);
    let paths: BTreeSet<&str> = configs()
        .flat_map(|config| config.cmap.iter().map(|(path, _)| path))
        .filter(|path| path.starts_with("quorum."))
        .collect();
    for path in paths {
        let key = path.trim_start_matches("quorum.");
        sides::differ(
            cluster,
            found,
            &format!("`{key}`"),
            sides::written(cluster, path),
        );
    }
    let votes = sides::by_node(cluster, |config, node| {
        let place = config.place(&node.path("quorum_votes"));
        Some((node.ring0_addr()?, place, node.votes.to_string()))
    });
    for (address, votes) in votes {
        sides::differ(
            cluster,
            found,
            &format!("`quorum_votes` of {address}"),
            votes,
        );
    }
}
