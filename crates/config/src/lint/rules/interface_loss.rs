//! What corosync 2 does when its interface goes away.

use super::{Check, Cluster, Found, Rule, Severity};
use crate::Transport;

pub(super) const RULE: Rule = Rule {
    name: "interface-loss",
    severity: Severity::Info,
    concerns: "corosync 2 before 2.4.5 with udpu",
    summary: "an interface that is reconfigured under a running corosync 2 can end the daemon",
    explanation: "Before 2.4.5, a node whose interface loses its address listens on 127.0.0.1 instead, deaf to all and to \
        itself. An address that is back within a second is harmless; after two the daemon aborts. A node looks once a \
        second, and only while it is alone: it is chance, and it hits the node that starts first. Vagrant takes the \
        interface down and up at every `up`.",
    remedy: "corosync 2.4.5 or later; otherwise start corosync after the network is set up for good, not at boot, and let \
        the service manager restart it (`Restart=on-failure`)",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    if cluster.version().is_some() {
        return; // then it is known: see `interface-abort`
    }
    for (file, config) in cluster.configs() {
        // Links of knet and several addresses are corosync 3's: such a file is for no other.
        if config.known_transport() == Some(Transport::Udpu) {
            found.at(
                file,
                config.place("totem.transport"),
                "with corosync 2 before 2.4.5, an interface that goes away for a second or two ends the daemon",
            );
        }
    }
}
