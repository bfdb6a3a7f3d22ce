//! What a simulation engine offers to schedules, scenarios and checkers.

use ringwright::ring::PhaseName;
use ringwright::ring::timing::Timing;
use ringwright::{Instant, NodeId, RingId, quorum};

use crate::history::History;
use crate::script::Verb;

/// A simulated cluster in virtual time. Two worlds with the same settings, given the same verbs at the same times, have
/// the same [`History::digest`].
pub trait World {
    /// A world of nodes that do not run yet, at time zero.
    fn new(settings: &Settings) -> Self;

    /// Virtual time.
    fn now(&self) -> Instant;

    /// Does something to the cluster, now. What makes no sense now, such as the crash of a node that does not run, does
    /// nothing.
    fn apply(&mut self, verb: &Verb);

    /// Lets time pass up to the next thing that happens, at most up to `limit`; false once `limit` is reached.
    fn step(&mut self, limit: Instant) -> bool;

    /// How a node stands; `None` if it does not run.
    fn status(&self, node: NodeId) -> Option<Status>;

    /// Everything that happened so far.
    fn history(&self) -> &History;
}

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes 1 to this.
    pub nodes: u32,
    /// Source of all chance.
    pub seed: u64,
    /// votequorum's options.
    pub quorum: quorum::Options,
    /// The ring's timers and constants.
    pub timing: Timing,
}

impl Settings {
    /// `nodes` nodes with every default.
    #[must_use]
    pub fn new(nodes: u32, seed: u64) -> Self {
        Self {
            nodes,
            seed,
            quorum: quorum::Options::of(1..=nodes),
            timing: Timing::of(nodes as usize),
        }
    }

    /// The nodes' ids.
    #[must_use]
    pub fn ids(&self) -> Vec<NodeId> {
        (1..=self.nodes).map(NodeId).collect()
    }
}

/// How a running node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The ring protocol's phase.
    pub phase: PhaseName,
    /// The installed ring, or the one being formed.
    pub ring_id: RingId,
    /// The members of the installed ring, ascending.
    pub members: Vec<NodeId>,
    /// Whether services are synchronised.
    pub synchronised: bool,
    /// votequorum's verdict.
    pub quorate: bool,
}
