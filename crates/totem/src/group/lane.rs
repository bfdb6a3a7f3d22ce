//! A queue of whole messages, cut into totempg packets when the token is here.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::wire::Writer;
use crate::wire::packet::{PACKET_HEADER_LEN, PIECE_OVERHEAD, Packet};

/// The most bytes that may wait in a lane, as in corosync.
pub const LANE_BYTES_MAX: usize = 4 << 20;

/// Too many bytes wait already. Nothing changed; try again after the token has been here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneFull;

impl fmt::Display for LaneFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {LANE_BYTES_MAX} bytes wait to be sent")
    }
}

impl core::error::Error for LaneFull {}

/// Messages of this node in the order in which they will be sent.
///
/// Packing happens as late as possible, so a message half sent when the configuration changes can be sent once more
/// from its start: then all members of the new configuration deliver it, not only those that saw its beginning.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Lane {
    messages: VecDeque<Bytes>,
    /// Bytes of all messages, sent parts of the first included.
    bytes: usize,
    /// Bytes of the first message that were sent.
    sent: usize,
    /// The fragment id of the packet that carried them.
    fragment: u8,
    /// Receivers hold the beginning of a message that will not be continued.
    cut_off: bool,
    room: usize,
    /// The memory of a packet's list.
    #[cfg_attr(feature = "snapshot", serde(skip))]
    pieces: Vec<Bytes>,
}

impl Lane {
    /// An empty lane for packets of at most `net_mtu` bytes.
    ///
    /// # Panics
    /// If `net_mtu` leaves no room for data.
    #[must_use]
    pub fn new(net_mtu: usize) -> Self {
        assert!(
            net_mtu > PACKET_HEADER_LEN + PIECE_OVERHEAD,
            "net_mtu {net_mtu} leaves no room"
        );
        Self {
            messages: VecDeque::new(),
            bytes: 0,
            sent: 0,
            fragment: 0,
            cut_off: false,
            room: net_mtu - PACKET_HEADER_LEN,
            pieces: Vec::new(),
        }
    }

    /// Queues a message.
    pub fn push(&mut self, message: Bytes) -> Result<(), LaneFull> {
        if self.bytes + message.len() > LANE_BYTES_MAX {
            return Err(LaneFull);
        }
        self.bytes += message.len();
        self.messages.push_back(message);
        Ok(())
    }

    /// The bytes of all messages that are not wholly sent.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && !self.cut_off
    }

    /// How many packets the waiting messages need, roughly.
    #[must_use]
    pub fn backlog(&self) -> u32 {
        let bytes = self.bytes - self.sent + self.messages.len() * PIECE_OVERHEAD;
        u32::try_from(bytes.div_ceil(self.room)).unwrap_or(u32::MAX) + u32::from(self.cut_off)
    }

    /// The configuration changed: a message half sent starts again.
    pub fn restart(&mut self) {
        if self.sent > 0 {
            self.sent = 0;
            self.cut_off = true;
        }
    }

    /// The configuration changed and nothing that waits has a meaning in the new one.
    pub fn clear(&mut self) {
        self.restart();
        self.messages.clear();
        self.bytes = 0;
    }

    /// Moves everything that waits to the end of `other`.
    pub fn drain_into(&mut self, other: &mut Self) {
        self.restart();
        other.bytes += core::mem::take(&mut self.bytes);
        other.messages.append(&mut self.messages);
    }

    /// The most bytes that the next packet may have; `None` if nothing waits.
    #[must_use]
    pub fn room_for_next(&self) -> Option<usize> {
        (!self.is_empty()).then_some(PACKET_HEADER_LEN + self.room)
    }

    /// Takes the next packet and writes it; nothing if nothing waits.
    pub fn write_next(&mut self, w: &mut Writer) {
        if core::mem::take(&mut self.cut_off) {
            self.discard_packet().write(w);
        } else if let Some(mut packet) = self.pack() {
            packet.write(w);
            packet.pieces.clear();
            self.pieces = packet.pieces;
        }
    }

    fn pack(&mut self) -> Option<Packet> {
        let continuation = if self.sent > 0 { self.fragment } else { 0 };
        let mut fragmented = 0;
        let mut pieces = core::mem::take(&mut self.pieces);
        let mut room = self.room;
        while let Some(message) = self.messages.front() {
            let rest = message.slice(self.sent..);
            let fits = rest.len() + PIECE_OVERHEAD <= room;
            let fits_alone = rest.len() + PIECE_OVERHEAD <= self.room;
            if fits {
                room -= rest.len() + PIECE_OVERHEAD;
                pieces.push(rest);
                self.pop();
                continue;
            }
            if (!pieces.is_empty() && fits_alone) || room <= PIECE_OVERHEAD {
                break;
            }
            pieces.push(rest.slice(..room - PIECE_OVERHEAD));
            self.fragment = if self.sent == 0 {
                1
            } else {
                next_fragment(self.fragment)
            };
            fragmented = self.fragment;
            self.sent += room - PIECE_OVERHEAD;
            break;
        }
        (!pieces.is_empty()).then_some(Packet {
            fragmented,
            continuation,
            pieces,
        })
    }

    fn pop(&mut self) {
        if let Some(message) = self.messages.pop_front() {
            self.bytes -= message.len();
            self.sent = 0;
        }
    }

    /// A packet that no receiver can continue with: all of them forget what they hold of us.
    fn discard_packet(&self) -> Packet {
        Packet {
            fragmented: 0,
            continuation: next_fragment(self.fragment),
            pieces: vec![Bytes::from_static(&[0])],
        }
    }
}

