//! The token's way round an established ring.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::Source;
use super::commit::Hop;
use super::context::Context;
use super::event::Event;
use super::flow::Flow;
use super::seq::Seq;
use super::timers::Timer;
use super::window::{Insert, WINDOW_MAX, Window};
use crate::wire::{RTR_MAX, RetransmitRequest, Token};
use crate::{Instant, NodeId, RingId};

/// What a node remembers between two visits of the token.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Circulation {
    hop: Hop,
    flow: Flow,
    /// The last token accepted.
    token_seq: Seq,
    accepted: Instant,
    /// `aru` and `seq` of the token at its previous visit.
    last_aru: Seq,
    last_seq: Seq,
    /// Visits in a row at which nobody had sent anything.
    seq_unchanged: u32,
    /// Visits in a row at which `aru` stood still.
    aru_unchanged: u32,
    /// The representative holds the token, or this node believes that it does.
    held: bool,
    /// Visits in a row before which an idle token rested for less than half the time that `hold` allows, up to [`BRISK`].
    brisk: u32,
}

/// So many such visits in a row, and the representative is one that keeps to `detect_pulse`.
const BRISK: u32 = 5;

/// Why a visit ends the ring for this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailedToReceive;

impl Circulation {
    pub(super) fn new(hop: Hop, now: Instant) -> Self {
        Self {
            hop,
            token_seq: Seq::BEFORE_FIRST,
            accepted: now,
            ..Self::default()
        }
    }

    /// The representative's first token of the ring.
    pub(super) fn originate(&mut self, cx: &mut Context, retrans_flg: i32) {
        let mut token = Token {
            aru: Seq::BEFORE_FIRST.0,
            aru_addr: cx.me,
            ring_id: cx.ring_id,
            ..Token::default()
        };
        token.retrans_flg = retrans_flg;
        cx.start(Timer::TokenLoss, cx.loss());
        self.send(cx, &mut token);
    }

    /// Takes the token if it is the next one; returns the `aru` of its previous visit.
    pub(super) fn accept(
        &mut self,
        cx: &mut Context,
        token: &Token,
        window: &Window,
    ) -> Option<Seq> {
        if token.ring_id != cx.ring_id || !Seq(token.token_seq).follows(self.token_seq) {
            return None;
        }
        let seq = Seq(token.seq);
        if window.aru().follows(seq) || seq.ahead_of(window.freed()) > WINDOW_MAX {
            cx.drop_implausible("token sequence far from ours");
            return None;
        }
        cx.timers.cancel(Timer::Heartbeat);
        cx.note_visit();
        self.note_pace(cx, token);
        self.token_seq = Seq(token.token_seq);
        Some(core::mem::replace(&mut self.last_aru, Seq(token.aru)))
    }

    fn note_pace(&mut self, cx: &mut Context, token: &Token) {
        let silence = cx.now.since(self.accepted);
        cx.pace.note(cx.now, silence);
        let idle = idle_after(cx);
        if self.brisk < BRISK {
            let rested_shortly = self.seq_unchanged >= idle && silence < cx.timing.hold / 2;
            self.brisk = if rested_shortly { self.brisk + 1 } else { 0 };
        }
        if Seq(token.seq) == self.last_seq {
            if !cx.timers.is_set(Timer::Merge) {
                cx.start(Timer::Merge, cx.timing.merge);
            }
            self.seq_unchanged = self.seq_unchanged.saturating_add(1);
        } else {
            cx.timers.cancel(Timer::Merge);
            cx.timers.cancel(Timer::Hold);
            self.seq_unchanged = 0;
        }
        self.last_seq = Seq(token.seq);
        let wanted = cx.timing.cancel_token_hold_on_retransmit && !token.rtr.is_empty();
        self.held = self.seq_unchanged >= idle && !wanted;

        let warning = cx.timing.token * cx.timing.token_warning / 100;
        if cx.timing.token_warning > 0 && silence > warning {
            cx.event(Event::TokenLate(silence));
        }
        self.accepted = cx.now;
    }

    /// How long the token may rest beyond what this node would let it: corosync knows `hold` alone.
    fn longer_rest(&self, cx: &Context) -> Duration {
        if self.held && !is_rep(cx) && self.brisk < BRISK {
            cx.timing.hold.saturating_sub(cx.timing.rest())
        } else {
            Duration::ZERO
        }
    }

    /// When this node's token, just passed on or held, is to be sent again.
    fn retransmit_after(&self, cx: &Context) -> Duration {
        let after = cx.timing.first_retransmit() + self.longer_rest(cx);
        after.min(cx.timing.token_retransmit)
    }

    /// Answers requests, sends what waits and asks for what is missing.
    pub(super) fn exchange(
        &mut self,
        cx: &mut Context,
        token: &mut Token,
        window: &mut Window,
        source: &mut dyn Source,
        encapsulated: u8,
    ) {
        let waiting = source.backlog();
        let mut allowed = self.flow.allowance(&cx.timing, token, waiting);
        let answered = answer_requests(cx, token, window, allowed);
        allowed -= answered;
        let reserve = allowed
            .saturating_add(cx.timing.window_size)
            .min(WINDOW_MAX);
        if Seq(token.seq).follows(window.freed().plus(WINDOW_MAX - reserve)) {
            allowed = 0;
        }
        let mut sent = 0;
        while sent < allowed {
            let seq = Seq(token.seq).next();
            let Some(message) = cx.multicast_message(seq, encapsulated, source) else {
                break;
            };
            token.seq = seq.0;
            assert_ne!(
                window.insert(seq, message),
                Insert::OutOfWindow,
                "{seq:?} sent beyond the window"
            );
            sent += 1;
        }
        request_missing(cx, token, window);
        self.flow.account(token, answered + sent, waiting);
    }

