//! Rings, who is outside, and who hears whom.

use std::collections::{BTreeMap, BTreeSet};

use ringwright::{NodeId, RingId};

use super::fact::{Fact, Mark, What};
use super::talk::{Said, Word};

/// So many datagrams, over such a time, would have been answered by a node that hears them: corosync looks for other
/// rings a few times a second.
const UNHEARD_MIN: u64 = 5;
const UNHEARD_SECONDS: f64 = 1.0;

/// Who spoke so long ago, seconds, is there: a lone node of corosync looks for others a few times a second.
const ALIVE_SECONDS: f64 = 1.0;

/// Between two times that a node names another, seconds: a join is repeated every 50 ms.
const HEARS_PAUSE: f64 = 0.5;

/// Rings of the same members in a row that are no accident.
const FLAPPING_MIN: usize = 3;

/// A silence worth telling, seconds: an idle ring of corosync's default timing passes a token each 0.7 s.
const SILENCE_MIN: f64 = 1.5;

/// A partition that is more than a step of a growing ring lasts this long, seconds.
const PARTITION_MIN: f64 = 1.0;

/// A ring as far as it is seen.
#[derive(Clone, Debug)]
struct Ring {
    id: RingId,
    members: BTreeSet<NodeId>,
    first: Mark,
    last: Mark,
}

/// How long a node was not answered.
#[derive(Clone, Copy, Debug)]
struct Unanswered {
    first: Mark,
    last: Mark,
    datagrams: u64,
}

/// Follows what is said.
#[derive(Debug, Default)]
pub(super) struct Rings {
    /// Of commit tokens, before the ring works.
    announced: BTreeMap<RingId, BTreeSet<NodeId>>,
    /// Of rings that are known only by who passes their token.
    senders: BTreeMap<RingId, BTreeSet<NodeId>>,
    seen: Vec<Ring>,
    /// The ring of each node.
    on: BTreeMap<NodeId, RingId>,
    /// When the first named the second, now and then.
    hears: BTreeMap<(NodeId, NodeId), Vec<Mark>>,
    /// What the second sent to the first in vain: a run ends when the first names it, or both are in one ring.
    asked: BTreeMap<(NodeId, NodeId), Vec<Unanswered>>,
    ended: BTreeSet<(NodeId, NodeId)>,
    /// Each node's datagrams.
    spoke: BTreeMap<NodeId, Vec<Mark>>,
    requests: (u64, Option<Mark>),
    left: BTreeSet<NodeId>,
    named: BTreeSet<NodeId>,
    end: Mark,
}

impl Rings {
    pub(super) fn hear(&mut self, said: &Said) {
        let Said { at, from, to, word } = said;
        self.end = *at;
        if !matches!(word, Word::Message { .. }) {
            // A message names its originator, whoever sends it again.
            self.spoke.entry(*from).or_default().push(*at);
        }
        match word {
            Word::Token { ring, requests } => {
                self.work(*ring, *from, *at);
                self.requests.0 += requests;
                if *requests > 0 {
                    self.requests.1.get_or_insert(*at);
                }
            }
            Word::Message { ring } | Word::Hold { ring } => self.work(*ring, *from, *at),
            Word::Merge { ring } => {
                match self.seen.iter_mut().rev().find(|known| known.id == *ring) {
                    Some(known) => known.last = *at,
                    None => self.work(*ring, *from, *at),
                }
            }
            Word::Commit { ring, members } => {
                self.announced
                    .insert(*ring, members.iter().copied().collect());
            }
            Word::Join { names } => self.join(*from, names, *at),
            Word::Leave => {
                self.left.insert(*from);
            }
        }
        if let (Some(to), true) = (to, word.asks_for_an_answer()) {
            self.ask(*from, *to, *at);
        }
    }

    fn ask(&mut self, mouth: NodeId, ear: NodeId, at: Mark) {
        let pair = (ear, mouth);
        if self.together(mouth, ear) {
            self.ended.insert(pair);
            return;
        }
        let believes = self.members_of(ear);
        if believes.is_some_and(|ring| ring.contains(&mouth)) {
            return; // it would name it whether it hears it or not
        }
        let spoke = self.spoke.get(&ear).and_then(|marks| marks.last());
        if spoke.is_none_or(|last| at.seconds - last.seconds > ALIVE_SECONDS) {
            return; // nobody who sleeps, or is not there, is expected to answer
        }
        let runs = self.asked.entry(pair).or_default();
        if self.ended.remove(&pair) || runs.is_empty() {
            runs.push(Unanswered {
                first: at,
                last: at,
                datagrams: 0,
            });
        }
        if let Some(run) = runs.last_mut() {
            run.last = at;
            run.datagrams += 1;
        }
    }

