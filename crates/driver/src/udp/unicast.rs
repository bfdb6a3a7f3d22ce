//! Transport `udpu`: one socket for everything, a datagram to all goes to each.

use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use ringwright::{NodeId, Target};

use super::Udp;
use super::port::{Port, socket};
use super::train::Couplings;
use crate::{BATCH_MAX, Batch, Counters};

#[derive(Debug)]
pub(super) struct Unicast {
    port: Port,
    couplings: Couplings,
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
            couplings: Couplings::default(),
            others: others
                .map(|&(id, address)| (id, SocketAddr::new(address, udp.port)))
                .collect(),
            listed: udp
                .block_unlisted
                .then(|| udp.nodes.iter().map(|&(_, address)| address).collect()),
        })
    }

    pub(super) async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        let mut result = Ok(());
        let mut rest = train;
        while let Some(run) = self.couplings.next_run(&mut rest, self.port.segments_max()) {
            for &(node, address) in &self.others {
                if run.to == Target::All || run.to == Target::Node(node) {
                    let sent = self.port.send(address, &run).await;
                    result = result.and(sent);
                }
            }
        }
        result
    }

    pub(super) async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        self.port.ready().await?;
        let mut drained = false;
        while !drained && batch.len() < BATCH_MAX {
            let listed = self.listed.as_deref();
            drained = self.port.receive(|datagram, from| {
                let taken = listed.is_none_or(|listed| listed.contains(&from.ip()));
                if taken {
                    batch.push_back(datagram);
                }
                taken
            })?;
        }
        Ok(())
    }

    pub(super) fn refused(&self) -> Option<IpAddr> {
        self.port.refused()
    }

    pub(super) fn drain(&mut self) {
        self.port.drain();
    }

    pub(super) fn counters(&self) -> Counters {
        self.port.counters
    }
}
