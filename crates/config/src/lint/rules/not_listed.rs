//! A file whose own node is not in its list.

use std::net::{IpAddr, Ipv4Addr};

use super::{Check, Cluster, Found, Rule, Severity};
use crate::Config;

pub(super) const RULE: Rule = Rule {
    name: "not-listed",
    severity: Severity::Error,
    concerns: "corosync 2 ends with status 20, corosync 3 with status 8",
    summary: "a nodelist without the node that the file is for",
    explanation: "A node that does not find itself in its own nodelist does not start, and the others wait for it in vain. \
        Whose a file is, is known with --local, or by a `bindnetaddr` that is an address beside the nodes'.",
    remedy: "list every node in every file: one and the same nodelist everywhere",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster
        .configs()
        .filter(|(_, config)| !config.nodes.is_empty())
    {
        let place = config.place("nodelist");
        let resolve = |name: &str| cluster.lookup(name).unwrap_or_default().to_vec();
        if let Some(host) = cluster.host() {
            if config
                .local_node(&host.name, &host.addresses, resolve)
                .is_none()
            {
                let message = format!("this machine ({}) is not in the nodelist", host.name);
                let own = host.addresses.iter().filter(|own| !own.is_loopback());
                let own: Vec<String> = own.map(ToString::to_string).collect();
                let label = match own.as_slice() {
                    [] => "and it has no address at all now".to_owned(),
                    own => format!("neither by name nor by {}", own.join(", ")),
                };
                found.at(file, place, message).label(label);
            }
        } else if let Some(own) = unlisted_own_address(config) {
            let written = config.place("totem.interface.0.bindnetaddr");
            found
                .at(
                    file,
                    place,
                    format!("the file's own address {own} is not in its nodelist"),
                )
                .also(file, written, "its own address");
        }
    }
}

/// The address that `bindnetaddr` gives as the file's own, if it is none of the nodes' although it is close to them.
pub(super) fn unlisted_own_address(config: &Config) -> Option<IpAddr> {
    let own: Ipv4Addr = config
        .totem
        .interface
        .bindnetaddr
        .as_deref()?
        .parse()
        .ok()?;
    let [network @ .., host] = own.octets();
    let listed = || config.nodes.iter().filter_map(|node| node.address);
    let beside = |address| match address {
        IpAddr::V4(address) => address.octets()[..3] == network,
        IpAddr::V6(_) => false,
    };
    // The last part of a network's address is 0, or a multiple of the network's size.
    let is_host = host % 16 != 0;
    let unlisted = listed().any(beside) && !listed().any(|address| address == own);
    (is_host && unlisted).then_some(own.into())
}
