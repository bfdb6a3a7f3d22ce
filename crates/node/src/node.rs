//! One node of a cluster.

use alloc::collections::{BTreeMap, VecDeque};

use ringwright_totem as totem;
use ringwright_totem::group::{self, JoinError};
use ringwright_totem::ring::Configuration;
use ringwright_totem::{ConfigError, Engine, Event, Instant, NodeId, Rejected, RingId, Stable};

use crate::GroupName;
use crate::config::Config;
use crate::io::{Input, Output};
use crate::manager::{self, ChangeError, GROUP, Manager, PID};
use crate::member::{Member, MemberState};

/// One node of a cluster, without clock or socket.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Node {
    config: Config,
    engine: Engine,
    members: BTreeMap<NodeId, Member>,
    quorate: bool,
    manager: Option<Manager>,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    outputs: VecDeque<Output>,
}

/// The group in which resource managers meet.
fn resources() -> GroupName {
    GroupName::new(GROUP).expect("a short name")
}

impl Node {
    /// Starts a node: its first datagrams are among the outputs.
    ///
    /// `stable` is what its last [`Output::Store`] made durable, the default on the first start. `seed` feeds the only
    /// randomness, the delay that `totem.send_join` asks for.
    ///
    /// # Panics
    /// Never: a node that has said nothing yet has room for a first word.
    pub fn new(
        config: Config,
        stable: Stable,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        let engine = Engine::new(config.totem(), stable, seed, now)?;
        let quorate = config.quorum.is_none();
        let manager = config.manager(now);
        let mut node = Self {
            config,
            engine,
            members: BTreeMap::new(),
            quorate,
            manager,
            outputs: VecDeque::new(),
        };
        node.take_outputs(now);
        if node.manager.is_some() {
            let (pid, group) = (PID, resources());
            let join = totem::Input::JoinGroup { pid, group };
            node.engine
                .handle_input(now, join)
                .expect("an empty queue has room for a join");
            node.take_outputs(now);
        }
        Ok(node)
    }

