//! The resource manager: one configuration that all members keep, one placement that each of them computes, and of what
//! is to be done each does its own.
//!
//! ```text
//!                 ring ──ordered messages──► fold ──► plan ──► transition
//!                                             ▲                    │ own steps
//!                                             │                    ▼
//!                                          reports ◄── local ◄─ executor
//! ```
//!
//! `fold` is the shared state, `membership` how members come to the same one, `plan` what follows from it, `transition`
//! the doing of it, `local` this node's part, `lease` how long it may hold what it holds. No member computes what the
//! others do not; the one that tools call the DC drives what needs one voice (time, what is overdue) and reports.

mod base;
mod change;
mod codec;
mod fold;
mod graph;
mod history;
mod io;
mod lease;
mod local;
mod membership;
mod message;
mod options;
mod own;
mod plan;
mod status;
#[cfg(test)]
mod tests;
mod transition;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use ringwright_placement::cib::Cib;

pub use base::{Base, CIB_MAX, Damaged, Version};
pub use change::{Change, ChangeError};
pub use fold::Fold;
pub use graph::{Abandoned, Graph, Progress, Step, Transition, Work};
pub use history::{History, Record};
pub use io::{Event, Input, Output, Settings};
pub use lease::{LEASE_MIN, wait_of};
pub use message::FEATURE;
pub(crate) use message::{GROUP, PID};
pub use status::{Doubt, NodeStatus, Presence};

use crate::resource::AttemptId;
use crate::{Instant, NodeId, RingId};
use lease::Leases;
use local::Local;
use membership::View;
use message::{Message, Parts, Report};

/// How many changes wait for their answer.
const CHANGES_MAX: usize = 64;
/// How long an orderly exit waits for resources to stop: Pacemaker's `shutdown-escalation`.
const ESCALATION: Duration = Duration::from_mins(20);
/// Bytes of messages that wait for the ring, beyond which no more changes are taken.
const OUTBOX_MAX: usize = 16 << 20;

/// What a transition is made from.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) fold: &'a Fold,
    pub(crate) quorate: bool,
    pub(crate) dc: NodeId,
    /// The lowest and the highest feature among the members.
    pub(crate) features: (u32, u32),
}

/// A change somebody waits for.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Asked {
    change: Change,
    progress: AskedProgress,
}

#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
enum AskedProgress {
    /// It waits for the ring to take it.
    Queued,
    /// It is on its way through the ring.
    Sent,
    /// It came while the members had not settled, and counted for nothing.
    Again,
    /// It is made; all have to store it.
    Made { term: u64, version: Version },
}

/// One node's resource manager. Part of [`Node`](crate::Node), which feeds it.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Manager {
    me: NodeId,
    unix_at_zero: u64,
    now: Instant,
    /// The lease that this node gives by itself.
    own_lease: Duration,
    ring: RingId,
    ring_members: Vec<NodeId>,
    synchronised: bool,
    quorate: bool,
    /// A voter that is not in the group came to this ring: it may know of more.
    strangers: Vec<NodeId>,
    parts: Parts,
    fold: Fold,
    /// The ring of the last quorate membership in which this process settled.
    line: u64,
    view: Option<View>,
    transition: Option<Transition>,
    /// Something has changed since the last plan.
    dirty: bool,
    recheck: Option<u64>,
    /// What this node says of itself; ahead of the fold by what is on its way.
    own: NodeStatus,
    calls: u32,
    local: Local,
    fencing: BTreeMap<AttemptId, Fence>,
    leases: Leases,
    /// The option before the present configuration was stored everywhere.
    lease_before: Option<Former>,
    asked: BTreeMap<u64, Asked>,
    stored: Option<(u64, Version, u64)>,
    leaving: Option<Instant>,
    told_waits: BTreeSet<String>,
    told_overdue: BTreeSet<(u32, u32)>,
    /// Messages for the ring; with the last part of a change its number.
    outbox: VecDeque<(Bytes, Option<u64>)>,
    outbox_bytes: usize,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    outputs: VecDeque<Output>,
}

/// The option of an earlier configuration.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Former {
    lease: Option<Duration>,
}

/// A fencing that this node sees to.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Fence {
    step: (u32, u32),
    target: NodeId,
    deadline: Instant,
}

