//! Whom this node has a reason to hold for gone. Nobody is excluded by that alone: suspicion makes a node gather, and shortens
//! how long it waits for an answer there.

use alloc::collections::BTreeMap;
use core::time::Duration;

use super::timing::Timing;
use crate::{Instant, NodeId};

/// Why somebody is suspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Reason {
    /// Nothing came.
    Silent,
    /// Its host says that nothing listens there.
    Refused,
}

#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Suspicions {
    /// Since when, and why.
    suspects: BTreeMap<NodeId, (Instant, Reason)>,
    /// Until when a refusal says nothing: the node was heard.
    heard: BTreeMap<NodeId, Instant>,
}

impl Suspicions {
    /// Somebody is suspected from now on; a reason that weighs more replaces another.
    pub(super) fn add(&mut self, node: NodeId, now: Instant, reason: Reason) {
        let suspect = self.suspects.entry(node).or_insert((now, reason));
        if reason == Reason::Refused && suspect.1 == Reason::Silent {
            *suspect = (now, reason);
        }
    }

    /// Whether a refusal of this node is news. It may be an answer to what was sent before the node was heard, and a packet
    /// filter may refuse in the name of a node that runs.
    pub(super) fn believes(&self, node: NodeId, now: Instant) -> bool {
        self.heard.get(&node).is_none_or(|&until| until <= now)
    }

    /// A JOIN of this node came. If it was refused meanwhile, refusals of it say nothing for a token time-out: they must
    /// not make this node gather again and again.
    pub(super) fn hear(&mut self, node: NodeId, now: Instant, timing: &Timing) {
        let refused = |(_, reason): (Instant, Reason)| reason == Reason::Refused;
        let quiet = if self.suspects.remove(&node).is_some_and(refused) {
            timing.token
        } else {
            timing.join * 2
        };
        let until = self.heard.entry(node).or_default();
        *until = (*until).max(now + quiet);
    }

    /// A token came: all members of its ring have passed it on.
    pub(super) fn forget(&mut self) {
        self.suspects.clear();
    }

    /// When a node that does not answer may be given up; `None` if nothing speaks against it. `silence` is how long those
    /// are waited for who say nothing.
    pub(super) fn due(&self, node: NodeId, silence: Duration, timing: &Timing) -> Option<Instant> {
        let &(since, reason) = self.suspects.get(&node)?;
        Some(match reason {
            Reason::Silent => since + silence,
            // Its host has answered for it; only who is being started again gets the time to say so.
            Reason::Refused => since + timing.join,
        })
    }
}
