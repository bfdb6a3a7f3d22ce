//! The network: whether a datagram arrives, where, when and how often. One seed decides all of it, for both engines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use bytes::Bytes;
use ringwright::{Instant, NodeId, Target};
use ringwright_totem::wire::Kind;

use super::losses::{Cause, Losses};
use super::neighbours::{Neighbours, Owner};
use super::{Bound, Interface, Seal, Socket, Traffic};
use crate::rng::Rng;
use crate::script::{Link, Verb};

/// A datagram on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// The machine that sent it.
    pub from: NodeId,
    /// The machine that it is on its way to.
    pub to: NodeId,
    /// Its source address.
    pub source: IpAddr,
    /// Its destination address.
    pub destination: IpAddr,
    /// Its destination port.
    pub port: u16,
    /// How it is sealed.
    pub seal: Seal,
    /// What is in it.
    pub bytes: Bytes,
    /// It is no datagram, but the word of `from` that one to its address was refused.
    pub refusal: bool,
}

/// What becomes of a flight that is there.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// The daemon gets it.
    Received,
    /// Nobody does.
    Lost,
    /// Nobody does, and the machine says so: see [`Network::refuse`].
    Refused,
}

/// A machine as the network sees it.
#[derive(Debug)]
struct Station {
    interface: Interface,
    neighbours: Neighbours,
    /// The socket of the daemon that runs.
    socket: Option<Socket>,
}

/// Every machine's interface and socket, and every direction between two machines.
#[derive(Debug)]
pub struct Network {
    stations: BTreeMap<NodeId, Station>,
    /// Addresses that a stranger has, too.
    twins: BTreeSet<IpAddr>,
    links: BTreeMap<(NodeId, NodeId), Link>,
    /// When the last datagram of a direction arrives that others may not overtake.
    last: BTreeMap<(NodeId, NodeId), Instant>,
    drops: Vec<(NodeId, Kind, u32)>,
    losses: Losses,
    traffic: Traffic,
    rng: Rng,
}

impl Network {
    /// A perfect network of machines with these addresses.
    #[must_use]
    pub fn new(machines: impl IntoIterator<Item = (NodeId, Vec<IpAddr>)>, seed: u64) -> Self {
        let station = |(node, addresses)| {
            let station = Station {
                interface: Interface::new(addresses),
                neighbours: Neighbours::default(),
                socket: None,
            };
            (node, station)
        };
        Self {
            stations: machines.into_iter().map(station).collect(),
            twins: BTreeSet::new(),
            links: BTreeMap::new(),
            last: BTreeMap::new(),
            drops: Vec::new(),
            losses: Losses::default(),
            traffic: Traffic::default(),
            rng: Rng::new(seed),
        }
    }

    fn station(&mut self, node: NodeId) -> &mut Station {
        self.stations
            .get_mut(&node)
            .unwrap_or_else(|| panic!("{node:?} is not a machine of this world"))
    }

    /// Does what a verb does to the network, if it does anything to it.
    pub fn apply(&mut self, verb: &Verb) {
        match verb {
            Verb::Link { from, to, link } => self.set_link(from, to, link),
            Verb::Heal => self.heal(),
            Verb::DropNext { to, kind, count } => self.drops.push((*to, *kind, *count)),
            Verb::Down(node) => self.change_interface(*node, Interface::down),
            Verb::Flush(node) => self.change_interface(*node, Interface::flush),
            Verb::Up(node) => self.change_interface(*node, Interface::up),
            Verb::Twin { of, on } => self.twin(*of, *on),
            Verb::Forget(nodes) => nodes.iter().for_each(|&node| self.forget(node)),
            _ => {}
        }
    }

    /// A machine's interface.
    ///
    /// # Panics
    /// If there is no such machine.
    #[must_use]
    pub fn interface(&self, node: NodeId) -> &Interface {
        &self.stations[&node].interface
    }

    /// Changes a machine's interface.
    ///
    /// # Panics
    /// If there is no such machine.
    fn change_interface(&mut self, node: NodeId, change: impl FnOnce(&mut Interface)) {
        let station = self.station(node);
        change(&mut station.interface);
        if !station.interface.is_up() {
            // Linux forgets the neighbours of an interface that goes down.
            station.neighbours.forget();
        }
    }

