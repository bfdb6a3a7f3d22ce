//! A sequenced message, type 1, 45 bytes and the payload, to all.
//!
//! | off | size | field |
//! |---|---|---|
//! | 13 | u32 | system_from, the originator |
//! | 17 | u32 | seq |
//! | 21 | i32 | this_seqno, the sender's private counter |
//! | 25 | 12 | ring_id |
//! | 37 | u32 | node_id, unused |
//! | 41 | i32 | guarantee, unused |
//! | 45 | … | one totempg packet, or a whole old message in recovery |

use bytes::Bytes;

use super::{Header, Kind, Malformed, Reader, Writer};
use crate::{NodeId, RingId};

/// The length of an MCAST before its payload, bytes.
pub const MCAST_HEADER_LEN: usize = 45;
/// `header.encapsulated` of a message that carries an old ring's message in recovery.
pub const ENCAPSULATED: u8 = 1;
/// `header.encapsulated` of an ordinary message.
pub const NORMAL: u8 = 2;

/// A message with its place in the ring's total order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mcast {
    /// The common header; its node is the originator, whoever sends the bytes.
    pub header: Header,
    /// The originator once more.
    pub system_from: NodeId,
    /// The place in the order of the ring.
    pub seq: u32,
    /// The originator's own count since its start.
    pub this_seqno: i32,
    /// The ring on which `seq` counts.
    pub ring_id: RingId,
    /// Unused, 0.
    pub node_id: u32,
    /// Unused, 0 (agreed).
    pub guarantee: i32,
    /// A totempg packet, or (encapsulated) a whole MCAST of an older ring.
    pub payload: Bytes,
}

impl Mcast {
    /// An ordinary or encapsulated message of `node`.
    #[must_use]
    pub fn new(
        node: NodeId,
        encapsulated: u8,
        seq: u32,
        this_seqno: i32,
        ring_id: RingId,
        payload: Bytes,
    ) -> Self {
        let header = Header {
            encapsulated,
            ..Header::of(node)
        };
        Self {
            header,
            system_from: node,
            seq,
            this_seqno,
            ring_id,
            node_id: 0,
            guarantee: 0,
            payload,
        }
    }

    pub(super) fn decode(
        header: Header,
        r: &mut Reader<'_>,
        datagram: &Bytes,
    ) -> Result<Self, Malformed> {
        Ok(Self {
            header,
            system_from: r.node()?,
            seq: r.u32()?,
            this_seqno: r.i32()?,
            ring_id: r.ring()?,
            node_id: r.u32()?,
            guarantee: r.i32()?,
            payload: datagram.slice_ref(r.rest()),
        })
    }

    /// The message's datagram.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let len = MCAST_HEADER_LEN.saturating_add(self.payload.len());
        let mut w = Writer::with_capacity(len);
        self.write_head(&mut w);
        w.bytes(&self.payload);
        w.finish()
    }

    /// Writes the first [`MCAST_HEADER_LEN`] bytes: all but the payload.
    pub fn write_head(&self, w: &mut Writer) {
        self.header.encode(Kind::Mcast, w);
        w.node(self.system_from)
            .u32(self.seq)
            .i32(self.this_seqno)
            .ring(self.ring_id);
        w.u32(self.node_id).i32(self.guarantee);
    }
}
