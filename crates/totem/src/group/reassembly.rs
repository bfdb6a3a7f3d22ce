//! Whole messages out of packets, per originator.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::NodeId;
use crate::wire::packet::Packet;
use crate::wire::{Arena, Malformed};

/// The largest message that can be put together, bytes: 1 MiB and some room for headers, as in corosync, where more
/// is fatal.
pub const MESSAGE_MAX: usize = (1 << 20) + (64 << 10);

/// The most pieces of a message: the smallest packets that a node may be told to send have room for 196 bytes each.
const PARTS_MAX: usize = MESSAGE_MAX / 128;

/// A packet of which nothing could be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeliverable {
    /// The packet's lengths are wrong.
    Malformed(Malformed),
    /// The message grew beyond [`MESSAGE_MAX`], or came in more pieces than the smallest packets need; all of it is dropped.
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
    /// Pieces of packets.
    parts: Vec<Bytes>,
    /// Their bytes.
    len: usize,
    last_fragment: u8,
    /// Its beginning was not seen: everything up to the next end of a message is dropped.
    throw_away: bool,
}

/// What each originator has sent of a message so far.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Reassembly {
    partial: BTreeMap<NodeId, Partial>,
    /// The memory of a packet's list.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    pieces: Vec<Bytes>,
    /// Where messages are put together.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    arena: Arena,
}

impl Reassembly {
    /// Takes the next packet of `from` and returns the messages that it completes, in order.
    ///
    /// Who hands their list back by [`Reassembly::recycle`] spares the next packet an allocation.
    pub fn push(&mut self, from: NodeId, payload: &Bytes) -> Result<Vec<Bytes>, Undeliverable> {
        let pieces = core::mem::take(&mut self.pieces);
        let packet = Packet::decode_into(payload, pieces).map_err(Undeliverable::Malformed)?;
        let partial = self.partial.entry(from).or_default();
        let ends = packet.fragmented == 0;
        let messages = partial.push(packet, &mut self.arena);
        if ends {
            partial.end();
        }
        messages
    }

    /// Takes a list of messages back.
    pub fn recycle(&mut self, mut messages: Vec<Bytes>) {
        messages.clear();
        self.pieces = messages;
    }

    /// Drops what `node` has sent of a message that it will not finish.
    pub fn forget(&mut self, node: NodeId) {
        self.partial.remove(&node);
    }
}

impl Partial {
    fn push(&mut self, packet: Packet, arena: &mut Arena) -> Result<Vec<Bytes>, Undeliverable> {
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
            self.keep(core::mem::take(first))?;
            *first = self.join(arena);
        }
        if let Some(tail) = tail {
            self.keep(tail)?;
        }
        Ok(pieces)
    }

    fn keep(&mut self, part: Bytes) -> Result<(), Undeliverable> {
        if self.len + part.len() > MESSAGE_MAX || self.parts.len() == PARTS_MAX {
            self.forget();
            self.throw_away = true;
            return Err(Undeliverable::TooLong);
        }
        self.len += part.len();
        self.parts.push(part);
        Ok(())
    }

    /// The message, in one piece.
    fn join(&mut self, arena: &mut Arena) -> Bytes {
        let mut w = arena.writer(self.len);
        for part in &self.parts {
            w.bytes(part);
        }
        self.forget();
        arena.finish(w)
    }

    /// The next packet starts with a message.
    fn end(&mut self) {
        self.forget();
        self.last_fragment = 0;
        self.throw_away = false;
    }

    fn forget(&mut self) {
        self.parts.clear();
        self.len = 0;
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
        assert!(r.partial[&NodeId(1)].parts.is_empty());
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
    fn a_message_in_crumbs_is_dropped_whole() {
        let mut r = Reassembly::default();
        let crumbs = PARTS_MAX + 2;
        let mut refused = 0;
        for i in 0..crumbs {
            let id = |i: usize| u8::try_from(i % 255 + 1).unwrap();
            let continuation = if i == 0 { 0 } else { id(i - 1) };
            let pushed = r.push(NodeId(1), &packet(id(i), continuation, &[b""]));
            refused += usize::from(pushed == Err(Undeliverable::TooLong));
        }
        assert_eq!((refused, r.partial[&NodeId(1)].parts.len()), (1, 0));
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
