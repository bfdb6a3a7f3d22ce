//! Nodes over real UDP on addresses of the loopback network.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ringwright::group::Event;
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Config, GroupName, Node, NodeId, Sign, Target};
use ringwright_driver::{
    Batch, Driver, Group, GroupSession, Handle, MemoryStore, Socket, Store, Transport, Udp,
    UdpSocket,
};
use tokio::sync::{Notify, watch};

/// What a test may take at most; none waits this long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Three nodes that may be started.
pub(crate) struct Cluster {
    test: u8,
    timing: Timing,
}

impl Cluster {
    /// `test` must differ among the tests of a file: their nodes have different addresses.
    pub(crate) fn of_test(test: u8) -> Self {
        let keys = TimingKeys {
            token: Some(1000),
            token_coefficient: Some(0),
            ..TimingKeys::default()
        };
        let timing = Timing::resolve(&keys, 3).unwrap();
        Self { test, timing }
    }

    /// An address of 127.0.0.0/8 that no other test, nor another run of this one, uses.
    pub(crate) fn address(&self, node: u8) -> IpAddr {
        let [low, high, ..] = std::process::id().to_le_bytes();
        Ipv4Addr::new(127, high, low, self.test * 10 + node).into()
    }

    pub(crate) fn udp(&self, me: u8) -> Udp {
        let nodes = [1, 2, 3].map(|id| (NodeId(id.into()), self.address(id)));
        Udp::unicast(NodeId(me.into()), nodes.into())
    }

    /// The transport `udp`, with a group that only this test uses.
    pub(crate) fn multicast(&self, me: u8) -> Udp {
        let IpAddr::V4(own) = self.address(me) else {
            unreachable!("the loopback network is IPv4");
        };
        let [_, high, low, _] = own.octets();
        let group = Group {
            address: Ipv4Addr::new(239, high, low, self.test).into(),
            ttl: 1,
        };
        Udp {
            group: Some(group),
            ..self.udp(me)
        }
    }

    pub(crate) fn config(&self, me: u8) -> Config {
        Config {
            timing: self.timing.clone(),
            ..Config::of(me.into(), 1..=3)
        }
    }

    pub(crate) fn start(&self, me: u8) -> Handle {
        self.start_with(me, MemoryStore::default(), watch::channel(true).1)
    }

    pub(crate) fn start_with(
        &self,
        me: u8,
        store: impl Store,
        address: watch::Receiver<bool>,
    ) -> Handle {
        Driver::start(self.config(me), 7, self.udp(me), store, address).unwrap()
    }
}

/// Whether a node is in a synchronised ring of exactly these.
pub(crate) fn in_ring_of(
    members: &'static [u32],
) -> impl Fn(&Node) -> bool + Copy + Send + 'static {
    move |node| {
        let ring = node.engine().ring().members().iter().map(|id| id.0);
        ring.eq(members.iter().copied()) && node.engine().is_synchronised()
    }
}

pub(crate) fn group() -> GroupName {
    GroupName::new(b"test").unwrap()
}

/// The session's next messages as text, `count` of them.
pub(crate) async fn messages(session: &mut GroupSession, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.len() < count {
        if let Event::Message { payload, .. } = session.recv().await.unwrap() {
            texts.push(String::from_utf8(payload.into()).unwrap());
        }
    }
    texts
}

/// Waits for a membership of this many processes.
pub(crate) async fn members(session: &mut GroupSession, count: usize) {
    loop {
        if let Event::Membership { members, .. } = session.recv().await.unwrap()
            && members.len() == count
        {
            return;
        }
    }
}

/// A transport whose sockets fail when told to.
pub(crate) struct Flaky {
    pub(crate) udp: Udp,
    pub(crate) fail: Arc<Notify>,
}

/// A socket of [`Flaky`].
pub(crate) struct FlakySocket {
    socket: UdpSocket,
    fail: Arc<Notify>,
}

impl Transport for Flaky {
    type Socket = FlakySocket;

    async fn bind(&mut self) -> io::Result<FlakySocket> {
        let (socket, fail) = (self.udp.bind().await?, Arc::clone(&self.fail));
        Ok(FlakySocket { socket, fail })
    }
}

impl Socket for FlakySocket {
    async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        self.socket.send(train).await
    }

    async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        tokio::select! {
            biased;
            () = self.fail.notified() => Err(io::ErrorKind::NetworkDown.into()),
            received = self.socket.receive(batch) => received,
        }
    }

    fn sign(&mut self) -> Option<Sign> {
        self.socket.sign()
    }

    fn drain(&mut self) {
        self.socket.drain();
    }
}

/// A transport whose sockets hear nothing from a moment on.
pub(crate) struct Deafened {
    pub(crate) udp: Udp,
    pub(crate) deaf: watch::Receiver<bool>,
}

/// A socket of [`Deafened`].
pub(crate) struct DeafenedSocket {
    socket: UdpSocket,
    deaf: watch::Receiver<bool>,
}

impl Transport for Deafened {
    type Socket = DeafenedSocket;

    async fn bind(&mut self) -> io::Result<DeafenedSocket> {
        let (socket, deaf) = (self.udp.bind().await?, self.deaf.clone());
        Ok(DeafenedSocket { socket, deaf })
    }
}

impl Socket for DeafenedSocket {
    async fn send(&mut self, train: &[(Target, Bytes)]) -> io::Result<()> {
        self.socket.send(train).await
    }

    async fn receive(&mut self, batch: &mut Batch) -> io::Result<()> {
        let deaf = async { self.deaf.wait_for(|deaf| *deaf).await.is_ok() };
        tokio::select! {
            biased;
            // Whoever cannot be deafened any more hears on.
            true = deaf => std::future::pending().await,
            received = self.socket.receive(batch) => received,
        }
    }

    fn sign(&mut self) -> Option<Sign> {
        self.socket.sign()
    }

    fn drain(&mut self) {
        self.socket.drain();
    }
}
