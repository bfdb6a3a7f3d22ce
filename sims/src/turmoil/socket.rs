//! Turmoil's UDP under the production loop.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use ::turmoil::net::UdpSocket;
use bytes::Bytes;
use ringwright::{NodeId, Target};
use ringwright_driver::{BATCH_MAX, Batch, DATAGRAM_MAX, Socket, Transport};

const PORT: u16 = 5405;

/// The name of a node's simulated host.
pub(super) fn host_name(node: NodeId) -> String {
    format!("n{node}")
}

/// A cluster's nodes on turmoil's network.
pub(super) struct Simulated {
    pub(super) me: NodeId,
    pub(super) nodes: Vec<NodeId>,
}

pub(super) struct SimulatedSocket {
    udp: UdpSocket,
    /// Every node but this one.
    others: Vec<NodeId>,
    buffer: Vec<u8>,
}

impl Transport for Simulated {
    type Socket = SimulatedSocket;

    async fn bind(&mut self) -> io::Result<SimulatedSocket> {
        let others = self.nodes.iter().copied().filter(|&node| node != self.me);
        Ok(SimulatedSocket {
            udp: UdpSocket::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?,
            others: others.collect(),
            buffer: vec![0; DATAGRAM_MAX],
        })
    }
}

impl Socket for SimulatedSocket {
    async fn send(&mut self, to: Target, datagram: &Bytes) -> io::Result<()> {
        let targets = match to {
            Target::All => &self.others[..],
            Target::Node(ref node) => std::slice::from_ref(node),
        };
        for &node in targets {
            self.udp
                .send_to(datagram, (host_name(node).as_str(), PORT))
                .await?;
        }
        Ok(())
    }

    async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        self.udp.readable().await?;
        while batch.len() < BATCH_MAX {
            match self.udp.try_recv_from(&mut self.buffer) {
                Ok((len, _)) => batch.push_back(Bytes::copy_from_slice(&self.buffer[..len])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn drain(&mut self) {
        while self.udp.try_recv_from(&mut self.buffer).is_ok() {}
    }
}
