//! Turmoil's UDP under the production loop. What arrives where, when and how often is decided by the [`Network`] that the
//! other engine has, too; turmoil's own network is perfect, and what it brings waits here until its time has come.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::turmoil::net::UdpSocket;
use bytes::{BufMut, Bytes, BytesMut};
use ringwright::{Instant, NodeId, Sign, Target};
use ringwright_driver::{BATCH_MAX, Batch, DATAGRAM_MAX, Socket, Transport};

use super::host::{Teller, Told};
use crate::host::{self, Arrival, Flight, Network};

const PORT: u16 = 5405;
/// Turmoil's own network takes up to this long, and two datagrams may swap places in it. Nothing arrives before, so
/// nothing does.
pub(super) const LATENCY_MAX: Duration = Duration::from_millis(2);
/// The number of a flight, before the datagram.
const HEADER: usize = 8;

/// The name of a node's simulated host.
pub(super) fn host_name(node: NodeId) -> String {
    format!("n{node}")
}

/// The network and what is on its way.
#[derive(Debug)]
pub(super) struct Sky {
    pub(super) network: Network,
    /// Where flights go, without what is in them.
    flights: BTreeMap<u64, (Instant, Flight)>,
    flown: u64,
}

/// Shared by the world and the sockets on its hosts.
pub(super) type SharedSky = Arc<Mutex<Sky>>;

impl Sky {
    pub(super) fn new(network: Network) -> SharedSky {
        Arc::new(Mutex::new(Self {
            network,
            flights: BTreeMap::new(),
            flown: 0,
        }))
    }

    /// Flights that nobody received: no daemon ran where they went.
    pub(super) fn unreceived(&self, now: Instant) -> impl Iterator<Item = &(Instant, Flight)> {
        let landed = move |(at, _): &&(Instant, Flight)| *at + LATENCY_MAX < now;
        self.flights.values().filter(landed)
    }
}

pub(super) fn lock(sky: &SharedSky) -> MutexGuard<'_, Sky> {
    sky.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The end of the tick in which an instant lies: within a tick the clock stands still.
fn at_tick(at: Instant) -> Instant {
    const TICK: u64 = 1_000_000;
    Instant::from_nanos(at.as_nanos().next_multiple_of(TICK))
}

/// When it is certain that nobody takes what landed at an instant.
fn judged(at: Instant) -> Instant {
    at + LATENCY_MAX + Duration::from_millis(1)
}

/// Virtual time on a simulated host.
fn now() -> Instant {
    Instant::ZERO + ::turmoil::sim_elapsed().expect("within a simulation")
}

/// A daemon's way to the network.
pub(super) struct Simulated {
    /// The machine.
    pub(super) machine: NodeId,
    pub(super) socket: host::Socket,
    /// Whether the daemon asks for refusals of what it sent.
    pub(super) hears_refusals: bool,
    pub(super) sky: SharedSky,
    pub(super) told: Teller,
}

pub(super) struct SimulatedSocket {
    machine: NodeId,
    hears_refusals: bool,
    udp: UdpSocket,
    sky: SharedSky,
    told: Teller,
    /// What turmoil brought and whose time has not come.
    waiting: BTreeMap<(Instant, u64), (Flight, Bytes)>,
    /// What this daemon sent and nobody is known to have received.
    sent: BTreeSet<(Instant, u64)>,
    /// Refusals on their way back.
    refusals: BTreeMap<(Instant, u64), Flight>,
    signs: VecDeque<Sign>,
    buffer: Vec<u8>,
}

impl Transport for Simulated {
    type Socket = SimulatedSocket;

    async fn bind(&mut self) -> io::Result<SimulatedSocket> {
        let address = self.socket.address;
        if !address.is_loopback()
            && !lock(&self.sky)
                .network
                .interface(self.machine)
                .is_usable(address)
        {
            return Err(io::Error::new(
                io::ErrorKind::AddrNotAvailable,
                "the address is away",
            ));
        }
        let udp = UdpSocket::bind((IpAddr::from(Ipv4Addr::UNSPECIFIED), PORT)).await?;
        lock(&self.sky)
            .network
            .set_socket(self.machine, Some(self.socket.clone()));
        self.told.tell(Told::Bound(address));
        Ok(SimulatedSocket {
            machine: self.machine,
            hears_refusals: self.hears_refusals,
            udp,
            sky: Arc::clone(&self.sky),
            told: self.told.clone(),
            waiting: BTreeMap::new(),
            sent: BTreeSet::new(),
            refusals: BTreeMap::new(),
            signs: VecDeque::new(),
            buffer: vec![0; HEADER + DATAGRAM_MAX],
        })
    }
}

