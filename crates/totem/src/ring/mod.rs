//! The single-ring protocol: who is a member, and in which order all members see the messages.
//!
//! ```text
//!            foreign message, JOIN, token loss
//!        ┌──────────────────────────────────────────┐
//!        ▼                                          │
//!     Gather ──consensus──▶ Commit ──▶ Recovery ──▶ Operational
//!        ▲                    │           │
//!        └────token loss, JOIN┴───────────┘
//! ```
//!
//! A file a phase; what lives only in a phase is a field of that phase. [`Ring`] takes inputs and queues [`Output`]s;
//! its own multicasts come back to it without leaving the process. Source: Amir et al., "The Totem single-ring
//! ordering and membership protocol", with corosync's additions (token hold, LEAVE, the failed-to-receive rule).

mod circulation;
mod commit;
mod context;
mod detection;
mod event;
mod flow;
mod gather;
mod lists;
mod operational;
mod pace;
mod recovery;
pub mod seq;
mod stats;
mod suspicion;
mod timers;
pub mod timing;
mod window;

use alloc::vec::Vec;

use bytes::Bytes;

use crate::wire::{Frame, HoldCancel, Join, Mcast, MergeDetect, Writer};
use crate::{Instant, NodeId, RingId};
use commit::Commit;
use context::Context;
pub use detection::Sign;
pub use event::{Event, GatherReason, PhaseName};
use gather::Gather;
use operational::Operational;
use recovery::Recovery;
pub use stats::Stats;
use suspicion::Reason;
use timers::Timer;
use timing::Timing;

/// No honest ring's sequence comes near this; a higher one would poison every ring to come.
pub(crate) const RING_SEQ_MAX: u64 = 1 << 62;

/// Datagrams to oneself that one input may work off; the rest waits for a timeout that is due at once.
const LOOPBACK_BATCH: usize = 256;

/// What a ring is made of.
#[derive(Clone, Debug)]
pub struct RingConfig {
    /// This node.
    pub me: NodeId,
    /// Every node of the nodelist; frames of others are counted and dropped.
    pub nodes: Vec<NodeId>,
    /// Timers and constants.
    pub timing: Timing,
}

/// Where a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Every node of the nodelist but this one.
    All,
    /// One other node.
    Node(NodeId),
}

/// A set of members that deliver together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The ring; of a transitional configuration, the one that is about to be installed.
    pub ring_id: RingId,
    /// The members, ascending.
    pub members: Vec<NodeId>,
    /// Members that the previous ring did not have, or that come from another; empty in a transitional one.
    pub joined: Vec<NodeId>,
    /// Members of the previous ring that do not come along; empty in a regular one.
    pub left: Vec<NodeId>,
}

/// The token's last two visits to this node on one ring.
///
/// Between two visits the token went through the hands of every member: at `previous` all of them still took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Visits {
    /// The ring, installed or in recovery.
    pub ring_id: RingId,
    /// When the last token was accepted.
    pub accepted: Instant,
    /// When the one before was; `None` at the first visit.
    pub previous: Option<Instant>,
}

/// What the ring wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make this ring sequence durable before any later output is carried out.
    Store(u64),
    /// Send a datagram.
    Transmit {
        /// To whom.
        to: Target,
        /// The datagram.
        bytes: Bytes,
    },
    /// The next message in the total order: one totempg packet.
    Deliver {
        /// Its originator.
        from: NodeId,
        /// The packet.
        packet: Bytes,
    },
    /// The members that came along from the old ring; what follows until the regular configuration is only theirs.
    Transitional(Configuration),
    /// A new ring is installed.
    Regular(Configuration),
    /// This process was paused: throw away every datagram that waits in its sockets.
    Drain,
    /// Something worth telling.
    Event(Event),
}

/// Where the packets to send come from when the token is here.
pub trait Source {
    /// How many packets wait, roughly.
    fn backlog(&self) -> u32;
    /// The most bytes that the next packet may have; `None` if there is none.
    fn room_for_next(&self) -> Option<usize>;
    /// Takes the next packet and writes it; nothing if there is none.
    fn write_next(&mut self, w: &mut Writer);
}

