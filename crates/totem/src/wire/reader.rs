//! Reading integers off a slice, never past its end.

use super::Malformed;
use crate::{NodeId, RingId};

/// A cursor over bytes; every read is checked.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    whole: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            whole: bytes.len(),
            rest: bytes,
        }
    }

    /// The bytes not yet read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Malformed::Truncated {
            need: n,
            have: self.rest.len(),
        })?;
        self.rest = rest;
        Ok(head)
    }

    /// Passes over `n` bytes whose content means nothing.
    pub fn skip(&mut self, n: usize) -> Result<(), Malformed> {
        self.take(n).map(|_| ())
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let expected = self.whole.saturating_sub(self.rest.len());
        Err(Malformed::Length {
            have: self.whole,
            expected,
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(Malformed::Truncated {
            need: N,
            have: self.rest.len(),
        })?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next two bytes.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next four bytes.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// The first four of the next eight bytes; the others mean nothing.
    pub fn padded_u32(&mut self) -> Result<u32, Malformed> {
        let value = self.u32()?;
        self.skip(4)?;
        Ok(value)
    }

    /// The next four bytes, signed.
    pub fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(i32::from_le_bytes)
    }

    /// The next eight bytes.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A node id, 4 bytes.
    pub fn node(&mut self) -> Result<NodeId, Malformed> {
        self.u32().map(NodeId)
    }

    /// A ring id, 12 bytes.
    pub fn ring(&mut self) -> Result<RingId, Malformed> {
        Ok(RingId {
            rep: self.node()?,
            seq: self.u64()?,
        })
    }

    /// A count of at most `max`, from four bytes.
    pub fn count(&mut self, field: &'static str, max: usize) -> Result<usize, Malformed> {
        let value = self.u32()?;
        match usize::try_from(value) {
            Ok(count) if count <= max => Ok(count),
            _ => Err(Malformed::OutOfRange {
                field,
                value: value.into(),
                max: u64::try_from(max).unwrap_or(u64::MAX),
            }),
        }
    }

    /// `n` node ids.
    pub fn nodes(&mut self, n: usize) -> Result<alloc::vec::Vec<NodeId>, Malformed> {
        (0..n).map(|_| self.node()).collect()
    }
}