    /// A ring that is told of by one that knows it: a node's own journal.
    pub(super) fn install(&mut self, ring: RingId, members: &[NodeId], me: NodeId, at: Mark) {
        self.announced
            .insert(ring, members.iter().copied().collect());
        self.on.extend(members.iter().map(|&member| (member, ring)));
        self.work(ring, me, at);
    }

    fn work(&mut self, id: RingId, from: NodeId, at: Mark) {
        self.on.insert(from, id);
        let senders = self.senders.entry(id).or_default();
        senders.insert(from);
        let members = match self.announced.get(&id) {
            Some(members) => members.clone(),
            None => senders.clone(),
        };
        match self.seen.iter_mut().rev().find(|ring| ring.id == id) {
            Some(ring) => {
                ring.last = at;
                ring.members = members;
            }
            None => self.seen.push(Ring {
                id,
                members,
                first: at,
                last: at,
            }),
        }
    }

    fn members_of(&self, node: NodeId) -> Option<&BTreeSet<NodeId>> {
        let id = self.on.get(&node)?;
        let ring = self.seen.iter().rev().find(|ring| ring.id == *id)?;
        Some(&ring.members)
    }

    fn together(&self, one: NodeId, other: NodeId) -> bool {
        let with = |node, other| {
            self.members_of(node)
                .is_some_and(|ring| ring.contains(&other))
        };
        with(one, other) && with(other, one)
    }

    fn join(&mut self, from: NodeId, names: &BTreeSet<NodeId>, at: Mark) {
        self.named.extend(names);
        let ring = self.members_of(from).cloned().unwrap_or_default();
        for who in names {
            // Who was in the last ring is named whether it is heard or not.
            if *who != from && !ring.contains(who) {
                self.ended.insert((from, *who));
                let marks = self.hears.entry((from, *who)).or_default();
                let last = marks.last().map_or(f64::MIN, |last| last.seconds);
                if at.seconds - last >= HEARS_PAUSE {
                    marks.push(at);
                }
            }
        }
    }

    /// Everybody who is seen or spoken of.
    pub(super) fn nodes(&self) -> BTreeSet<NodeId> {
        let members = self.seen.iter().flat_map(|ring| &ring.members);
        members
            .chain(self.spoke.keys())
            .chain(&self.named)
            .copied()
            .collect()
    }

