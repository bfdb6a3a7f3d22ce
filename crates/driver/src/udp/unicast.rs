//! Transport `udpu`: one socket for everything, a datagram to all goes to each.

use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use ringwright::{NodeId, Target};

use super::Udp;
use super::port::{Port, socket};
use crate::{BATCH_MAX, Batch, Counters};

#[derive(Debug)]
pub(super) struct Unicast {
    port: Port,
    /// The other nodes, in the nodelist's order.
    others: Vec<(NodeId, SocketAddr)>,
    /// Whom to listen to; `None` for everybody.
    listed: Option<Vec<IpAddr>>,
}

impl Unicast {
    pub(super) fn bind(udp: &Udp) -> io::Result<Self> {
        let own = udp.own()?;
        let others = udp.nodes.iter().filter(|(id, _)| *id != udp.me);
        Ok(Self {
            port: Port::bind(socket(own.ip())?, own)?,
            others: others
                .map(|&(id, address)| (id, SocketAddr::new(address, udp.port)))
                .collect(),
            listed: udp
                .block_unlisted
                .then(|| udp.nodes.iter().map(|&(_, address)| address).collect()),
        })
    }

    pub(super) async fn send(&mut self, to: Target, datagram: &Bytes) -> io::Result<()> {
        let mut result = Ok(());
        for &(node, address) in &self.others {
            if to == Target::All || to == Target::Node(node) {
                let sent = self.port.send(address, datagram).await;
                result = result.and(sent);
            }
        }
        result
    }

    pub(super) async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        self.port.readable().await?;
        while batch.len() < BATCH_MAX
            && let Some((datagram, from)) = self.port.try_receive()?
        {
            if self
                .listed
                .as_ref()
                .is_none_or(|listed| listed.contains(&from.ip()))
            {
                batch.push_back(datagram);
            } else {
                self.port.counters.rejected += 1;
            }
        }
        Ok(())
    }

    pub(super) fn drain(&mut self) {
        self.port.drain();
    }

    pub(super) fn counters(&self) -> Counters {
        self.port.counters
    }
}
