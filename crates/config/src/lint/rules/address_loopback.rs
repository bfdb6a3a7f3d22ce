//! An address that leads nowhere but to oneself.

use std::net::IpAddr;

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-loopback",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "a `ringN_addr` on the loopback interface",
    explanation: "A node that binds to the loopback interface never meets anybody. The default file of many distributions \
        lists 127.0.0.1 alone: a node that still runs it is a quorate cluster of its own, while the others miss it.",
    remedy: "write the address by which the other nodes reach this one, the same in all files, and restart corosync",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        let loopback = entry
            .text
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
        if loopback || entry.text == "localhost" {
            let (label, text) = (entry.node.label(), entry.text);
            found.at(
                entry.file,
                entry.span,
                if label == text {
                    format!("{text} is on the loopback interface: no other node reaches it")
                } else {
                    format!("{label} has the loopback address {text}: no other node reaches it")
                },
            );
        }
    }
}
