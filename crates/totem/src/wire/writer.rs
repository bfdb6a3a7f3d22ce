//! Writing integers into a growing buffer.

use bytes::{BufMut, Bytes, BytesMut};

use super::header::{HEADER_LEN, Header, Kind};
use crate::{NodeId, RingId};

/// An encoder with room reserved ahead.
#[derive(Debug)]
pub struct Writer {
    buf: BytesMut,
}

impl Writer {
    /// An empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            buf: BytesMut::with_capacity(capacity),
        }
    }

    /// Goes on in a buffer.
    pub(super) fn within(buf: BytesMut) -> Self {
        Self { buf }
    }

    pub(super) fn into_buffer(self) -> BytesMut {
        self.buf
    }

    /// A frame's buffer: the header is written, room for `body` more bytes is reserved.
    #[must_use]
    pub(super) fn frame(kind: Kind, header: Header, body: usize) -> Self {
        let mut w = Self::with_capacity(HEADER_LEN.saturating_add(body));
        header.encode(kind, &mut w);
        w
    }

    /// Appends one byte.
    pub fn u8(&mut self, v: u8) -> &mut Self {
        self.buf.put_u8(v);
        self
    }

    /// Appends two bytes.
    pub fn u16(&mut self, v: u16) -> &mut Self {
        self.buf.put_u16_le(v);
        self
    }

    /// Appends four bytes.
    pub fn u32(&mut self, v: u32) -> &mut Self {
        self.buf.put_u32_le(v);
        self
    }

    /// Appends four bytes and four zeros.
    pub fn padded_u32(&mut self, v: u32) -> &mut Self {
        self.u32(v).zeros(4)
    }

    /// Appends four bytes, signed.
    pub fn i32(&mut self, v: i32) -> &mut Self {
        self.buf.put_i32_le(v);
        self
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, v: u64) -> &mut Self {
        self.buf.put_u64_le(v);
        self
    }

    /// Appends a node id, 4 bytes.
    pub fn node(&mut self, v: NodeId) -> &mut Self {
        self.u32(v.0)
    }

    /// Appends a ring id, 12 bytes.
    pub fn ring(&mut self, v: RingId) -> &mut Self {
        self.node(v.rep).u64(v.seq)
    }

    /// Appends node ids without a count.
    pub fn nodes(&mut self, v: &[NodeId]) -> &mut Self {
        for &node in v {
            self.node(node);
        }
        self
    }

    /// Appends the length of a list, four bytes.
    ///
    /// # Panics
    /// If the list has 2³² entries or more: no list here comes near that.
    pub fn count(&mut self, n: usize) -> &mut Self {
        self.u32(u32::try_from(n).expect("a list shorter than 2^32"))
    }

    /// Appends a length of at most 65535, two bytes.
    ///
    /// # Panics
    /// If it is more: the caller keeps such lists and pieces apart.
    pub fn short_count(&mut self, n: usize) -> &mut Self {
        self.u16(u16::try_from(n).expect("a length below 2^16"))
    }

    /// Appends raw bytes.
    pub fn bytes(&mut self, v: &[u8]) -> &mut Self {
        self.buf.put_slice(v);
        self
    }

    /// Appends `n` zero bytes.
    pub fn zeros(&mut self, n: usize) -> &mut Self {
        self.buf.put_bytes(0, n);
        self
    }

    /// The number of bytes written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// Whether nothing is written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// The finished bytes.
    #[must_use]
    pub fn finish(self) -> Bytes {
        self.buf.freeze()
    }
}
