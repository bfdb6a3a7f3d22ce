//! A cluster of votequorum services in virtual time.
//!
//! A ring change is what real synchronisation makes of it: every member starts, every member introduces itself,
//! everything said is delivered to all in one order, every member decides. Nothing but [`Op::Wait`] and a device that is
//! waited for takes time.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::{Op, View};
use crate::quorum::{CallError, DEVICE, DeviceOptions, Options, Output, Votequorum};
use crate::wire::service::votequorum::{DeviceName, Message};
use crate::{Instant, NodeId, RingId};

/// The order in which members' concurrent messages are delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Lower ids first.
    #[default]
    Ascending,
    /// Higher ids first.
    Descending,
}

/// Running nodes in their partitions. As in corosync 3.1.7, expected votes tracking forgets at a restart.
#[derive(Clone, Debug)]
pub struct Cluster {
    options: Options,
    order: Order,
    now: Instant,
    hosts: BTreeMap<NodeId, Host>,
}

#[derive(Clone, Debug)]
struct Host {
    service: Votequorum,
    /// `None` while it boots in a ring of its own.
    partition: Option<u32>,
    ring: RingId,
    /// The device daemon, if one runs.
    daemon: Option<Daemon>,
    members: Vec<NodeId>,
    callbacks: Vec<(bool, Vec<NodeId>)>,
}

#[derive(Clone, Copy, Debug)]
struct Daemon {
    cast: bool,
    next_poll: Instant,
}

impl Cluster {
    /// A cluster in which no node runs yet.
    #[must_use]
    pub fn new(options: Options, order: Order) -> Self {
        Self {
            options,
            order,
            now: Instant::ZERO,
            hosts: BTreeMap::new(),
        }
    }

    /// Does `op`; the code of the answer for the two calls that have one. What names nodes that do not run is ignored.
    pub fn apply(&mut self, op: &Op) -> Option<u32> {
        for host in self.hosts.values_mut() {
            host.callbacks.clear();
        }
        match op {
            Op::Up { node, partition } => self.up(*node, *partition),
            Op::Down(node) => self.down(*node),
            Op::Leave(node) => {
                self.on_each(&[*node], |host| host.service.leave());
                self.settle();
                self.down(*node);
            }
            Op::Split { nodes, partition } => self.move_nodes(nodes, *partition),
            Op::Merge { into, from } => {
                let nodes = self.in_partition(Some(*from));
                self.move_nodes(&nodes, *into);
            }
            Op::Wait(time) => self.advance(self.now + *time),
            Op::DeviceOn { nodes, cast } => self.device_on(nodes, *cast),
            Op::DeviceDie(nodes) => self.on_each(nodes, |host| host.daemon = None),
            Op::DeviceOff(nodes) => self.on_each(nodes, |host| {
                host.daemon = None;
                let _ = host.service.unregister_device(&device_name());
            }),
            Op::MasterWins { nodes, allow } => self.on_each(nodes, |host| {
                let _ = host.service.device_master_wins(&device_name(), *allow);
            }),
            Op::SetExpected { node, value } => {
                let answer = self.call(*node, |service| service.set_expected(*value));
                return answer.map(code);
            }
            Op::SetVotes {
                node,
                target,
                value,
            } => {
                let answer = self.call(*node, |service| service.set_votes(*target, *value));
                return answer.map(code);
            }
        }
        self.settle();
        None
    }

    /// What every running node shows.
    #[must_use]
    pub fn views(&self) -> BTreeMap<NodeId, View> {
        self.hosts
            .iter()
            .map(|(id, host)| (*id, host.view()))
            .collect()
    }

    /// The service of a running node.
    #[must_use]
    pub fn service(&self, node: NodeId) -> Option<&Votequorum> {
        self.hosts.get(&node).map(|host| &host.service)
    }

    /// Calls the service of a running node, and lets the others hear of it.
    pub fn call<R>(&mut self, node: NodeId, call: impl FnOnce(&mut Votequorum) -> R) -> Option<R> {
        let answer = call(&mut self.hosts.get_mut(&node)?.service);
        self.settle();
        Some(answer)
    }

    fn up(&mut self, node: NodeId, partition: u32) {
        let Ok((service, _)) = Votequorum::new(node, &self.options, None) else {
            return;
        };
        let host = Host {
            service,
            partition: None,
            ring: RingId::default(),
            daemon: None,
            members: Vec::new(),
            callbacks: Vec::new(),
        };
        self.hosts.insert(node, host);
        // The records have the first introduction delivered before the first ring synchronises.
        self.settle();
        self.form_rings(&[None]);
        if let Some(host) = self.hosts.get_mut(&node) {
            host.callbacks.clear();
            host.partition = Some(partition);
        }
        if self.in_partition(Some(partition)).len() > 1 {
            self.form_rings(&[Some(partition)]);
        }
    }

    fn down(&mut self, node: NodeId) {
        if let Some(host) = self.hosts.remove(&node) {
            self.form_rings(&[host.partition]);
        }
    }

    fn move_nodes(&mut self, nodes: &[NodeId], partition: u32) {
        let mut concerned = BTreeSet::from([Some(partition)]);
        for node in nodes {
            if let Some(host) = self.hosts.get_mut(node) {
                concerned.insert(host.partition.replace(partition));
            }
        }
        self.form_rings(&concerned.into_iter().collect::<Vec<_>>());
    }

    fn device_on(&mut self, nodes: &[NodeId], cast: bool) {
        let next_poll = self.now;
        self.on_each(nodes, |host| {
            if host.daemon.is_none() {
                let _ = host.service.register_device(&device_name());
            }
            host.daemon = Some(Daemon { cast, next_poll });
        });
        self.settle();
        self.advance(self.now);
    }

