//! Gather: find out who is there, until all of them agree.

use alloc::collections::BTreeSet;
use core::time::Duration;

use super::commit::Commit;
use super::context::Context;
use super::event::{Event, GatherReason};
use super::timers::Timer;
use super::{Phase, RING_SEQ_MAX};
use crate::wire::{self, CommitEntry, Header, Join};
use crate::{Instant, NodeId, RingId};

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Gather {
    /// Those whose JOIN equalled our lists.
    consensus: BTreeSet<NodeId>,
    /// When this gathering began, and how long the slowest of those took.
    began: Instant,
    slowest: Duration,
}

impl Gather {
    pub(super) fn enter(cx: &mut Context, reason: GatherReason) -> Self {
        cx.stats.gather_entered += 1;
        cx.stats.continuous_gather = cx.stats.continuous_gather.saturating_add(1);
        cx.event(Event::Gather(reason));
        cx.lists.add_proc(cx.me);
        for timer in [
            Timer::TokenLoss,
            Timer::TokenRetransmit,
            Timer::Hold,
            Timer::Merge,
            Timer::Heartbeat,
        ] {
            cx.timers.cancel(timer);
        }
        cx.send_join_spread();
        cx.start(Timer::Join, cx.timing.join);
        cx.start(Timer::Consensus, cx.timing.consensus);
        let gather = Self {
            consensus: BTreeSet::from([cx.me]),
            began: cx.now,
            slowest: Duration::ZERO,
        };
        gather.await_suspects(cx);
        gather
    }

    pub(super) fn on_join(&mut self, cx: &mut Context, join: &Join) -> Option<Phase> {
        if cx.lists.equal(&join.proc_list, &join.failed_list) {
            if !join.is_leave() && self.consensus.insert(join.system_from) {
                self.slowest = cx.now.since(self.began);
            }
            self.await_suspects(cx);
            return self.commit_if_agreed(cx);
        }
        learn(cx, join).then(|| Phase::Gather(Self::enter(cx, GatherReason::Join)))
    }

    /// A commit token of the ring that we proposed as well.
    pub(super) fn on_commit(cx: &mut Context, token: wire::Commit) -> Option<Phase> {
        let same_members = token
            .members
            .iter()
            .map(|&(node, _)| node)
            .eq(cx.lists.candidates());
        if !same_members || token.ring_id.seq <= cx.ring_id.seq {
            return None;
        }
        let rep = token.members.first().map(|&(node, _)| node);
        if token.ring_id.seq > RING_SEQ_MAX || rep != Some(token.ring_id.rep) {
            cx.drop_implausible("ring id of a commit token");
            return None;
        }
        Commit::enter(cx, token)
    }

    /// Those who did not agree in time are given up; if all agreed, the representative gets one more token timeout.
    pub(super) fn on_consensus_timeout(&mut self, cx: &mut Context) -> Option<Phase> {
        if self.agreed(cx) {
            self.consensus = BTreeSet::from([cx.me]);
            cx.start(Timer::TokenLoss, cx.timing.token);
            return None;
        }
        Some(self.give_up_on_missing(cx))
    }

    fn give_up_on_missing(&self, cx: &mut Context) -> Phase {
        cx.stats.consensus_timeouts += 1;
        for node in cx.lists.proc().to_vec() {
            if !self.consensus.contains(&node) {
                cx.lists.add_failed(node);
            }
        }
        Phase::Gather(Self::enter(cx, GatherReason::ConsensusTimeout))
    }

    /// A candidate's host refuses its datagrams: what it had agreed to is void.
    pub(super) fn on_refused(&mut self, cx: &mut Context, node: NodeId) {
        self.consensus.remove(&node);
        self.await_suspects(cx);
    }

    /// The time of those who are suspected is over.
    pub(super) fn on_suspicion_timeout(&mut self, cx: &mut Context) -> Option<Phase> {
        let due = self.suspects_due(cx).is_some_and(|at| at <= cx.now);
        due.then(|| self.give_up_on_missing(cx))
    }

