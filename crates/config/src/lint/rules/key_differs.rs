//! Nodes with different keys.

use super::{Check, Cluster, Found, Rule, Severity, Version, sides};

pub(super) const RULE: Rule = Rule {
    name: "key-differs",
    severity: Severity::Error,
    concerns: "corosync 2 unless encryption is switched off, corosync 3 with encryption",
    summary: "different `authkey` files beside the files of the nodes",
    explanation: "A node whose key is another one drops all that it hears and is not heard: it stays alone, and every log counts \
        packets with an invalid digest. It happens when each node makes its own key, or one is made anew.",
    remedy: "copy one key file to all nodes (mode 0400), then restart corosync everywhere",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let keys = cluster.configs().filter_map(|(file, config)| {
        let unused = cluster
            .version()
            .is_some_and(|version| version >= Version::KNET);
        if unused && config.totem.crypto.is_none() {
            return None;
        }
        let sum = cluster.key(file)?;
        Some(sides::Side {
            file,
            span: config.place("totem.transport"),
            value: format!("sum {:08x}", sum >> 32),
        })
    });
    sides::differ(cluster, found, "the key", keys.collect());
}