    fn on_each(&mut self, nodes: &[NodeId], mut act: impl FnMut(&mut Host)) {
        for node in nodes {
            if let Some(host) = self.hosts.get_mut(node) {
                act(host);
            }
        }
    }

    /// The nodes of a partition, in delivery order.
    fn in_partition(&self, partition: Option<u32>) -> Vec<NodeId> {
        let of = self
            .hosts
            .iter()
            .filter(|(_, host)| host.partition == partition);
        let mut nodes = of.map(|(id, _)| *id).collect::<Vec<_>>();
        if self.order == Order::Descending {
            nodes.reverse();
        }
        nodes
    }

    /// One new ring for each of the partitions, synchronised at the same time.
    fn form_rings(&mut self, partitions: &[Option<u32>]) {
        let mut forming = Vec::new();
        for &partition in partitions {
            let members = self.in_partition(partition);
            let mut sorted = members.clone();
            sorted.sort_unstable();
            let Some(rep) = sorted.first() else { continue };
            // No ring needs a sequence here, and without one a history can come back to where it was.
            let ring = RingId::new(*rep, 0);
            let (now, device) = (self.now, self.options.device);
            self.on_each(&members, |host| {
                host.ring = ring;
                host.service.sync_init(now, &sorted, ring);
                host.poll(now, device);
            });
            forming.push(members);
        }
        while !forming.is_empty() {
            let waiting = self.process(&mut forming);
            if waiting && let Some(next) = self.next_event() {
                self.advance(next);
            }
        }
    }

    /// Takes every forming ring as far as it gets; whether some wait for a device.
    fn process(&mut self, forming: &mut Vec<Vec<NodeId>>) -> bool {
        let mut ready = Vec::new();
        forming.retain(|members| {
            let hosts = &mut self.hosts;
            let done = |id| {
                hosts
                    .get_mut(id)
                    .is_none_or(|host| host.service.sync_process())
            };
            let undone = members.iter().map(done).filter(|done| !done).count();
            if undone == 0 {
                ready.push(members.clone());
            }
            undone > 0
        });
        self.settle();
        self.on_each(&ready.concat(), |host| host.service.sync_activate());
        self.settle();
        !forming.is_empty()
    }

    fn next_event(&self) -> Option<Instant> {
        self.hosts.values().filter_map(Host::next_event).min()
    }

    /// Lets time pass with all that is due on the way.
    fn advance(&mut self, to: Instant) {
        while let Some(next) = self.next_event().filter(|next| *next <= to) {
            self.now = self.now.max(next);
            for host in self.hosts.values_mut() {
                if host
                    .daemon
                    .is_some_and(|daemon| daemon.next_poll <= self.now)
                {
                    host.poll(self.now, self.options.device);
                }
                host.service.on_timeout(self.now);
            }
            self.settle();
        }
        self.now = self.now.max(to);
    }

    /// Carries out what the services want until they want nothing more.
    fn settle(&mut self) {
        let partitions = self
            .hosts
            .values()
            .map(|host| host.partition)
            .collect::<BTreeSet<_>>();
        for partition in partitions {
            let members = self.in_partition(partition);
            let mut queue = VecDeque::new();
            loop {
                for id in &members {
                    if let Some(host) = self.hosts.get_mut(id) {
                        queue.extend(host.take_messages().into_iter().map(|sent| (*id, sent)));
                    }
                }
                let Some((from, message)) = queue.pop_front() else {
                    break;
                };
                self.on_each(&members, |host| host.service.on_message(from, &message));
            }
        }
    }
}

impl Host {
    fn view(&self) -> View {
        let (info, runtime) = (self.service.info(DEVICE), self.service.runtime());
        let Some(info) = info else {
            return View::default();
        };
        View {
            quorate: self.service.is_quorate(),
            expected: info.expected,
            highest: info.highest,
            total: info.total,
            quorum: info.quorum,
            flags: info.flags,
            votes: info.votes,
            qdevice_votes: info.device_votes,
            members: self.members.clone(),
            partition: self.partition.unwrap_or_default(),
            wfa_status: runtime.wait_for_all_status,
            ev_barrier: Some(runtime.ev_barrier),
            callbacks: self.callbacks.clone(),
        }
    }

    fn next_event(&self) -> Option<Instant> {
        let poll = self.daemon.map(|daemon| daemon.next_poll);
        [poll, self.service.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The device daemon polls, for the ring that the node is in, and again after half of the timeout.
    fn poll(&mut self, now: Instant, device: Option<DeviceOptions>) {
        if let Some(daemon) = &mut self.daemon {
            let timeout = device.unwrap_or_default().timeout();
            daemon.next_poll = now + (timeout / 2).max(Duration::from_millis(1));
            let _ = self
                .service
                .poll_device(now, &device_name(), daemon.cast, self.ring);
        }
    }

    /// What the service multicasts; its verdicts are noted on the way.
    fn take_messages(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        while let Some(output) = self.service.poll_output() {
            match output {
                Output::Send(message) => messages.push(message),
                Output::Verdict {
                    quorate, members, ..
                } => {
                    self.callbacks.push((quorate, members.clone()));
                    self.members = members;
                }
                Output::ExpectedVotes(_)
                | Output::StoreTracking(_)
                | Output::DeviceRegistered(_)
                | Output::Notice(_) => {}
            }
        }
        messages
    }
}

/// The name under which all daemons register.
fn device_name() -> DeviceName {
    DeviceName::new(b"device").unwrap_or_default()
}

/// The number that corosync's library returns.
fn code(answer: Result<(), CallError>) -> u32 {
    answer.map_or_else(CallError::code, |()| 1)
}
