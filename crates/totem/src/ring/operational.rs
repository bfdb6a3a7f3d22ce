//! Operational: messages are ordered and delivered.

use alloc::vec::Vec;

use bytes::Bytes;

use super::circulation::{Circulation, FailedToReceive};
use super::context::{Context, Installed, stored};
use super::event::{Event, GatherReason};
use super::gather::{self, Gather};
use super::recovery::Recovery;
use super::seq::Seq;
use super::window::{Stored, Window};
use super::{Configuration, Output, Phase, Source};
use crate::NodeId;
use crate::wire::{Frame, Header, Join, MCAST_HEADER_LEN, MergeDetect, NORMAL, Token};

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Operational {
    pub(super) circulation: Circulation,
}

impl Operational {
    /// Installs the ring: old messages, transitional configuration, the rest of the old messages, regular configuration.
    pub(super) fn install(cx: &mut Context, recovery: &mut Recovery) -> Self {
        cx.stats.operational_entered += 1;
        cx.stats.continuous_gather = 0;
        take_recovered(cx, &recovery.window);
        deliver(cx);

        let transitional = core::mem::take(&mut recovery.transitional);
        let members = core::mem::take(&mut recovery.members);
        let without = |of: &[NodeId]| {
            of.iter()
                .copied()
                .filter(|n| !transitional.contains(n))
                .collect::<Vec<_>>()
        };
        let (left, joined) = (without(&cx.installed.members), without(&members));
        let ring_id = cx.ring_id;
        cx.output(Output::Transitional(Configuration {
            ring_id,
            members: transitional.clone(),
            joined: Vec::new(),
            left,
        }));
        deliver_past_holes(cx, &transitional);
        cx.output(Output::Regular(Configuration {
            ring_id,
            members: members.clone(),
            joined,
            left: Vec::new(),
        }));
        cx.installation_untold = true;
        cx.event(Event::Operational(ring_id));

        cx.lists.reset(&members);
        let window = core::mem::take(&mut recovery.window);
        cx.installed = Installed {
            ring_id,
            members,
            since: cx.now,
            window,
            delivered: Seq(0),
        };
        Self {
            circulation: core::mem::take(&mut recovery.circulation),
        }
    }

    pub(super) fn on_token(
        &mut self,
        cx: &mut Context,
        mut token: Token,
        source: &mut dyn Source,
    ) -> Option<Phase> {
        let mut window = core::mem::take(&mut cx.installed.window);
        let visit = self.visit(cx, &mut token, &mut window, source);
        cx.installed.window = window;
        match visit? {
            Ok(()) => {
                self.circulation.forward(cx, token);
                deliver(cx);
                None
            }
            Err(FailedToReceive) => Some(give_up(cx)),
        }
    }

    fn visit(
        &mut self,
        cx: &mut Context,
        token: &mut Token,
        window: &mut Window,
        source: &mut dyn Source,
    ) -> Option<Result<(), FailedToReceive>> {
        let aru_before = self.circulation.accept(cx, token, window)?;
        // Two tokens in a row showed it everywhere: nobody can ask for it any more.
        window.free(
            Seq(token.aru)
                .earlier(aru_before)
                .earlier(cx.installed.delivered),
        );
        self.circulation.exchange(cx, token, window, source, NORMAL);
        Some(self.circulation.lower_aru(cx, token, window, aru_before))
    }
}

/// Delivers what is next in the order, up to the first hole.
pub(super) fn deliver(cx: &mut Context) {
    while let Some(stored) = cx.installed.window.get(cx.installed.delivered.next()) {
        let stored = stored.clone();
        cx.installed.delivered = cx.installed.delivered.next();
        hand_over(cx, &stored);
    }
}

fn hand_over(cx: &mut Context, stored: &Stored) {
    if !stored.encapsulated {
        let packet = stored.datagram.slice(MCAST_HEADER_LEN..);
        cx.output(Output::Deliver {
            from: stored.from,
            packet,
        });
    }
}

/// Unwraps the old ring's messages that recovery brought.
fn take_recovered(cx: &mut Context, window: &Window) {
    let wrapped: Vec<Bytes> = window
        .after(Seq(0))
        .filter(|(_, stored)| stored.encapsulated)
        .map(|(_, stored)| stored.datagram.slice(MCAST_HEADER_LEN..))
        .collect();
    for inner in wrapped {
        match Frame::decode(&inner) {
            Ok(Frame::Mcast(old)) if old.ring_id == cx.installed.ring_id => {
                cx.installed
                    .window
                    .insert(Seq(old.seq), stored(&old, &inner));
            }
            Ok(Frame::Mcast(_)) => {} // of a ring that we were not on
            _ => cx.drop_implausible("recovery message without a message inside"),
        }
    }
}

/// In the transitional configuration only its members' messages count, and nobody can fill the holes any more.
fn deliver_past_holes(cx: &mut Context, transitional: &[NodeId]) {
    let rest: Vec<(Seq, Stored)> = cx
        .installed
        .window
        .after(cx.installed.delivered)
        .map(|(seq, stored)| (seq, stored.clone()))
        .collect();
    for (seq, stored) in rest {
        cx.installed.delivered = seq;
        if transitional.contains(&stored.from) {
            hand_over(cx, &stored);
        }
    }
}

/// This node misses messages for good: it asks the others to go on without it.
pub(super) fn give_up(cx: &mut Context) -> Phase {
    cx.event(Event::FailedToReceive);
    cx.failed_to_receive = true;
    cx.lists.add_failed(cx.me);
    Phase::Gather(Gather::enter(cx, GatherReason::FailedToReceive))
}

pub(super) fn on_join(cx: &mut Context, join: &Join) -> Option<Phase> {
    let known_before =
        cx.installed.members.contains(&join.system_from) && join.ring_seq < cx.ring_id.seq;
    if known_before || join.failed_list.contains(&cx.me) {
        return None;
    }
    let news = gather::learn(cx, join);
    let reason = if news {
        GatherReason::Join
    } else {
        GatherReason::JoinWhileOperational
    };
    Some(Phase::Gather(Gather::enter(cx, reason)))
}

/// The representative tells other rings that this one exists.
pub(super) fn announce(cx: &mut Context) {
    if cx.ring_id.rep == cx.me {
        cx.stats.memb_merge_detect_tx += 1;
        let frame = MergeDetect {
            header: Header::of(cx.me),
            system_from: cx.me,
            ring_id: cx.ring_id,
        };
        cx.multicast(frame.encode());
    }
}
