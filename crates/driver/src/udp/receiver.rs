//! Receiving several datagrams by one system call.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};

use crate::DATAGRAM_MAX;

/// What one system call brings at most: in each slot a datagram, or datagrams of one sender that the kernel has put
/// together.
const SLOTS: usize = 16;

/// A slot's bytes: one more than the longest datagram, so that a longer one shows.
const SLOT: usize = DATAGRAM_MAX + 1;

/// Datagrams are kept as slices of buffers of this many bytes: one that is kept for long keeps no more than that.
const CHUNK: usize = DATAGRAM_MAX;

/// How many full buffers are kept in mind, to be filled again when nobody keeps a datagram of theirs.
const CHUNKS_SPENT: usize = 4;

/// Buffers for what arrives.
///
/// The kernel wants room for the longest in every slot. So it is given the same room every time, of which short datagrams
/// touch only the beginnings, and what arrived is copied together.
#[derive(Debug)]
pub(super) struct Receiver {
    slots: Vec<u8>,
    chunks: Chunks,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![0; SLOTS * SLOT],
            chunks: Chunks::default(),
        }
    }

    /// Hands what waits to `take`, as far as one system call brings it; whether that was all.
    pub(super) fn receive(
        &mut self,
        state: &UdpSocketState,
        socket: UdpSockRef<'_>,
        mut take: impl FnMut(Option<Bytes>, SocketAddr),
    ) -> io::Result<bool> {
        let mut metas = [RecvMeta::default(); SLOTS];
        let mut slots = self.slots.chunks_exact_mut(SLOT).map(IoSliceMut::new);
        let mut slots: [_; SLOTS] = std::array::from_fn(|_| slots.next().expect("a slot each"));
        let filled = state.recv(socket, &mut slots, &mut metas)?;
        for (slot, meta) in slots.iter().zip(&metas).take(filled) {
            let mut rest = &slot[..meta.len];
            loop {
                let (datagram, after) = rest.split_at(rest.len().min(meta.stride));
                let fits = datagram.len() <= DATAGRAM_MAX;
                take(fits.then(|| self.chunks.keep(datagram)), meta.addr);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
        }
        Ok(filled < SLOTS)
    }
}

/// Memory for datagrams, used again when it can be.
#[derive(Debug, Default)]
struct Chunks {
    current: BytesMut,
    spent: VecDeque<BytesMut>,
}

impl Chunks {
    fn keep(&mut self, datagram: &[u8]) -> Bytes {
        if self.current.capacity() < datagram.len() && !self.current.try_reclaim(CHUNK) {
            self.change();
        }
        self.current.extend_from_slice(datagram);
        self.current.split().freeze()
    }

    /// Goes on to the oldest buffer, or to a new one if somebody keeps datagrams of that.
    fn change(&mut self) {
        let free = self
            .spent
            .front_mut()
            .is_some_and(|oldest| oldest.try_reclaim(CHUNK));
        let next = if free { self.spent.pop_front() } else { None };
        let next = next.unwrap_or_else(|| BytesMut::with_capacity(CHUNK));
        self.spent
            .push_back(std::mem::replace(&mut self.current, next));
        if self.spent.len() > CHUNKS_SPENT {
            self.spent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_filled_again_once_nobody_keeps_a_datagram_of_it() {
        let mut chunks = Chunks::default();
        let first = chunks.keep(&[1; 100]);
        let place = first.as_ptr();
        let kept: Vec<_> = (0..CHUNK / 1000).map(|_| chunks.keep(&[2; 1000])).collect();
        assert_eq!(first[..], [1; 100], "the next buffer is another");
        drop((first, kept));
        let mut places = Vec::new();
        for _ in 0..3 * CHUNK / 1000 {
            places.push(chunks.keep(&[3; 1000]).as_ptr());
        }
        assert!(places.contains(&place));
    }

    #[test]
    fn the_longest_datagram_fits() {
        let mut chunks = Chunks::default();
        for len in [1, DATAGRAM_MAX, 0, DATAGRAM_MAX, 70] {
            assert_eq!(chunks.keep(&vec![7; len]), vec![7; len]);
        }
    }
}
