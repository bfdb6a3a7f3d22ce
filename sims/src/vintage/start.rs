//! What becomes of a daemon that is started with a file on a machine.

use std::net::{IpAddr, Ipv4Addr};

use ringwright::NodeId;
use ringwright::ring::timing::Detection;
use ringwright_config::{Config, Transport};
use ringwright_driver::from_conf;

use super::Vintage;
use crate::host::{Bound, End, Interface, Seal, Socket};
use crate::setup::Machine;
use crate::world::Settings;

/// What a daemon starts with.
#[derive(Clone, Debug)]
pub(crate) struct Boot {
    pub(crate) config: ringwright::Config,
    /// Bound to its address.
    pub(crate) socket: Socket,
    pub(crate) vintage: Vintage,
}

/// What becomes of it.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// It runs.
    Runs(Box<Boot>),
    /// It runs on 127.0.0.1, deaf, until it finds its interface.
    Deaf(Box<Boot>),
    /// It waits until its address is there.
    Waits,
    /// It ends at once.
    Ends(End),
}

/// A plain daemon on a plain machine: ringwright, with the settings' quorum and timing.
fn plain(settings: &Settings, me: NodeId) -> Boot {
    let mut config = ringwright::Config::of(me.0, 1..=settings.nodes);
    config.quorum = Some(settings.quorum.clone());
    config.timing = settings.timing.clone();
    let peers = settings.ids().into_iter();
    let peers = peers.map(|node| (node, plain_address(node)));
    let socket = Socket {
        me,
        address: plain_address(me),
        port: 5405,
        peers: peers.filter(|(node, _)| *node != me).collect(),
        group: None,
        block_unlisted: true,
        seal: Seal::Plain,
        bound: Bound::Address,
    };
    Boot {
        config,
        socket,
        vintage: Vintage::Ringwright,
    }
}

/// The address of a plain machine: 192.168.56.2 for the first, as in the report.
pub(crate) fn plain_address(node: NodeId) -> IpAddr {
    let [_, _, high, low] = (node.0 + 1).to_be_bytes();
    Ipv4Addr::new(192, 168, 56_u8.wrapping_add(high), low).into()
}

/// A daemon that now looks for its address; without a machine of its own, a plain one.
pub(crate) fn start(
    settings: &Settings,
    id: NodeId,
    machine: Option<&Machine>,
    interface: &Interface,
) -> Start {
    if let Some(machine) = machine {
        return start_on(machine, interface);
    }
    let boot = Box::new(plain(settings, id));
    if interface.is_usable(boot.socket.address) {
        Start::Runs(boot)
    } else {
        Start::Waits
    }
}

fn start_on(machine: &Machine, interface: &Interface) -> Start {
    let vintage = machine.vintage;
    let refused = Start::Ends(End::Status(8));
    let parsed = ringwright_config::parse("corosync.conf", &*machine.conf);
    if vintage == Vintage::Corosync2_3_3
        && parsed
            .diagnostics
            .iter()
            .any(|found| found.code == "duplicate-nodeid")
    {
        // It does not look at the ids before they meet.
        return Start::Ends(End::Signal(11));
    }
    let Ok(mut config) = parsed.accepted() else {
        return refused;
    };
    let resolved = config.resolve(|name| machine.hosts.get(name).cloned().unwrap_or_default());
    if resolved.is_err() && !vintage.falls_back_to_loopback() {
        return refused;
    }
    let there: Vec<IpAddr> = present(machine, interface);
    let Some(me) = own(machine, &config, &there) else {
        return match vintage {
            Vintage::Ringwright => Start::Waits,
            Vintage::Corosync3_1_7 => refused,
            _ => Start::Ends(End::Status(20)),
        };
    };
    let Some(boot) = boot(machine, config, me) else {
        return refused;
    };
    let address = boot.socket.address;
    let usable =
        address.is_loopback() || there.contains(&address) && is_up(machine, interface, address);
    let boot = Box::new(boot);
    match vintage {
        _ if usable => Start::Runs(boot),
        Vintage::Ringwright => Start::Waits,
        Vintage::Corosync3_1_7 => Start::Ends(End::Status(15)),
        _ => Start::Deaf(boot),
    }
}

