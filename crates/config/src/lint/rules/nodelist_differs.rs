//! A node that some files list and others do not.

use std::collections::BTreeSet;

use ringwright_totem::NodeId;

use super::not_listed::unlisted_own_address;
use super::{Check, Cluster, Found, Rule, Severity};
use crate::{Config, Node};

pub(super) const RULE: Rule = Rule {
    name: "nodelist-differs",
    severity: Severity::Error,
    concerns: "corosync 2 and 3: new groups again and again with 2, random or lasting ones with 3",
    summary: "a node that is missing in the nodelist of some files",
    explanation: "A node sends to those that it lists, and corosync 3 drops what comes from others. Whoever is missing in one \
        list hears some nodes and not others: groups form at random, form again every second, or split for good. A node \
        whose list has itself alone is quorate alone.",
    remedy: "copy one file to all nodes, then restart corosync on each: a running daemon keeps the list that it has read",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let mut all: Vec<(usize, &Config, &Node)> = Vec::new();
    let mut known = Known::default();
    for (file, config) in cluster.configs() {
        for node in &config.nodes {
            if !known.has(node) {
                known.add(node);
                all.push((file, config, node));
            }
        }
    }
    for (file, config) in cluster.configs() {
        let own_address = unlisted_own_address(config);
        let mut known = Known::default();
        config.nodes.iter().for_each(|node| known.add(node));
        for (other, theirs, node) in &all {
            // A list without its own node has a finding of its own.
            let own = node.address.is_some() && node.address == own_address;
            if own || known.has(node) {
                continue;
            }
            let label = node.label();
            let listed = theirs.place(&format!("nodelist.node.{}", node.position));
            let (this, that) = (cluster.name(file), cluster.name(*other));
            found
                .at(
                    file,
                    config.place("nodelist"),
                    format!("{this} does not list {label}, {that} does"),
                )
                .label(format!(
                    "{} nodes, {label} is not among them",
                    config.nodes.len()
                ))
                .also(*other, listed, "listed here");
        }
    }
}

/// The nodes of a list. Two entries mean the same node if they have a name, an id or an address in common: what else
/// differs between them is other rules' business.
#[derive(Default)]
struct Known<'a> {
    names: BTreeSet<&'a str>,
    ids: BTreeSet<NodeId>,
    addresses: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn add(&mut self, node: &'a Node) {
        self.names.extend(node.name.as_deref());
        self.ids.extend(node.id);
        self.addresses.extend(node.ring0_addr());
    }

    fn has(&self, node: &Node) -> bool {
        let named = node
            .name
            .as_deref()
            .is_some_and(|name| self.names.contains(name));
        let with_id = node.id.is_some_and(|id| self.ids.contains(&id));
        let address = node.ring0_addr();
        named || with_id || address.is_some_and(|address| self.addresses.contains(address))
    }
}
