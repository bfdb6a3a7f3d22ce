//! Addresses that no single machine has.

use std::net::IpAddr;

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-special",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "a `ringN_addr` that is no machine's: unspecified, multicast or broadcast",
    explanation: "Nothing can be sent to one node at such an address, and no node finds itself by it.",
    remedy: "write the address of the node's interface",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        let what = match entry.text.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => "stands for every address",
            Ok(address) if address.is_multicast() => "is a multicast group",
            Ok(IpAddr::V4(address)) if address.is_broadcast() => "is the broadcast address",
            _ => continue,
        };
        found.at(
            entry.file,
            entry.span,
            format!("{} {what}: no machine has it", entry.text),
        );
    }
}
