//! A node from a corosync.conf.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ringwright::{NET_MTU_DEFAULT, NET_MTU_RANGE, NodeEntry, NodeId};
use ringwright_config::{Config, Provider, Refused, Transport};
use tokio::net::lookup_host;

use crate::{Group, Udp};

/// What `totem.netmtu` counts beside a packet's room.
const NETMTU_OVERHEAD: usize = 1500 - NET_MTU_DEFAULT;

/// What a node of a corosync.conf is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The node.
    pub node: ringwright::Config,
    /// Its way to the others.
    pub transport: Udp,
    /// Its own address, which must be on this machine.
    pub address: IpAddr,
    /// Where a [`FileStore`](crate::FileStore) keeps its state.
    pub state_dir: PathBuf,
}

/// Why a valid corosync.conf does not start a node here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfError {
    /// `transport: knet`, or none given: not supported yet.
    Knet,
    /// `crypto_cipher`, `crypto_hash` or `secauth` asks for sealed traffic, which only knet has.
    Crypto,
    /// `provider: corosync_ykd` is not supported.
    Ykd,
    /// No such node in the nodelist.
    NotListed(NodeId),
    /// This entry of the nodelist has no id, or its `ring0_addr` is a name that was not resolved.
    Unresolved(String),
    /// Neither `mcastaddr` nor `cluster_name` nor `broadcast` says where to send to.
    NoGroup,
    /// The addresses of the nodelist, or the group, are not of one family.
    Families,
    /// `netmtu` leaves no room for data, or makes datagrams that UDP does not carry.
    NetMtu(u32),
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Knet => f.write_str(
                "totem.transport: knet, which is the default, is not supported yet: use udpu or udp",
            ),
            Self::Crypto => f.write_str(
                "totem.crypto_cipher, crypto_hash and secauth need knet, which is not supported yet",
            ),
            Self::Ykd => f.write_str("quorum.provider: corosync_ykd is not supported: use corosync_votequorum"),
            Self::NotListed(node) => write!(f, "nodelist: there is no node {node}"),
            Self::Unresolved(label) => write!(f, "nodelist: {label} has no id, or no address"),
            Self::NoGroup => f.write_str(
                "totem.transport: udp needs interface.mcastaddr, interface.broadcast or cluster_name",
            ),
            Self::Families => f.write_str(
                "nodelist: the addresses of all nodes and the multicast group must be of one family",
            ),
            Self::NetMtu(mtu) => write!(
                f,
                "totem.netmtu: {mtu} is not within {} to {}",
                NET_MTU_RANGE.start() + NETMTU_OVERHEAD,
                NET_MTU_RANGE.end() + NETMTU_OVERHEAD
            ),
        }
    }
}

impl std::error::Error for ConfError {}

/// Looks up the names in the nodelist with the system's resolver.
pub async fn resolve(config: &mut Config) -> Result<(), Refused> {
    let names = config.nodes.iter().filter_map(|node| node.ring0_addr());
    let names: Vec<_> = names
        .filter(|name| name.parse::<IpAddr>().is_err())
        .map(str::to_owned)
        .collect();
    let mut found = BTreeMap::new();
    for name in names {
        let addresses = lookup_host((name.as_str(), 0)).await;
        let addresses: Vec<_> = addresses
            .into_iter()
            .flatten()
            .map(|address| address.ip())
            .collect();
        found.insert(name, addresses);
    }
    config.resolve(|name| found.get(name).cloned().unwrap_or_default())
}

/// What node `me` of a configuration, resolved if it has names, is started with.
pub fn settings(config: &Config, me: NodeId) -> Result<Settings, ConfError> {
    let transport = transport(config, me)?;
    let address = transport.nodes.iter().find(|(id, _)| *id == me);
    let (_, address) = *address.ok_or(ConfError::NotListed(me))?;
    Ok(Settings {
        node: node(config, me)?,
        transport,
        address,
        state_dir: PathBuf::from(&config.state_dir),
    })
}

fn node(config: &Config, me: NodeId) -> Result<ringwright::Config, ConfError> {
    let quorum = match config.quorum.provider {
        None => None,
        Some(Provider::Votequorum) => Some(config.quorum_options()),
        Some(Provider::Ykd) => return Err(ConfError::Ykd),
    };
    let entry = |node: &ringwright_config::Node| {
        Some(NodeEntry {
            id: node.id?,
            name: node.name.clone().unwrap_or_default(),
            address: node.ring0_addr().unwrap_or_default().to_owned(),
        })
    };
    let netmtu = usize::try_from(config.totem.netmtu).unwrap_or(usize::MAX);
    let room = netmtu.saturating_sub(NETMTU_OVERHEAD);
    if !NET_MTU_RANGE.contains(&room) {
        return Err(ConfError::NetMtu(config.totem.netmtu));
    }
    Ok(ringwright::Config {
        me,
        nodes: config.nodes.iter().filter_map(entry).collect(),
        timing: config.totem.timing.clone(),
        net_mtu: room,
        config_version: config.totem.config_version,
        quorum,
        resources: None,
    })
}

fn transport(config: &Config, me: NodeId) -> Result<Udp, ConfError> {
    let totem = &config.totem;
    if totem.transport == Transport::Knet {
        return Err(ConfError::Knet);
    }
    if totem.crypto.is_some() {
        return Err(ConfError::Crypto);
    }
    let address = |node: &ringwright_config::Node| {
        let unresolved = || ConfError::Unresolved(node.label());
        node.id.zip(node.address).ok_or_else(unresolved)
    };
    let nodes = config
        .nodes
        .iter()
        .map(address)
        .collect::<Result<Vec<_>, _>>()?;
    let interface = &totem.interface;
    let group = match (totem.transport, interface.broadcast) {
        (Transport::Udp, true) => Some(IpAddr::V4(Ipv4Addr::BROADCAST)),
        (Transport::Udp, false) => Some(interface.mcastaddr.ok_or(ConfError::NoGroup)?),
        _ => None,
    };
    let mut addresses = nodes.iter().map(|&(_, address)| address).chain(group);
    let first_is_v4 = addresses.next().is_some_and(|address| address.is_ipv4());
    if addresses.any(|address| address.is_ipv4() != first_is_v4) {
        return Err(ConfError::Families);
    }
    Ok(Udp {
        me,
        nodes,
        port: interface.mcastport,
        block_unlisted: totem.block_unlisted_ips,
        group: group.map(|address| Group {
            address,
            ttl: interface.ttl,
        }),
    })
}
