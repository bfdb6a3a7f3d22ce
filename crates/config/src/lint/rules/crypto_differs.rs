//! Nodes that encrypt in different ways.

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "crypto-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "files with different encryption",
    explanation: "What a node cannot decrypt or check it drops: it counts bad digests and stays alone. corosync 2 may crash on it.",
    remedy: "write the same `crypto_cipher` and `crypto_hash` into the file of every node, give all the same key, then restart corosync",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let crypto = sides::ask(cluster, |config| {
        let value = match &config.totem.crypto {
            Some(crypto) => format!("{} with {}", crypto.cipher, crypto.hash),
            None => "none".into(),
        };
        let keys = ["totem.crypto_cipher", "totem.crypto_hash", "totem.secauth"];
        let key = keys.iter().find(|key| config.cmap.get(key).is_some());
        Some((config.place(key.unwrap_or(&keys[0])), value))
    });
    sides::differ(cluster, found, "the encryption", crypto);
}
