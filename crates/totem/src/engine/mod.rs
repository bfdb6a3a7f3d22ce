//! The protocol of one node: ring, synchronisation, votes and groups put together. The only folder that knows them all.

mod config;
mod io;
mod lanes;
mod services;
mod votes;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::group::{Groups, LANE_BYTES_MAX, Lane, Reassembly, Undeliverable};
use crate::quorum::Votequorum;
pub use crate::ring::Target;
use crate::ring::{self, Configuration, PhaseName, Ring, RingConfig};
use crate::sync::{Action, ConfigVersion, Sync};
use crate::wire::Arena;
use crate::wire::service::cpg::{GroupName, Reason};
use crate::wire::service::{self, CMAP, CPG, Message, QUORUM, VOTEQUORUM, cfg, cpg};
use crate::{Instant, NodeId};
pub use config::{Config, ConfigError, NET_MTU_DEFAULT, NET_MTU_RANGE};
use io::ATOMIC_MAX;
pub use io::{DeviceCall, Event, Input, Output, PAYLOAD_MAX, QuorumCall, Rejected, Stable};
use lanes::Lanes;

/// One node's protocol. See the crate's documentation.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Engine {
    me: NodeId,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    now: Instant,
    ring: Ring,
    lanes: Lanes,
    /// Messages half received while services synchronise, and otherwise.
    partial_sync: Reassembly,
    partial_normal: Reassembly,
    sync: Sync,
    transitional: Vec<NodeId>,
    version: ConfigVersion,
    quorum: Option<Votequorum>,
    groups: Groups,
    stable: Stable,
    /// When an orderly exit stops waiting for its last messages.
    leaving: Option<Instant>,
    /// It is over: [`Output::Left`] was the last output.
    left: bool,
    undeliverable: u64,
    /// Where processes' messages are written.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    arena: Arena,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    outputs: VecDeque<Output>,
}

impl Engine {
    /// Starts a node: its first JOIN is among the outputs.
    ///
    /// `seed` feeds the only randomness, the delay that `send_join` asks for.
    pub fn new(
        config: Config,
        stable: Stable,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        config.check(stable)?;
        let Config {
            me,
            nodes,
            timing,
            net_mtu,
            config_version,
            quorum,
        } = config;
        let mut outputs = VecDeque::new();
        let mut votes = None;
        let mut services = alloc::vec![CMAP, CPG, QUORUM];
        if let Some(options) = quorum {
            let (service, notices) = Votequorum::new(me, &options, stable.expected_votes)
                .map_err(ConfigError::Quorum)?;
            outputs.extend(
                notices
                    .into_iter()
                    .map(|notice| Output::Event(Event::QuorumNotice(notice))),
            );
            votes = Some(service);
            services.push(VOTEQUORUM);
        }
        let ring = Ring::new(RingConfig { me, nodes, timing }, stable.ring_seq, seed, now);
        let mut engine = Self {
            me,
            now,
            ring,
            lanes: Lanes {
                sync: Lane::new(net_mtu),
                normal: Lane::new(net_mtu),
                synchronising: true,
            },
            partial_sync: Reassembly::default(),
            partial_normal: Reassembly::default(),
            sync: Sync::new(services),
            transitional: Vec::new(),
            version: ConfigVersion::new(config_version),
            quorum: votes,
            groups: Groups::new(me),
            stable,
            leaving: None,
            left: false,
            undeliverable: 0,
            arena: Arena::default(),
            outputs,
        };
        engine.settle();
        Ok(engine)
    }

