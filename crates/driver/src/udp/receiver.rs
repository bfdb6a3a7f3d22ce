//! Receiving several datagrams by one system call.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;

use bytes::Bytes;
use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use ringwright::Arena;

use crate::DATAGRAM_MAX;

/// What one system call brings at most: in each slot a datagram, or datagrams of one sender that the kernel has put
/// together.
const SLOTS: usize = 16;

/// A slot's bytes: one more than the longest datagram, so that a longer one shows.
const SLOT: usize = DATAGRAM_MAX + 1;

/// Buffers for what arrives.
///
/// The kernel wants room for the longest in every slot. So it is given the same room every time, of which short datagrams
/// touch only the beginnings, and what arrived is copied together.
#[derive(Debug)]
pub(super) struct Receiver {
    slots: Vec<u8>,
    arena: Arena,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![0; SLOTS * SLOT],
            arena: Arena::default(),
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
                take(fits.then(|| self.arena.copy(datagram)), meta.addr);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
        }
        Ok(filled < SLOTS)
    }
}
