//! What a run did to the cluster.

use std::collections::BTreeSet;

use ringwright::Instant;
use serde::Serialize;

use super::symptom::{Symptom, is_together};
use crate::scenario::Case;
use crate::script::{Script, Verb};
use crate::timeline::{Lane, Micros, Outcome, Span, State, Timeline};

/// What has to last so long to be noticed, µs.
const NOTICED: Micros = 500_000;

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// What the tools show at the end.
    pub(super) outcome: Outcome,
    /// One run, and ones for what it did.
    pub(super) counts: Counts,
}

/// Numbers of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All.
    pub runs: u64,
    /// Ended with the symptom.
    pub lasting: u64,
    /// Had the symptom for a while only.
    pub passing: u64,
    /// Ended apart.
    pub apart: u64,
    /// Had two quorate sides at once.
    pub split_brain: u64,
    /// Had two holders of the floating address at once.
    pub two_addresses: u64,
    /// Ended without a quorate node.
    pub no_quorum: u64,
}

impl Counts {
    pub(super) fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        self.lasting += other.lasting;
        self.passing += other.passing;
        self.apart += other.apart;
        self.split_brain += other.split_brain;
        self.two_addresses += other.two_addresses;
        self.no_quorum += other.no_quorum;
    }
}

impl Effect {
    pub(super) fn of(timeline: &Timeline, running: &BTreeSet<u32>, symptom: Symptom) -> Self {
        let outcome = timeline.outcome();
        let split = split_brain(timeline) > 0;
        let lasting = match symptom {
            Symptom::SplitBrain => split,
            symptom => symptom.is_shown(&outcome, running),
        };
        let started = started(timeline, running);
        let shown =
            |at: Micros| at >= started && symptom.is_shown(&timeline.outcome_at(at), running);
        let counts = Counts {
            runs: 1,
            lasting: lasting.into(),
            passing: (!lasting && longest(timeline, shown) >= NOTICED).into(),
            apart: (!is_together(&outcome, running)).into(),
            split_brain: split.into(),
            two_addresses: (longest(timeline, |at| holders(timeline, at) > 1) > 0).into(),
            no_quorum: (outcome.quorate_groups() == 0).into(),
        };
        Self { outcome, counts }
    }
}

/// Those whom a script means to run at its end.
pub(super) fn running(case: &Case) -> BTreeSet<u32> {
    meant(&case.script)
}

fn meant(script: &Script) -> BTreeSet<u32> {
    let mut running = BTreeSet::new();
    for (_, verb) in script {
        match verb {
            Verb::Start { node, .. } | Verb::Restart(node) => {
                running.insert(node.0);
            }
            Verb::Crash(node) | Verb::Leave(node) => {
                running.remove(&node.0);
            }
            _ => {}
        }
    }
    running
}

/// When everybody had been started, and a second to meet.
fn started(timeline: &Timeline, running: &BTreeSet<u32>) -> Micros {
    let lanes = timeline
        .lanes
        .iter()
        .filter(|lane| running.contains(&lane.node));
    let first = lanes.filter_map(|lane| lane.spans.iter().find(|span| span.state != State::Off));
    first.map(|span| span.from).max().unwrap_or(0) + 1_000_000
}

/// The longest time, µs, for which something holds without a break.
fn longest(timeline: &Timeline, holds: impl Fn(Micros) -> bool) -> Micros {
    let mut ends = timeline.changes();
    ends.push(timeline.until);
    let (mut longest, mut now) = (0, 0);
    for pair in ends.windows(2) {
        now = if holds(pair[0]) {
            now + pair[1] - pair[0]
        } else {
            0
        };
        longest = longest.max(now);
    }
    longest
}

fn span_at(lane: &Lane, at: Micros) -> Option<&Span> {
    let next = lane.spans.partition_point(|span| span.to <= at);
    lane.spans.get(next).or(lane.spans.last())
}

fn holders(timeline: &Timeline, at: Micros) -> usize {
    let spans = timeline.lanes.iter().filter_map(|lane| span_at(lane, at));
    spans.filter(|span| span.floating).count()
}

/// How long, µs, two groups without a common member are quorate. Who stands still or hears nothing is no group: it only
/// shows what was.
fn split_brain(timeline: &Timeline) -> Micros {
    longest(timeline, |at| {
        let mut groups: BTreeSet<&[u32]> = BTreeSet::new();
        for lane in &timeline.lanes {
            let Some(span) = span_at(lane, at) else {
                continue;
            };
            let acts = span.settled && !matches!(span.state, State::Paused | State::Deaf);
            if span.quorate && acts && span.members.contains(&lane.node) {
                groups.insert(&span.members);
            }
        }
        let groups: Vec<&[u32]> = groups.into_iter().collect();
        let disjoint = |a: &[u32], b: &[u32]| a.iter().all(|node| !b.contains(node));
        let mut pairs = groups.iter().enumerate();
        pairs.any(|(index, a)| groups[index + 1..].iter().any(|b| disjoint(a, b)))
    })
}

/// When the last verb of a script is carried out.
pub(super) fn last_verb(script: &Script) -> Instant {
    script.last().map_or(Instant::ZERO, |(at, _)| *at)
}
