//! What all phases share.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::event::Event;
use super::lists::Lists;
use super::pace::Pace;
use super::seq::Seq;
use super::suspicion::Suspicions;
use super::timers::{Timer, Timers};
use super::timing::Timing;
use super::window::{Insert, Stored, Window};
use super::{Output, RingConfig, Source, Stats, Target, Visits};
use crate::wire::{
    Arena, Commit, HEADER_LEN, HOLD_CANCEL_LEN, Header, HoldCancel, Join, MCAST_HEADER_LEN, Mcast,
    Token,
};
use crate::{Instant, NodeId, RingId};

/// The last ring that this node was operational on.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Installed {
    pub(super) ring_id: RingId,
    /// Ascending; empty before the first ring.
    pub(super) members: Vec<NodeId>,
    pub(super) since: Instant,
    pub(super) window: Window,
    /// The highest message delivered.
    pub(super) delivered: Seq,
}

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Context {
    pub(super) me: NodeId,
    nodes: Vec<NodeId>,
    pub(super) timing: Timing,
    pub(super) now: Instant,
    /// The installed ring, or the one that is or was being formed since.
    pub(super) ring_id: RingId,
    /// The highest ring sequence heard of; the next ring's is higher.
    pub(super) ring_seq_high: u64,
    pub(super) installed: Installed,
    pub(super) lists: Lists,
    /// This node gave itself up: a ring of its own comes next.
    pub(super) failed_to_receive: bool,
    pub(super) timers: Timers,
    pub(super) suspicions: Suspicions,
    pub(super) pace: Pace,
    pub(super) stats: Stats,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    pub(super) outputs: VecDeque<Output>,
    /// Where datagrams are written.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    arena: Arena,
    /// Own multicasts and tokens on their way back.
    pub(super) loopback: VecDeque<Bytes>,
    /// A regular configuration waits among the outputs.
    pub(super) installation_untold: bool,
    /// The last token accepted, on whichever ring.
    pub(super) visits: Option<Visits>,
    /// Messages multicast since the start.
    sent: i32,
    /// The pause timer's last expiry, and whether it came far too late.
    running: Instant,
    paused: bool,
    random: u64,
}

impl Context {
    pub(super) fn new(config: RingConfig, stored_seq: u64, seed: u64, now: Instant) -> Self {
        let RingConfig {
            me,
            mut nodes,
            timing,
        } = config;
        nodes.sort_unstable();
        // One more than stored, so that a restarted node's first ring id is new.
        let ring_id = RingId::new(me, stored_seq + 1);
        let installed = Installed {
            ring_id,
            members: Vec::new(),
            since: now,
            window: Window::default(),
            delivered: Seq(0),
        };
        let mut cx = Self {
            me,
            nodes,
            timing,
            now,
            ring_id,
            ring_seq_high: ring_id.seq,
            installed,
            lists: Lists::default(),
            failed_to_receive: false,
            timers: Timers::default(),
            suspicions: Suspicions::default(),
            pace: Pace::default(),
            stats: Stats::default(),
            outputs: VecDeque::new(),
            arena: Arena::default(),
            loopback: VecDeque::new(),
            installation_untold: false,
            visits: None,
            sent: 0,
            running: now,
            paused: false,
            random: seed,
        };
        cx.timers.set(Timer::Pause, now + cx.pause_period());
        cx
    }

    /// A token of the ring that is being formed, or installed, was accepted.
    pub(super) fn note_visit(&mut self) {
        self.suspicions.forget();
        let same = self.visits.filter(|last| last.ring_id == self.ring_id);
        self.visits = Some(Visits {
            ring_id: self.ring_id,
            accepted: self.now,
            previous: same.map(|last| last.accepted),
        });
    }

