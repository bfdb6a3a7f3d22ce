//! Who said what to whom: what captures and journals have in common.

use std::collections::BTreeSet;

use ringwright::{NodeId, RingId};
use ringwright_totem::wire::Frame;

use super::fact::Mark;

/// A datagram of the protocol.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) at: Mark,
    /// Who emitted it.
    pub(super) from: NodeId,
    /// To whom, if that is known.
    pub(super) to: Option<NodeId>,
    pub(super) word: Word,
}

/// What it says of rings.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// A token of a ring, with what it asks for again.
    Token { ring: RingId, requests: u64 },
    /// A message of a ring, by its originator.
    Message { ring: RingId },
    /// A ring looks for others.
    Merge { ring: RingId },
    /// A proposal of members.
    Join { names: BTreeSet<NodeId> },
    /// A goodbye.
    Leave,
    /// A ring is being formed.
    Commit { ring: RingId, members: Vec<NodeId> },
    /// Let the token go.
    Hold { ring: RingId },
}

impl Word {
    /// What a frame says, and who emitted it.
    pub(super) fn of(frame: &Frame) -> (NodeId, Self) {
        match frame {
            Frame::Token(token) => {
                let (ring, requests) = (token.ring_id, token.rtr.len() as u64);
                (token.header.node, Self::Token { ring, requests })
            }
            Frame::Mcast(mcast) => (
                mcast.system_from,
                Self::Message {
                    ring: mcast.ring_id,
                },
            ),
            Frame::MergeDetect(merge) => (
                merge.system_from,
                Self::Merge {
                    ring: merge.ring_id,
                },
            ),
            Frame::Join(join) if join.is_leave() => (join.system_from, Self::Leave),
            Frame::Join(join) => {
                let names = join.proc_list.iter().copied().collect();
                (join.system_from, Self::Join { names })
            }
            Frame::Commit(commit) => {
                let members = commit.members.iter().map(|(node, _)| *node).collect();
                let ring = commit.ring_id;
                (commit.header.node, Self::Commit { ring, members })
            }
            Frame::HoldCancel(hold) => (hold.header.node, Self::Hold { ring: hold.ring_id }),
        }
    }

    /// Whether a node outside the sender's ring that hears it would gather, and so say that it did.
    pub(super) fn asks_for_an_answer(&self) -> bool {
        matches!(self, Self::Join { .. } | Self::Merge { .. })
    }
}
