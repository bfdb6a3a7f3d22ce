//! Nodes that wait for different times.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "timers-differ",
    severity: Severity::Warning,
    concerns: "corosync 2 and 3, which accept it",
    summary: "files with different timers or ring constants",
    explanation: "The most impatient node decides: it declares the token lost while the others still wait, and the cluster has the \
        short timeout that nobody expects.",
    remedy: "write the same into the file of every node, then restart corosync: a running daemon keeps what it has read",
    check: Check::Cluster(check),
    fix: None,
};

/// A default that follows from the token timeout.
const FOLLOWS: &str = "what follows from the token";

/// The section's timers and constants of the ring, and what they are when nothing is written. Source:
/// corosync.conf(5).
const KEYS: &[(&str, &str)] = &[
    ("token", "3000"),
    ("token_coefficient", "650"),
    ("token_retransmit", FOLLOWS),
    ("token_retransmits_before_loss_const", "4"),
    ("token_warning", "75"),
    ("hold", FOLLOWS),
    ("join", "50"),
    ("send_join", "0"),
    ("consensus", FOLLOWS),
    ("merge", "200"),
    ("downcheck", "1000"),
    ("fail_recv_const", "2500"),
    ("seqno_unchanged_const", "30"),
    ("heartbeat_failures_allowed", "0"),
    ("max_network_delay", "50"),
    ("window_size", "50"),
    ("max_messages", "17"),
    ("miss_count_const", "5"),
    ("cancel_token_hold_on_retransmit", "no"),
    ("detect_refused", "yes"),
    ("detect_unplugged", "yes"),
    ("detect_silence", FOLLOWS),
    ("detect_patience", "300"),
    ("detect_pulse", "100"),
];

/// Whether a path is one of these keys.
pub(super) fn compares(path: &str) -> bool {
    let key = path.strip_prefix("totem.");
    key.is_some_and(|key| KEYS.iter().any(|(known, _)| *known == key))
}

fn check(cluster: &Cluster, found: &mut Found) {
    for (key, default) in KEYS {
        let path = format!("totem.{key}");
        let zero_counts =
            matches!(*key, "token_coefficient" | "token_warning") || key.starts_with("detect_");
        let timers = sides::ask(cluster, |config| {
            let value = config.cmap.get(&path).map(|entry| entry.value.to_string());
            let value = value.filter(|value| zero_counts || value != "0");
            Some((
                config.place(&path),
                value.unwrap_or_else(|| (*default).into()),
            ))
        });
        sides::differ(cluster, found, &format!("`{key}`"), timers);
    }
}
