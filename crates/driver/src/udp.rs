//! UDP as corosync's transports `udpu` and `udp` use it.

mod multicast;
mod port;
mod receiver;
mod refusals;
mod train;
mod unicast;

use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use multicast::Multicast;
use ringwright::{NodeId, Sign, Target};
use unicast::Unicast;

use crate::{Batch, Counters, Socket, Transport};

/// A cluster's nodes on UDP.
#[derive(Clone, Debug)]
pub struct Udp {
    /// This node; must be one of `nodes`.
    pub me: NodeId,
    /// Where each node listens, in the nodelist's order.
    pub nodes: Vec<(NodeId, IpAddr)>,
    /// `totem.interface.mcastport`, the same on every node. Default 5405.
    pub port: u16,
    /// `totem.block_unlisted_ips`: drop datagrams from addresses outside the nodelist. Only with `udpu`.
    pub block_unlisted: bool,
    /// Transport `udp`: the group that all nodes listen to. Without one, transport `udpu`: a datagram to all is sent to each.
    pub group: Option<Group>,
}

/// The group of the transport `udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// A multicast address, or 255.255.255.255 for `broadcast: yes`.
    pub address: IpAddr,
    /// How many routers a datagram may pass, 0 to 255; corosync's default is 1.
    pub ttl: u8,
}

impl Udp {
    /// Transport `udpu` on corosync's port, with its filter.
    #[must_use]
    pub fn unicast(me: NodeId, nodes: Vec<(NodeId, IpAddr)>) -> Self {
        Self {
            me,
            nodes,
            port: 5405,
            block_unlisted: true,
            group: None,
        }
    }

    fn address(&self, node: NodeId) -> Option<SocketAddr> {
        let entry = self.nodes.iter().find(|(id, _)| *id == node);
        entry.map(|&(_, address)| SocketAddr::new(address, self.port))
    }

    fn own(&self) -> io::Result<SocketAddr> {
        let missing = || io::Error::new(io::ErrorKind::InvalidInput, "this node has no address");
        self.address(self.me).ok_or_else(missing)
    }
}

impl Transport for Udp {
    type Socket = UdpSocket;

    async fn bind(&mut self) -> io::Result<UdpSocket> {
        let kind = match self.group {
            None => Kind::Unicast(Box::new(Unicast::bind(self)?)),
            Some(group) => Kind::Multicast(Box::new(Multicast::bind(self, group)?)),
        };
        let nodes = self.nodes.clone();
        Ok(UdpSocket { kind, nodes })
    }
}

/// What [`Udp`] binds.
#[derive(Debug)]
pub struct UdpSocket {
    kind: Kind,
    nodes: Vec<(NodeId, IpAddr)>,
}

#[derive(Debug)]
enum Kind {
    Unicast(Box<Unicast>),
    Multicast(Box<Multicast>),
}

impl Socket for UdpSocket {
    async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        match &mut self.kind {
            Kind::Unicast(socket) => socket.send(train).await,
            Kind::Multicast(socket) => socket.send(train).await,
        }
    }

    async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        match &mut self.kind {
            Kind::Unicast(socket) => socket.receive(batch).await,
            Kind::Multicast(socket) => socket.receive(batch).await,
        }
    }

    fn sign(&mut self) -> Option<Sign> {
        loop {
            let address = match &self.kind {
                Kind::Unicast(socket) => socket.refused(),
                Kind::Multicast(socket) => socket.refused(),
            }?;
            let node = self.nodes.iter().find(|(_, known)| *known == address);
            if let Some(&(node, _)) = node {
                return Some(Sign::Refused(node));
            }
        }
    }

    fn drain(&mut self) {
        match &mut self.kind {
            Kind::Unicast(socket) => socket.drain(),
            Kind::Multicast(socket) => socket.drain(),
        }
    }

    fn counters(&self) -> Counters {
        match &self.kind {
            Kind::Unicast(socket) => socket.counters(),
            Kind::Multicast(socket) => socket.counters(),
        }
    }
}