impl Manager {
    pub(crate) fn new(
        settings: Settings,
        me: NodeId,
        name: &str,
        nodes: Vec<NodeId>,
        token: Duration,
        now: Instant,
    ) -> Self {
        let base = settings.base.unwrap_or_default();
        let stored = Some(base.rank());
        let own_lease = lease::by_itself(token);
        let fold = Fold {
            base,
            lease: own_lease,
            ..Fold::default()
        };
        Self {
            me,
            unix_at_zero: settings.unix_at_zero,
            now,
            own_lease,
            ring: RingId::default(),
            ring_members: Vec::new(),
            synchronised: false,
            quorate: false,
            strangers: Vec::new(),
            parts: Parts::default(),
            fold,
            line: 0,
            view: None,
            transition: None,
            dirty: false,
            recheck: None,
            own: NodeStatus::new(name, FEATURE),
            calls: 0,
            local: Local::default(),
            fencing: BTreeMap::new(),
            leases: Leases::new(nodes, now),
            lease_before: None,
            asked: BTreeMap::new(),
            stored,
            leaving: None,
            told_waits: BTreeSet::new(),
            told_overdue: BTreeSet::new(),
            outbox: VecDeque::new(),
            outbox_bytes: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The state that the members share, as far as this node has folded it.
    #[must_use]
    pub fn fold(&self) -> &Fold {
        &self.fold
    }

    /// The members of the group, ascending: nodes that run ringwright. Empty before the first.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        self.view.as_ref().map_or(&[], |view| &view.id.members)
    }

    /// Whether the members agree on one state.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.settled)
    }

    /// Whether the members may change it.
    #[must_use]
    pub fn is_quorate(&self) -> bool {
        self.view.as_ref().is_some_and(View::is_quorate)
    }

    /// The member that tools call the DC: the one with the lowest id.
    #[must_use]
    pub fn dc(&self) -> Option<NodeId> {
        self.members().first().copied()
    }

    /// What is being done.
    #[must_use]
    pub fn transition(&self) -> Option<&Transition> {
        self.transition.as_ref()
    }

