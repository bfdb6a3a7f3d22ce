//! What a node is told once.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ringwright_totem::ring::timing::Timing;
use ringwright_totem::{Instant, NET_MTU_DEFAULT, NodeId, quorum};

use crate::manager::{self, Manager};

/// One entry of the nodelist.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeEntry {
    /// `nodelist.node.nodeid`.
    pub id: NodeId,
    /// `nodelist.node.name`; empty without one.
    pub name: String,
    /// `nodelist.node.ring0_addr` as it is shown; the protocol never looks at it.
    pub address: String,
}

/// A node's configuration.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Config {
    /// This node; must be one of `nodes`.
    pub me: NodeId,
    /// The nodelist, in its order.
    pub nodes: Vec<NodeEntry>,
    /// The ring's timers and constants.
    pub timing: Timing,
    /// Room of a totempg packet, bytes.
    pub net_mtu: usize,
    /// `totem.config_version`, 0 for none.
    pub config_version: u64,
    /// votequorum's options; `None` without a provider: every node is quorate always.
    pub quorum: Option<quorum::Options>,
    /// What the resource manager is told; without it there is none, and the node only votes.
    pub resources: Option<manager::Settings>,
}

impl Config {
    /// Node `me` of nodes with these ids, with corosync's defaults and votequorum.
    #[must_use]
    pub fn of<I: IntoIterator<Item = u32>>(me: u32, ids: I) -> Self {
        let entry = |id| NodeEntry {
            id: NodeId(id),
            name: String::new(),
            address: String::new(),
        };
        let nodes: Vec<_> = ids.into_iter().map(entry).collect();
        Self {
            me: NodeId(me),
            timing: Timing::of(nodes.len()),
            net_mtu: NET_MTU_DEFAULT,
            config_version: 0,
            quorum: Some(quorum::Options::of(nodes.iter().map(|node| node.id.0))),
            resources: None,
            nodes,
        }
    }

    /// The name that a CIB has for a node: that of the nodelist, else its number.
    #[must_use]
    pub fn name_of(&self, id: NodeId) -> String {
        let entry = self.nodes.iter().find(|node| node.id == id);
        match entry
            .map(|node| node.name.as_str())
            .filter(|name| !name.is_empty())
        {
            Some(name) => name.to_string(),
            None => id.to_string(),
        }
    }

    pub(crate) fn manager(&self, now: Instant) -> Option<Manager> {
        let settings = self.resources.clone()?;
        let nodes = self.nodes.iter().map(|node| node.id).collect();
        let name = self.name_of(self.me);
        Some(Manager::new(
            settings,
            self.me,
            &name,
            nodes,
            self.timing.token,
            now,
        ))
    }

    pub(crate) fn totem(&self) -> ringwright_totem::Config {
        ringwright_totem::Config {
            me: self.me,
            nodes: self.nodes.iter().map(|node| node.id).collect(),
            timing: self.timing.clone(),
            net_mtu: self.net_mtu,
            config_version: self.config_version,
            quorum: self.quorum.clone(),
        }
    }
}
