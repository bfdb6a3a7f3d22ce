//! An even sum of votes, and nothing that decides a tie.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "even-votes",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "an even sum of votes without a tie breaker",
    explanation: "A cut into two halves leaves neither with a majority: the whole cluster stops although every node is \
        well.",
    remedy: "set `auto_tie_breaker: 1`, add a quorum device or a node; two nodes can use `two_node: 1` with fencing",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let options = config.quorum_options();
        let votes = config.votes();
        // Any other cluster with `two_node` has a finding of its own.
        let decided =
            options.auto_tie_breaker != 0 || options.device.is_some() || options.two_node != 0;
        if config.counts_votes() && votes > 0 && votes % 2 == 0 && !decided {
            let half = votes / 2;
            found
                .at(
                    file,
                    config.place("nodelist"),
                    format!("{votes} votes and no tie breaker: two halves of {half} both stop"),
                )
                .label(format!("a majority of {votes} is {}", half + 1))
                .also(file, config.place("quorum"), "nothing here decides a tie");
        }
    }
}
