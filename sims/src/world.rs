//! What a simulation engine offers to schedules, scenarios and checkers.

use std::fmt;

use ringwright::ring::PhaseName;
use ringwright::ring::timing::Timing;
use ringwright::{Instant, NodeId, RingId, quorum};

use crate::check::Checker;
use crate::history::History;
use crate::host::{Losses, Network};
use crate::script::{Script, Verb};
use crate::setup::Setup;
use crate::vintage;

/// A simulated cluster in virtual time. Two worlds with the same settings, given the same verbs at the same times, have
/// the same [`History::digest`].
pub trait World {
    /// The properties that this engine's histories can be judged by.
    const SAFETY: &'static [Checker];

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

    /// Datagrams that were lost so far.
    fn losses(&self) -> Losses;

    /// Why this engine cannot run these settings and this script, if it cannot.
    fn supports(settings: &Settings, script: &Script) -> Result<(), Unsupported>;
}

/// Something that an engine cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A process that stands still: the production loop cannot be stopped while its host's clock goes on.
    Pause,
    /// An interface that goes away under corosync 2.x: its fall back to 127.0.0.1 is not in the production loop, which
    /// never does so.
    LoopbackRebind,
    /// Something in the middle of what a node does: the production loop cannot be interrupted there.
    Moment,
    /// A stranger's datagram: every datagram on this engine comes from a host.
    Stranger,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "a pause: the production loop cannot be stopped while its host's clock goes on",
            Self::LoopbackRebind => {
                "the fall back of corosync 2.x to 127.0.0.1: the production loop never does so"
            }
            Self::Moment => "a moment in the middle of what a node does: the production loop cannot be interrupted there",
            Self::Stranger => "a stranger's datagram: every datagram comes from a host",
        })
    }
}

impl std::error::Error for Unsupported {}

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
    /// The machines, if they are not plain ones; then `quorum` and `timing` are those of the first machine's file, and
    /// only the checkers look at them.
    pub setup: Option<Setup>,
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
            setup: None,
        }
    }

    /// The machines of a setup.
    ///
    /// # Panics
    /// With more machines than there are numbers.
    #[must_use]
    pub fn of(setup: Setup, seed: u64) -> Self {
        let nodes = u32::try_from(setup.machines.len()).expect("few machines");
        let mut settings = Self::new(nodes, seed);
        let boots = setup.machines.values().find_map(vintage::meant);
        if let Some(boot) = boots {
            settings.timing = boot.config.timing;
            settings.quorum = boot.config.quorum.unwrap_or(settings.quorum);
        }
        settings.setup = Some(setup);
        settings
    }

    /// The nodes' ids.
    #[must_use]
    pub fn ids(&self) -> Vec<NodeId> {
        match &self.setup {
            Some(setup) => setup.machines.keys().copied().collect(),
            None => (1..=self.nodes).map(NodeId).collect(),
        }
    }

    /// votequorum's options of one machine, by its own file.
    #[must_use]
    pub fn quorum_of(&self, node: NodeId) -> quorum::Options {
        let machine = self
            .setup
            .as_ref()
            .and_then(|setup| setup.machines.get(&node));
        let boot = machine.and_then(vintage::meant);
        boot.and_then(|boot| boot.config.quorum)
            .unwrap_or_else(|| self.quorum.clone())
    }

    /// The network of these machines, all well.
    #[must_use]
    pub(crate) fn network(&self, seed: u64) -> Network {
        let addresses = |node: NodeId| match &self.setup {
            Some(setup) => setup.machines[&node].addresses.clone(),
            None => vec![vintage::plain_address(node)],
        };
        Network::new(
            self.ids().into_iter().map(|node| (node, addresses(node))),
            seed,
        )
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
