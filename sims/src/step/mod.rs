//! The fast engine: an event queue over [`Node`]s, without sockets, threads or a runtime.

mod host;
mod network;

use std::collections::BTreeMap;

use bytes::Bytes;
use ringwright::ring::{self, PhaseName};
use ringwright::{
    Config, Event, GroupName, Input, Instant, Node, NodeId, Output, Stable, Target, group,
};

use crate::history::{History, Life, MessageId, Sent, What, payload};
use crate::rng::Rng;
use crate::script::{Store, Verb};
use crate::world::{Settings, Status, World};
use host::Host;
use network::Network;

/// Steps at one instant after which a node counts as spinning.
const STEPS_AT_ONCE_MAX: u32 = 100_000;

/// A cluster as an event queue.
#[derive(Debug)]
pub struct Step {
    settings: Settings,
    now: Instant,
    hosts: BTreeMap<NodeId, Host>,
    network: Network,
    history: History,
    rng: Rng,
    /// What is done when a node enters a phase.
    triggers: Vec<(NodeId, PhaseName, Verb)>,
    steps_at_once: u32,
}

impl World for Step {
    fn new(settings: &Settings) -> Self {
        let mut rng = Rng::new(settings.seed);
        let host = |node| (node, Host::new(Life { node, number: 0 }));
        Self {
            settings: settings.clone(),
            now: Instant::ZERO,
            hosts: settings.ids().into_iter().map(host).collect(),
            network: Network::new(rng.bits()),
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
        self.history.done.push((self.now, verb.to_string()));
        match verb {
            Verb::Start { node, store } => self.start(*node, *store),
            Verb::Crash(node) => self.crash(*node),
            Verb::CrashAtStore { node, durable } => {
                if let Some(host) = self.hosts.get_mut(node).filter(|host| host.node.is_some()) {
                    host.crash_at_store = Some(*durable);
                }
            }
            Verb::When { node, phase, then } => {
                self.triggers.push((*node, *phase, (**then).clone()));
            }
            Verb::Leave(node) => self.input(*node, Input::Leave),
            Verb::Pause(node) => self.pause(*node),
            Verb::Resume(node) => self.resume(*node),
            Verb::Link { from, to, link } => self.network.set(from, to, link),
            Verb::Heal => {
                self.network.heal();
                self.triggers.clear();
                self.hosts
                    .values_mut()
                    .for_each(|host| host.crash_at_store = None);
            }
            Verb::DropNext { to, kind, count } => self.network.drop_next(*to, *kind, *count),
            Verb::Inject { to, bytes } => self.receive(*to, bytes.clone()),
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
        }
    }

    fn step(&mut self, limit: Instant) -> bool {
        let arrival = self.network.next();
        let timeouts = self.hosts.iter().filter_map(|(&node, host)| {
            let at = host.awake()?.poll_timeout()?;
            Some((at.max(self.now), node))
        });
        let timeout = timeouts.min();
        let next = [arrival, timeout.map(|(at, _)| at)];
        let Some(next) = next.into_iter().flatten().min().filter(|&at| at <= limit) else {
            self.now = self.now.max(limit);
            return false;
        };
        self.count_step(next);
        self.now = next;
        if arrival == Some(next) {
            let flight = self.network.arrive().expect("one arrives");
            self.receive(flight.to, flight.bytes);
        } else if let Some((_, node)) = timeout {
            self.input(node, Input::Timeout);
        }
        true
    }

    fn status(&self, node: NodeId) -> Option<Status> {
        let node = self.hosts.get(&node)?.node.as_ref()?;
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
}

impl Step {
    /// A running node, to look at.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&Node> {
        self.hosts.get(&node)?.node.as_ref()
    }

    fn host(&mut self, node: NodeId) -> &mut Host {
        self.hosts
            .get_mut(&node)
            .unwrap_or_else(|| panic!("{node:?} is not a node of this world"))
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

    fn start(&mut self, id: NodeId, store: Store) {
        let (now, seed) = (self.now, self.rng.bits());
        let mut config = Config::of(id.0, 1..=self.settings.nodes);
        config.quorum = Some(self.settings.quorum.clone());
        config.timing = self.settings.timing.clone();
        let host = self.host(id);
        if host.node.is_some() {
            return;
        }
        if store == Store::Lost {
            host.stable = Stable::default();
        }
        let node = Node::new(config, host.stable, seed, now).expect("the configuration is valid");
        host.node = Some(node);
        let life = host.life;
        self.history.record(now, life, What::Started(store));
        self.carry_out(id);
    }

    fn crash(&mut self, node: NodeId) {
        if self.host(node).node.is_some() {
            self.end(node, What::Crashed);
        }
    }

    fn end(&mut self, node: NodeId, how: What) {
        let now = self.now;
        let host = self.host(node);
        let life = host.life;
        host.end();
        host.life.number += 1;
        self.history.record(now, life, how);
    }

    fn pause(&mut self, node: NodeId) {
        let now = self.now;
        let host = self.host(node);
        if host.node.is_some() && !host.paused {
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
        if timers_first {
            self.input(node, Input::Timeout);
        }
        while let Some(datagram) = self.host(node).read_socket() {
            self.input(node, Input::Datagram(datagram));
        }
    }

    fn receive(&mut self, node: NodeId, datagram: Bytes) {
        let host = self.host(node);
        if host.paused {
            host.buffer(datagram);
        } else {
            self.input(node, Input::Datagram(datagram));
        }
    }

    /// Feeds an input to a node if it is awake; clients do not insist when they are refused.
    fn input(&mut self, id: NodeId, input: Input) {
        let now = self.now;
        let host = self.host(id);
        if let Some(node) = host.node.as_mut().filter(|_| !host.paused) {
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
        let Some(node) = host.node.as_mut().filter(|_| !host.paused) else {
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
        while let Some(output) = self.host(id).node.as_mut().and_then(Node::poll_output) {
            match output {
                Output::Store(stable) => self.store(id, stable),
                Output::Transmit { to, bytes } => self.transmit(id, to, &bytes),
                Output::Group(event) => self.tell_group(id, event),
                Output::Drain => self.host(id).drain_socket(),
                Output::Event(event) => {
                    let life = self.host(id).life;
                    let phase = phase_entered(&event);
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
        if let Some(node) = &self.host(id).node {
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
        match to {
            Target::Node(to) => self.network.send(self.now, from, to, bytes),
            Target::All => {
                for to in self.settings.ids().into_iter().filter(|&to| to != from) {
                    self.network.send(self.now, from, to, bytes);
                }
            }
        }
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
