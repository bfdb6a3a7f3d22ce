//! A node that has one address here and another there.

use std::collections::{BTreeMap, BTreeSet};

use ringwright_totem::NodeId;

use super::sides::Side;
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
    let links: BTreeSet<u32> = nodes()
        .flat_map(|node| node.ring_addrs.keys().copied())
        .collect();
    let mut ids: BTreeMap<&str, BTreeSet<NodeId>> = BTreeMap::new();
    for node in nodes() {
        if let (Some(address), Some(id)) = (node.ring0_addr(), node.id) {
            ids.entry(address).or_default().insert(id);
        }
    }
    // An address that another id has elsewhere: it is the ids that differ.
    let swapped = |side: &Side| {
        ids.get(side.value.as_str())
            .is_some_and(|ids| ids.len() > 1)
    };
    for link in links {
        let addresses = sides::by_node(cluster, |config, node| {
            let place = config.place(&node.path(&format!("ring{link}_addr")));
            let address = node.ring_addrs.get(&link).map_or("nothing", String::as_str);
            Some((node.id?, place, address.to_owned()))
        });
        for (id, sides) in addresses {
            if link > 0 || !sides.iter().any(swapped) {
                let what = format!("the address of node {id} (ring{link}_addr)");
                sides::differ(cluster, found, &what, sides);
            }
        }
    }
}
