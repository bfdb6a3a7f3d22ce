//! Runs of datagrams, taken apart.
//!
//! A host whose kernel cuts datagrams as late as it can (UDP segmentation offload), or puts them together as early as it can
//! (receive offload), records many in one captured frame: all of one length, but the last, which may be shorter.

use bytes::Bytes;
use ringwright_totem::wire::packet::Packet;
use ringwright_totem::wire::{ENCAPSULATED, Frame, HEADER_LEN};

/// How many bytes at its start tell a frame: the magic number and the version.
const START: usize = 3;

/// The datagrams in a captured payload: itself, unless it is made of whole frames of one length.
pub(super) fn datagrams(payload: Bytes) -> Vec<Bytes> {
    let Some(start) = payload.get(..START) else {
        return vec![payload];
    };
    let lens = HEADER_LEN..payload.len().saturating_sub(START);
    let mut lens = lens
        .filter(|&len| payload[len..].starts_with(start))
        .peekable();
    if lens.peek().is_none() || is_whole(&payload) {
        return vec![payload];
    }
    let apart = lens.map(|len| cut(&payload, len));
    let mut apart = apart.filter(|parts| parts.iter().all(is_whole));
    apart.next().unwrap_or_else(|| vec![payload.clone()])
}

fn cut(payload: &Bytes, len: usize) -> Vec<Bytes> {
    payload
        .chunks(len)
        .map(|part| payload.slice_ref(part))
        .collect()
}

/// Whether the bytes are one frame and nothing more.
fn is_whole(bytes: &Bytes) -> bool {
    match Frame::decode(bytes) {
        Ok(Frame::Mcast(mcast)) if mcast.header.encapsulated == ENCAPSULATED => {
            is_whole(&mcast.payload)
        }
        Ok(Frame::Mcast(mcast)) => Packet::decode(&mcast.payload).is_ok(),
        Ok(frame) => frame.encode().len() == bytes.len(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use ringwright_totem::wire::{Header, Mcast, MergeDetect, NORMAL};
    use ringwright_totem::{NodeId, RingId};

    use super::*;

    fn mcast(seq: u32, encapsulated: u8, payload: Bytes) -> Bytes {
        let ring = RingId::new(NodeId(1), 8);
        Mcast::new(NodeId(1), encapsulated, seq, 0, ring, payload).encode()
    }

    /// A message whose payload is full of frames' starts, of `len` bytes.
    fn message(seq: u32, len: usize) -> Bytes {
        let merge = MergeDetect {
            header: Header::of(NodeId(1)),
            system_from: NodeId(1),
            ring_id: RingId::new(NodeId(1), 8),
        };
        let piece = merge.encode().iter().copied().cycle().take(len).collect();
        let packet = Packet {
            pieces: vec![piece],
            ..Packet::default()
        };
        mcast(seq, NORMAL, packet.encode())
    }

    #[test]
    fn a_run_comes_apart_into_what_was_sent() {
        let sent = [message(1, 300), message(2, 300), message(3, 120)];
        assert_eq!(datagrams(sent.concat().into()), sent);
        let wrapped = [1, 2].map(|seq| mcast(seq, ENCAPSULATED, message(seq, 300)));
        assert_eq!(datagrams(wrapped.concat().into()), wrapped);
    }

    #[test]
    fn a_single_frame_and_what_is_no_frame_stay_whole() {
        let mut cut_off = message(1, 300).to_vec();
        cut_off.truncate(200);
        for payload in [message(1, 300), cut_off.into(), Bytes::from_static(b"?")] {
            assert_eq!(datagrams(payload.clone()), [payload]);
        }
    }
}