    /// What follows for these nodes. `silences`: traffic between other nodes is seen, so a silence is one.
    pub(super) fn facts(&self, known: &BTreeSet<NodeId>, silences: bool) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |at, what| facts.push(Fact { at, what });
        for ring in &self.seen {
            let (ring, members) = (ring, list(&ring.members));
            add(
                ring.first,
                What::Ring {
                    ring: ring.id,
                    members,
                },
            );
        }
        for (at, what) in self.flapping() {
            add(at, what);
        }
        for node in known {
            match self.spoke.get(node).and_then(|marks| marks.first()) {
                Some(&first) => add(first, What::Speaks { node: *node }),
                None => add(Mark::default(), What::NeverSpeaks { node: *node }),
            }
        }
        if silences {
            for (at, what) in self.silences() {
                add(at, what);
            }
        }
        let partition = self.largest_partition(known);
        for (at, what) in partition
            .iter()
            .flat_map(|partition| self.outside(known, partition))
        {
            add(at, what);
        }
        for (at, what) in self.hearing(partition.as_ref()) {
            add(at, what);
        }
        if let (requests, Some(at)) = self.requests {
            add(at, What::Retransmissions { requests });
        }
        facts
    }

    /// Who hears whom: during a split, if there is one.
    fn hearing(&self, split: Option<&Partition<'_>>) -> Vec<(Mark, What)> {
        let during =
            |at: &&Mark| split.is_none_or(|split| **at >= split.first && **at <= split.last);
        let mut facts = Vec::new();
        for (&(by, who), marks) in &self.hears {
            if let Some(&at) = marks.iter().find(during) {
                facts.push((at, What::Hears { by, who }));
            }
        }
        for (&(by, who), runs) in &self.asked {
            let long = |run: &&Unanswered| {
                let seconds = run.last.seconds - run.first.seconds;
                run.datagrams >= UNHEARD_MIN && seconds >= UNHEARD_SECONDS
            };
            if let Some(run) = runs.iter().filter(long).max_by_key(|run| run.datagrams) {
                let datagrams = run.datagrams;
                facts.push((run.first, What::HearsNot { by, who, datagrams }));
            }
        }
        facts
    }

    fn flapping(&self) -> Vec<(Mark, What)> {
        let mut rows: Vec<&[Ring]> = self
            .seen
            .chunk_by(|one, next| one.members == next.members)
            .collect();
        rows.retain(|row| row.len() >= FLAPPING_MIN);
        rows.iter()
            .map(|row| {
                let (first, last) = (&row[0], &row[row.len() - 1]);
                #[expect(clippy::cast_precision_loss, reason = "a mean of few rings")]
                let seconds = (last.first.seconds - first.first.seconds) / (row.len() - 1) as f64;
                let members = list(&first.members);
                (
                    first.first,
                    What::Flapping {
                        members,
                        rings: row.len(),
                        seconds,
                    },
                )
            })
            .collect()
    }

    fn silences(&self) -> Vec<(Mark, What)> {
        let mut silences = Vec::new();
        for (&node, marks) in &self.spoke {
            let others = |from: &Mark, to: f64| {
                self.spoke
                    .iter()
                    .filter(|(other, _)| **other != node)
                    .any(|(_, marks)| {
                        marks
                            .iter()
                            .any(|at| at.seconds > from.seconds + 0.5 && at.seconds < to)
                    })
            };
            let silent =
                |from: &Mark, to: f64| to - from.seconds >= SILENCE_MIN && others(from, to);
            for pair in marks.windows(2) {
                let seconds = pair[1].seconds - pair[0].seconds;
                if silent(&pair[0], pair[1].seconds) {
                    silences.push((
                        pair[0],
                        What::Silent {
                            node,
                            seconds,
                            back: true,
                        },
                    ));
                }
            }
            if let Some(last) = marks.last().filter(|last| silent(last, self.end.seconds))
                && !self.left.contains(&node)
            {
                let seconds = self.end.seconds - last.seconds;
                silences.push((
                    *last,
                    What::Silent {
                        node,
                        seconds,
                        back: false,
                    },
                ));
            }
        }
        silences
    }

    /// Who was together when, whatever the rings' ids: until a ring of others has one of them.
    fn partitions(&self) -> Vec<Partition<'_>> {
        let mut partitions: Vec<Partition<'_>> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for ring in &self.seen {
            open.retain(|&index| {
                let members = partitions[index].members;
                *members == ring.members || members.is_disjoint(&ring.members)
            });
            let same = open
                .iter()
                .find(|&&index| *partitions[index].members == ring.members);
            if let Some(&index) = same {
                partitions[index].last = ring.last;
            } else {
                open.push(partitions.len());
                partitions.push(Partition {
                    members: &ring.members,
                    first: ring.first,
                    last: ring.last,
                });
            }
        }
        partitions
    }

    /// The largest partition that is without somebody, the longest of them; those that only pass by while a ring grows do
    /// not count.
    fn largest_partition(&self, known: &BTreeSet<NodeId>) -> Option<Partition<'_>> {
        let lasts = |found: &Partition<'_>| found.last.seconds - found.first.seconds;
        let without = self.partitions().into_iter();
        without
            .filter(|found| found.members.len() < known.len() && lasts(found) >= PARTITION_MIN)
            .max_by(|one, other| {
                let sizes = one.members.len().cmp(&other.members.len());
                sizes.then(lasts(one).total_cmp(&lasts(other)))
            })
    }

    fn outside(&self, known: &BTreeSet<NodeId>, ring: &Partition<'_>) -> Vec<(Mark, What)> {
        let mut outside = Vec::new();
        for &node in known.difference(ring.members) {
            if self.left.contains(&node) {
                continue;
            }
            let members = list(ring.members);
            outside.push((ring.first, What::Outside { node, members }));
            let during = |at: &&Mark| **at > ring.first && at.seconds <= ring.last.seconds;
            let marks = self.spoke.get(&node).map_or(&[][..], Vec::as_slice);
            if let Some(&at) = marks.iter().find(during) {
                outside.push((at, What::SpeaksOutside { node }));
            }
        }
        outside
    }
}

/// Nodes that were together for a while.
#[derive(Clone, Copy, Debug)]
struct Partition<'a> {
    members: &'a BTreeSet<NodeId>,
    first: Mark,
    last: Mark,
}

fn list(nodes: &BTreeSet<NodeId>) -> Vec<NodeId> {
    nodes.iter().copied().collect()
}
