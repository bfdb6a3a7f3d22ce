//! Nodes, their addresses and their ids.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ringwright_totem::NodeId;

use crate::diagnostic::Report;
use crate::{Config, Node, Span, Transport};

pub(super) fn present(config: &Config, report: &mut Report) {
    if config.nodes.iter().any(|node| node.ring0_addr().is_some()) {
        return;
    }
    let place = config.place("nodelist");
    let message = "there is no nodelist with a `ring0_addr`; corosync 3 does not start without";
    let found = report.error("no-nodelist", place, message);
    found.help("list every node as `nodelist { node { nodeid: …, ring0_addr: … } }`, each on lines of its own");
}

pub(super) fn addresses(config: &Config, report: &mut Report) {
    for node in &config.nodes {
        match node.ring0_addr() {
            Some("") => {
                report.error(
                    "no-address",
                    config.place(&node.path("ring0_addr")),
                    "`ring0_addr` is empty",
                );
            }
            None if config.nodes.iter().any(|node| node.ring0_addr().is_some()) => {
                let message = format!("{} has no `ring0_addr`: nobody can reach it", node.label());
                report.warn("node-without-address", section(config, node), message);
            }
            _ => {}
        }
    }
}

fn section(config: &Config, node: &Node) -> Span {
    config.place(&format!("nodelist.node.{}", node.position))
}

/// With several links, nodes are known by name and have the same number of links.
pub(super) fn same_links(config: &Config, report: &mut Report) {
    let links = config
        .nodes
        .iter()
        .map(|node| node.ring_addrs.len())
        .max()
        .unwrap_or(0);
    if config.totem.transport != Transport::Knet || links < 2 {
        return;
    }
    for node in &config.nodes {
        let place = section(config, node);
        if node.name.is_none() {
            let message = format!(
                "{} needs a `name`, as every node with several links",
                node.label()
            );
            report.error("no-name", place, message);
        }
        if node.ring_addrs.len() != links {
            let (has, label) = (node.ring_addrs.len(), node.label());
            let message =
                format!("{label} has {has} of {links} links: all nodes need the same number");
            report.error("links-differ", place, message);
        }
    }
}

/// Every address as written is of a family that `ip_version` allows, and all of a link are of one.
pub(super) fn family(config: &Config, report: &mut Report) {
    let mut first: BTreeMap<u32, IpAddr> = BTreeMap::new();
    for node in &config.nodes {
        for (&link, text) in &node.ring_addrs {
            let Ok(address) = text.parse::<IpAddr>() else {
                continue;
            };
            let place = config.place(&node.path(&format!("ring{link}_addr")));
            if config.totem.ip_version.choose(&[address]).is_none() {
                let message = format!("`ip_version` does not allow the address {address}");
                report.error("address-family", place, message);
                continue;
            }
            other_family(
                *first.entry(link).or_insert(address),
                address,
                place,
                report,
            );
        }
    }
}

/// The same for the addresses that names have turned out to have.
pub(super) fn resolved_family(config: &Config, report: &mut Report) {
    let Some(first) = config.nodes.iter().find_map(|node| node.address) else {
        return;
    };
    for node in &config.nodes {
        if let Some(address) = node.address {
            other_family(
                first,
                address,
                config.place(&node.path("ring0_addr")),
                report,
            );
        }
    }
}

fn other_family(first: IpAddr, address: IpAddr, place: Span, report: &mut Report) {
    if first.is_ipv4() != address.is_ipv4() {
        let message = format!(
            "{address} is of another family than {first}: the addresses of a link must be of one"
        );
        report.error("address-family", place, message);
    }
}

/// knet needs small ids; udp and udpu make one of an IPv4 address, but not of another.
pub(super) fn ids(config: &Config, report: &mut Report) {
    let knet = config.totem.transport == Transport::Knet;
    let read = |node: &&Node| !config.cmap.is_refused(&node.path("nodeid"));
    for node in config
        .nodes
        .iter()
        .filter(read)
        .filter(|node| node.ring0_addr().is_some())
    {
        let place = config
            .cmap
            .get(&node.path("nodeid"))
            .map_or_else(|| section(config, node), |id| id.span);
        match (node.id, node.address) {
            (Some(NodeId(id)), _) if knet && id > u32::from(u16::MAX) => {
                report.error(
                    "nodeid",
                    place,
                    format!("`nodeid` must be 1 to 65535 with knet, found {id}"),
                );
            }
            (None, _) if knet => {
                let message = format!(
                    "{} needs a `nodeid` from 1 to 65535: knet does not generate ids",
                    node.label()
                );
                report.error("nodeid", place, message);
            }
            (None, Some(address)) => {
                let message = format!(
                    "{} needs a `nodeid`: none can be made of {address}",
                    node.label()
                );
                report.error("nodeid", place, message);
            }
            _ => {}
        }
    }
}

pub(super) fn duplicate_ids(config: &Config, report: &mut Report) {
    let mut seen: BTreeMap<NodeId, &Node> = BTreeMap::new();
    for node in &config.nodes {
        let Some(id) = node.id else { continue };
        let Some(first) = seen.get(&id) else {
            seen.insert(id, node);
            continue;
        };
        let place = |node: &Node| {
            let keys = ["nodeid", "ring0_addr"].map(|key| node.path(key));
            keys.iter()
                .find_map(|path| config.cmap.get(path))
                .map_or_else(|| section(config, node), |e| e.span)
        };
        let message = format!(
            "{} has the id {id} of {} in line {}",
            node.label(),
            first.label(),
            place(first).line
        );
        report.error("duplicate-nodeid", place(node), message);
    }
}
