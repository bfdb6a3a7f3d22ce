//! A totempg packet, the payload of a normal MCAST: whole messages and pieces of them, packed.
//!
//! | off | size | field |
//! |---|---|---|
//! | 0 | u16 | version 0 |
//! | 2 | u16 | type 0 |
//! | 4 | u8 | fragmented |
//! | 5 | u8 | continuation |
//! | 6 | u16 | k |
//! | 8 | 2·k | lengths |
//! | 8 + 2·k | … | the pieces, back to back |

use alloc::vec::Vec;

use bytes::Bytes;

use super::{Malformed, Reader, Writer};

/// The length of a packet before the pieces' lengths, bytes.
pub const PACKET_HEADER_LEN: usize = 8;
/// What a piece costs beside its bytes.
pub const PIECE_OVERHEAD: usize = 2;

/// Pieces of one node's messages, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// 0: the last piece ends its message; else a fragment id: the message goes on in this node's next packet.
    pub fragmented: u8,
    /// 0: the first piece starts its message; else the [`Packet::fragmented`] of this node's previous packet.
    pub continuation: u8,
    /// At most 65535, each of at most 65535 bytes.
    pub pieces: Vec<Bytes>,
}

impl Packet {
    /// Decodes a normal MCAST's payload; the pieces share its memory. The lengths must add up to the whole exactly.
    pub fn decode(payload: &Bytes) -> Result<Self, Malformed> {
        Self::decode_into(payload, Vec::new())
    }

    /// As [`Packet::decode`], with the memory of `pieces`, which must be empty.
    pub fn decode_into(payload: &Bytes, mut pieces: Vec<Bytes>) -> Result<Self, Malformed> {
        let mut r = Reader::new(payload);
        for field in ["totempg version", "totempg type"] {
            match r.u16()? {
                0 => {}
                value => {
                    return Err(Malformed::OutOfRange {
                        field,
                        value: value.into(),
                        max: 0,
                    });
                }
            }
        }
        let (fragmented, continuation, n) = (r.u8()?, r.u8()?, usize::from(r.u16()?));
        let mut lengths = Reader::new(r.take(n.saturating_mul(2))?);
        let mut expected = payload.len().saturating_sub(r.rest().len());
        let have = payload.len();
        for _ in 0..n {
            let len = usize::from(lengths.u16()?);
            expected = expected.saturating_add(len);
            // What does not fit shows in the sum.
            if let Ok(piece) = r.take(len) {
                pieces.push(payload.slice_ref(piece));
            }
        }
        if have != expected {
            return Err(Malformed::Length { have, expected });
        }
        Ok(Self {
            fragmented,
            continuation,
            pieces,
        })
    }

    /// The bytes that [`Packet::decode`] reads back.
    ///
    /// # Panics
    /// If there are more than 65535 pieces, or one is longer: a datagram cannot hold them.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut w = Writer::with_capacity(self.encoded_len());
        self.write(&mut w);
        w.finish()
    }

    /// Writes what [`Packet::encode`] returns.
    ///
    /// # Panics
    /// If there are more than 65535 pieces, or one is longer: a datagram cannot hold them.
    pub fn write(&self, w: &mut Writer) {
        w.u16(0)
            .u16(0)
            .u8(self.fragmented)
            .u8(self.continuation)
            .short_count(self.pieces.len());
        for piece in &self.pieces {
            w.short_count(piece.len());
        }
        for piece in &self.pieces {
            w.bytes(piece);
        }
    }

    /// The length of [`Packet::encode`]'s result, bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let pieces = self
            .pieces
            .iter()
            .map(|piece| piece.len().saturating_add(PIECE_OVERHEAD));
        pieces.fold(PACKET_HEADER_LEN, usize::saturating_add)
    }
}