    /// Folds one input into the state. A refused one changes nothing, and so does every one after [`Output::Left`].
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), Rejected> {
        if self.engine.has_left() {
            return match input {
                Input::Datagram(_) | Input::Timeout | Input::Resource(_) | Input::Leave => Ok(()),
                _ => Err(Rejected::Leaving),
            };
        }
        let result = self.feed(now, input);
        self.look_at_token(now);
        self.take_outputs(now);
        self.go_if_it_may(now);
        result
    }

    fn feed(&mut self, now: Instant, input: Input) -> Result<(), Rejected> {
        let input = match input {
            Input::Resource(input) => {
                self.manage(now, input);
                return Ok(());
            }
            Input::Leave => match &mut self.manager {
                Some(manager) => {
                    manager.leave(now);
                    return Ok(());
                }
                None => totem::Input::Leave,
            },
            Input::Datagram(datagram) => totem::Input::Datagram(datagram),
            Input::Sign(sign) => totem::Input::Sign(sign),
            Input::Timeout => {
                if let Some(manager) = &mut self.manager {
                    manager.handle_timeout(now);
                }
                totem::Input::Timeout
            }
            Input::JoinGroup { pid, group } if self.is_managers(pid, &group) => {
                return Err(Rejected::Join(JoinError::AlreadyIn));
            }
            Input::JoinGroup { pid, group } => totem::Input::JoinGroup { pid, group },
            Input::LeaveGroup { pid, group, .. } | Input::Multicast { pid, group, .. }
                if self.is_managers(pid, &group) =>
            {
                return Err(Rejected::NotInGroup);
            }
            Input::LeaveGroup { pid, group, died } => totem::Input::LeaveGroup { pid, group, died },
            Input::Multicast {
                pid,
                group,
                payload,
            } => totem::Input::Multicast {
                pid,
                group,
                payload,
            },
            Input::Quorum(call) => totem::Input::Quorum(call),
        };
        self.engine.handle_input(now, input)
    }

    /// Whether this is the resource manager's own place in its group.
    fn is_managers(&self, pid: u32, group: &GroupName) -> bool {
        self.manager.is_some() && pid == PID && *group == resources()
    }

    fn manage(&mut self, now: Instant, input: manager::Input) {
        match (&mut self.manager, input) {
            (Some(manager), input) => manager.handle_input(now, input),
            (None, manager::Input::Change { id, .. }) => {
                let result = Err(ChangeError::NoManager);
                let answer = manager::Output::Changed { id, result };
                self.outputs.push_back(Output::Resource(answer));
            }
            (None, _) => {}
        }
    }

    /// The next thing to carry out, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.engine.has_left() {
            return None;
        }
        let manager = self.manager.as_ref().and_then(Manager::poll_timeout);
        [self.engine.poll_timeout(), manager]
            .into_iter()
            .flatten()
            .min()
    }

    /// The configuration given at the start.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The protocol below.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The resource manager, if there is one.
    #[must_use]
    pub fn manager(&self) -> Option<&Manager> {
        self.manager.as_ref()
    }

    /// Every node that is or was a member.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<NodeId, Member> {
        &self.members
    }

    /// The published verdict: whether this partition may act. Always without a quorum provider.
    #[must_use]
    pub fn is_quorate(&self) -> bool {
        self.quorate
    }

    /// The current ring, or the one that is being formed.
    #[must_use]
    pub fn ring_id(&self) -> RingId {
        self.engine.ring().ring_id()
    }

    fn look_at_token(&mut self, now: Instant) {
        if let (Some(manager), Some(visits)) = (&mut self.manager, self.engine.ring().visits()) {
            manager.on_visits(now, visits);
        }
    }

    /// Once the manager has nothing left to stop, the protocol says goodbye.
    fn go_if_it_may(&mut self, now: Instant) {
        if self.manager.as_ref().is_some_and(Manager::may_go) {
            // Repeated orders do nothing.
            let _ = self.engine.handle_input(now, totem::Input::Leave);
            self.take_outputs(now);
        }
    }

    /// Lets the protocol and the manager react to each other until both are quiet.
    fn take_outputs(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                if let totem::Output::Event(event) = &output {
                    self.observe(event);
                }
                if self.tell_manager(now, &output) {
                    continue;
                }
                self.outputs.push_back(output.into());
                self.take_managed();
            }
            self.take_managed();
            if !self.send_for_manager(now) {
                return;
            }
        }
    }

    /// Whether the manager is the only one that the output concerns.
    fn tell_manager(&mut self, now: Instant, output: &totem::Output) -> bool {
        let Some(manager) = &mut self.manager else {
            return false;
        };
        match output {
            totem::Output::Event(Event::Regular(configuration)) => {
                manager.on_ring(now, configuration);
                if self.config.quorum.is_none() {
                    manager.on_quorum(now, true);
                }
            }
            totem::Output::Event(Event::Synchronised(_)) => manager.on_synchronised(now),
            totem::Output::Event(Event::Quorum { quorate, .. }) => manager.on_quorum(now, *quorate),
            totem::Output::Group(
                event @ (group::Event::Message { group, .. }
                | group::Event::Membership { group, .. }),
            ) if *group == resources() => {
                manager.on_group(now, event);
                return true;
            }
            _ => {}
        }
        false
    }

    fn take_managed(&mut self) {
        while let Some(output) = self.manager.as_mut().and_then(Manager::poll_output) {
            self.outputs.push_back(Output::Resource(output));
        }
    }

    /// Hands the manager's messages to the ring as far as it has room; whether any.
    fn send_for_manager(&mut self, now: Instant) -> bool {
        let mut sent = false;
        while let Some(payload) = self.manager.as_ref().and_then(Manager::next_message) {
            let (pid, group) = (PID, resources());
            let multicast = totem::Input::Multicast {
                pid,
                group,
                payload,
            };
            match self.engine.handle_input(now, multicast) {
                // After the next delivery there is room again.
                Err(Rejected::QueueFull { .. }) => break,
                // Leaving: nobody waits for it any more.
                Ok(()) | Err(_) => {
                    if let Some(manager) = &mut self.manager {
                        manager.message_taken();
                    }
                }
            }
            sent = true;
        }
        sent
    }

    fn observe(&mut self, event: &Event) {
        match event {
            Event::Transitional(Configuration { left, .. }) => {
                for node in left {
                    if let Some(member) = self.members.get_mut(node) {
                        member.state = MemberState::Left;
                    }
                }
            }
            Event::Regular(Configuration { joined, .. }) => {
                for &node in joined {
                    let new = Member {
                        state: MemberState::Joined,
                        join_count: 0,
                        config_version: None,
                    };
                    let member = self.members.entry(node).or_insert(new);
                    member.state = MemberState::Joined;
                    member.join_count = member.join_count.saturating_add(1);
                }
            }
            Event::ConfigVersion { node, version } => {
                if let Some(member) = self.members.get_mut(node) {
                    member.config_version = Some(*version);
                }
            }
            Event::Quorum { quorate, .. } => self.quorate = *quorate,
            _ => {}
        }
    }
}