    /// Lets the token tell what we lack.
    pub(super) fn lower_aru(
        &mut self,
        cx: &mut Context,
        token: &mut Token,
        window: &Window,
        aru_before: Seq,
    ) -> Result<(), FailedToReceive> {
        let aru = window.aru();
        if Seq(token.aru).follows(aru) || token.aru_addr == cx.me || token.aru_addr == NodeId(0) {
            token.aru = aru.0;
            token.aru_addr = if aru == Seq(token.seq) {
                NodeId(0)
            } else {
                cx.me
            };
        }
        if Seq(token.aru) == aru_before && token.aru_addr != NodeId(0) {
            self.aru_unchanged += 1;
        } else {
            self.aru_unchanged = 0;
        }
        if self.aru_unchanged > cx.timing.fail_recv_const && token.aru_addr == cx.me {
            return Err(FailedToReceive);
        }
        Ok(())
    }

    /// Passes the token on, or keeps it for a while if nobody has anything to send.
    pub(super) fn forward(&mut self, cx: &mut Context, mut token: Token) {
        token.token_seq = token.token_seq.wrapping_add(1);
        let loss = cx.loss() + self.longer_rest(cx);
        cx.start(Timer::TokenLoss, loss.min(cx.timing.token));
        if is_rep(cx) && self.held {
            token.header.node = cx.me;
            self.hop.sent = cx.token(&token);
            cx.start(Timer::TokenRetransmit, self.retransmit_after(cx));
            cx.start(Timer::Hold, cx.timing.rest());
        } else {
            self.send(cx, &mut token);
        }
    }

    fn send(&mut self, cx: &mut Context, token: &mut Token) {
        cx.stats.orf_token_tx += 1;
        token.header.node = cx.me;
        self.hop.sent = cx.token(token);
        self.hop.transmit(cx, self.retransmit_after(cx));
        start_heartbeat(cx);
    }

    /// The token was not passed on in time, or was lost: send it again.
    pub(super) fn retransmit(&mut self, cx: &mut Context) {
        self.hop.transmit(cx, cx.timing.next_retransmit());
    }

    /// The held token goes its way; the retransmission timer runs on.
    pub(super) fn release(&mut self, cx: &mut Context) {
        cx.stats.orf_token_tx += 1;
        cx.unicast(self.hop.target, self.hop.sent.clone());
        start_heartbeat(cx);
    }

    /// Whether the token is held somewhere; asked once.
    pub(super) fn take_held(&mut self) -> bool {
        core::mem::take(&mut self.held)
    }

    pub(super) fn on_hold_cancel(&mut self, cx: &mut Context) {
        self.seq_unchanged = 0;
        if cx.timers.is_set(Timer::Hold) {
            cx.timers.cancel(Timer::Hold);
            self.release(cx);
            cx.start(Timer::TokenRetransmit, self.retransmit_after(cx));
        }
    }
}

fn is_rep(cx: &Context) -> bool {
    cx.ring_id.rep == cx.me
}

/// Visits without news after which the token is held. The representative is one behind: it starts each rotation.
fn idle_after(cx: &Context) -> u32 {
    cx.timing.seqno_unchanged_const + u32::from(is_rep(cx))
}

/// The heartbeat, if configured, notices a lost token before the token timeout does.
fn start_heartbeat(cx: &mut Context) {
    let timing = &cx.timing;
    let period =
        timing.token_retransmit * timing.heartbeat_failures_allowed + timing.max_network_delay;
    if timing.heartbeat_failures_allowed > 0 && period < timing.token {
        cx.start(Timer::Heartbeat, period);
    }
}

/// Sends again what others miss and we have, up to `allowed` messages.
fn answer_requests(cx: &mut Context, token: &mut Token, window: &Window, allowed: u32) -> u32 {
    let mut answered = 0;
    let ring_id: RingId = cx.ring_id;
    let mut again: Vec<Bytes> = Vec::new();
    token.rtr.retain(|request| {
        let held = window
            .get(Seq(request.seq))
            .filter(|_| request.ring_id == ring_id && answered < allowed);
        if let Some(stored) = held {
            again.push(stored.datagram.clone());
            answered += 1;
        }
        held.is_none()
    });
    for datagram in again {
        cx.stats.mcast_retx += 1;
        cx.output(super::Output::Transmit {
            to: super::Target::All,
            bytes: datagram,
        });
    }
    answered
}

fn request_missing(cx: &mut Context, token: &mut Token, window: &mut Window) {
    let room = RTR_MAX.saturating_sub(token.rtr.len());
    let asked = |seq: Seq| token.rtr.iter().any(|request| request.seq == seq.0);
    let overdue = window.overdue(Seq(token.seq), cx.timing.miss_count_const, room, asked);
    if let Some(first) = overdue.first() {
        cx.event(Event::RetransmitRequested {
            first: first.0,
            count: overdue.len(),
        });
    }
    let ring_id = cx.ring_id;
    token
        .rtr
        .extend(overdue.into_iter().map(|seq| RetransmitRequest {
            ring_id,
            seq: seq.0,
        }));
}
