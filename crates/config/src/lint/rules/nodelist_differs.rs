//! A node that some files list and others do not.

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
    for (file, config) in cluster.configs() {
        for node in &config.nodes {
            if !all.iter().any(|(_, _, seen)| same(seen, node)) {
                all.push((file, config, node));
            }
        }
    }
    for (file, config) in cluster.configs() {
        for (other, theirs, node) in &all {
            // A list without its own node has a finding of its own.
            let own = node.address.is_some() && node.address == unlisted_own_address(config);
            if own || config.nodes.iter().any(|own| same(own, node)) {
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

/// Whether two entries mean the same node: what else differs between them is other rules' business.
fn same(one: &Node, other: &Node) -> bool {
    let named = one.name.is_some() && one.name == other.name;
    let known = one.id.is_some() && one.id == other.id;
    named || known || one.ring0_addr() == other.ring0_addr()
}
