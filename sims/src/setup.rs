//! What a cluster is made of: machines, each with its corosync.conf, its addresses, its key and what it runs.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ringwright::NodeId;
use ringwright_config::{Config, IpVersion, Parsed, Transport};

use crate::script::Verb;
use crate::vintage::Vintage;

/// One machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its corosync.conf.
    pub conf: Arc<str>,
    /// Its own name.
    pub hostname: String,
    /// The addresses of its interface to the network that all machines share.
    pub addresses: Vec<IpAddr>,
    /// Addresses of other interfaces, over which no other machine is reached, such as 10.0.2.15 behind NAT.
    pub other_addresses: Vec<IpAddr>,
    /// What names resolve to on it.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
    /// Its key file; equal numbers are equal keys.
    pub key: Option<u32>,
    /// What it runs.
    pub vintage: Vintage,
}

impl Machine {
    /// Does what a verb does to its files.
    ///
    /// # Panics
    /// If the setup has no file of that name.
    pub(crate) fn change(&mut self, verb: &Verb, setup: Option<&Setup>) {
        match verb {
            Verb::Key { key, .. } => self.key = Some(*key),
            Verb::File { name, .. } => {
                let file = setup.and_then(|setup| setup.files.get(name));
                let file = file.unwrap_or_else(|| panic!("the setup has no file {name}"));
                self.conf = Arc::clone(file);
            }
            _ => {}
        }
    }
}

/// Every machine of a cluster. A machine is named by a number, which is its node's id unless its file says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// The machines.
    pub machines: BTreeMap<NodeId, Machine>,
    /// Other files that a script may give to a machine, by name.
    pub files: BTreeMap<String, Arc<str>>,
}

/// A file that describes no machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// No node of the nodelist has an address and an id.
    NoNodes,
    /// Two nodes have this id.
    Twice(NodeId),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNodes => f.write_str(
                "no node with an address: list all machines, as in `nodelist { node { ring0_addr: 10.0.0.1 nodeid: 1 } … }`",
            ),
            Self::Twice(node) => write!(f, "the nodelist has node {node} twice"),
        }
    }
}

impl std::error::Error for SetupError {}

impl Setup {
    /// The machines that a corosync.conf describes: one for each node, with that node's address on its interface, the
    /// same file, the same key and `vintage`. Names get addresses from `hosts`, or, without any, invented ones.
    ///
    /// Whether the daemons start with the file is found out when they are started.
    pub fn from_conf(
        text: &str,
        vintage: Vintage,
        hosts: &BTreeMap<String, Vec<IpAddr>>,
    ) -> Result<Self, SetupError> {
        let Parsed { mut config, .. } = ringwright_config::parse("corosync.conf", text);
        let mut hosts = hosts.clone();
        invent_addresses(&config, &mut hosts);
        // What cannot be resolved has no machine.
        let _ = config.resolve(|name| hosts.get(name).cloned().unwrap_or_default());
        let conf: Arc<str> = text.into();
        let mut machines = BTreeMap::new();
        for node in &config.nodes {
            let (Some(address), Some(id)) = (node.address, node.id) else {
                continue;
            };
            let machine = Machine {
                conf: Arc::clone(&conf),
                hostname: node.label(),
                addresses: vec![address],
                other_addresses: Vec::new(),
                hosts: hosts.clone(),
                key: Some(0),
                vintage,
            };
            if machines.insert(id, machine).is_some() {
                return Err(SetupError::Twice(id));
            }
        }
        if machines.is_empty() {
            return Err(SetupError::NoNodes);
        }
        let files = BTreeMap::new();
        Ok(Self { machines, files })
    }

    /// Whether any file asks for knet, whose links the simulated network does not tell apart.
    #[must_use]
    pub fn is_knet(&self) -> bool {
        let mut machines = self.machines.values();
        machines.any(|machine| {
            let parsed = ringwright_config::parse("corosync.conf", &*machine.conf);
            parsed.config.totem.transport == Transport::Knet
        })
    }

    /// Gives one machine a file of its own.
    ///
    /// # Panics
    /// If there is no such machine.
    #[must_use]
    pub fn with_conf(mut self, node: NodeId, text: &str) -> Self {
        self.machine(node).conf = text.into();
        self
    }

    /// A machine, to change it.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn machine(&mut self, node: NodeId) -> &mut Machine {
        let machine = self.machines.get_mut(&node);
        machine.unwrap_or_else(|| panic!("{node:?} is not a machine of this setup"))
    }
}

/// Names that nobody resolves get addresses by their position, of the networks for benchmarks: `2001:2::/48` if the others
/// are of IPv6 or `ip_version` wants it, else 198.18.0.0/15.
fn invent_addresses(config: &Config, hosts: &mut BTreeMap<String, Vec<IpAddr>>) {
    let written = config.nodes.iter().filter_map(|node| node.address);
    let v6 = match written.map(|address| address.is_ipv6()).next() {
        Some(v6) => v6,
        None => config.totem.ip_version == IpVersion::V6,
    };
    for node in &config.nodes {
        let Some(name) = node.ring0_addr().filter(|name| is_name(name)) else {
            continue;
        };
        let number = u32::try_from(node.position).unwrap_or(0) + 1;
        let invented = if v6 {
            let base = u128::from(Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0));
            IpAddr::V6(Ipv6Addr::from(base + u128::from(number)))
        } else {
            let base = u32::from(Ipv4Addr::new(198, 18, 0, 0));
            IpAddr::V4(Ipv4Addr::from(base + number))
        };
        hosts
            .entry(name.to_owned())
            .or_insert_with(|| vec![invented]);
    }
}

/// Not an address, and not one with a slip in it either, such as `s192.168.56.4`.
fn is_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    text.parse::<IpAddr>().is_err() && last.bytes().any(|byte| byte.is_ascii_alphabetic())
}
