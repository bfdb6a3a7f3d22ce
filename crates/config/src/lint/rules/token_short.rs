//! A token timeout that an ordinary pause outlasts.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "token-short",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3",
    summary: "a token timeout below 3 s",
    explanation: "Everything that stops a node for longer than the token timeout costs a new ring, and beyond 2.2 times of it \
        the other nodes go on without it: a snapshot or migration of a virtual machine, an overloaded host, a slow disk \
        below the logs. corosync 2's default of 1 s was too short for many; corosync 3's is 3 s and 650 ms more for each \
        node beyond two.",
    remedy: "remove `token` to have corosync 3's default, or write at least `token: 3000`, the same on every node",
    check: Check::Cluster(check),
    fix: None,
};

/// corosync 3's default for two nodes.
const TOKEN_MIN_MS: u128 = 3000;

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let written = config
            .totem
            .timing_keys
            .token
            .is_some_and(|token| token != 0);
        let token = match cluster.version() {
            Some(version) if !written => version.token_default_ms(config.nodes.len()).into(),
            _ => config.totem.timing.token.as_millis(),
        };
        if token < TOKEN_MIN_MS {
            let nodes = config.nodes.len();
            found
                .at(
                    file,
                    config.place("totem.token"),
                    format!("a pause of {token} ms makes the others look for a new ring"),
                )
                .label(format!("{token} ms with {nodes} nodes"));
        }
    }
}