    /// The socket of the daemon that runs on a machine; `None` when it ends.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn set_socket(&mut self, node: NodeId, socket: Option<Socket>) {
        self.station(node).socket = socket;
    }

    /// A machine's socket.
    #[must_use]
    pub fn socket(&self, node: NodeId) -> Option<&Socket> {
        self.stations.get(&node)?.socket.as_ref()
    }

    /// Binds a machine's socket elsewhere.
    ///
    /// # Panics
    /// If there is no such machine.
    pub fn bind(&mut self, node: NodeId, bound: Bound) {
        if let Some(socket) = &mut self.station(node).socket {
            socket.bound = bound;
        }
    }

    /// A stranger has the addresses of this machine, too, from now on or no more.
    ///
    /// # Panics
    /// If there is no such machine.
    fn twin(&mut self, of: NodeId, on: bool) {
        let interface = &self.station(of).interface;
        let addresses = interface.meant_addresses().to_vec();
        for address in addresses {
            if on {
                self.twins.insert(address);
            } else {
                self.twins.remove(&address);
            }
        }
    }

    /// A machine's table of neighbours is emptied.
    ///
    /// # Panics
    /// If there is no such machine.
    fn forget(&mut self, node: NodeId) {
        self.station(node).neighbours.forget();
    }

    /// Gives directions these properties.
    fn set_link(&mut self, from: &[NodeId], to: &[NodeId], link: &Link) {
        for &a in from {
            for &b in to {
                self.links.insert((a, b), link.clone());
            }
        }
    }

    /// All directions are perfect again, and nothing is lost by choice.
    pub fn heal(&mut self) {
        self.links.clear();
        self.drops.clear();
    }

    /// What was lost so far.
    #[must_use]
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// What was sent so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The daemon of a machine sends a datagram: `fly` is told of each copy that is on its way, and when it arrives.
    pub fn send(
        &mut self,
        now: Instant,
        from: NodeId,
        to: Target,
        bytes: &Bytes,
        mut fly: impl FnMut(Instant, Flight),
    ) {
        let Some(socket) = self.station(from).socket.take() else {
            return;
        };
        let away = socket.bound == Bound::Closed
            || !self.interface(from).is_usable(socket.address) && !socket.address.is_loopback();
        for destination in socket.destinations(to) {
            if away {
                let meant = self.meant(destination);
                self.losses.count(now, from, meant, Cause::Away);
                continue;
            }
            self.traffic.count(bytes);
            let mut flight = Flight {
                from,
                to: from,
                source: socket.address,
                destination,
                port: socket.port,
                seal: socket.seal,
                bytes: bytes.clone(),
                refusal: false,
            };
            if socket.group == Some(destination) {
                for to in self.others(from) {
                    flight.to = to;
                    self.fly(now, &flight, &mut fly);
                }
            } else if let Some(to) = self.owner(now, from, destination) {
                flight.to = to;
                self.fly(now, &flight, &mut fly);
            }
        }
        self.station(from).socket = Some(socket);
    }

    fn others(&self, from: NodeId) -> Vec<NodeId> {
        let all = self.stations.keys().copied();
        all.filter(|&node| node != from).collect()
    }

    /// The machine that an address is meant for; 0 for none.
    fn meant(&self, address: IpAddr) -> NodeId {
        let mut stations = self.stations.iter();
        let owner =
            stations.find(|(_, station)| station.interface.meant_addresses().contains(&address));
        owner.map_or(NodeId(0), |(&node, _)| node)
    }

    /// The machine that datagrams to an address are handed to, by the sender's table of neighbours.
    fn owner(&mut self, now: Instant, from: NodeId, address: IpAddr) -> Option<NodeId> {
        // One table is written to while all interfaces are read.
        let mut neighbours = std::mem::take(&mut self.station(from).neighbours);
        let (stations, twins) = (&self.stations, &self.twins);
        let answers = |owner: Owner| match owner {
            Owner::Machine(node) => stations[&node].interface.is_usable(address),
            Owner::Stranger => twins.contains(&address),
        };
        let known = neighbours.known(now, address, answers);
        let owner = known.or_else(|| {
            let machines = stations.iter().map(|(&node, _)| Owner::Machine(node));
            let owners: Vec<Owner> = machines
                .chain([Owner::Stranger])
                .filter(|&owner| answers(owner))
                .collect();
            let owner = match owners[..] {
                [] => return None,
                [owner] => owner,
                _ => *self.rng.pick(&owners),
            };
            neighbours.learn(address, owner);
            Some(owner)
        });
        self.station(from).neighbours = neighbours;
        let cause = match owner {
            Some(Owner::Machine(node)) => return Some(node),
            Some(Owner::Stranger) => Cause::WrongOwner,
            None => Cause::NoOwner,
        };
        let meant = self.meant(address);
        self.losses.count(now, from, meant, cause);
        None
    }

    fn fly(&mut self, now: Instant, flight: &Flight, fly: &mut impl FnMut(Instant, Flight)) {
        let (from, to, bytes) = (flight.from, flight.to, &flight.bytes);
        let link = self.links.get(&(from, to)).cloned().unwrap_or_default();
        if link.refused && !flight.refusal {
            self.losses.count(now, from, to, Cause::Cut);
            if let Some((at, refusal)) = self.refuse(now, flight) {
                fly(at, refusal);
            }
            return;
        }
        let cause = if link.cut {
            Some(Cause::Cut)
        } else if bytes.len() > link.len_max {
            Some(Cause::TooLong)
        } else if self.rng.chance(link.loss) {
            Some(Cause::Loss)
        } else {
            self.is_to_be_dropped(to, bytes).then_some(Cause::Chosen)
        };
        if let Some(cause) = cause {
            self.losses.count(now, from, to, cause);
            return;
        }
        let copies = 1 + u32::from(self.rng.chance(link.duplicate));
        for _ in 0..copies {
            let mut at = now + link.delay + self.rng.duration(link.jitter);
            if self.rng.chance(link.reorder) {
                at = at + self.rng.duration(link.jitter * 4);
            } else {
                let previous = self.last.entry((from, to)).or_default();
                at = at.max(*previous);
                *previous = at;
            }
            fly(at, flight.clone());
        }
    }

    fn is_to_be_dropped(&mut self, to: NodeId, bytes: &[u8]) -> bool {
        let kind = bytes.get(TYPE_AT).copied();
        let drop = self.drops.iter_mut().find(|(receiver, of, count)| {
            *receiver == to && Some(of.number()) == kind && *count > 0
        });
        let Some((_, _, count)) = drop else {
            return false;
        };
        *count -= 1;
        true
    }

    /// A datagram is there: whether the daemon gets it. If no socket is bound, the machine's kernel refuses it.
    pub fn arrive(&mut self, now: Instant, flight: &Flight) -> Arrival {
        if flight.refusal {
            return self.arrive_back(flight);
        }
        let station = &self.stations[&flight.to];
        let is_group = flight.destination.is_multicast() || is_broadcast(flight.destination);
        let cause = match &station.socket {
            _ if !station.interface.is_up() => Some(Cause::NoOwner),
            _ if !is_group && !station.interface.is_usable(flight.destination) => {
                Some(Cause::NoOwner)
            }
            Some(socket) if socket.listens_to(flight.destination, flight.port) => {
                if !socket.is_listed(flight.source) {
                    Some(Cause::Unlisted)
                } else if socket.seal != flight.seal {
                    Some(Cause::WrongKey)
                } else {
                    None
                }
            }
            _ => Some(Cause::NotBound),
        };
        let Some(cause) = cause else {
            return Arrival::Received;
        };
        self.losses.count(now, flight.from, flight.to, cause);
        match cause {
            Cause::NotBound if !is_group => Arrival::Refused,
            _ => Arrival::Lost,
        }
    }

    /// The refusal of a flight on its way back, by what the way back is like; `None` if it is lost.
    pub fn refuse(&mut self, now: Instant, flight: &Flight) -> Option<(Instant, Flight)> {
        let refusal = Flight {
            from: flight.to,
            to: flight.from,
            source: flight.destination,
            destination: flight.source,
            bytes: Bytes::new(),
            refusal: true,
            ..flight.clone()
        };
        let mut back = None;
        self.fly(now, &refusal, &mut |at, flight| back = Some((at, flight)));
        back
    }

    /// A refusal is told to the socket that sent the datagram, if that is still there.
    fn arrive_back(&self, flight: &Flight) -> Arrival {
        let station = &self.stations[&flight.to];
        let is_there = station.interface.is_usable(flight.destination);
        let socket = station.socket.as_ref().filter(|_| is_there);
        match socket {
            Some(socket) if socket.address == flight.destination => Arrival::Received,
            _ => Arrival::Lost,
        }
    }

    /// The node that a machine's daemon knows by this address.
    #[must_use]
    pub fn peer(&self, of: NodeId, address: IpAddr) -> Option<NodeId> {
        let peers = &self.socket(of)?.peers;
        let peer = peers.iter().find(|(_, known)| *known == address);
        peer.map(|&(node, _)| node)
    }

    /// A daemon's socket was full when a datagram arrived.
    pub fn overflow(&mut self, now: Instant, from: NodeId, to: NodeId) {
        self.losses.count(now, from, to, Cause::Full);
    }
}

fn is_broadcast(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_broadcast())
}

/// Where a frame's type stands, after the magic and the version.
pub(super) const TYPE_AT: usize = 3;
