//! A consensus timeout below what agreeing needs.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "consensus-short",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3, which accept it",
    summary: "`consensus` below 1.2 times the token timeout",
    explanation: "The nodes notice a lost token at different times, up to a retransmission apart. One that gives up on the \
        others before they have begun to look for a ring forms one without them, and the halves have to merge again.",
    remedy: "remove `consensus`: its default is 1.2 times the effective token timeout",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let timing = &config.totem.timing;
        let (token, consensus) = (timing.token.as_millis(), timing.consensus.as_millis());
        let needed = token * 6 / 5;
        if consensus < needed {
            found
                .at(
                    file,
                    config.place("totem.consensus"),
                    format!(
                        "`consensus` is {consensus} ms, 1.2 times the token timeout is {needed} ms"
                    ),
                )
                .label(format!(
                    "the token timeout is {token} ms with {} nodes",
                    config.nodes.len()
                ));
        }
    }
}
