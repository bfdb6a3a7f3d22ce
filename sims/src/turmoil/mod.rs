//! The faithful engine: the production loop of `ringwright-driver` on turmoil's simulated hosts, clock and UDP.
//!
//! Slower than [`crate::Step`], and coarser: a tick is a millisecond, and a datagram takes two at least. What it cannot
//! express it says: [`World::supports`]. Sessions and events reach a client by different channels, so what it records
//! tells the order of messages, and the order of configurations, but not the order between the two: of the safety
//! properties, those that need that are judged on the other engine only; see [`SAFETY`].

mod host;
mod socket;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

use ::turmoil::{Builder, Sim};
use ringwright::{GroupName, Instant, NodeId, Stable, group};
use ringwright_driver::{Handle, MemoryStore};
use tokio::sync::{mpsc as orders, watch};

use crate::check::{Checker, agreed_order, at_most_once, lives, one_side, quorum, ring_ids};
use crate::history::{History, Life, MessageId, Sent, What, payload};
use crate::host::{Cause, Losses};
use crate::rng::Rng;
use crate::script::{Script, Store, Verb};
use crate::setup::Machine;
use crate::vintage::Vintage;
use crate::world::{Settings, Status, Unsupported, World};
use host::{Application, Order, Slot, Teller, Told};
use socket::{LATENCY_MAX, SharedSky, Sky, host_name, lock};

/// The properties that this engine's histories can be judged by.
pub const SAFETY: [Checker; 6] = [
    at_most_once::check,
    ring_ids::check,
    agreed_order::check,
    one_side::check,
    quorum::check,
    lives::check,
];

/// Longer than any test, virtual time.
const DURATION_MAX: Duration = Duration::from_hours(1000);

struct Host {
    life: Life,
    running: bool,
    /// Starts again once it has ended.
    restarts: bool,
    /// What it is, unless it is a plain one.
    machine: Option<Machine>,
    /// Tells whether its address is there.
    address: watch::Sender<bool>,
    status: Option<Status>,
    store: MemoryStore,
    slot: Slot,
    orders: Option<orders::UnboundedSender<Order>>,
}

/// A cluster of production loops.
pub struct Turmoil {
    settings: Arc<Settings>,
    sim: Sim<'static>,
    hosts: BTreeMap<NodeId, Host>,
    sky: SharedSky,
    told: mpsc::Receiver<(NodeId, Told)>,
    teller: mpsc::Sender<(NodeId, Told)>,
    history: History,
    rng: Rng,
    application: Option<Application>,
}

impl World for Turmoil {
    const SAFETY: &'static [Checker] = &SAFETY;

