//! Whole messages out of packets, per originator.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Bytes, BytesMut};

use crate::NodeId;
use crate::wire::Malformed;
use crate::wire::packet::Packet;

/// The largest message that can be put together, bytes: 1 MiB and some room for headers, as in corosync, where more
/// is fatal.
pub const MESSAGE_MAX: usize = (1 << 20) + (64 << 10);

/// A packet of which nothing could be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeliverable {
    /// The packet's lengths are wrong.
    Malformed(Malformed),
    /// The message grew beyond [`MESSAGE_MAX`]; all of it is dropped.
    TooLong,
}

impl fmt::Display for Undeliverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::TooLong => write!(f, "a message of more than {MESSAGE_MAX} bytes"),
        }
    }
}

impl core::error::Error for Undeliverable {}

/// The beginning of a message of one originator.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Partial {
    buffer: BytesMut,
    last_fragment: u8,
    /// Its beginning was not seen: everything up to the next end of a message is dropped.
    throw_away: bool,
}

/// What each originator has sent of a message so far.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Reassembly {
    partial: BTreeMap<NodeId, Partial>,
}

impl Reassembly {
    /// Takes the next packet of `from` and returns the messages that it completes, in order.
    pub fn push(&mut self, from: NodeId, payload: &Bytes) -> Result<Vec<Bytes>, Undeliverable> {
        let packet = Packet::decode(payload).map_err(Undeliverable::Malformed)?;
        let partial = self.partial.entry(from).or_default();
        let ends = packet.fragmented == 0;
        let messages = partial.push(packet);
        if ends {
            self.partial.remove(&from);
        }
        messages
    }

    /// Drops what `node` has sent of a message that it will not finish.
    pub fn forget(&mut self, node: NodeId) {
        self.partial.remove(&node);
    }
}

impl Partial {
    fn push(&mut self, packet: Packet) -> Result<Vec<Bytes>, Undeliverable> {
        if self.throw_away || packet.continuation != self.last_fragment {
            self.throw_away = true;
            return Ok(Vec::new());
        }
        self.last_fragment = packet.fragmented;
        let mut pieces = packet.pieces;
        let tail = if packet.fragmented == 0 {
            None
        } else {
            pieces.pop()
        };
        if let (true, Some(first)) = (packet.continuation != 0, pieces.first_mut()) {
            self.append(first)?;
            *first = core::mem::take(&mut self.buffer).freeze();
        }
        if let Some(tail) = tail {
            self.append(&tail)?;
        }
        Ok(pieces)
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), Undeliverable> {
        if self.buffer.len() + piece.len() > MESSAGE_MAX {
            self.buffer = BytesMut::new();
            self.throw_away = true;
            return Err(Undeliverable::TooLong);
        }
        self.buffer.extend_from_slice(piece);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn packet(fragmented: u8, continuation: u8, pieces: &[&'static [u8]]) -> Bytes {
        let pieces = pieces.iter().map(|p| Bytes::from_static(p)).collect();
        Packet {
            fragmented,
            continuation,
            pieces,
        }
        .encode()
    }

    #[test]
    fn fragments_join_across_packets() {
        let mut r = Reassembly::default();
        assert_eq!(
            r.push(NodeId(1), &packet(1, 0, &[b"a", b"b1"])).unwrap(),
            ["a"]
        );
        assert!(
            r.push(NodeId(1), &packet(2, 1, &[b"b2"]))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            r.push(NodeId(1), &packet(0, 2, &[b"b3", b"c"])).unwrap(),
            ["b1b2b3", "c"]
        );
        assert!(r.partial.is_empty());
    }

    #[test]
    fn who_joins_in_the_middle_of_a_message_drops_up_to_its_end() {
        let mut r = Reassembly::default();
        assert!(
            r.push(NodeId(1), &packet(3, 2, &[b"x"]))
                .unwrap()
                .is_empty()
        );
        assert!(
            r.push(NodeId(1), &packet(0, 3, &[b"x", b"lost too"]))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            r.push(NodeId(1), &packet(0, 0, &[b"whole"])).unwrap(),
            ["whole"]
        );
    }

    #[test]
    fn a_message_beyond_the_limit_is_dropped_whole() {
        let mut r = Reassembly::default();
        let piece = Bytes::from(vec![0; 60_000]);
        let mut refused = 0;
        for i in 0..=20_u8 {
            let continuation = i;
            let payload = Packet {
                fragmented: i + 1,
                continuation,
                pieces: vec![piece.clone()],
            }
            .encode();
            refused += usize::from(r.push(NodeId(1), &payload) == Err(Undeliverable::TooLong));
        }
        assert_eq!(refused, 1);
        assert!(
            r.push(NodeId(1), &packet(0, 21, &[b"end"]))
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            r.push(NodeId(1), &packet(0, 0, &[b"next"])).unwrap(),
            ["next"]
        );
    }
}
