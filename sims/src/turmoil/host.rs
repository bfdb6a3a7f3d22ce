//! What runs on a simulated host: the production loop, and a client that does as it is told and tells what it sees.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use ringwright::{Config, Event, GroupName, Node, NodeId, group};
use ringwright_driver::{Driver, GroupSender, Handle, MemoryStore};
use tokio::sync::{broadcast, mpsc as orders, watch};

use super::socket::Simulated;
use crate::history::MessageId;
use crate::world::Status;

/// How often a client looks how its node stands.
const LOOK: Duration = Duration::from_millis(1);

pub(super) enum Order {
    Join(u32, GroupName),
    Send(u32, GroupName, MessageId, Bytes),
    Leave,
}

pub(super) enum Told {
    Event(Event),
    Group(group::Event),
    Sent(MessageId),
    Status(Box<Status>),
    Left,
}

/// Where a host finds what is to run on it next.
pub(super) type Slot = Arc<Mutex<Option<Boot>>>;

/// One life of a node.
pub(super) struct Boot {
    pub(super) config: Config,
    pub(super) seed: u64,
    pub(super) store: MemoryStore,
    pub(super) orders: orders::UnboundedReceiver<Order>,
    pub(super) told: Teller,
}

#[derive(Clone)]
pub(super) struct Teller {
    pub(super) node: NodeId,
    pub(super) channel: mpsc::Sender<(NodeId, Told)>,
}

impl Teller {
    fn tell(&self, told: Told) {
        // The world may be gone at the end of a test.
        let _ = self.channel.send((self.node, told));
    }
}

/// The software of a host: nothing before the node's first start.
pub(super) async fn run(slot: Slot) -> ::turmoil::Result {
    let boot = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(boot) = boot {
        live(boot).await?;
    }
    Ok(())
}

async fn live(boot: Boot) -> ::turmoil::Result {
    let Boot {
        config,
        seed,
        store,
        mut orders,
        told,
    } = boot;
    let transport = Simulated {
        me: config.me,
        nodes: config.nodes.iter().map(|node| node.id).collect(),
    };
    let handle = Driver::start(config, seed, transport, store, watch::channel(true).1)?;
    let mut events = handle.events();
    let mut senders: BTreeMap<(u32, GroupName), GroupSender> = BTreeMap::new();
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
                Some(order) => obey(order, &handle, &mut senders, &told).await,
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
    senders: &mut BTreeMap<(u32, GroupName), GroupSender>,
    told: &Teller,
) {
    match order {
        Order::Join(pid, group) => {
            if let Ok(mut session) = handle.join_as(pid, group.clone()).await {
                senders.insert((pid, group), session.sender().clone());
                let told = told.clone();
                tokio::spawn(async move {
                    while let Ok(event) = session.recv().await {
                        told.tell(Told::Group(event));
                    }
                });
            }
        }
        Order::Send(pid, group, message, payload) => {
            if let Some(sender) = senders.get(&(pid, group)) {
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
