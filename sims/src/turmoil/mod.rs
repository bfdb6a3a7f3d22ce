//! The faithful engine: the production loop of `ringwright-driver` on turmoil's simulated hosts, clock and UDP.
//!
//! Slower than [`crate::Step`], and coarser: a tick is a millisecond. It understands starts, crashes, leaves, cuts, joins
//! and messages. Sessions and events reach a client by different channels, so what it records tells the order of
//! messages, and the order of configurations, but not the order between the two: of the safety properties, those that
//! need that are judged on the other engine only; see [`SAFETY`].

mod host;
mod socket;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::Duration;

use ::turmoil::{Builder, Sim};
use ringwright::{Config, GroupName, Instant, NodeId, Stable, group};
use ringwright_driver::MemoryStore;
use tokio::sync::mpsc as orders;

use crate::check::{Checker, agreed_order, at_most_once, quorum, ring_ids};
use crate::history::{History, Life, MessageId, Sent, What, payload};
use crate::host::Losses;
use crate::rng::Rng;
use crate::script::{Script, Store, Verb};
use crate::world::{Settings, Status, Unsupported, World};
use host::{Boot, Order, Slot, Teller, Told};
use socket::host_name;

/// The properties that this engine's histories can be judged by.
pub const SAFETY: [Checker; 4] = [
    at_most_once::check,
    ring_ids::check,
    agreed_order::check,
    quorum::check,
];

/// Longer than any test, virtual time.
const DURATION_MAX: Duration = Duration::from_hours(1000);

struct Machine {
    life: Life,
    running: bool,
    status: Option<Status>,
    store: MemoryStore,
    slot: Slot,
    orders: Option<orders::UnboundedSender<Order>>,
}

/// A cluster of production loops.
pub struct Turmoil {
    settings: Settings,
    sim: Sim<'static>,
    machines: BTreeMap<NodeId, Machine>,
    told: mpsc::Receiver<(NodeId, Told)>,
    teller: mpsc::Sender<(NodeId, Told)>,
    history: History,
    rng: Rng,
}

impl World for Turmoil {
    const SAFETY: &'static [Checker] = &SAFETY;

    fn new(settings: &Settings) -> Self {
        let mut rng = Rng::new(settings.seed);
        let mut sim = Builder::new()
            .simulation_duration(DURATION_MAX)
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(Duration::from_millis(2))
            .udp_capacity(1024)
            .rng_seed(rng.bits())
            .build();
        let mut machines = BTreeMap::new();
        for node in settings.ids() {
            let slot = Slot::default();
            let software = Arc::clone(&slot);
            sim.host(host_name(node), move || host::run(Arc::clone(&software)));
            let machine = Machine {
                life: Life { node, number: 0 },
                running: false,
                status: None,
                store: MemoryStore::default(),
                slot,
                orders: None,
            };
            machines.insert(node, machine);
        }
        let (teller, told) = mpsc::channel();
        Self {
            settings: settings.clone(),
            sim,
            machines,
            told,
            teller,
            history: History::default(),
            rng,
        }
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.sim.elapsed()
    }

    /// # Panics
    /// At a verb that this engine does not understand.
    fn apply(&mut self, verb: &Verb) {
        self.history.done.push((self.now(), verb.clone()));
        match verb {
            Verb::Start { node, store } => self.start(*node, *store),
            Verb::Crash(node) => {
                if self.machine(*node).running {
                    self.sim.crash(host_name(*node));
                    self.end(*node, What::Crashed);
                }
            }
            Verb::Leave(node) => self.order(*node, Order::Leave),
            Verb::Join { node, pid, group } => {
                self.order(*node, Order::Join(*pid, group_name(group)));
            }
            Verb::Send {
                node,
                pid,
                group,
                len,
            } => self.send(*node, *pid, group_name(group), *len),
            Verb::Link { from, to, link } if *link == cut(link.cut) => {
                for &a in from {
                    for &b in to.iter().filter(|&&b| b != a) {
                        if link.cut {
                            self.sim.partition_oneway(host_name(a), host_name(b));
                        } else {
                            self.sim.repair_oneway(host_name(a), host_name(b));
                        }
                    }
                }
            }
            Verb::Heal => {
                let all = self.settings.ids();
                for (index, &a) in all.iter().enumerate() {
                    for &b in &all[index + 1..] {
                        self.sim.repair(host_name(a), host_name(b));
                    }
                }
            }
            other => panic!("this engine does not understand: {other}"),
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
        self.machines.get(&node)?.status.clone()
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn losses(&self) -> Losses {
        Losses::default()
    }

    fn supports(_: &Settings, _: &Script) -> Result<(), Unsupported> {
        Ok(())
    }
}

fn cut(cut: bool) -> crate::script::Link {
    crate::script::Link {
        cut,
        ..crate::script::Link::default()
    }
}

fn group_name(name: &str) -> GroupName {
    GroupName::try_from(name).expect("group names of scripts are short")
}

impl Turmoil {
    fn machine(&mut self, node: NodeId) -> &mut Machine {
        self.machines
            .get_mut(&node)
            .unwrap_or_else(|| panic!("{node:?} is not a node of this world"))
    }

    fn record(&mut self, node: NodeId, what: What) {
        let (at, life) = (self.now(), self.machine(node).life);
        self.history.record(at, life, what);
    }

    fn start(&mut self, node: NodeId, store: Store) {
        if self.machine(node).running {
            return;
        }
        let mut config = Config::of(node.0, 1..=self.settings.nodes);
        config.quorum = Some(self.settings.quorum.clone());
        config.timing = self.settings.timing.clone();
        let (seed, channel) = (self.rng.bits(), self.teller.clone());
        let (give, take) = orders::unbounded_channel();
        let machine = self.machine(node);
        if store == Store::Lost && machine.store.stable() != Stable::default() {
            machine.store = MemoryStore::default();
        }
        let boot = Boot {
            config,
            seed,
            store: machine.store.clone(),
            orders: take,
            told: Teller { node, channel },
        };
        *machine.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(boot);
        machine.orders = Some(give);
        machine.running = true;
        self.record(node, What::Started(store));
        self.sim.bounce(host_name(node));
    }

    fn end(&mut self, node: NodeId, how: What) {
        self.record(node, how);
        let machine = self.machine(node);
        machine.running = false;
        machine.status = None;
        machine.orders = None;
        machine.life.number += 1;
    }

    fn order(&mut self, node: NodeId, order: Order) {
        if let Some(orders) = &self.machine(node).orders {
            // A node that is ending does not obey.
            let _ = orders.send(order);
        }
    }

    fn send(&mut self, node: NodeId, pid: u32, group: GroupName, len: usize) {
        let life = self.machine(node).life;
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
        if !self.machine(node).running {
            return;
        }
        match told {
            Told::Event(event) => self.record(node, What::Event(event)),
            Told::Sent(message) => self.record(node, What::Sent(message)),
            Told::Status(status) => self.machine(node).status = Some(*status),
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