    /// Whether nothing is being done, and nothing is to be.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.transition.is_none() && !self.dirty
    }

    /// The whole cluster information base: configuration and status.
    #[must_use]
    pub fn cib(&self) -> Cib {
        self.fold.cib(self.is_quorate(), self.dc())
    }

    /// The same as placement is given it: where nothing is fenced, what a lost node held runs there no more.
    #[must_use]
    pub fn cib_to_place(&self) -> Cib {
        let mut cib = self.cib();
        options::for_placement(&self.fold.base, &mut cib);
        cib
    }

    /// What this node holds on a lease, and until when.
    pub fn leases(&self) -> impl Iterator<Item = (&str, Option<Instant>)> {
        self.leases.held()
    }

    /// The lease that addresses are held on; `None` if they are held until they are stopped.
    #[must_use]
    pub fn lease(&self) -> Option<Duration> {
        options::lease(&self.fold)
    }

    /// What is to be told of the configuration.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        options::warnings(&self.fold.base)
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The next message to the group.
    pub(crate) fn next_message(&self) -> Option<Bytes> {
        self.outbox.front().map(|(message, _)| message.clone())
    }

    /// The ring took it.
    pub(crate) fn message_taken(&mut self) {
        let Some((sent, change)) = self.outbox.pop_front() else {
            return;
        };
        self.outbox_bytes -= sent.len();
        if let Some(asked) = change.and_then(|id| self.asked.get_mut(&id)) {
            asked.progress = AskedProgress::Sent;
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let lease = self.hold_lease();
        let fences = self.fencing.values().map(|fence| fence.deadline).min();
        [
            self.local
                .poll_timeout()
                .filter(|at| at.as_nanos() < u64::MAX),
            self.leases.poll_timeout(self.now, lease),
            fences,
            self.driver_timeout(),
            self.leaving.map(|since| since + ESCALATION),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What the member that drives has to tell.
    fn driver_timeout(&self) -> Option<Instant> {
        if self.dc() != Some(self.me) || !self.is_settled() {
            return None;
        }
        let overdue = self.transition.iter().flat_map(|transition| {
            let running = transition.running();
            let untold = running
                .filter(|(step, _)| !self.told_overdue.contains(&(transition.number(), step.id)));
            untold.map(|(step, since)| since + self.patience(step))
        });
        let recheck = self.recheck.map(|at| self.at_unix(at));
        overdue.chain(recheck).min()
    }

    fn unix(&self) -> u64 {
        self.unix_at_zero + self.now.since(Instant::ZERO).as_secs()
    }

    fn at_unix(&self, seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds.saturating_sub(self.unix_at_zero))
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn send(&mut self, message: &Message) {
        for part in message.parts() {
            self.outbox_bytes += part.len();
            self.outbox.push_back((part, None));
        }
        if let (Message::Change { id, .. }, Some(last)) = (message, self.outbox.back_mut()) {
            last.1 = Some(*id);
        }
    }

    /// What the ring has not taken counts for nothing in another membership.
    fn clear_outbox(&mut self) {
        self.outbox.clear();
        self.outbox_bytes = 0;
        for asked in self.asked.values_mut() {
            if asked.progress == AskedProgress::Queued {
                asked.progress = AskedProgress::Again;
            }
        }
    }

    /// Takes an answer or a wish.
    pub(crate) fn handle_input(&mut self, now: Instant, input: Input) {
        self.now = now;
        match input {
            Input::Done { attempt, outcome } => self.on_done(attempt, outcome),
            Input::Renewed {
                resource,
                until,
                renewal,
            } => self.on_renewed(&resource, until, renewal),
            Input::Change { id, change } => self.ask(id, change),
        }
        self.go_on();
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.on_time();
        self.go_on();
    }

    fn ask(&mut self, id: u64, change: Change) {
        let refused = if self.leaving.is_some() {
            Some(ChangeError::Leaving)
        } else if self.asked.len() >= CHANGES_MAX
            || self.asked.contains_key(&id)
            || self.outbox_bytes > OUTBOX_MAX
        {
            Some(ChangeError::TooMany { limit: CHANGES_MAX })
        } else if self.is_settled() && !self.is_quorate() {
            Some(ChangeError::NoQuorum)
        } else {
            refuse(&change)
        };
        if let Some(refused) = refused {
            self.answer(id, Err(refused));
            return;
        }
        let message = Message::Change {
            id,
            change: change.clone(),
        };
        self.send(&message);
        let progress = AskedProgress::Queued;
        self.asked.insert(id, Asked { change, progress });
    }

    fn answer(&mut self, id: u64, result: Result<Version, ChangeError>) {
        self.asked.remove(&id);
        self.outputs.push_back(Output::Changed { id, result });
    }

    /// This node wants to leave: what it holds is stopped first.
    pub(crate) fn leave(&mut self, now: Instant) {
        self.now = now;
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(now);
        let waiting: Vec<_> = self.asked.keys().copied().collect();
        for id in waiting {
            self.answer(id, Err(ChangeError::Leaving));
        }
        let value = Some(alloc::format!("{}", self.unix()));
        self.own.set("shutdown", value.as_deref());
        self.send(&Message::Report(Report {
            attributes: alloc::vec![("shutdown".into(), value)],
            ..Report::default()
        }));
        self.go_on();
    }

    /// Whether this node may go: it wants to, holds nothing and has seen to the others' taking over, or has waited long
    /// enough.
    pub(crate) fn may_go(&self) -> bool {
        let Some(since) = self.leaving else {
            return false;
        };
        let told = self
            .fold
            .nodes
            .get(&self.me)
            .is_none_or(|own| own.attributes.contains_key("shutdown"));
        let done = !self.is_settled() || told && self.transition.is_none() && !self.dirty;
        let idle = done && self.local.is_idle() && self.own.holdings().next().is_none();
        idle || self.now.since(since) >= ESCALATION
    }
}

/// Why a change need not even be sent.
fn refuse(change: &Change) -> Option<ChangeError> {
    let Change::Replace { text, .. } = change else {
        return None;
    };
    if text.len() > CIB_MAX {
        return Some(ChangeError::TooLong { len: text.len() });
    }
    match Base::parse("cib.xml", text) {
        Err(diagnostic) => Some(ChangeError::Malformed(diagnostic)),
        Ok(base) => {
            let reasons = options::refusals(&base);
            (!reasons.is_empty()).then_some(ChangeError::Refused(reasons))
        }
    }
}
