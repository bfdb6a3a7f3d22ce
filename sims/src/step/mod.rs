//! The fast engine: an event queue over [`Node`]s, without sockets, threads or a runtime.

mod daemon;
mod host;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use ringwright::ring::{self, GatherReason, PhaseName};
use ringwright::{
    Event, GroupName, Input, Instant, Node, NodeId, Output, Sign, Stable, Target, group,
};

use crate::check::{self, Checker};
use crate::history::{History, Life, MessageId, Sent, What, payload};
use crate::host::{Arrival, Flight, Losses, Network, Traffic};
use crate::rng::Rng;
use crate::script::{Script, Verb};
use crate::world::{Settings, Status, Unsupported, World};
use host::{Due, Host};

/// Steps at one instant after which a node counts as spinning.
const STEPS_AT_ONCE_MAX: u32 = 100_000;

/// A cluster as an event queue.
#[derive(Debug)]
pub struct Step {
    settings: Settings,
    now: Instant,
    hosts: BTreeMap<NodeId, Host>,
    network: Network,
    flights: BTreeMap<(Instant, u64), Flight>,
    flown: u64,
    /// What each host does next, as it was when it was last touched.
    dues: BTreeSet<(Instant, NodeId, Due)>,
    /// Hosts of which that may have changed.
    touched: Vec<NodeId>,
    history: History,
    rng: Rng,
    /// What is done when a node enters a phase.
    triggers: Vec<(NodeId, PhaseName, Verb)>,
    steps_at_once: u32,
}

impl World for Step {
    const SAFETY: &'static [Checker] = &check::SAFETY;

    fn new(settings: &Settings) -> Self {
        let mut rng = Rng::new(settings.seed);
        let host = |node| {
            let machine = settings
                .setup
                .as_ref()
                .map(|setup| setup.machines[&node].clone());
            (node, Host::new(Life { node, number: 0 }, machine))
        };
        Self {
            settings: settings.clone(),
            now: Instant::ZERO,
            hosts: settings.ids().into_iter().map(host).collect(),
            network: settings.network(rng.bits()),
            flights: BTreeMap::new(),
            flown: 0,
            dues: BTreeSet::new(),
            touched: Vec::new(),
            history: History::default(),
            rng,
            triggers: Vec::new(),
            steps_at_once: 0,
        }
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn apply(&mut self, verb: &Verb) {
        self.history.done.push((self.now, verb.clone()));
        match verb {
            Verb::Start { node, store } => self.start(*node, *store),
            Verb::Crash(node) => self.end(*node, What::Crashed),
            Verb::CrashAtStore { node, durable } => {
                if let Some(host) = self
                    .hosts
                    .get_mut(node)
                    .filter(|host| host.node().is_some())
                {
                    host.crash_at_store = Some(*durable);
                }
            }
            Verb::When { node, phase, then } => {
                self.triggers.push((*node, *phase, (**then).clone()));
            }
            Verb::Leave(node) => self.leave(*node),
            Verb::Restart(node) => self.restart(*node),
            Verb::Pause(node) => self.pause(*node),
            Verb::Resume(node) => self.resume(*node),
            Verb::Inject { to, bytes } => {
                self.receive(*to, bytes.clone());
            }
            Verb::Join { node, pid, group } => {
                let (pid, group) = (*pid, group_name(group));
                self.input(*node, Input::JoinGroup { pid, group });
            }
            Verb::Quit { node, pid, group } => {
                let (pid, group, died) = (*pid, group_name(group), false);
                self.input(*node, Input::LeaveGroup { pid, group, died });
            }
            Verb::Send {
                node,
                pid,
                group,
                len,
            } => self.send(*node, *pid, group_name(group), *len),
            Verb::Heal => {
                self.network.heal();
                self.triggers.clear();
                self.hosts
                    .values_mut()
                    .for_each(|host| host.crash_at_store = None);
            }
            Verb::Key { node, .. } | Verb::File { node, .. } => {
                let setup = self.settings.setup.as_ref();
                if let Some(machine) = &mut self
                    .hosts
                    .get_mut(node)
                    .and_then(|host| host.machine.as_mut())
                {
                    machine.change(verb, setup);
                }
            }
            Verb::Down(node) | Verb::Flush(node) | Verb::Up(node) => {
                self.network.apply(verb);
                self.on_interface(*node);
            }
            Verb::Link { .. } | Verb::DropNext { .. } | Verb::Twin { .. } | Verb::Forget(_) => {
                self.network.apply(verb);
            }
        }
    }

    fn step(&mut self, limit: Instant) -> bool {
        let arrival = self.flights.first_key_value().map(|(&(at, _), _)| at);
        self.look_at_touched();
        let due = self.dues.first().copied();
        let next = [arrival, due.map(|(at, _, _)| at)];
        let Some(next) = next.into_iter().flatten().min().filter(|&at| at <= limit) else {
            self.now = self.now.max(limit);
            return false;
        };
        self.count_step(next);
        self.now = next;
        if arrival == Some(next) {
            let (_, flight) = self.flights.pop_first().expect("one arrives");
            self.arrive(flight);
        } else if let Some((_, node, due)) = due {
            match due {
                Due::LookForAddress => self.look_for_address(node),
                Due::Poll => self.poll(node),
                Due::Timeout => self.time_out(node),
            }
        }
        true
    }

    fn status(&self, node: NodeId) -> Option<Status> {
        let node = self.hosts.get(&node)?.node()?;
        let engine = node.engine();
        Some(Status {
            phase: engine.ring().phase(),
            ring_id: node.ring_id(),
            members: engine.ring().members().to_vec(),
            synchronised: engine.is_synchronised(),
            quorate: node.is_quorate(),
        })
    }

    fn history(&self) -> &History {
        &self.history
    }

    fn losses(&self) -> Losses {
        self.network.losses().clone()
    }

    fn supports(_: &Settings, _: &Script) -> Result<(), Unsupported> {
        Ok(())
    }
}

impl Step {
    /// A running node, to look at.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&Node> {
        self.hosts.get(&node)?.node()
    }

