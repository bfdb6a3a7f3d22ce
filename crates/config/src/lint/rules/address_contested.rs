//! Addresses that host-only networks like to give to somebody else.

use std::net::IpAddr;

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-contested",
    severity: Severity::Info,
    concerns: "every version, in virtual machines on a host-only network",
    summary: "a node's address on VirtualBox's host-only network that a host or DHCP server may have too",
    explanation: "On 192.168.56.0/24 the host is .1, VirtualBox puts its DHCP server at .100 and Vagrant puts one at .2. With \
        two owners of one address, an ARP race decides on each node who gets its datagrams: the same configuration forms \
        one group today and two tomorrow, and it is always the same node that is left out.",
    remedy: "choose other addresses than .1, .2 and .100; before starting, ask who answers: `arping -D -I IF ADDRESS`",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        let Ok(IpAddr::V4(address)) = entry.text.parse() else {
            continue;
        };
        let who = match address.octets() {
            [192, 168, 56, 1] => "the host",
            [192, 168, 56, 2] => "Vagrant's DHCP server",
            [192, 168, 56, 100] => "VirtualBox's DHCP server",
            _ => continue,
        };
        found
            .at(
                entry.file,
                entry.span,
                format!("{address} may have a second owner"),
            )
            .label(format!("{who}, on a host-only network"));
    }
}
