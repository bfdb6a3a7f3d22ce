//! Transport `udp`: a datagram to all goes to a multicast group, or to everybody on the cable.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use ringwright::Target;

use super::port::{Port, socket};
use super::train::Couplings;
use super::{Group, Udp};
use crate::{BATCH_MAX, Batch, Counters};

#[derive(Debug)]
pub(super) struct Multicast {
    udp: Udp,
    /// Sends everything; the others see its port, one below the cluster's.
    sender: Port,
    /// Receives what is sent to all.
    group: Port,
    group_address: SocketAddr,
    /// Receives tokens.
    token: Port,
    /// Tokens that wait until everything sent to all before them is handled.
    tokens: Vec<Bytes>,
    couplings: Couplings,
}

impl Multicast {
    pub(super) fn bind(udp: &Udp, group: Group) -> io::Result<Self> {
        let own = udp.own()?;
        let group_address = SocketAddr::new(group.address, udp.port);
        let sending = SocketAddr::new(own.ip(), udp.port.wrapping_sub(1));
        Ok(Self {
            udp: udp.clone(),
            sender: Port::bind(sending_socket(own.ip(), group)?, sending)?,
            group: Port::bind(listening_socket(own.ip(), group)?, group_address)?,
            group_address,
            token: Port::bind(reusable_socket(own.ip())?, own)?,
            tokens: Vec::new(),
            couplings: Couplings::default(),
        })
    }

    pub(super) async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        let mut result = Ok(());
        let mut rest = train;
        while let Some(run) = self
            .couplings
            .next_run(&mut rest, self.sender.segments_max())
        {
            let address = match run.to {
                Target::All => Some(self.group_address),
                Target::Node(node) => self.udp.address(node),
            };
            if let Some(address) = address {
                let sent = self.sender.send(address, &run).await;
                result = result.and(sent);
            }
        }
        result
    }

    /// A token tells which messages were sent before it: they are handed on first.
    pub(super) async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        if self.tokens.is_empty() {
            tokio::select! {
                biased;
                ready = self.group.ready() => ready?,
                ready = self.token.ready() => ready?,
                ready = self.sender.ready() => ready?,
            }
            self.token.receive(|token, _| {
                self.tokens.push(token);
                true
            })?;
        }
        let own = self.udp.own()?.ip();
        while batch.len() < BATCH_MAX {
            let drained = self.group.receive(|datagram, from| {
                // A broadcast comes back to its sender, who has it already.
                if from.ip() != own {
                    batch.push_back(datagram);
                }
                true
            })?;
            if drained {
                batch.extend(self.tokens.drain(..));
                break;
            }
        }
        Ok(())
    }

    /// Of what goes to one node alone: a datagram to the group is refused by nobody.
    pub(super) fn refused(&self) -> Option<IpAddr> {
        self.sender.refused()
    }

    pub(super) fn drain(&mut self) {
        self.tokens.clear();
        self.group.drain();
        self.token.drain();
    }

    pub(super) fn counters(&self) -> Counters {
        let mut counters = self.sender.counters;
        counters += self.group.counters;
        counters += self.token.counters;
        counters
    }
}

fn reusable_socket(own: IpAddr) -> io::Result<socket2::Socket> {
    let socket = socket(own)?;
    socket.set_reuse_address(true)?;
    Ok(socket)
}

fn listening_socket(own: IpAddr, group: Group) -> io::Result<socket2::Socket> {
    let socket = reusable_socket(own)?;
    match (group.address, own) {
        (IpAddr::V4(Ipv4Addr::BROADCAST), _) => {}
        (IpAddr::V4(group), IpAddr::V4(own)) => socket.join_multicast_v4(&group, &own)?,
        // The interface is the one that routes choose for the group.
        (IpAddr::V6(group), _) => socket.join_multicast_v6(&group, 0)?,
        (IpAddr::V4(_), IpAddr::V6(_)) => return Err(mixed_families()),
    }
    Ok(socket)
}

fn sending_socket(own: IpAddr, group: Group) -> io::Result<socket2::Socket> {
    let socket = reusable_socket(own)?;
    match (group.address, own) {
        (IpAddr::V4(Ipv4Addr::BROADCAST), _) => socket.set_broadcast(true)?,
        (IpAddr::V4(_), IpAddr::V4(own)) => {
            socket.set_multicast_if_v4(&own)?;
            socket.set_multicast_loop_v4(false)?;
            socket.set_multicast_ttl_v4(group.ttl.into())?;
        }
        (IpAddr::V6(_), _) => {
            socket.set_multicast_loop_v6(false)?;
            socket.set_multicast_hops_v6(group.ttl.into())?;
        }
        (IpAddr::V4(_), IpAddr::V6(_)) => return Err(mixed_families()),
    }
    Ok(socket)
}

fn mixed_families() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "the multicast group and the node's address are of different families",
    )
}