    /// Folds one input into the state. A refused one changes nothing, and so does every one after [`Output::Left`].
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), Rejected> {
        self.now = now;
        match input {
            Input::Datagram(_) | Input::Timeout | Input::Sign(_) | Input::Leave if self.left => {
                return Ok(());
            }
            Input::Datagram(datagram) => self.ring.handle_datagram(now, &datagram, &mut self.lanes),
            Input::Timeout => self.on_timeout(),
            Input::Sign(sign) => self.ring.handle_sign(now, sign, &mut self.lanes),
            Input::Leave => self.leave(),
            _ if self.leaving.is_some() || self.left => return Err(Rejected::Leaving),
            Input::JoinGroup { pid, group } => {
                self.room_for(0)?;
                let join = self.groups.join(pid, &group).map_err(Rejected::Join)?;
                self.send_for_client(join);
            }
            Input::LeaveGroup { pid, group, died } => {
                self.room_for(0)?;
                let reason = if died {
                    Reason::ProcDown
                } else {
                    Reason::Leave
                };
                let leave = self
                    .groups
                    .leave(pid, &group, reason)
                    .ok_or(Rejected::NotInGroup)?;
                self.send_for_client(leave);
            }
            Input::Multicast {
                pid,
                group,
                payload,
            } => self.multicast(pid, group, payload)?,
            Input::Quorum(call) => self.call_quorum(&call)?,
        }
        if !self.left {
            self.settle();
        }
        Ok(())
    }

    /// The next thing to carry out, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.left {
            return None;
        }
        let quorum = self.quorum.as_ref().and_then(Votequorum::poll_timeout);
        [self.ring.poll_timeout(), quorum, self.leaving]
            .into_iter()
            .flatten()
            .min()
    }

    /// The ring protocol: phase, ring id, members, counters.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// votequorum, if configured.
    #[must_use]
    pub fn quorum(&self) -> Option<&Votequorum> {
        self.quorum.as_ref()
    }

    /// The process groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// What the last [`Output::Store`] made durable.
    #[must_use]
    pub fn stable(&self) -> Stable {
        self.stable
    }

    /// Whether services are synchronised, so that local messages are sent.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        !self.lanes.synchronising
    }

    /// Whether it has left: nothing follows [`Output::Left`].
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// Packets and messages of members that could not be read.
    #[must_use]
    pub fn undeliverable(&self) -> u64 {
        self.undeliverable
    }

    /// Asserts what must hold between two inputs.
    ///
    /// # Panics
    /// If an invariant is broken: a defect of this crate.
    pub fn check(&self) {
        self.ring.check();
        let (stored, current) = (self.stable.ring_seq, self.ring.ring_id().seq);
        assert!(
            stored <= current,
            "ring sequence {stored} stored, but {current} in force"
        );
    }

    fn on_timeout(&mut self) {
        self.ring.handle_timeout(self.now, &mut self.lanes);
        if let Some(quorum) = &mut self.quorum {
            quorum.on_timeout(self.now);
        }
        if self.leaving.is_some_and(|at| at <= self.now) {
            self.say_goodbye();
        }
    }

    /// Refuses when what waits leaves no room for `len` more bytes and some small messages.
    fn room_for(&self, len: usize) -> Result<(), Rejected> {
        let reserve = 64 << 10;
        let limit = LANE_BYTES_MAX - reserve;
        if self.lanes.normal.bytes() + len > limit {
            Err(Rejected::QueueFull { limit })
        } else {
            Ok(())
        }
    }

    fn multicast(&mut self, pid: u32, group: GroupName, payload: Bytes) -> Result<(), Rejected> {
        if payload.len() > PAYLOAD_MAX {
            return Err(Rejected::TooLong { len: payload.len() });
        }
        if !self.groups.may_send(pid, &group) {
            return Err(Rejected::NotInGroup);
        }
        self.room_for(payload.len())?;
        let source = service::Source {
            node: self.me,
            conn: pid.into(),
        };
        if payload.len() > ATOMIC_MAX {
            self.send_in_parts(pid, &group, source, &payload);
        } else {
            self.send_for_client(cpg::Message::Mcast {
                group,
                pid,
                source,
                payload,
            });
        }
        Ok(())
    }

    /// What is too long for one message of a corosync client goes in two or more, as corosync's own clients do.
    fn send_in_parts(
        &mut self,
        pid: u32,
        group: &GroupName,
        source: service::Source,
        payload: &Bytes,
    ) {
        let msglen = u32::try_from(payload.len()).expect("at most PAYLOAD_MAX bytes");
        for start in (0..payload.len()).step_by(ATOMIC_MAX) {
            let end = payload.len().min(start + ATOMIC_MAX);
            let kind = match (start, end) {
                (0, _) => cpg::PartialKind::First,
                (_, end) if end == payload.len() => cpg::PartialKind::Last,
                _ => cpg::PartialKind::Continued,
            };
            self.send_for_client(cpg::Message::Partial {
                group: group.clone(),
                pid,
                kind,
                msglen,
                source,
                payload: payload.slice(start..end),
            });
        }
    }

    /// Sends what waits and a last word of votequorum, then leaves; at the latest after a token retransmission.
    fn leave(&mut self) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(self.now + self.ring.timing().token_retransmit);
        if let Some(quorum) = &mut self.quorum {
            quorum.leave();
        }
        let asked: Vec<_> = self
            .groups
            .asked()
            .map(|(group, pid)| (group.clone(), pid))
            .collect();
        for (group, pid) in asked {
            if let Some(leave) = self.groups.leave(pid, &group, Reason::Leave) {
                self.send_for_client(leave);
            }
        }
    }

    fn leave_if_nothing_waits(&mut self) {
        let alone = self.ring.phase() != PhaseName::Operational;
        if self.leaving.is_some()
            && (alone || self.lanes.normal.is_empty() && !self.lanes.synchronising)
        {
            self.say_goodbye();
        }
    }

    fn say_goodbye(&mut self) {
        self.leaving = None;
        self.left = true;
        self.ring.leave();
        self.take_ring_outputs();
        self.outputs.push_back(Output::Left);
    }

    /// Queues what a service has to say: at once while services synchronise.
    fn send(&mut self, message: &Message) {
        let lane = if self.lanes.synchronising {
            &mut self.lanes.sync
        } else {
            &mut self.lanes.normal
        };
        lane.push(message.encode())
            .expect("services say little, and clients leave them room");
        self.ring.wake(self.now, &mut self.lanes);
    }

    /// Queues what a local process has to say: not before services are synchronised.
    fn send_for_client(&mut self, message: cpg::Message) {
        let message = Message::Cpg(message).encode_in(&mut self.arena);
        self.lanes.normal.push(message).expect("room was asked for");
        if !self.lanes.synchronising {
            self.ring.wake(self.now, &mut self.lanes);
        }
    }

    /// Lets every part react to what the others have put out, until all are quiet.
    fn settle(&mut self) {
        loop {
            let moved =
                self.take_ring_outputs() | self.take_quorum_outputs() | self.take_sync_actions();
            if !moved {
                break;
            }
        }
        self.leave_if_nothing_waits();
    }

    /// In the order in which things happened: a message stands before the configuration that follows it.
    fn take_group_events(&mut self) {
        while let Some(event) = self.groups.poll_event() {
            self.outputs.push_back(Output::Group(event));
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn take_ring_outputs(&mut self) -> bool {
        let mut moved = false;
        while let Some(output) = self.ring.poll_output() {
            moved = true;
            match output {
                ring::Output::Store(ring_seq) => {
                    self.stable.ring_seq = ring_seq;
                    self.outputs.push_back(Output::Store(self.stable));
                }
                ring::Output::Transmit { to, bytes } => {
                    self.outputs.push_back(Output::Transmit { to, bytes });
                }
                ring::Output::Deliver { from, packet } => self.on_packet(from, &packet),
                ring::Output::Transitional(configuration) => self.on_transitional(configuration),
                ring::Output::Regular(configuration) => self.on_regular(configuration),
                ring::Output::Drain => self.outputs.push_back(Output::Drain),
                ring::Output::Event(event) => self.event(Event::Ring(event)),
            }
        }
        moved
    }

    fn on_transitional(&mut self, configuration: Configuration) {
        self.sync.abort();
        for &node in &configuration.left {
            self.partial_sync.forget(node);
            self.partial_normal.forget(node);
        }
        if !configuration.members.is_empty() {
            // What services still had to say about the last ring; before the first, they introduce themselves.
            self.lanes.sync.clear();
        }
        self.lanes.normal.restart();
        self.transitional.clone_from(&configuration.members);
        self.event(Event::Transitional(configuration));
    }

    fn on_regular(&mut self, configuration: Configuration) {
        let Configuration {
            ring_id, members, ..
        } = &configuration;
        // Not before: what was delivered in the transitional configuration still belonged to the last ring.
        self.lanes.synchronising = true;
        self.sync.start(*ring_id, members);
        self.version.init();
        self.groups.sync_init(&self.transitional, members);
        if let Some(quorum) = &mut self.quorum {
            quorum.sync_init(self.now, members, *ring_id);
        }
        self.event(Event::Regular(configuration));
    }

    fn on_packet(&mut self, from: NodeId, packet: &Bytes) {
        let reassembly = if self.lanes.synchronising {
            &mut self.partial_sync
        } else {
            &mut self.partial_normal
        };
        match reassembly.push(from, packet) {
            Ok(mut messages) => {
                for message in messages.drain(..) {
                    match Message::decode(&message) {
                        Ok(message) => self.on_message(from, message),
                        Err(error) => {
                            self.drop_undeliverable(from, Undeliverable::Malformed(error));
                        }
                    }
                }
                self.partial_normal.recycle(messages);
            }
            Err(error) => self.drop_undeliverable(from, error),
        }
    }

    fn drop_undeliverable(&mut self, from: NodeId, error: Undeliverable) {
        self.undeliverable += 1;
        self.event(Event::Undeliverable { from, error });
    }

    fn on_message(&mut self, from: NodeId, message: Message) {
        match message {
            Message::ServiceBuild { ring, services } => self.sync.on_build(from, ring, &services),
            Message::Barrier { ring } => self.sync.on_barrier(from, ring),
            Message::Cpg(message) => {
                self.groups.on_message(from, message);
                self.take_group_events();
            }
            Message::Votequorum(message) => {
                if let Some(quorum) = &mut self.quorum {
                    quorum.on_message(from, &message);
                }
            }
            Message::Cmap(message) => {
                let version = message.config_version().unwrap_or(0);
                if from != self.me {
                    self.version.on_version(version);
                }
                self.event(Event::ConfigVersion {
                    node: from,
                    version,
                });
            }
            Message::Cfg(cfg::Message::KillNode { node, reason }) if node == self.me => {
                self.event(Event::Killed { by: from, reason });
                self.leave();
            }
            Message::Cfg(_) | Message::Unknown { .. } | Message::OtherGroups { .. } => {}
        }
        self.take_sync_actions();
    }

    fn take_sync_actions(&mut self) -> bool {
        let mut moved = false;
        loop {
            let acted = match self.sync.poll_action() {
                Some(action) => {
                    self.carry_out(action);
                    true
                }
                None => self
                    .sync
                    .pending()
                    .is_some_and(|service| self.process(service)),
            };
            if !acted {
                return moved;
            }
            moved = true;
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Build(ring, services) => self.send(&Message::ServiceBuild { ring, services }),
            Action::Barrier(ring) => self.send(&Message::Barrier { ring }),
            Action::Activate(service) => self.activate(service),
            Action::Complete => self.complete(),
        }
    }
}
