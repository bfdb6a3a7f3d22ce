//! The own entry leads to another machine.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-not-here",
    severity: Severity::Error,
    concerns: "corosync 2 ends with status 20, corosync 3 with status 8 or without ever becoming ready",
    summary: "this machine's entry has an address that is on none of its interfaces (with --local)",
    explanation: "corosync looks for itself in the nodelist by the host's name first, then binds to the address that stands \
        there. A daemon that starts before the interface has its address ends, and does not come back by itself.",
    remedy: "correct the address; if it only comes later, start corosync after it (`After=network-online.target`) and let \
        the service manager restart it (`Restart=on-failure`)",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let Some(host) = cluster.host() else { return };
    for (file, config) in cluster.configs() {
        let resolve = |name: &str| cluster.lookup(name).unwrap_or_default().to_vec();
        let Some(node) = config.local_node(&host.name, &host.addresses, resolve) else {
            continue;
        };
        for (link, text) in &node.ring_addrs {
            let chosen = config.totem.ip_version.choose(&cluster.addresses(text));
            if let Some(address) = chosen.filter(|address| !host.addresses.contains(address)) {
                found
                    .at(
                        file,
                        config.place(&node.path(&format!("ring{link}_addr"))),
                        format!(
                            "{address} is on no interface of this machine ({})",
                            host.name
                        ),
                    )
                    .label(format!("this machine is {} here", node.label()));
            }
        }
    }
}
