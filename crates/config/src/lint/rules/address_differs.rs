//! A node that has one address here and another there.

use std::collections::BTreeSet;

use super::{Check, Cluster, Found, Rule, Severity, sides};

pub(super) const RULE: Rule = Rule {
    name: "address-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3",
    summary: "one node id with different addresses in different files",
    explanation: "Each node sends to the addresses of its own file. Those that have the wrong one never reach the node, others \
        do: groups form at random and again and again.",
    remedy: "copy one file to all nodes, then restart corosync on each",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let nodes = || cluster.configs().flat_map(|(_, config)| &config.nodes);
    let ids: BTreeSet<_> = nodes().filter_map(|node| node.id).collect();
    let links: BTreeSet<u32> = nodes()
        .flat_map(|node| node.ring_addrs.keys().copied())
        .collect();
    for id in ids {
        for &link in &links {
            let sides = sides::ask(cluster, |config| {
                let node = config.nodes.iter().find(|node| node.id == Some(id))?;
                let place = config.place(&node.path(&format!("ring{link}_addr")));
                Some((
                    place,
                    node.ring_addrs
                        .get(&link)
                        .map_or("nothing", String::as_str)
                        .into(),
                ))
            });
            // An address that another id has elsewhere: it is the ids that differ.
            let swapped = link == 0
                && sides
                    .iter()
                    .any(|side| is_of_another(cluster, &side.value, id));
            if !swapped {
                let what = format!("the address of node {id} (ring{link}_addr)");
                sides::differ(cluster, found, &what, sides);
            }
        }
    }
}

fn is_of_another(cluster: &Cluster, address: &str, id: ringwright_totem::NodeId) -> bool {
    let mut nodes = cluster.configs().flat_map(|(_, config)| &config.nodes);
    nodes.any(|node| node.ring0_addr() == Some(address) && node.id.is_some_and(|other| other != id))
}