/// The protocol of one node.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Ring {
    cx: Context,
    phase: Phase,
}

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
enum Phase {
    Gather(Gather),
    Commit(Commit),
    Recovery(Recovery),
    Operational(Operational),
}

impl Ring {
    /// Starts the protocol: the first JOIN is among the outputs.
    ///
    /// `stored_seq` is the ring sequence that was made durable last, 0 for none; `seed` feeds the only randomness,
    /// the delay that `send_join` asks for.
    #[must_use]
    pub fn new(config: RingConfig, stored_seq: u64, seed: u64, now: Instant) -> Self {
        let mut cx = Context::new(config, stored_seq, seed, now);
        let gather = Gather::enter(&mut cx, GatherReason::InterfaceUp);
        Self {
            cx,
            phase: Phase::Gather(gather),
        }
    }

    /// Takes one datagram of another node. Malformed and foreign ones are counted and dropped.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &Bytes, source: &mut dyn Source) {
        self.cx.now = now;
        match Frame::decode(datagram) {
            Ok(frame) if self.claims_to_be_us(&frame) => {
                self.cx
                    .drop_implausible("this node's own words from elsewhere");
            }
            Ok(frame) => self.on_frame(frame, datagram, source),
            Err(error) => {
                self.cx.stats.malformed += 1;
                self.cx.event(Event::Malformed(error));
            }
        }
        self.work_off_loopback(source);
    }

    /// Carries out whatever is due at `now`; early or repeated calls do nothing.
    pub fn handle_timeout(&mut self, now: Instant, source: &mut dyn Source) {
        self.cx.now = now;
        while let Some(timer) = self.cx.timers.expire(now) {
            self.on_timer(timer);
        }
        self.work_off_loopback(source);
    }

    /// Takes what the host knows of the way to others. It may make this node gather, and shortens how long those who are
    /// suspected are waited for; it excludes nobody.
    pub fn handle_sign(&mut self, now: Instant, sign: Sign, source: &mut dyn Source) {
        self.cx.now = now;
        let detection = &self.cx.timing.detection;
        match sign {
            Sign::Refused(node) if detection.refused => self.on_refused(node),
            Sign::Unplugged if detection.unplugged => self.on_unplugged(),
            Sign::Refused(_) | Sign::Unplugged => {}
        }
        self.work_off_loopback(source);
    }

    /// Tells that `source` has something to send: an idle token is asked for.
    pub fn wake(&mut self, now: Instant, source: &mut dyn Source) {
        self.cx.now = now;
        let circulation = match &mut self.phase {
            Phase::Operational(operational) => &mut operational.circulation,
            Phase::Recovery(recovery) => &mut recovery.circulation,
            Phase::Gather(_) | Phase::Commit(_) => return,
        };
        if circulation.take_held() {
            self.cx.multicast_hold_cancel();
            self.work_off_loopback(source);
        }
    }

    /// Says goodbye: the others form their next ring at once. Nothing may be fed afterwards.
    pub fn leave(&mut self) {
        let Context { lists, me, .. } = &self.cx;
        let me = *me;
        let (proc, failed) = lists.without(me);
        self.cx.send_join(NodeId(0), &proc, &failed);
    }

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.cx.outputs.pop_front();
        if let Some(Output::Regular(_)) = output {
            self.cx.installation_untold = false;
        }
        output
    }

    /// When to call [`Ring::handle_timeout`] at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.cx.loopback.is_empty() {
            self.cx.timers.next()
        } else {
            Some(self.cx.now)
        }
    }

    /// The current ring, or the one that is being formed.
    #[must_use]
    pub fn ring_id(&self) -> RingId {
        self.cx.ring_id
    }

    /// The members of the installed ring, ascending; empty before the first.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        &self.cx.installed.members
    }

    /// The token's last visits; `None` before the first.
    #[must_use]
    pub fn visits(&self) -> Option<Visits> {
        self.cx.visits
    }

    /// The phase of the protocol.
    #[must_use]
    pub fn phase(&self) -> PhaseName {
        match self.phase {
            Phase::Gather(_) => PhaseName::Gather,
            Phase::Commit(_) => PhaseName::Commit,
            Phase::Recovery(_) => PhaseName::Recovery,
            Phase::Operational(_) => PhaseName::Operational,
        }
    }

    /// The timers and constants in force.
    #[must_use]
    pub fn timing(&self) -> &Timing {
        &self.cx.timing
    }

    /// What was counted since the start.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.cx.stats
    }

    /// Asserts what must hold between two inputs.
    ///
    /// # Panics
    /// If an invariant is broken: a defect of this crate.
    pub fn check(&self) {
        self.cx.check();
        if let Phase::Operational(_) = self.phase {
            assert_eq!(
                self.cx.ring_id, self.cx.installed.ring_id,
                "operational on a ring not installed"
            );
            assert!(
                self.cx.installed.members.contains(&self.cx.me),
                "not a member of the own ring"
            );
        }
    }

    /// Not beyond the installation of a ring: whoever feeds `source` has to hear of it before the token asks for more.
    fn work_off_loopback(&mut self, source: &mut dyn Source) {
        for _ in 0..LOOPBACK_BATCH {
            if self.cx.installation_untold {
                return;
            }
            let Some(datagram) = self.cx.loopback.pop_front() else {
                return;
            };
            let frame = Frame::decode(&datagram).expect("what we encoded");
            self.on_frame(frame, &datagram, source);
        }
    }

    /// What this node multicasts comes back by the loopback alone: another node has our id, or pretends to.
    fn claims_to_be_us(&self, frame: &Frame) -> bool {
        match frame {
            Frame::Join(join) => join.system_from == self.cx.me,
            Frame::MergeDetect(merge) => merge.system_from == self.cx.me,
            // Others send our messages again, and a token tells nothing of its origin.
            _ => false,
        }
    }

    fn on_frame(&mut self, frame: Frame, datagram: &Bytes, source: &mut dyn Source) {
        let stats = &mut self.cx.stats;
        match frame {
            Frame::Token(token) => {
                stats.orf_token_rx += 1;
                let next = match &mut self.phase {
                    Phase::Operational(phase) => phase.on_token(&mut self.cx, token, source),
                    Phase::Recovery(phase) => phase.on_token(&mut self.cx, token),
                    Phase::Gather(_) | Phase::Commit(_) => None,
                };
                self.enter(next);
            }
            Frame::Mcast(mcast) => {
                stats.mcast_rx += 1;
                self.on_mcast(&mcast, datagram);
            }
            Frame::MergeDetect(merge) => {
                stats.memb_merge_detect_rx += 1;
                self.on_merge_detect(&merge);
            }
            Frame::Join(join) => {
                stats.memb_join_rx += 1;
                self.on_join(&join);
            }
            Frame::Commit(commit) => {
                stats.memb_commit_token_rx += 1;
                let next = match &mut self.phase {
                    Phase::Gather(_) => Gather::on_commit(&mut self.cx, commit),
                    Phase::Commit(phase) => phase.on_commit(&mut self.cx, commit),
                    Phase::Recovery(phase) => {
                        phase.on_commit(&mut self.cx, &commit);
                        None
                    }
                    Phase::Operational(_) => None,
                };
                self.enter(next);
            }
            Frame::HoldCancel(cancel) => {
                stats.token_hold_cancel_rx += 1;
                self.on_hold_cancel(cancel);
            }
        }
    }

    fn enter(&mut self, next: Option<Phase>) {
        if let Some(phase) = next {
            self.phase = phase;
        }
    }

    /// Those who form a ring with this node, or are to form one.
    fn ring_members(&self) -> Vec<NodeId> {
        match &self.phase {
            Phase::Gather(_) => self.cx.lists.candidates(),
            Phase::Commit(phase) => phase.members().to_vec(),
            Phase::Recovery(phase) => phase.members.clone(),
            Phase::Operational(_) => self.cx.installed.members.clone(),
        }
    }

    fn on_refused(&mut self, node: NodeId) {
        let now = self.cx.now;
        let concerns = node != self.cx.me && self.ring_members().contains(&node);
        if !concerns || !self.cx.suspicions.believes(node, now) {
            return;
        }
        self.cx.suspicions.add(node, now, Reason::Refused);
        match &mut self.phase {
            Phase::Gather(phase) => phase.on_refused(&mut self.cx, node),
            _ => self.gather(GatherReason::Refused(node)),
        }
    }

    fn on_unplugged(&mut self) {
        if matches!(self.phase, Phase::Gather(_)) {
            self.suspect_all();
            self.await_suspects();
        } else if self.ring_members().len() > 1 {
            self.suspect_all();
            self.gather(GatherReason::Unplugged);
        }
    }

    fn await_suspects(&mut self) {
        if let Phase::Gather(phase) = &self.phase {
            phase.await_suspects(&mut self.cx);
        }
    }

    /// Nobody has been heard for a while.
    fn suspect_all(&mut self) {
        let (me, now) = (self.cx.me, self.cx.now);
        for node in self.ring_members() {
            if node != me {
                self.cx.suspicions.add(node, now, Reason::Silent);
            }
        }
    }

    fn gather(&mut self, reason: GatherReason) {
        self.phase = Phase::Gather(Gather::enter(&mut self.cx, reason));
    }

    fn on_mcast(&mut self, mcast: &Mcast, datagram: &Bytes) {
        if !self.cx.is_listed(mcast.header.node) || !self.cx.is_listed(mcast.system_from) {
            return self.cx.drop_unlisted(mcast.system_from);
        }
        match &mut self.phase {
            Phase::Operational(_) if mcast.ring_id == self.cx.ring_id => {
                self.cx.store_installed(mcast, datagram);
                operational::deliver(&mut self.cx);
            }
            Phase::Gather(_) if mcast.ring_id == self.cx.installed.ring_id => {
                self.cx.store_installed(mcast, datagram);
            }
            Phase::Recovery(phase) if mcast.ring_id == self.cx.ring_id => {
                phase.store(&mut self.cx, mcast, datagram);
            }
            Phase::Gather(_) if mcast.ring_id == self.cx.ring_id => {}
            _ => self.on_foreign(
                mcast.system_from,
                GatherReason::Foreign,
                GatherReason::ForeignDuringGather,
            ),
        }
    }

    fn on_merge_detect(&mut self, merge: &MergeDetect) {
        if !self.cx.is_listed(merge.system_from) {
            return self.cx.drop_unlisted(merge.system_from);
        }
        if merge.ring_id != self.cx.ring_id {
            self.on_foreign(
                merge.system_from,
                GatherReason::Merge,
                GatherReason::MergeDuringGather,
            );
        }
    }

    /// Somebody of another ring was heard: propose to be one ring.
    fn on_foreign(&mut self, from: NodeId, operational: GatherReason, gathering: GatherReason) {
        match &self.phase {
            Phase::Operational(_) => {
                self.cx.lists.add_proc(from);
                self.gather(operational);
            }
            Phase::Gather(_) if !self.cx.lists.is_proc(from) => {
                self.cx.lists.add_proc(from);
                self.gather(gathering);
            }
            _ => {}
        }
    }

    fn on_hold_cancel(&mut self, cancel: HoldCancel) {
        if cancel.ring_id != self.cx.ring_id {
            return;
        }
        match &mut self.phase {
            Phase::Operational(phase) => phase.circulation.on_hold_cancel(&mut self.cx),
            Phase::Recovery(phase) => phase.circulation.on_hold_cancel(&mut self.cx),
            Phase::Gather(_) | Phase::Commit(_) => {}
        }
    }

    fn on_join(&mut self, join: &Join) {
        let from = join.system_from;
        let mut named = join.proc_list.iter().chain(&join.failed_list);
        if !self.cx.is_listed(from) || !named.all(|&node| self.cx.is_listed(node)) {
            return self.cx.drop_unlisted(from);
        }
        if join.ring_seq > RING_SEQ_MAX {
            return self.cx.drop_implausible("ring sequence of a join");
        }
        if self.cx.was_paused() {
            // What waits in the sockets is as old as this JOIN; the sender will repeat it.
            self.cx.output(Output::Drain);
            self.cx.event(Event::Paused);
            return;
        }
        self.cx.ring_seq_high = self.cx.ring_seq_high.max(join.ring_seq);
        let overdue = !matches!(self.phase, Phase::Gather(_)) && self.cx.is_token_overdue();
        self.cx.hear(from);
        let next = match &mut self.phase {
            Phase::Gather(phase) => phase.on_join(&mut self.cx, join),
            Phase::Operational(_) => operational::on_join(&mut self.cx, join),
            Phase::Commit(phase) => phase.on_join(&mut self.cx, join),
            Phase::Recovery(phase) => phase.on_join(&mut self.cx, join),
        };
        let gathers = matches!(next, Some(Phase::Gather(_)));
        self.enter(next);
        if overdue && gathers {
            // A little later this node would have declared the token lost itself.
            self.cx.lose_token();
            self.suspect_all();
            self.cx.hear(from);
            self.await_suspects();
        }
    }

    fn on_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Pause => self.cx.on_pause_timer(),
            Timer::DelayedJoin => self.cx.send_current_join(),
            Timer::Join => gather::repeat_join(&mut self.cx),
            Timer::Consensus => {
                if let Phase::Gather(phase) = &mut self.phase {
                    let next = phase.on_consensus_timeout(&mut self.cx);
                    self.enter(next);
                }
            }
            Timer::Suspicion => {
                if let Phase::Gather(phase) = &mut self.phase {
                    let next = phase.on_suspicion_timeout(&mut self.cx);
                    self.enter(next);
                }
            }
            Timer::TokenLoss | Timer::Heartbeat => self.on_token_loss(),
            Timer::TokenRetransmit => match &mut self.phase {
                Phase::Commit(phase) => phase.retransmit(&mut self.cx),
                Phase::Operational(phase) => phase.circulation.retransmit(&mut self.cx),
                Phase::Recovery(phase) => phase.circulation.retransmit(&mut self.cx),
                Phase::Gather(_) => {}
            },
            Timer::Hold => match &mut self.phase {
                Phase::Operational(phase) => phase.circulation.release(&mut self.cx),
                Phase::Recovery(phase) => phase.circulation.release(&mut self.cx),
                Phase::Gather(_) | Phase::Commit(_) => {}
            },
            Timer::Merge => {
                if let Phase::Operational(_) = self.phase {
                    operational::announce(&mut self.cx);
                }
            }
        }
    }

    fn on_token_loss(&mut self) {
        if !matches!(self.phase, Phase::Gather(_)) {
            self.suspect_all();
            self.cx.lose_token();
        }
        let stats = &mut self.cx.stats;
        match &mut self.phase {
            Phase::Operational(_) => {
                stats.operational_token_lost += 1;
                self.gather(GatherReason::TokenLost);
            }
            Phase::Commit(_) => {
                stats.commit_token_lost += 1;
                self.gather(GatherReason::TokenLostInCommit);
            }
            Phase::Recovery(_) => {
                stats.recovery_token_lost += 1;
                self.gather(GatherReason::TokenLostInRecovery);
            }
            Phase::Gather(phase) => {
                stats.gather_token_lost += 1;
                let next = phase.on_consensus_timeout(&mut self.cx);
                self.enter(next);
                self.gather(GatherReason::ConsensusExpired);
            }
        }
    }
}
