//! The ORF token, type 0, 57 + 16·n bytes, unicast to the next node.
//!
//! | off | size | field |
//! |---|---|---|
//! | 13 | u32 | seq |
//! | 17 | u32 | token_seq |
//! | 21 | u32 | aru |
//! | 25 | u32 | aru_addr |
//! | 29 | 12 | ring_id |
//! | 41 | u32 | backlog |
//! | 45 | u32 | fcc |
//! | 49 | i32 | retrans_flg |
//! | 53 | i32 | n |
//! | 57 | 16·n | retransmission requests: ring_id, u32 seq |

use alloc::vec::Vec;

use bytes::Bytes;

use super::{HEADER_LEN, Header, Kind, Malformed, Reader, Writer};
use crate::{NodeId, RingId};

/// The most retransmission requests in a token; more corrupt the memory of corosync 3.1.7 and older.
pub const RTR_MAX: usize = 30;

/// The ORF token: whoever has it may send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// The common header; its node is the hop that sent the token.
    pub header: Header,
    /// The highest message sequence number assigned on this ring.
    pub seq: u32,
    /// Grows by one a hop; duplicates are recognised by it.
    pub token_seq: u32,
    /// All messages up to this one were received by all; the first token carries `u32::MAX`.
    pub aru: u32,
    /// The node that lowered `aru`; 0 for none.
    pub aru_addr: NodeId,
    /// The ring that this token belongs to.
    pub ring_id: RingId,
    /// Packets that wait to be sent, summed over the nodes.
    pub backlog: u32,
    /// Packets sent in the last rotation, retransmissions included.
    pub fcc: u32,
    /// In recovery: 1 while somebody still has old messages to send.
    pub retrans_flg: i32,
    /// Messages that somebody misses; at most [`RTR_MAX`].
    pub rtr: Vec<RetransmitRequest>,
}

/// A message that a node misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetransmitRequest {
    /// The ring on which `seq` counts.
    pub ring_id: RingId,
    /// The missing message.
    pub seq: u32,
}

impl Token {
    pub(super) fn decode(header: Header, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            header,
            seq: r.u32()?,
            token_seq: r.u32()?,
            aru: r.u32()?,
            aru_addr: r.node()?,
            ring_id: r.ring()?,
            backlog: r.u32()?,
            fcc: r.u32()?,
            retrans_flg: r.i32()?,
            rtr: {
                let n = r.count("rtr_list_entries", RTR_MAX)?;
                (0..n)
                    .map(|_| {
                        Ok(RetransmitRequest {
                            ring_id: r.ring()?,
                            seq: r.u32()?,
                        })
                    })
                    .collect::<Result<_, Malformed>>()?
            },
        })
    }

    /// The token's datagram.
    ///
    /// # Panics
    /// If there are more than [`RTR_MAX`] requests: sending them would crash peers.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut w = Writer::with_capacity(self.encoded_len());
        self.write(&mut w);
        w.finish()
    }

    /// The length of the token's datagram, bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let requests = self.rtr.len().saturating_mul(16);
        HEADER_LEN.saturating_add(44).saturating_add(requests)
    }

    /// Writes the token's datagram.
    ///
    /// # Panics
    /// If there are more than [`RTR_MAX`] requests: sending them would crash peers.
    pub fn write(&self, w: &mut Writer) {
        assert!(
            self.rtr.len() <= RTR_MAX,
            "{} retransmission requests",
            self.rtr.len()
        );
        self.header.encode(Kind::Token, w);
        w.u32(self.seq)
            .u32(self.token_seq)
            .u32(self.aru)
            .node(self.aru_addr)
            .ring(self.ring_id);
        w.u32(self.backlog)
            .u32(self.fcc)
            .i32(self.retrans_flg)
            .count(self.rtr.len());
        for request in &self.rtr {
            w.ring(request.ring_id).u32(request.seq);
        }
    }
}
