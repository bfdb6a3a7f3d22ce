//! What configuration files add to evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ringwright::NodeId;
use ringwright_config::lint::{Cluster, lint};

use super::fact::{Fact, Mark, What};

/// Rules that find a node that has another configuration than the others, or is not in theirs.
fn is_of_difference(rule: &str) -> bool {
    rule.ends_with("-differs") || rule.ends_with("-differ") || rule == "not-listed"
}

/// The nodes' names, and which addresses are theirs.
pub(super) fn known(cluster: &Cluster) -> (BTreeMap<NodeId, String>, BTreeMap<IpAddr, NodeId>) {
    let (mut names, mut addresses) = (BTreeMap::new(), BTreeMap::new());
    for node in cluster.files().iter().flat_map(|file| &file.config.nodes) {
        let Some(id) = node.id else { continue };
        names
            .entry(id)
            .or_insert_with(|| node.name.clone().unwrap_or_default());
        for address in node.ring_addrs.values() {
            if let Ok(address) = address.parse() {
                addresses.insert(address, id);
            }
        }
    }
    (names, addresses)
}

/// Nodes that are spoken of, or speak, but are in no nodelist.
pub(super) fn unlisted(nodes: &BTreeSet<NodeId>, listed: &BTreeSet<NodeId>) -> Vec<Fact> {
    let strangers = nodes
        .iter()
        .filter(|node| !listed.is_empty() && !listed.contains(node));
    strangers
        .map(|&node| Fact {
            at: Mark::default(),
            what: What::Unlisted { node },
        })
        .collect()
}

/// Whether the files agree.
pub(super) fn facts(cluster: &Cluster) -> Vec<Fact> {
    let fact = |what| Fact {
        at: Mark::default(),
        what,
    };
    let found = lint(cluster);
    let differences: Vec<_> = found
        .iter()
        .filter(|found| is_of_difference(found.rule.name))
        .map(|found| {
            let why = format!("{} ({})", found.message, found.rule.name);
            fact(What::FilesDiffer { why })
        })
        .collect();
    let files = cluster.files().len();
    if differences.is_empty() && files > 1 {
        vec![fact(What::FilesAgree { files })]
    } else {
        differences
    }
}
