//! Memory for what is written once and then shared.

use alloc::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::Writer;

/// The length of a chunk, bytes: who keeps a few bytes for long keeps no more than that.
const CHUNK: usize = 64 << 10;

/// How many full chunks are kept in mind.
const SPENT_MAX: usize = 16;

/// Chunks of 64 KiB, filled one after another, and again when nobody keeps any of what they held: in the steady state
/// nothing is allocated for a message. What is longer has memory of its own.
#[derive(Debug, Default)]
pub struct Arena {
    current: BytesMut,
    /// Oldest first.
    spent: VecDeque<BytesMut>,
}

impl Arena {
    /// A copy of these bytes.
    pub fn copy(&mut self, bytes: &[u8]) -> Bytes {
        let mut w = self.writer(bytes.len());
        w.bytes(bytes);
        self.finish(w)
    }

    /// A writer with room for `capacity` bytes, to be given back by [`Arena::finish`].
    pub fn writer(&mut self, capacity: usize) -> Writer {
        if capacity > CHUNK {
            return Writer::with_capacity(capacity);
        }
        if self.current.capacity() < capacity && !self.current.try_reclaim(CHUNK) {
            self.change();
        }
        Writer::within(core::mem::take(&mut self.current))
    }

    /// What was written.
    pub fn finish(&mut self, w: Writer) -> Bytes {
        let written = w.into_buffer();
        if written.capacity() > CHUNK {
            return written.freeze();
        }
        self.current = written;
        self.current.split().freeze()
    }

    /// Goes on to a chunk of which nobody keeps anything any more, or to a new one.
    fn change(&mut self) {
        let free = self
            .spent
            .iter_mut()
            .position(|chunk| chunk.try_reclaim(CHUNK));
        let next = free.and_then(|index| self.spent.remove(index));
        let next = next.unwrap_or_else(|| BytesMut::with_capacity(CHUNK));
        self.spent
            .push_back(core::mem::replace(&mut self.current, next));
        if self.spent.len() > SPENT_MAX {
            self.spent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_chunk_is_filled_again_once_nobody_keeps_any_of_it() {
        let mut arena = Arena::default();
        let first = arena.copy(&[1; 100]);
        let place = first.as_ptr();
        let kept: Vec<_> = (0..CHUNK / 1000).map(|_| arena.copy(&[2; 1000])).collect();
        assert_eq!(first[..], [1; 100], "the next chunk is another");
        drop((first, kept));
        let again: Vec<_> = (0..2 * CHUNK / 1000)
            .map(|_| arena.copy(&[3; 1000]).as_ptr())
            .collect();
        assert!(again.contains(&place));
    }

    #[test]
    fn what_is_longer_than_a_chunk_fits() {
        let mut arena = Arena::default();
        for len in [1, CHUNK, 0, 3 * CHUNK, 70] {
            assert_eq!(arena.copy(&vec![7; len]), vec![7; len]);
        }
    }
}
