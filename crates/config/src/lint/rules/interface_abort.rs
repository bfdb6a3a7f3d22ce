//! The version that ends when its interface goes away.

use super::{Check, Cluster, Found, Rule, Severity, Version};
use crate::Transport;

pub(super) const RULE: Rule = Rule {
    name: "interface-abort",
    severity: Severity::Error,
    concerns: "corosync 2 before 2.4.5 with udpu, given by --corosync",
    summary: "a corosync that ends when its interface is reconfigured (with --corosync)",
    explanation: "A node whose interface loses its address listens on 127.0.0.1 instead, deaf to all and to itself, while its \
        tools show its last view. If the address stays away for two looks, which it takes once a second, the daemon aborts. \
        Vagrant takes the interface down and up at every `up`, and it hits the node that starts first.",
    remedy: "corosync 2.4.5 or later; otherwise start corosync after the network is set up for good, not at boot, and let \
        the service manager restart it (`Restart=on-failure`)",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let Some(version) = cluster
        .version()
        .filter(|version| *version < Version::LOCAL_LOOP)
    else {
        return;
    };
    for (file, config) in cluster.configs() {
        if config.known_transport() == Some(Transport::Udpu) {
            found.at(
                file,
                config.place("totem.transport"),
                format!("corosync {version} ends when its interface goes away for a second or two"),
            );
        }
    }
}