    /// What all daemons sent so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.network.traffic()
    }

    fn host(&mut self, node: NodeId) -> &mut Host {
        if self.touched.last() != Some(&node) {
            self.touched.push(node);
        }
        self.hosts
            .get_mut(&node)
            .unwrap_or_else(|| panic!("{node:?} is not a node of this world"))
    }

    /// Finds out anew what those hosts do next; of the others that is as it was.
    fn look_at_touched(&mut self) {
        while let Some(node) = self.touched.pop() {
            let Some(host) = self.hosts.get_mut(&node) else {
                continue;
            };
            let due = host.due(self.now);
            if due == host.noted {
                continue;
            }
            if let Some((at, due)) = host.noted {
                self.dues.remove(&(at, node, due));
            }
            self.dues.extend(due.map(|(at, due)| (at, node, due)));
            host.noted = due;
        }
    }

    fn count_step(&mut self, next: Instant) {
        self.steps_at_once = if next == self.now {
            self.steps_at_once + 1
        } else {
            0
        };
        assert!(
            self.steps_at_once < STEPS_AT_ONCE_MAX,
            "time stands still at {}",
            self.now
        );
    }

    fn pause(&mut self, node: NodeId) {
        let now = self.now;
        let host = self.host(node);
        if !host.is_off() && !host.paused {
            host.paused = true;
            let life = host.life;
            self.history.record(now, life, What::Paused);
        }
    }

    /// The process finds its deadlines passed and its socket full; which it looks at first is chance.
    fn resume(&mut self, node: NodeId) {
        let now = self.now;
        let timers_first = self.rng.chance(500);
        let host = self.host(node);
        if !host.paused {
            return;
        }
        host.paused = false;
        let life = host.life;
        self.history.record(now, life, What::Resumed);
        self.on_interface(node);
        if timers_first {
            self.input(node, Input::Timeout);
        }
        while let Some(datagram) = self.host(node).read_socket() {
            self.input(node, Input::Datagram(datagram));
        }
        for refused in std::mem::take(&mut self.host(node).refusals) {
            self.input(node, Input::Sign(Sign::Refused(refused)));
        }
    }

    fn arrive(&mut self, flight: Flight) {
        match self.network.arrive(self.now, &flight) {
            Arrival::Received if flight.refusal => self.learn_refusal(&flight),
            Arrival::Received => {
                let (from, to) = (flight.from, flight.to);
                if !self.receive(flight.to, flight.bytes) {
                    self.network.overflow(self.now, from, to);
                }
            }
            Arrival::Refused if self.host(flight.from).vintage().hears_refusals() => {
                if let Some((at, refusal)) = self.network.refuse(self.now, &flight) {
                    self.flown += 1;
                    self.flights.insert((at, self.flown), refusal);
                }
            }
            Arrival::Refused | Arrival::Lost => {}
        }
    }

    fn learn_refusal(&mut self, flight: &Flight) {
        let Some(node) = self.network.peer(flight.to, flight.source) else {
            return;
        };
        let host = self.host(flight.to);
        if host.paused {
            host.refusals.insert(node);
        } else {
            self.input(flight.to, Input::Sign(Sign::Refused(node)));
        }
    }

    /// False if there is no room for it.
    fn receive(&mut self, node: NodeId, datagram: Bytes) -> bool {
        let host = self.host(node);
        if host.paused {
            return host.buffer(datagram);
        }
        self.input(node, Input::Datagram(datagram));
        true
    }

    /// Feeds an input to a node if it is awake; clients do not insist when they are refused.
    fn input(&mut self, id: NodeId, input: Input) {
        let now = self.now;
        let host = self.host(id);
        if let Some(node) = host.awake() {
            let _ = node.handle_input(now, input);
            self.carry_out(id);
        }
    }

    fn send(&mut self, id: NodeId, pid: u32, group: GroupName, len: usize) {
        let now = self.now;
        let number = u32::try_from(self.history.sent.len()).expect("few messages");
        let message = MessageId(number);
        let host = self.host(id);
        let life = host.life;
        let Some(node) = host.awake() else {
            return;
        };
        let multicast = Input::Multicast {
            pid,
            group: group.clone(),
            payload: payload(message, len),
        };
        if node.handle_input(now, multicast).is_ok() {
            self.history.sent.push(Sent {
                life,
                pid,
                group,
                len,
            });
            self.history.record(now, life, What::Sent(message));
        }
        self.carry_out(id);
    }

    /// Does what a node wants done, in order, up to its end if it ends on the way.
    fn carry_out(&mut self, id: NodeId) {
        while let Some(output) = self.host(id).awake().and_then(Node::poll_output) {
            match output {
                Output::Store(stable) => self.store(id, stable),
                Output::Transmit { to, bytes } => self.transmit(id, to, &bytes),
                Output::Group(event) => self.tell_group(id, event),
                Output::Drain => self.host(id).drain_socket(),
                Output::Event(event) => {
                    let life = self.host(id).life;
                    let phase = phase_entered(&event);
                    if event == Event::Ring(ring::Event::Gather(GatherReason::TokenLost)) {
                        self.on_token_loss(id);
                    }
                    self.history.record(self.now, life, What::Event(event));
                    if let Some(phase) = phase {
                        self.pull_triggers(id, phase);
                    }
                }
                // Nodes here run no resources.
                Output::Resource(_) => {}
                Output::Left => self.end(id, What::Left),
            }
        }
        if cfg!(debug_assertions)
            && let Some(node) = self.host(id).node()
        {
            node.engine().check();
        }
    }

    fn pull_triggers(&mut self, id: NodeId, phase: PhaseName) {
        let (pulled, left) = std::mem::take(&mut self.triggers)
            .into_iter()
            .partition::<Vec<_>, _>(|(node, at, _)| (*node, *at) == (id, phase));
        self.triggers = left;
        for (_, _, verb) in pulled {
            self.apply(&verb);
        }
    }

    fn store(&mut self, id: NodeId, stable: Stable) {
        self.history.digest.number(stable.ring_seq);
        let host = self.host(id);
        match host.crash_at_store {
            None => host.stable = stable,
            Some(durable) => {
                if durable {
                    host.stable = stable;
                }
                self.end(id, What::Crashed);
            }
        }
    }

    fn transmit(&mut self, from: NodeId, to: Target, bytes: &Bytes) {
        self.history.digest.bytes(bytes);
        let Self {
            now,
            network,
            flights,
            flown,
            ..
        } = self;
        network.send(*now, from, to, bytes, |at, flight| {
            *flown += 1;
            flights.insert((at, *flown), flight);
        });
    }

    fn tell_group(&mut self, id: NodeId, event: group::Event) {
        let what = match event {
            group::Event::Message {
                group,
                from,
                payload,
            } => What::Delivered {
                message: self.history.recognise(from, &group, &payload),
                from,
                group,
            },
            group::Event::Membership {
                group,
                members,
                joined,
                left,
            } => What::Membership {
                group,
                members,
                joined,
                left,
            },
        };
        let life = self.host(id).life;
        self.history.record(self.now, life, what);
    }
}

fn phase_entered(event: &Event) -> Option<PhaseName> {
    match event {
        Event::Ring(ring::Event::Gather(_)) => Some(PhaseName::Gather),
        Event::Ring(ring::Event::Commit(_)) => Some(PhaseName::Commit),
        Event::Ring(ring::Event::Recovery(_)) => Some(PhaseName::Recovery),
        Event::Ring(ring::Event::Operational(_)) => Some(PhaseName::Operational),
        _ => None,
    }
}

fn group_name(name: &str) -> GroupName {
    GroupName::try_from(name).expect("group names of scripts are short")
}
