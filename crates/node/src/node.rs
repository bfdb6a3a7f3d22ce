//! One node of a cluster.

use alloc::collections::{BTreeMap, VecDeque};

use ringwright_totem::ring::Configuration;
use ringwright_totem::{
    ConfigError, Engine, Event, Input, Instant, NodeId, Output, Rejected, RingId, Stable,
};

use crate::config::Config;
use crate::member::{Member, MemberState};

/// One node of a cluster, without clock or socket.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Node {
    config: Config,
    engine: Engine,
    members: BTreeMap<NodeId, Member>,
    quorate: bool,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    outputs: VecDeque<Output>,
}

impl Node {
    /// Starts a node: its first datagrams are among the outputs.
    ///
    /// `stable` is what its last [`Output::Store`] made durable, the default on the first start. `seed` feeds the only
    /// randomness, the delay that `totem.send_join` asks for.
    pub fn new(
        config: Config,
        stable: Stable,
        seed: u64,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        let engine = Engine::new(config.totem(), stable, seed, now)?;
        let quorate = config.quorum.is_none();
        let mut node = Self {
            config,
            engine,
            members: BTreeMap::new(),
            quorate,
            outputs: VecDeque::new(),
        };
        node.take_outputs();
        Ok(node)
    }

    /// Folds one input into the state. A refused one changes nothing.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Result<(), Rejected> {
        let result = self.engine.handle_input(now, input);
        self.take_outputs();
        result
    }

    /// The next thing to carry out, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is due at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.engine.poll_timeout()
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

    fn take_outputs(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            if let Output::Event(event) = &output {
                self.observe(event);
            }
            self.outputs.push_back(output);
        }
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
