//! How messages and the folded state are written: numbers little endian, texts and lists with their length before them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Writes values one after another.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.u8(value.into());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// The length of what follows.
    ///
    /// # Panics
    /// Beyond 4 Gi, which no bounded queue holds.
    pub(super) fn len(&mut self, len: usize) {
        self.u32(u32::try_from(len).expect("far less than 4 Gi"));
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.len(value.len());
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.bool(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads what [`Writer`] wrote; `None` where it ends early or makes no sense.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all was read.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn bool(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let bytes = self.take(8)?.try_into().ok()?;
        Some(u64::from_le_bytes(bytes))
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()?;
        self.take(len as usize)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let bytes = self.bytes()?;
        core::str::from_utf8(bytes).ok().map(ToString::to_string)
    }

    #[expect(
        clippy::option_option,
        reason = "what may be absent, of bytes that may end"
    )]
    pub(super) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.bool()? {
            read(self).map(Some)
        } else {
            Some(None)
        }
    }

    /// A list whose every element takes at least a byte, so that a length alone makes nobody reserve memory.
    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let len = self.u32()? as usize;
        if len > self.0.len() {
            return None;
        }
        (0..len).map(|_| read(self)).collect()
    }
}

/// FNV-1a of 64 bits: tells apart, protects against nobody.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_piece_of_it_is_not() {
        let mut w = Writer::default();
        w.u64(7);
        w.text("ClusterIP");
        w.option(Some(3), Writer::u32);
        w.len(2);
        w.u8(1);
        w.u8(2);
        let bytes = w.finish();
        let read = |bytes: &[u8]| {
            let mut r = Reader::new(bytes);
            let all = (
                r.u64()?,
                r.text()?,
                r.option(Reader::u32)?,
                r.list(Reader::u8)?,
            );
            r.is_empty().then_some(all)
        };
        let expected = (7, "ClusterIP".to_string(), Some(3), alloc::vec![1, 2]);
        assert_eq!(read(&bytes), Some(expected));
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len]), None, "{len} bytes");
        }
    }

    #[test]
    fn a_length_beyond_the_message_is_refused_before_anything_is_reserved() {
        let mut r = Reader::new(&[0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(r.list(Reader::u8), None);
    }
}
