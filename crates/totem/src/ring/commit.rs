//! Commit: the token that forms the ring collects what each member brings.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::context::Context;
use super::event::{Event, GatherReason};
use super::gather::{self, Gather};
use super::recovery::Recovery;
use super::timers::Timer;
use super::{Output, Phase};
use crate::NodeId;
use crate::wire::{self, CommitEntry, Join};

/// The next node, and the bytes it was sent last.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Hop {
    pub(super) target: NodeId,
    pub(super) sent: Bytes,
}

impl Hop {
    /// Sends the last token, once more if nothing comes for `wait`.
    pub(super) fn transmit(&self, cx: &mut Context, wait: Duration) {
        cx.unicast(self.target, self.sent.clone());
        cx.start(Timer::TokenRetransmit, wait);
    }

    pub(super) fn send_commit(&mut self, cx: &mut Context, token: &mut wire::Commit) {
        cx.stats.memb_commit_token_tx += 1;
        token.header.node = cx.me;
        token.token_seq = token.token_seq.wrapping_add(1);
        self.sent = token.encode();
        self.transmit(cx, cx.timing.first_retransmit());
    }
}

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Commit {
    members: Vec<NodeId>,
    hop: Hop,
}

impl Commit {
    /// Fills in our entry and passes the token on; `None` if it is not our turn.
    pub(super) fn enter(cx: &mut Context, mut token: wire::Commit) -> Option<Phase> {
        let members: Vec<_> = token.members.iter().map(|&(node, _)| node).collect();
        if members.get(token.memb_index) != Some(&cx.me) {
            cx.drop_implausible("commit token out of turn");
            return None;
        }
        fill_entry(cx, &mut token);
        cx.stats.commit_entered += 1;
        cx.event(Event::Commit(token.ring_id));
        for timer in [
            Timer::Join,
            Timer::DelayedJoin,
            Timer::Consensus,
            Timer::Suspicion,
        ] {
            cx.timers.cancel(timer);
        }
        cx.ring_id = token.ring_id;
        cx.ring_seq_high = cx.ring_seq_high.max(token.ring_id.seq);
        cx.output(Output::Store(token.ring_id.seq));
        let target = members[token.memb_index % members.len()];
        let mut hop = Hop {
            target,
            sent: Bytes::new(),
        };
        hop.send_commit(cx, &mut token);
        cx.start(Timer::TokenLoss, cx.loss());
        Some(Phase::Commit(Self { members, hop }))
    }

    /// The token is back with all entries: the ring has its members.
    pub(super) fn on_commit(&mut self, cx: &mut Context, token: wire::Commit) -> Option<Phase> {
        let same_members = token.members.iter().map(|(node, _)| node).eq(&self.members);
        if token.ring_id != cx.ring_id || token.memb_index != self.members.len() || !same_members {
            return None;
        }
        if !is_ours(cx, &token) {
            cx.drop_implausible("commit token with what an earlier life of this node brought");
            return None;
        }
        let hop = Hop {
            target: self.hop.target,
            sent: Bytes::new(),
        };
        Some(Phase::Recovery(Recovery::enter(cx, token, hop)))
    }

    pub(super) fn on_join(&mut self, cx: &mut Context, join: &Join) -> Option<Phase> {
        concerns(cx, &self.members, join).then(|| {
            gather::learn(cx, join);
            Phase::Gather(Gather::enter(cx, GatherReason::JoinInCommit))
        })
    }

    pub(super) fn retransmit(&mut self, cx: &mut Context) {
        self.hop.transmit(cx, cx.timing.first_retransmit());
    }

    pub(super) fn members(&self) -> &[NodeId] {
        &self.members
    }
}

/// Whether a JOIN means that a ring in the making will not come to be.
pub(super) fn concerns(cx: &Context, members: &[NodeId], join: &Join) -> bool {
    members.contains(&join.system_from) && join.ring_seq >= cx.ring_id.seq
}

/// Whether our entry says what we bring. If we have started again since an earlier life of ours filled it in, nobody must
/// take us for a member of that life's ring. (corosync does not look.)
fn is_ours(cx: &Context, token: &wire::Commit) -> bool {
    let installed = &cx.installed;
    let mut entries = token.members.iter();
    entries.any(|(node, entry)| {
        *node == cx.me
            && entry.ring_id == installed.ring_id
            && entry.aru == installed.window.aru().0
            && entry.high_delivered == installed.delivered.0
    })
}

/// What we bring from the installed ring. Whoever of that ring has less than the most complete member so far is
/// marked: old messages must be sent again for it.
fn fill_entry(cx: &Context, token: &mut wire::Commit) {
    let installed = &cx.installed;
    let index = token.memb_index;
    token.members[index].1 = CommitEntry {
        ring_id: installed.ring_id,
        aru: installed.window.aru().0,
        high_delivered: installed.delivered.0,
        received: u32::from(installed.window.is_complete()),
    };
    token.memb_index += 1;
    let same_ring = token.members[..=index].iter_mut().map(|(_, entry)| entry);
    let mut same_ring: Vec<_> = same_ring
        .filter(|entry| entry.ring_id == installed.ring_id)
        .collect();
    let most = same_ring
        .iter()
        .map(|entry| super::seq::Seq(entry.aru))
        .reduce(super::seq::Seq::later);
    for entry in &mut same_ring {
        if Some(super::seq::Seq(entry.aru)) != most {
            entry.received = 0;
        }
    }
}
