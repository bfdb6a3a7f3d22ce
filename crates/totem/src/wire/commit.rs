//! The commit token, type 4, 41 + 28·n bytes, unicast around the new ring.
//!
//! | off | size | field |
//! |---|---|---|
//! | 13 | u32 | token_seq |
//! | 17 | 12 | ring_id, the new ring |
//! | 29 | u32 | retrans_flg, 0 |
//! | 33 | i32 | memb_index, entries filled |
//! | 37 | i32 | n |
//! | 41 | 4·n | addresses, ascending: the order of the ring |
//! | 41 + 4·n | 24·n | entries: old ring_id, u32 aru, u32 high_delivered, u32 received_flg |

use alloc::vec::Vec;

use bytes::Bytes;

use super::{Header, Kind, Malformed, NODES_MAX, Reader, Writer};
use crate::{NodeId, RingId};

/// The token that forms a ring: the first rotation collects, the second spreads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The common header; its node is the hop that sent the token.
    pub header: Header,
    /// Grows by one at every send; 1 on the first.
    pub token_seq: u32,
    /// The ring to be.
    pub ring_id: RingId,
    /// Unused, 0.
    pub retrans_flg: u32,
    /// How many members have filled in their entry.
    pub memb_index: usize,
    /// The members ascending, each with what it brings (zeros until filled).
    pub members: Vec<(NodeId, CommitEntry)>,
}

/// What a member brings from its old ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitEntry {
    /// The last ring that it was operational on.
    pub ring_id: RingId,
    /// Everything up to here was received on that ring.
    pub aru: u32,
    /// Everything up to here was delivered.
    pub high_delivered: u32,
    /// Whether nothing is missing up to the highest message that anybody of that ring has.
    pub received: u32,
}

impl Commit {
    pub(super) fn decode(header: Header, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let token_seq = r.u32()?;
        let ring_id = r.ring()?;
        let retrans_flg = r.u32()?;
        let memb_index = r.count("memb_index", NODES_MAX)?;
        let n = r.count("addr_entries", NODES_MAX)?;
        if memb_index > n {
            let [value, max] = [memb_index, n].map(|v| u64::try_from(v).unwrap_or(u64::MAX));
            return Err(Malformed::OutOfRange {
                field: "memb_index",
                value,
                max,
            });
        }
        let nodes = r.nodes(n)?;
        let members = nodes
            .into_iter()
            .map(|node| {
                let entry = CommitEntry {
                    ring_id: r.ring()?,
                    aru: r.u32()?,
                    high_delivered: r.u32()?,
                    received: r.u32()?,
                };
                Ok((node, entry))
            })
            .collect::<Result<_, Malformed>>()?;
        Ok(Self {
            header,
            token_seq,
            ring_id,
            retrans_flg,
            memb_index,
            members,
        })
    }

    /// The frame's datagram.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let n = self.members.len();
        let mut w = Writer::frame(
            Kind::Commit,
            self.header,
            n.saturating_mul(28).saturating_add(28),
        );
        w.u32(self.token_seq)
            .ring(self.ring_id)
            .u32(self.retrans_flg)
            .count(self.memb_index)
            .count(n);
        for &(node, _) in &self.members {
            w.node(node);
        }
        for (_, entry) in &self.members {
            w.ring(entry.ring_id)
                .u32(entry.aru)
                .u32(entry.high_delivered)
                .u32(entry.received);
        }
        w.finish()
    }
}