    /// If only suspects are missing, they need not be waited for until the consensus time-out.
    pub(super) fn await_suspects(&self, cx: &mut Context) {
        match self.suspects_due(cx) {
            Some(at) => cx.timers.set(Timer::Suspicion, at),
            None => cx.timers.cancel(Timer::Suspicion),
        }
    }

    /// When the last of those who are missing may be given up; `None` if nobody is missing, or somebody who is not suspected.
    fn suspects_due(&self, cx: &Context) -> Option<Instant> {
        let patience = cx.timing.patience()?;
        let alone = self.consensus.len() == 1;
        // Those who answered show how long an answer takes.
        let silence = if alone {
            patience * 2
        } else {
            patience.max(self.slowest * 4)
        };
        let candidates = cx.lists.candidates().into_iter();
        let missing = candidates.filter(|node| !self.consensus.contains(node));
        let dues = missing.map(|node| cx.suspicions.due(node, silence, &cx.timing));
        dues.reduce(|a, b| Some(a?.max(b?)))?
    }

    fn agreed(&self, cx: &Context) -> bool {
        cx.lists
            .candidates()
            .iter()
            .all(|node| self.consensus.contains(node))
    }

    fn commit_if_agreed(&self, cx: &mut Context) -> Option<Phase> {
        if !self.agreed(cx) {
            return None;
        }
        if cx.failed_to_receive {
            cx.failed_to_receive = false;
            cx.lists.reset(&[cx.me]);
        }
        let members = cx.lists.candidates();
        if members.first() != Some(&cx.me) {
            return None;
        }
        let token = wire::Commit {
            header: Header::of(cx.me),
            token_seq: 0,
            ring_id: RingId::new(cx.me, cx.ring_seq_high + 4),
            retrans_flg: 0,
            memb_index: 0,
            members: members
                .into_iter()
                .map(|node| (node, CommitEntry::default()))
                .collect(),
        };
        Commit::enter(cx, token)
    }
}

/// Takes what is new in a JOIN into our lists; whether they changed.
///
/// Deviations from corosync, without which this can go on without end. A stranger's failed list is none of ours:
/// corosync gathers anew at such a JOIN all the same, and with it its sender, and so on if both have given up on somebody
/// else; here it changes nothing, and consensus decides. And who gives up on us may not know yet what we are now: our giving
/// up in return would cross with its next ring. Hence it says nothing just after we installed a ring (who means it repeats
/// its JOIN), nor if it comes from a stranger whom nobody else has named: that one is about to install a ring without us, and
/// comes back from it with a JOIN that is new.
pub(super) fn learn(cx: &mut Context, join: &Join) -> bool {
    let from = join.system_from;
    let accused = join.failed_list.contains(&cx.me);
    let crossed = accused && cx.now < cx.installed.since + cx.timing.join;
    let stranger = !cx.installed.members.contains(&from) && !cx.lists.is_proc(from);
    if crossed
        || accused && stranger
        || cx.lists.cover(&join.proc_list, &join.failed_list)
        || cx.lists.is_failed(from)
    {
        return false;
    }
    let mut news = false;
    for &node in &join.proc_list {
        news |= cx.lists.add_proc(node);
    }
    if accused {
        // Who considers us dead is dead for us.
        news |= cx.lists.add_failed(from);
    } else if cx.installed.members.contains(&from) {
        for &node in &join.failed_list {
            news |= cx.lists.add_failed(node);
        }
    }
    if let (true, Some(&leaver)) = (join.is_leave(), join.failed_list.last()) {
        cx.event(Event::Left(leaver));
    }
    news
}

pub(super) fn repeat_join(cx: &mut Context) {
    cx.send_join_spread();
    cx.start(Timer::Join, cx.timing.join);
}
