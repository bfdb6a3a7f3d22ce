//! Recovery: the members that come from one ring bring each other level before the new ring is installed.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::Bytes;

use super::circulation::{Circulation, FailedToReceive};
use super::commit::{Hop, concerns};
use super::context::{Context, stored};
use super::event::{Event, GatherReason};
use super::gather::{self, Gather};
use super::operational::{self, Operational};
use super::seq::Seq;
use super::timers::Timer;
use super::window::{Insert, Window};
use super::{Phase, Source};
use crate::NodeId;
use crate::wire::{self, CommitEntry, ENCAPSULATED, Frame, Join, Mcast, Token, Writer};

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Recovery {
    pub(super) circulation: Circulation,
    pub(super) members: Vec<NodeId>,
    /// Members that come with us from the installed ring, ascending.
    pub(super) transitional: Vec<NodeId>,
    /// Messages of the new ring; those of recovery carry old ones.
    pub(super) window: Window,
    /// Old messages that we send again.
    retrans: Retrans,
    /// The token's second round has been turned into the first ORF token.
    originated: bool,
    /// We raised the token's `retrans_flg`.
    set_retrans_flg: bool,
    /// Visits in a row at which nobody had old messages left.
    retrans_flg_clear: u32,
    /// What everybody must have received before the ring is installed.
    install_seq: Seq,
    /// Visits in a row at which everybody had.
    rotations: u32,
}

/// Old messages on their way into the new ring.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Retrans(VecDeque<(Seq, Bytes)>);

impl Source for Retrans {
    fn backlog(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn room_for_next(&self) -> Option<usize> {
        self.0.front().map(|(_, datagram)| datagram.len())
    }

    fn write_next(&mut self, w: &mut Writer) {
        if let Some((_, datagram)) = self.0.pop_front() {
            w.bytes(&datagram);
        }
    }
}

impl Retrans {
    /// Somebody else has sent old message `seq` into the new ring: ours would be a duplicate.
    fn spare(&mut self, seq: Seq) {
        if let Some(index) = self.0.iter().position(|&(s, _)| s == seq) {
            self.0.remove(index);
        }
    }
}

impl Recovery {
    pub(super) fn enter(cx: &mut Context, mut token: wire::Commit, mut hop: Hop) -> Self {
        cx.stats.recovery_entered += 1;
        cx.event(Event::Recovery(token.ring_id));
        hop.send_commit(cx, &mut token);
        cx.start(Timer::TokenLoss, cx.loss());
        cx.note_return(&token);
        let companions: Vec<_> = token
            .members
            .iter()
            .filter(|(node, entry)| comes_along(cx, *node, entry))
            .collect();
        let retrans = Retrans(old_messages(cx, &companions));
        Self {
            circulation: Circulation::new(hop, cx.now),
            transitional: companions.iter().map(|(node, _)| *node).collect(),
            members: token.members.iter().map(|&(node, _)| node).collect(),
            window: Window::default(),
            retrans,
            originated: false,
            set_retrans_flg: false,
            retrans_flg_clear: 0,
            install_seq: Seq(0),
            rotations: 0,
        }
    }

    /// The commit token went round twice: the representative turns it into the ring's first token.
    pub(super) fn on_commit(&mut self, cx: &mut Context, token: &wire::Commit) {
        let second_round = token.token_seq as usize >= 2 * self.members.len();
        if token.ring_id == cx.ring_id
            && cx.ring_id.rep == cx.me
            && second_round
            && !self.originated
        {
            self.originated = true;
            self.set_retrans_flg = self.retrans.backlog() > 0;
            self.circulation
                .originate(cx, i32::from(self.set_retrans_flg));
        }
    }

    pub(super) fn on_token(&mut self, cx: &mut Context, mut token: Token) -> Option<Phase> {
        let aru_before = self.circulation.accept(cx, &token, &self.window)?;
        self.circulation.exchange(
            cx,
            &mut token,
            &mut self.window,
            &mut self.retrans,
            ENCAPSULATED,
        );
        if let Err(FailedToReceive) =
            self.circulation
                .lower_aru(cx, &mut token, &self.window, aru_before)
        {
            return Some(operational::give_up(cx));
        }
        if self.is_done(&mut token) {
            let mut next = Operational::install(cx, self);
            next.circulation.forward(cx, token);
            operational::deliver(cx);
            return Some(Phase::Operational(next));
        }
        self.circulation.forward(cx, token);
        None
    }

    /// Whether everybody has everything for the second time.
    fn is_done(&mut self, token: &mut Token) -> bool {
        if self.retrans.backlog() > 0 {
            if token.retrans_flg == 0 {
                token.retrans_flg = 1;
                self.set_retrans_flg = true;
            }
        } else if token.retrans_flg != 0 && self.set_retrans_flg {
            token.retrans_flg = 0;
            self.set_retrans_flg = false;
        }
        self.retrans_flg_clear = if token.retrans_flg == 0 {
            self.retrans_flg_clear + 1
        } else {
            0
        };
        if self.retrans_flg_clear == 2 {
            self.install_seq = Seq(token.seq);
        }
        let all_have = !self.install_seq.follows(Seq(token.aru));
        self.rotations = if self.retrans_flg_clear >= 3 && all_have {
            self.rotations + 1
        } else {
            0
        };
        self.rotations == 2
    }

    /// Keeps a message of the new ring.
    pub(super) fn store(&mut self, cx: &mut Context, mcast: &Mcast, datagram: &Bytes) {
        match self.window.insert(Seq(mcast.seq), stored(mcast, datagram)) {
            Insert::New if mcast.header.encapsulated == ENCAPSULATED => {
                if let Ok(Frame::Mcast(old)) = Frame::decode(&mcast.payload)
                    && old.ring_id == cx.installed.ring_id
                {
                    self.retrans.spare(Seq(old.seq));
                }
            }
            Insert::New | Insert::Duplicate => {}
            Insert::OutOfWindow => cx.drop_implausible("message far ahead of the window"),
        }
    }

    pub(super) fn on_join(&mut self, cx: &mut Context, join: &Join) -> Option<Phase> {
        concerns(cx, &self.members, join).then(|| {
            // It agreed with our lists; whom it no longer holds failed, it has cleared by installing this ring.
            cx.lists.forgive(&join.failed_list);
            gather::learn(cx, join);
            Phase::Gather(Gather::enter(cx, GatherReason::JoinInRecovery))
        })
    }
}

fn comes_along(cx: &Context, node: NodeId, entry: &CommitEntry) -> bool {
    cx.installed.members.contains(&node) && entry.ring_id == cx.installed.ring_id
}

/// The old messages that somebody who comes along may lack. Everybody sends its own copies: duplicates are normal.
fn old_messages(cx: &Context, companions: &[&(NodeId, CommitEntry)]) -> VecDeque<(Seq, Bytes)> {
    if companions.iter().all(|(_, entry)| entry.received != 0) {
        return VecDeque::new();
    }
    let window = &cx.installed.window;
    let lowest = companions
        .iter()
        .map(|(_, entry)| Seq(entry.aru))
        .fold(window.high(), Seq::earlier);
    let old = window
        .after(lowest)
        .filter(|(_, stored)| !stored.encapsulated);
    old.map(|(seq, stored)| (seq, stored.datagram.clone()))
        .collect()
}
