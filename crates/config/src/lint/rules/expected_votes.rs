//! `expected_votes` beside a nodelist that says something else.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "expected-votes",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "`expected_votes` that is not the sum of the nodelist's votes",
    explanation: "`expected_votes` replaces the sum of the nodelist. If it is lower, a minority that starts alone is quorate \
        until it has met the others; if it is higher, a majority of the nodes may not be enough.",
    remedy: "remove `expected_votes`: the nodelist says how many votes there are",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let options = config.quorum_options();
        let device = options.device.and_then(|device| device.votes);
        let votes = config.votes() + device.map_or(0, u64::from);
        let expected = u64::from(options.expected_votes);
        // What tracking remembers replaces the key.
        let read = options.expected_votes_tracking == 0 && options.allow_downscale == 0;
        if !config.counts_votes() || !read || expected == 0 || expected == votes {
            continue;
        }
        let needed = expected / 2 + 1;
        found
            .at(
                file,
                config.place("quorum.expected_votes"),
                format!("`expected_votes` is {expected}, the votes of the nodelist are {votes}"),
            )
            .label(format!("a majority of {expected} is {needed}"))
            .also(
                file,
                config.place("nodelist"),
                format!("a majority of {votes} is {}", votes / 2 + 1),
            );
    }
}
