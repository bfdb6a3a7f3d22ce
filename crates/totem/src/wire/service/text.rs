//! Short names with a fixed place on the wire.

use core::fmt;

use bytes::Bytes;

use crate::wire::{Malformed, Reader, Writer};

/// Up to `MAX` bytes, usually but not necessarily UTF-8: a group's, a key's or a quorum device's name.
///
/// Compared and ordered bytewise. Printed lossily.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "snapshot",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Bytes")
)]
pub struct Text<const MAX: usize>(Bytes);

/// A name that does not fit into its place on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Its bytes.
    pub have: usize,
    /// The bytes that fit.
    pub max: usize,
}

impl<const MAX: usize> Text<MAX> {
    /// The most bytes that fit.
    pub const MAX: usize = MAX;

    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Result<Self, TooLong> {
        if bytes.len() > MAX {
            return Err(TooLong {
                have: bytes.len(),
                max: MAX,
            });
        }
        Ok(Self(Bytes::copy_from_slice(bytes)))
    }

    /// The bytes, without terminator or padding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the first `len` of `MAX` bytes; the tail may hold anything.
    pub(super) fn decode(len: usize, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(Bytes::copy_from_slice(Self::take(len, r)?)))
    }

    /// As [`Text::decode`], but shares the memory of `body`, which the reader reads.
    pub(super) fn decode_shared(
        len: usize,
        r: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Self, Malformed> {
        Ok(Self(body.slice_ref(Self::take(len, r)?)))
    }

    fn take<'a>(len: usize, r: &mut Reader<'a>) -> Result<&'a [u8], Malformed> {
        let place = r.take(MAX)?;
        place.get(..len).ok_or(Malformed::Truncated {
            need: len,
            have: MAX,
        })
    }

    /// Writes `MAX` bytes, the tail zeros.
    pub(super) fn encode(&self, w: &mut Writer) {
        w.bytes(&self.0).zeros(MAX.saturating_sub(self.0.len()));
    }
}

#[cfg(feature = "snapshot")]
impl<const MAX: usize> TryFrom<Bytes> for Text<MAX> {
    type Error = TooLong;

    fn try_from(bytes: Bytes) -> Result<Self, TooLong> {
        Self::new(&bytes)
    }
}

impl<const MAX: usize> TryFrom<&[u8]> for Text<MAX> {
    type Error = TooLong;

    fn try_from(bytes: &[u8]) -> Result<Self, TooLong> {
        Self::new(bytes)
    }
}

impl<const MAX: usize> TryFrom<&str> for Text<MAX> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        Self::new(text.as_bytes())
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a name of {} bytes, at most {} fit", self.have, self.max)
    }
}

impl core::error::Error for TooLong {}
