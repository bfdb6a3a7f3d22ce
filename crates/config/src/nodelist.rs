//! The section `nodelist`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ringwright_totem::NodeId;

use crate::diagnostic::Report;
use crate::schema::ring_number;
use crate::{Cmap, Config, IpVersion, Refused, Transport};

/// A section `nodelist.node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its place in the nodelist, from 0: the N of `nodelist.node.N` in the [`Cmap`].
    pub position: usize,
    /// `nodeid`, or the id that udp and udpu make of an IPv4 `ring0_addr`. `None` while that is a name not yet resolved.
    pub id: Option<NodeId>,
    /// `name`.
    pub name: Option<String>,
    /// `ringN_addr` by N, as written: an address or a name.
    pub ring_addrs: BTreeMap<u32, String>,
    /// The address of link 0. `None` while `ring0_addr` is a name not yet resolved, or missing.
    pub address: Option<IpAddr>,
    /// `quorum_votes`, default 1.
    pub votes: u32,
}

impl Node {
    /// The path of one of its keys in the [`Cmap`].
    #[must_use]
    pub fn path(&self, key: &str) -> String {
        format!("nodelist.node.{}.{key}", self.position)
    }

    /// `ring0_addr` as written.
    #[must_use]
    pub fn ring0_addr(&self) -> Option<&str> {
        self.ring_addrs.get(&0).map(String::as_str)
    }

    /// What to call it: its name, otherwise its address, otherwise its position.
    #[must_use]
    pub fn label(&self) -> String {
        self.name
            .as_deref()
            .or(self.ring0_addr())
            .map_or_else(|| format!("node {}", self.position), str::to_owned)
    }
}

pub(crate) fn read(cmap: &Cmap) -> Vec<Node> {
    let mut nodes: BTreeMap<usize, Node> = BTreeMap::new();
    for (rest, entry) in cmap.under("nodelist.node.") {
        let Some((position, key)) = rest.split_once('.') else {
            continue;
        };
        let Ok(position) = position.parse() else {
            continue;
        };
        let node = nodes.entry(position).or_insert_with(|| Node {
            position,
            id: None,
            name: None,
            ring_addrs: BTreeMap::new(),
            address: None,
            votes: 1,
        });
        let path = node.path(key);
        match key {
            "nodeid" => node.id = cmap.u32(&path).filter(|&id| id != 0).map(NodeId),
            "quorum_votes" => node.votes = cmap.u32(&path).unwrap_or(1),
            "name" => node.name = Some(entry.value.to_string()),
            _ => {
                if let Some(link) = ring_number(key) {
                    node.ring_addrs.insert(link, entry.value.to_string());
                }
            }
        }
    }
    nodes.into_values().collect()
}

impl IpVersion {
    /// The address that corosync takes from those of a name.
    #[must_use]
    pub fn choose(self, addresses: &[IpAddr]) -> Option<IpAddr> {
        let first = |v4: bool| {
            addresses
                .iter()
                .copied()
                .find(|address| address.is_ipv4() == v4)
        };
        match self {
            Self::V4 => first(true),
            Self::V6 => first(false),
            Self::V6Then4 => first(false).or(first(true)),
            Self::V4Then6 => first(true).or(first(false)),
        }
    }
}

impl Config {
    pub(crate) fn with_numeric_addresses(mut self) -> Self {
        self.address_nodes(&mut |text| text.parse().into_iter().collect());
        self
    }

    /// Looks up the nodes whose `ring0_addr` is a name, and generates the ids that depend on it.
    ///
    /// `resolve` gives the addresses of a name, in the resolver's order; none if it does not exist. On an error, which
    /// names every node without an address or with somebody else's id, the configuration is of no use.
    pub fn resolve(&mut self, mut resolve: impl FnMut(&str) -> Vec<IpAddr>) -> Result<(), Refused> {
        self.address_nodes(&mut |text| {
            text.parse()
                .map_or_else(|_| resolve(text), |address| vec![address])
        });
        let mut report = Report::new(&self.file);
        for node in self.nodes.iter().filter(|node| node.address.is_none()) {
            if let Some(name) = node.ring0_addr() {
                let message =
                    format!("`ring0_addr`: \"{name}\" has no address that `ip_version` allows");
                report.error(
                    "unresolved-address",
                    self.place(&node.path("ring0_addr")),
                    message,
                );
            }
        }
        crate::checks::run_resolved(self, &mut report);
        let diagnostics = report.finish();
        if diagnostics.is_empty() {
            Ok(())
        } else {
            Err(Refused { diagnostics })
        }
    }

    fn address_nodes(&mut self, resolve: &mut dyn FnMut(&str) -> Vec<IpAddr>) {
        let generates = self.totem.transport != Transport::Knet;
        for node in &mut self.nodes {
            node.address = node
                .ring0_addr()
                .and_then(|text| self.totem.ip_version.choose(&resolve(text)));
            if let (Some(IpAddr::V4(address)), None, true) = (node.address, node.id, generates) {
                let mask = if self.totem.clear_node_high_bit {
                    0x7fff_ffff
                } else {
                    u32::MAX
                };
                node.id = Some(NodeId(u32::from(address) & mask));
            }
        }
    }
}
