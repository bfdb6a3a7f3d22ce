//! Files that are not the same in some other way.

use std::collections::BTreeSet;

use super::{Check, Cluster, Found, Rule, Severity, sides, timers_differ};

pub(super) const RULE: Rule = Rule {
    name: "config-differs",
    severity: Severity::Info,
    concerns: "corosync 2 and 3",
    summary: "files with any other difference",
    explanation: "Files that are not the same everywhere were edited in one place and forgotten in another; the next difference may be \
        one that matters.",
    remedy: "copy one file to all nodes; corosync 3 needs nothing in it that is a node's own",
    check: Check::Cluster(check),
    fix: None,
};

/// Keys that other rules compare, or that are a node's own.
const ELSEWHERE: &[&str] = &[
    "totem.transport",
    "totem.cluster_name",
    "totem.secauth",
    "totem.crypto_cipher",
    "totem.crypto_hash",
    "totem.interface.0.mcastport",
    "totem.interface.0.bindnetaddr",
];

fn check(cluster: &Cluster, found: &mut Found) {
    let entries = cluster.configs().flat_map(|(_, config)| config.cmap.iter());
    let paths: BTreeSet<&str> = entries
        .map(|(path, _)| path)
        .filter(|path| !elsewhere(path))
        .collect();
    for path in paths {
        sides::differ(
            cluster,
            found,
            &format!("`{path}`"),
            sides::written(cluster, path),
        );
    }
}

fn elsewhere(path: &str) -> bool {
    let rule = path.starts_with("quorum.") || path.starts_with("nodelist.node.");
    rule || timers_differ::compares(path) || ELSEWHERE.contains(&path)
}
