//! What runs on a simulated host: the production loop, and a client that does as it is told and tells what it sees.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use ringwright::{Event, GroupName, Node, NodeId, group};
use ringwright_driver::{Driver, GroupSender, GroupSession, Handle, MemoryStore};
use tokio::sync::{Notify, broadcast, mpsc as orders, watch};

use super::socket::{SharedSky, Simulated, lock};
use crate::history::MessageId;
use crate::host::End;
use crate::setup::Machine;
use crate::vintage::{self, Boot, Start, Vintage};
use crate::world::{Settings, Status};

/// How often a client looks how its node stands.
const LOOK: Duration = Duration::from_millis(1);

/// What runs beside every node.
pub(super) type Application =
    Arc<dyn Fn(NodeId, Handle) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

pub(super) enum Order {
    Join(u32, GroupName),
    Quit(u32, GroupName),
    Send(u32, GroupName, MessageId, Bytes),
    Leave,
}

pub(super) enum Told {
    Event(Event),
    Group(group::Event),
    Sent(MessageId),
    Status(Box<Status>),
    Waits,
    Bound(IpAddr),
    Unbound,
    Ended(End),
    Left,
}

/// Where a host finds what is to run on it next.
pub(super) type Slot = Arc<Mutex<Option<Life>>>;

/// One life of a node.
pub(super) struct Life {
    pub(super) settings: Arc<Settings>,
    /// What it runs on, unless that is a plain machine.
    pub(super) machine: Option<Machine>,
    /// How long it loads.
    pub(super) loads: Duration,
    pub(super) sky: SharedSky,
    /// Whether its address is there.
    pub(super) address: watch::Receiver<bool>,
    pub(super) seed: u64,
    pub(super) store: MemoryStore,
    pub(super) orders: orders::UnboundedReceiver<Order>,
    pub(super) told: Teller,
    pub(super) application: Option<Application>,
}

/// A process in a group: how it sends, and what makes it leave.
type Member = (GroupSender, Arc<Notify>);

#[derive(Clone)]
pub(super) struct Teller {
    pub(super) node: NodeId,
    pub(super) channel: mpsc::Sender<(NodeId, Told)>,
}

impl Teller {
    pub(super) fn tell(&self, told: Told) {
        // The world may be gone at the end of a test.
        let _ = self.channel.send((self.node, told));
    }
}

/// The software of a host: nothing before the node's first start.
pub(super) async fn run(slot: Slot) -> ::turmoil::Result {
    let life = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(life) = life {
        tokio::time::sleep(life.loads).await;
        match boot(&life).await {
            Ok(boot) => live(life, boot).await?,
            Err(end) => life.told.tell(Told::Ended(end)),
        }
    }
    Ok(())
}

/// What it starts with, once it knows.
async fn boot(life: &Life) -> Result<Boot, End> {
    let node = life.told.node;
    let start = || {
        let sky = lock(&life.sky);
        vintage::start(
            &life.settings,
            node,
            life.machine.as_ref(),
            sky.network.interface(node),
        )
    };
    let mut address = life.address.clone();
    address.mark_unchanged();
    loop {
        match start() {
            Start::Runs(boot) => return Ok(*boot),
            Start::Ends(end) => return Err(end),
            Start::Deaf(_) => unreachable!("the engine does not support it"),
            Start::Waits => life.told.tell(Told::Waits),
        }
        if address.changed().await.is_err() {
            // The world is gone.
            std::future::pending::<()>().await;
        }
    }
}

async fn live(life: Life, boot: Boot) -> ::turmoil::Result {
    let Life {
        address,
        seed,
        store,
        mut orders,
        told,
        sky,
        application,
        ..
    } = life;
    // corosync's socket stays bound when the address goes away.
    let address = match boot.vintage {
        Vintage::Ringwright => address,
        _ => watch::channel(true).1,
    };
    let transport = Simulated {
        machine: told.node,
        socket: boot.socket,
        hears_refusals: boot.vintage.hears_refusals(),
        sky,
        told: told.clone(),
    };
    let Ok(handle) = Driver::start(boot.config, seed, transport, store, address) else {
        told.tell(Told::Ended(End::Status(8)));
        return Ok(());
    };
    let mut events = handle.events();
    if let Some(application) = application {
        tokio::spawn(application(told.node, handle.clone()));
    }
    let mut members: BTreeMap<(u32, GroupName), Member> = BTreeMap::new();
    let mut last = None;
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Ok(event) => told.tell(Told::Event(event)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => break,
            },
            order = orders.recv() => match order {
                Some(order) => obey(order, &handle, &mut members, &told).await,
                None => break,
            },
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Ok(status) = handle.query(status).await
            && last.as_ref() != Some(&status)
        {
            last = Some(status.clone());
            told.tell(Told::Status(Box::new(status)));
        }
    }
    handle.ended().await;
    told.tell(Told::Left);
    Ok(())
}

async fn obey(
    order: Order,
    handle: &Handle,
    members: &mut BTreeMap<(u32, GroupName), Member>,
    told: &Teller,
) {
    match order {
        Order::Join(pid, group) => {
            if let Ok(session) = handle.join_as(pid, group.clone()).await {
                let (sender, quits) = (session.sender().clone(), Arc::new(Notify::new()));
                members.insert((pid, group), (sender, Arc::clone(&quits)));
                tokio::spawn(attend(session, quits, told.clone()));
            }
        }
        Order::Quit(pid, group) => {
            if let Some((_, quits)) = members.remove(&(pid, group)) {
                quits.notify_one();
            }
        }
        Order::Send(pid, group, message, payload) => {
            if let Some((sender, _)) = members.get(&(pid, group)) {
                told.tell(Told::Sent(message));
                // A refusal is a loss that a checker has to see.
                let _ = sender.send(payload).await;
            }
        }
        Order::Leave => {
            let handle = handle.clone();
            tokio::spawn(async move { handle.leave().await });
        }
    }
}

/// A process tells what it sees until it has left.
async fn attend(mut session: GroupSession, quits: Arc<Notify>, told: Teller) {
    loop {
        tokio::select! {
            biased;
            event = session.recv() => match event {
                Ok(event) => told.tell(Told::Group(event)),
                Err(_) => break,
            },
            () = quits.notified() => {
                // It ends with the membership without it, or with the node.
                let _ = session.leave().await;
            }
        }
    }
}

fn status(node: &Node) -> Status {
    let engine = node.engine();
    engine.check();
    Status {
        phase: engine.ring().phase(),
        ring_id: node.ring_id(),
        members: engine.ring().members().to_vec(),
        synchronised: engine.is_synchronised(),
        quorate: node.is_quorate(),
    }
}