/// Fragment ids run from 1 to 255 and around; 0 means "not fragmented".
fn next_fragment(id: u8) -> u8 {
    id.checked_add(1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::Reassembly;
    use super::*;
    use crate::NodeId;

    const MTU: usize = 1410;

    fn message(len: usize, fill: u8) -> Bytes {
        vec![fill; len].into()
    }

    fn packets(lane: &mut Lane) -> Vec<Bytes> {
        core::iter::from_fn(|| next_packet(lane)).collect()
    }

    fn next_packet(lane: &mut Lane) -> Option<Bytes> {
        let mut w = Writer::with_capacity(lane.room_for_next()?);
        lane.write_next(&mut w);
        Some(w.finish())
    }

    #[test]
    fn small_messages_share_a_packet_and_large_ones_are_cut() {
        let mut lane = Lane::new(MTU);
        for len in [100, 200, 5000, 10] {
            lane.push(message(len, 7)).unwrap();
        }
        let sent = packets(&mut lane);
        assert!(sent.iter().all(|p| p.len() <= MTU));
        let mut reassembly = Reassembly::default();
        let lens: Vec<_> = sent
            .iter()
            .flat_map(|p| reassembly.push(NodeId(1), p).unwrap())
            .map(|m| m.len())
            .collect();
        assert_eq!(lens, [100, 200, 5000, 10]);
        assert!(lane.is_empty());
    }

    #[test]
    fn a_message_half_sent_is_sent_whole_after_the_configuration_changed() {
        let mut lane = Lane::new(MTU);
        lane.push(message(4000, 1)).unwrap();
        lane.push(message(50, 2)).unwrap();
        let mut witness = Reassembly::default();
        let mut newcomer = Reassembly::default();
        let first = next_packet(&mut lane).unwrap();
        assert!(witness.push(NodeId(1), &first).unwrap().is_empty());
        lane.restart();
        for packet in packets(&mut lane) {
            let at_witness = witness.push(NodeId(1), &packet).unwrap();
            assert_eq!(at_witness, newcomer.push(NodeId(1), &packet).unwrap());
        }
        assert!(lane.is_empty());
    }

    #[test]
    fn a_full_lane_says_so_and_keeps_what_it_has() {
        let mut lane = Lane::new(MTU);
        lane.push(message(LANE_BYTES_MAX, 0)).unwrap();
        assert_eq!(lane.push(message(1, 0)), Err(LaneFull));
        assert_eq!(lane.backlog(), 2992);
    }
}