impl Drop for SimulatedSocket {
    fn drop(&mut self) {
        lock(&self.sky).network.set_socket(self.machine, None);
        self.told.tell(Told::Unbound);
    }
}

impl SimulatedSocket {
    fn take_off(&mut self, to: Target, datagram: &Bytes) -> Vec<(u64, NodeId)> {
        let mut sky = lock(&self.sky);
        let Sky {
            network,
            flights,
            flown,
        } = &mut *sky;
        let (now, mut numbers) = (now(), Vec::new());
        network.send(now, self.machine, to, datagram, |at, mut flight| {
            flight.bytes = Bytes::new();
            *flown += 1;
            numbers.push((*flown, flight.to));
            let at = at_tick(at.max(now + LATENCY_MAX));
            self.sent.insert((at, *flown));
            flights.insert(*flown, (at, flight));
        });
        numbers
    }

    /// Takes what turmoil brought.
    fn collect(&mut self) -> io::Result<()> {
        loop {
            match self.udp.try_recv_from(&mut self.buffer) {
                Ok((len, _)) => {
                    let (header, bytes) = self.buffer[..len].split_at(HEADER);
                    let number = u64::from_be_bytes(header.try_into().expect("eight bytes"));
                    if let Some((at, flight)) = lock(&self.sky).flights.remove(&number) {
                        let bytes = Bytes::copy_from_slice(bytes);
                        self.waiting.insert((at, number), (flight, bytes));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Hands over what is there by now, if the host lets it in.
    fn land(&mut self, batch: &mut Batch) {
        let now = now();
        while batch.len() < BATCH_MAX
            && let Some(entry) = self
                .waiting
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
        {
            let (flight, bytes) = entry.remove();
            let arrival = lock(&self.sky).network.arrive(now, &flight);
            if let Arrival::Received = arrival {
                batch.push_back(bytes);
            }
        }
    }

    /// What landed where no daemon took it is refused there, and the refusal comes back.
    fn look_for_refusals(&mut self) {
        let (now, mut sky) = (now(), lock(&self.sky));
        let Sky {
            network, flights, ..
        } = &mut *sky;
        while let Some(&(at, number)) = self.sent.first().filter(|(at, _)| judged(*at) <= now) {
            self.sent.pop_first();
            let Some((_, flight)) = flights.remove(&number) else {
                continue;
            };
            if let Arrival::Refused = network.arrive(at, &flight)
                && self.hears_refusals
                && let Some((back, refusal)) = network.refuse(at, &flight)
            {
                self.refusals.insert((at_tick(back), number), refusal);
            }
        }
        while let Some(entry) = self.refusals.first_entry()
            && entry.key().0 <= now
        {
            let refusal = entry.remove();
            if let Arrival::Received = network.arrive(now, &refusal) {
                let peer = network.peer(self.machine, refusal.source);
                self.signs.extend(peer.map(Sign::Refused));
            }
        }
    }

    /// When something that is known now will be there.
    fn next(&self) -> Option<Instant> {
        let landing = self.waiting.first_key_value().map(|(&(at, _), _)| at);
        let judged = self.sent.first().map(|&(at, _)| judged(at));
        let refusal = self.refusals.first_key_value().map(|(&(at, _), _)| at);
        [landing, judged, refusal].into_iter().flatten().min()
    }
}

impl Socket for SimulatedSocket {
    async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        for (to, datagram) in train {
            for (number, to) in self.take_off(*to, datagram) {
                let mut bytes = BytesMut::with_capacity(HEADER + datagram.len());
                bytes.put_u64(number);
                bytes.put_slice(datagram);
                self.udp
                    .send_to(&bytes, (host_name(to).as_str(), PORT))
                    .await?;
            }
        }
        Ok(())
    }

    async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        let wait = self
            .next()
            .map(|at| at.since(now()).max(Duration::from_millis(1)));
        tokio::select! {
            biased;
            readable = self.udp.readable() => readable?,
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            } => {}
        }
        self.collect()?;
        self.land(batch);
        self.look_for_refusals();
        Ok(())
    }

    fn sign(&mut self) -> Option<Sign> {
        self.signs.pop_front()
    }

    fn drain(&mut self) {
        // An error shows again at the next receive.
        let _ = self.collect();
        self.waiting.clear();
    }
}