    fn new(settings: &Settings) -> Self {
        let mut rng = Rng::new(settings.seed);
        let mut sim = Builder::new()
            .simulation_duration(DURATION_MAX)
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(LATENCY_MAX)
            .udp_capacity(1024)
            .rng_seed(rng.bits())
            .build();
        let mut hosts = BTreeMap::new();
        for node in settings.ids() {
            let slot = Slot::default();
            let software = Arc::clone(&slot);
            sim.host(host_name(node), move || host::run(Arc::clone(&software)));
            let host = Host {
                life: Life { node, number: 0 },
                running: false,
                restarts: false,
                machine: settings
                    .setup
                    .as_ref()
                    .map(|setup| setup.machines[&node].clone()),
                address: watch::channel(true).0,
                status: None,
                store: MemoryStore::default(),
                slot,
                orders: None,
            };
            hosts.insert(node, host);
        }
        let (teller, told) = mpsc::channel();
        Self {
            settings: Arc::new(settings.clone()),
            sim,
            hosts,
            sky: Sky::new(settings.network(rng.bits())),
            told,
            teller,
            history: History::default(),
            rng,
            application: None,
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.sim.elapsed()
    }

    /// # Panics
    /// At a verb that this engine does not [support](World::supports).
    fn apply(&mut self, verb: &Verb) {
        self.history.done.push((self.now(), verb.clone()));
        lock(&self.sky).network.apply(verb);
        match verb {
            Verb::Start { node, store } => self.start(*node, *store),
            Verb::Crash(node) => self.end(*node, What::Crashed),
            Verb::Leave(node) => self.leave(*node),
            Verb::Restart(node) => {
                if self.host(*node).running {
                    self.host(*node).restarts = true;
                    self.leave(*node);
                } else {
                    self.start(*node, Store::Kept);
                }
            }
            Verb::Join { node, pid, group } => {
                self.order(*node, Order::Join(*pid, group_name(group)));
            }
            Verb::Send {
                node,
                pid,
                group,
                len,
            } => self.send(*node, *pid, group_name(group), *len),
            Verb::Down(node) | Verb::Flush(node) | Verb::Up(node) => self.tell_address(*node),
            Verb::Key { node, .. } | Verb::File { node, .. } => {
                let settings = Arc::clone(&self.settings);
                if let Some(machine) = &mut self.host(*node).machine {
                    machine.change(verb, settings.setup.as_ref());
                }
            }
            Verb::Quit { node, pid, group } => {
                self.order(*node, Order::Quit(*pid, group_name(group)));
            }
            Verb::Link { .. }
            | Verb::Heal
            | Verb::DropNext { .. }
            | Verb::Twin { .. }
            | Verb::Forget(_) => {}
            Verb::Pause(_)
            | Verb::Resume(_)
            | Verb::CrashAtStore { .. }
            | Verb::When { .. }
            | Verb::Inject { .. } => panic!("this engine does not support: {verb}"),
        }
    }

    fn step(&mut self, limit: Instant) -> bool {
        if self.now() >= limit {
            return false;
        }
        self.sim.step().expect("no simulated host fails");
        while let Ok((node, told)) = self.told.try_recv() {
            self.on_told(node, told);
        }
        true
    }

    fn status(&self, node: NodeId) -> Option<Status> {
        self.hosts.get(&node)?.status.clone()
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn losses(&self) -> Losses {
        let sky = lock(&self.sky);
        let mut losses = sky.network.losses().clone();
        for (at, flight) in sky.unreceived(self.now()) {
            losses.count(*at, flight.from, flight.to, Cause::NotBound);
        }
        losses
    }

    fn supports(settings: &Settings, script: &Script) -> Result<(), Unsupported> {
        let falls_back = |node: &NodeId| {
            let machine = settings
                .setup
                .as_ref()
                .and_then(|setup| setup.machines.get(node));
            machine.is_some_and(|machine| machine.vintage.falls_back_to_loopback())
        };
        let mut started = BTreeSet::new();
        for (_, verb) in script {
            match verb {
                Verb::Start { node, .. } | Verb::Restart(node) => {
                    started.insert(*node);
                }
                Verb::Pause(_) | Verb::Resume(_) => return Err(Unsupported::Pause),
                Verb::CrashAtStore { .. } | Verb::When { .. } => return Err(Unsupported::Moment),
                Verb::Inject { .. } => return Err(Unsupported::Stranger),
                // A daemon that does not run yet does not look, and without an address it does not start.
                Verb::Flush(node) if !started.contains(node) => {}
                Verb::Down(node) | Verb::Flush(node) if falls_back(node) => {
                    return Err(Unsupported::LoopbackRebind);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn group_name(name: &str) -> GroupName {
    GroupName::try_from(name).expect("group names of scripts are short")
}

impl Turmoil {
    /// A world in which a program of yours runs beside every node, as one that embeds it: `application` is called on the
    /// node's host at each of its starts, with the handle to its production loop, and what it returns is polled until it
    /// ends or the host crashes. Time is tokio's, and passes as virtual time.
    pub fn with_application<A: Future<Output = ()> + Send + 'static>(
        settings: &Settings,
        application: impl Fn(NodeId, Handle) -> A + Send + Sync + 'static,
    ) -> Self {
        let mut world = Self::new(settings);
        world.application = Some(Arc::new(move |node, handle| {
            Box::pin(application(node, handle))
        }));
        world
    }

    fn host(&mut self, node: NodeId) -> &mut Host {
        self.hosts
            .get_mut(&node)
            .unwrap_or_else(|| panic!("{node:?} is not a node of this world"))
    }

    fn record(&mut self, node: NodeId, what: What) {
        let (at, life) = (self.now(), self.host(node).life);
        self.history.record(at, life, what);
    }

    fn start(&mut self, node: NodeId, store: Store) {
        if self.host(node).running {
            return;
        }
        let vintage = self
            .host(node)
            .machine
            .as_ref()
            .map_or(Vintage::Ringwright, |machine| machine.vintage);
        let loads = vintage.looks_after(&mut self.rng);
        let (seed, channel) = (self.rng.bits(), self.teller.clone());
        let (give, take) = orders::unbounded_channel();
        let (settings, sky) = (Arc::clone(&self.settings), Arc::clone(&self.sky));
        let application = self.application.clone();
        let host = self.host(node);
        if store == Store::Lost && host.store.stable() != Stable::default() {
            host.store = MemoryStore::default();
        }
        let life = host::Life {
            settings,
            machine: host.machine.clone(),
            loads,
            sky,
            address: host.address.subscribe(),
            seed,
            store: host.store.clone(),
            orders: take,
            told: Teller { node, channel },
            application,
        };
        *host.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(life);
        host.orders = Some(give);
        host.running = true;
        self.record(node, What::Started(store));
        self.sim.bounce(host_name(node));
    }

    /// A daemon ends, if there is one.
    fn end(&mut self, node: NodeId, how: What) {
        if !self.host(node).running {
            return;
        }
        self.sim.crash(host_name(node));
        self.record(node, how);
        let host = self.host(node);
        host.running = false;
        host.status = None;
        host.orders = None;
        host.life.number += 1;
        if std::mem::take(&mut self.host(node).restarts) {
            self.start(node, Store::Kept);
        }
    }

    fn leave(&mut self, node: NodeId) {
        if self.host(node).status.is_some() {
            self.order(node, Order::Leave);
        } else {
            // Nobody would hear a farewell.
            self.end(node, What::Left);
        }
    }

    /// What the kernel tells a daemon of ringwright: whether its address can be bound, and that anything changed.
    fn tell_address(&mut self, node: NodeId) {
        let usable = {
            let sky = lock(&self.sky);
            let interface = sky.network.interface(node);
            let meant = interface.meant_addresses().first();
            meant.is_some_and(|&address| interface.is_usable(address))
        };
        let address = &self.host(node).address;
        if *address.borrow() != usable {
            address.send_replace(usable);
        }
    }

    fn order(&mut self, node: NodeId, order: Order) {
        if let Some(orders) = &self.host(node).orders {
            // A node that is ending does not obey.
            let _ = orders.send(order);
        }
    }

    fn send(&mut self, node: NodeId, pid: u32, group: GroupName, len: usize) {
        let life = self.host(node).life;
        let number = u32::try_from(self.history.sent.len()).expect("few messages");
        let message = MessageId(number);
        self.history.sent.push(Sent {
            life,
            pid,
            group: group.clone(),
            len,
        });
        let payload = payload(message, len);
        self.order(node, Order::Send(pid, group, message, payload));
    }

    fn on_told(&mut self, node: NodeId, told: Told) {
        if !self.host(node).running {
            return;
        }
        match told {
            Told::Event(event) => self.record(node, What::Event(event)),
            Told::Sent(message) => self.record(node, What::Sent(message)),
            Told::Status(status) => self.host(node).status = Some(*status),
            Told::Waits => self.record(node, What::Waits),
            Told::Bound(address) => self.record(node, What::Bound(address)),
            Told::Unbound => self.record(node, What::Unbound),
            Told::Ended(end) => self.end(node, What::Ended(end)),
            Told::Left => self.end(node, What::Left),
            Told::Group(group::Event::Message {
                group,
                from,
                payload,
            }) => {
                let message = self.history.recognise(from, &group, &payload);
                self.record(
                    node,
                    What::Delivered {
                        message,
                        from,
                        group,
                    },
                );
            }
            Told::Group(group::Event::Membership {
                group,
                members,
                joined,
                left,
            }) => self.record(
                node,
                What::Membership {
                    group,
                    members,
                    joined,
                    left,
                },
            ),
        }
    }
}
