//! An address that every machine has.

use std::net::{IpAddr, Ipv4Addr};

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-everywhere",
    severity: Severity::Error,
    concerns: "corosync 2 and 3: the daemons end, or each finds itself only",
    summary: "a node's address that is the same on every machine: 10.0.2.15, behind VirtualBox's NAT",
    explanation: "Each VirtualBox machine has 10.0.2.15 on its NAT interface, which no other machine reaches: it leads each \
        node to itself. With names, /etc/hosts or a name server may lead there.",
    remedy: "write the address on the network that the nodes share (a private or host-only network)",
    check: Check::Cluster(check),
    fix: None,
};

/// What the NAT of `VirtualBox` gives to the first interface of each guest.
const NAT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 2, 15));

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        if cluster.addresses(entry.text).contains(&NAT) {
            let label = entry.node.label();
            let whose = if label == entry.text {
                String::new()
            } else {
                format!("{label} has ")
            };
            found.at(
                entry.file,
                entry.span,
                format!("{whose}{NAT}: every machine behind VirtualBox's NAT has this address"),
            );
        }
    }
    same_own_address(cluster, found);
}

/// The files of several nodes that all name one address as their own.
fn same_own_address(cluster: &Cluster, found: &mut Found) {
    let mut own = cluster.configs().filter_map(|(file, config)| {
        let text = config.totem.interface.bindnetaddr.as_deref()?;
        let address: IpAddr = text.parse().ok()?;
        // A network's address may well be the same everywhere.
        let is_host = config
            .nodes
            .iter()
            .any(|node| node.address == Some(address));
        is_host.then(|| (file, config.place("totem.interface.0.bindnetaddr"), address))
    });
    let Some((first_file, first_span, first)) = own.next() else {
        return;
    };
    for (file, span, address) in own {
        if address == first {
            let other = cluster.name(first_file);
            found
                .at(
                    file,
                    span,
                    format!("this file's own address {address} is that of {other} too"),
                )
                .also(first_file, first_span, "the same here");
        }
    }
}