/// What a daemon starts with on a machine that is well; `None` if it does not start.
pub(crate) fn meant(machine: &Machine) -> Option<Boot> {
    match start_on(machine, &Interface::new(machine.addresses.clone())) {
        Start::Runs(boot) => Some(*boot),
        _ => None,
    }
}

/// The addresses that are on the machine now.
fn present(machine: &Machine, interface: &Interface) -> Vec<IpAddr> {
    let lo = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let others = machine.other_addresses.iter().copied();
    [lo].into_iter()
        .chain(others)
        .chain(interface.addresses().iter().copied())
        .collect()
}

fn is_up(machine: &Machine, interface: &Interface, address: IpAddr) -> bool {
    interface.is_up() || machine.other_addresses.contains(&address)
}

/// The node of the nodelist that this machine is. corosync takes the entry whose address is on the machine now;
/// ringwright knows its name, too, and the address that it waits for.
fn own(machine: &Machine, config: &Config, there: &[IpAddr]) -> Option<NodeId> {
    let by_address = |addresses: &[IpAddr]| {
        let is_here = |address: &IpAddr| addresses.contains(address);
        let node = config
            .nodes
            .iter()
            .find(|node| node.address.as_ref().is_some_and(is_here));
        node?.id
    };
    let meant = || {
        let resolve = |name: &str| machine.hosts.get(name).cloned().unwrap_or_default();
        let node = config.local_node(&machine.hostname, &machine.addresses, resolve);
        node?.id
    };
    match machine.vintage {
        Vintage::Ringwright => by_address(there).or_else(meant),
        _ => by_address(there),
    }
}

fn boot(machine: &Machine, mut config: Config, me: NodeId) -> Option<Boot> {
    let vintage = machine.vintage;
    let keys = vintage.timing_keys(&config.totem.timing_keys);
    let nodes = config.nodes.len();
    config.totem.timing = ringwright::ring::timing::Timing::resolve(&keys, nodes).ok()?;
    if vintage != Vintage::Ringwright {
        config.totem.timing.detection = Detection::OFF;
    }
    config.totem.block_unlisted_ips &= vintage.blocks_unlisted();
    let seal = seal(machine, &config)?;
    // The network below is udpu, and what seals datagrams does not matter.
    if config.totem.transport == Transport::Knet && vintage == Vintage::Corosync3_1_7 {
        config.totem.transport = Transport::Udpu;
    }
    if vintage != Vintage::Ringwright {
        config.totem.crypto = None;
    }
    let mut heard = config.clone();
    // 2.x starts without the entries that it cannot resolve.
    heard.nodes.retain(|node| node.address.is_some());
    let settings = from_conf::settings(&heard, me).ok()?;
    let mut node = settings.node;
    node.quorum = node.quorum.map(|_| {
        let mut options = config.quorum_options();
        options.two_node_semantics = vintage.two_node(options.two_node_semantics);
        options
    });
    let transport = settings.transport;
    let socket = Socket {
        me,
        address: settings.address,
        port: transport.port,
        peers: transport
            .nodes
            .into_iter()
            .filter(|(id, _)| *id != me)
            .collect(),
        group: transport.group.map(|group| group.address),
        block_unlisted: transport.block_unlisted,
        seal,
        bound: Bound::Address,
    };
    let config = node;
    Some(Boot {
        config,
        socket,
        vintage,
    })
}

/// `None`: it needs a key and has none.
fn seal(machine: &Machine, config: &Config) -> Option<Seal> {
    let off = |key: &str, value: &str| config.cmap.text(&format!("totem.{key}")) == Some(value);
    let sealed = match machine.vintage {
        Vintage::Ringwright => false,
        Vintage::Corosync3_1_7 => {
            config.totem.crypto.is_some() && config.totem.transport == Transport::Knet
        }
        _ => !(off("secauth", "off") || off("crypto_cipher", "none") && off("crypto_hash", "none")),
    };
    match (sealed, machine.key) {
        (false, _) => Some(Seal::Plain),
        (true, Some(key)) => Some(Seal::Key(key)),
        (true, None) => None,
    }
}