    pub(super) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.output(Output::Event(event));
    }

    pub(super) fn start(&mut self, timer: Timer, after: Duration) {
        self.timers.set(timer, self.now + after);
    }

    /// How long a token may stay away.
    pub(super) fn loss(&self) -> Duration {
        self.timing.loss(self.pace.longest())
    }

    /// The token of the ring is declared lost.
    pub(super) fn lose_token(&mut self) {
        if let Some(visits) = self.visits {
            self.pace.lose(visits.accepted, self.installed.ring_id);
        }
    }

    /// A ring is formed: who comes back may have been declared gone too early.
    pub(super) fn note_return(&mut self, token: &Commit) {
        let Installed {
            ring_id, members, ..
        } = &self.installed;
        let own = (*ring_id, members.len());
        let rings = token.members.iter().map(|(_, entry)| entry.ring_id);
        self.pace.form(self.now, self.timing.token, own, rings);
    }

    /// This process was to do something every `pause_period`.
    fn note_pause(&mut self) {
        let late = self.now.since(self.running);
        let late = late.saturating_sub(self.pause_period());
        if late <= self.timing.token {
            self.pace.note(self.now, late);
        }
        self.running = self.now;
    }

    /// Whether the token has stayed away for more than half the time after which it is declared lost early.
    pub(super) fn is_token_overdue(&self) -> bool {
        let lost = self.timers.at(Timer::TokenLoss);
        let left = lost.map(|at| at.since(self.now));
        left.is_some_and(|left| left < self.timing.detection.silence / 2)
    }

    /// A JOIN of `node` came.
    pub(super) fn hear(&mut self, node: NodeId) {
        self.suspicions.hear(node, self.now, &self.timing);
    }

    pub(super) fn is_listed(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }

    pub(super) fn drop_unlisted(&mut self, node: NodeId) {
        self.stats.unlisted += 1;
        self.event(Event::Unlisted(node));
    }

    pub(super) fn drop_implausible(&mut self, what: &'static str) {
        self.stats.implausible += 1;
        self.event(Event::Implausible(what));
    }

    /// Sends to all others, and to this node itself.
    pub(super) fn multicast(&mut self, bytes: Bytes) {
        self.loopback.push_back(bytes.clone());
        self.output(Output::Transmit {
            to: Target::All,
            bytes,
        });
    }

    /// Sends a token to the next node, which may be this one.
    pub(super) fn unicast(&mut self, to: NodeId, bytes: Bytes) {
        if to == self.me {
            self.loopback.push_back(bytes);
        } else {
            self.output(Output::Transmit {
                to: Target::Node(to),
                bytes,
            });
        }
    }

    pub(super) fn multicast_hold_cancel(&mut self) {
        self.stats.token_hold_cancel_tx += 1;
        let frame = HoldCancel {
            header: Header::of(self.me),
            ring_id: self.ring_id,
        };
        let mut w = self.arena.writer(HOLD_CANCEL_LEN);
        frame.write(&mut w);
        let datagram = self.arena.finish(w);
        self.multicast(datagram);
    }

    pub(super) fn send_join(&mut self, header_node: NodeId, proc: &[NodeId], failed: &[NodeId]) {
        self.stats.memb_join_tx += 1;
        let join = Join {
            header: Header::of(header_node),
            system_from: self.me,
            ring_seq: self.ring_id.seq,
            proc_list: proc.to_vec(),
            failed_list: failed.to_vec(),
        };
        self.multicast(join.encode());
    }

    pub(super) fn send_current_join(&mut self) {
        let (proc, failed) = (self.lists.proc().to_vec(), self.lists.failed().to_vec());
        self.send_join(self.me, &proc, &failed);
    }

    /// Sends the current JOIN now, or after the random delay that `send_join` asks for.
    pub(super) fn send_join_spread(&mut self) {
        let Ok(spread @ 1..) = u64::try_from(self.timing.send_join.as_nanos()) else {
            return self.send_current_join();
        };
        let delay = Duration::from_nanos(self.next_random() % spread);
        self.start(Timer::DelayedJoin, delay);
    }

    /// Orders the next packet, if there is one, as message `seq` of the current ring, and returns it as it is to be kept.
    pub(super) fn multicast_message(
        &mut self,
        seq: Seq,
        encapsulated: u8,
        source: &mut dyn Source,
    ) -> Option<Stored> {
        let room = source.room_for_next()?;
        let mcast = Mcast::new(
            self.me,
            encapsulated,
            seq.0,
            self.sent,
            self.ring_id,
            Bytes::new(),
        );
        let mut w = self.arena.writer(MCAST_HEADER_LEN + room);
        mcast.write_head(&mut w);
        source.write_next(&mut w);
        let datagram = self.arena.finish(w);
        self.stats.mcast_tx += 1;
        self.sent = self.sent.wrapping_add(1);
        self.output(Output::Transmit {
            to: Target::All,
            bytes: datagram.clone(),
        });
        Some(stored(&mcast, &datagram))
    }

    /// A token's datagram.
    pub(super) fn token(&mut self, token: &Token) -> Bytes {
        let mut w = self.arena.writer(token.encoded_len());
        token.write(&mut w);
        self.arena.finish(w)
    }

    /// Keeps a message of the installed ring.
    pub(super) fn store_installed(&mut self, mcast: &Mcast, datagram: &Bytes) {
        if self
            .installed
            .window
            .insert(Seq(mcast.seq), stored(mcast, datagram))
            == Insert::OutOfWindow
        {
            self.drop_implausible("message far ahead of the window");
        }
    }

    fn pause_period(&self) -> Duration {
        self.timing.token / 5
    }

    pub(super) fn on_pause_timer(&mut self) {
        self.paused = self.now.since(self.running) > self.timing.token / 2;
        self.note_pause();
        self.start(Timer::Pause, self.pause_period());
    }

    /// Whether this process stood still for more than half a token timeout and has not caught up since. Asked once.
    pub(super) fn was_paused(&mut self) -> bool {
        let paused = self.paused || self.now.since(self.running) > self.timing.token / 2;
        if paused {
            self.paused = false;
            self.note_pause();
        }
        paused
    }

    /// xorshift64*, over the seed given at the start.
    fn next_random(&mut self) -> u64 {
        let mut x = self.random | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random = x;
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(super) fn check(&self) {
        let Installed {
            window,
            delivered,
            members,
            ..
        } = &self.installed;
        assert!(
            !window.aru().follows(window.high()),
            "aru {:?} past {:?}",
            window.aru(),
            window.high()
        );
        assert!(
            !window.freed().follows(*delivered),
            "freed {:?} before delivery {delivered:?}",
            window.freed()
        );
        assert!(members.is_sorted(), "members {members:?} out of order");
        assert!(
            self.ring_seq_high >= self.ring_id.seq,
            "ring sequence {} unheard of",
            self.ring_id.seq
        );
    }
}

/// A message as it is kept: its bytes, and what delivery needs of its header.
pub(super) fn stored(mcast: &Mcast, datagram: &Bytes) -> Stored {
    debug_assert!(
        datagram.len() > HEADER_LEN,
        "an MCAST is longer than its header"
    );
    Stored {
        datagram: datagram.clone(),
        from: mcast.header.node,
        encapsulated: mcast.header.encapsulated == crate::wire::ENCAPSULATED,
    }
}
