//! Datagrams as what is new in them: an idle ring's tokens differ in a few bytes.
//!
//! A delta is the length, then runs until it is complete: how many bytes are as in the reference, how many follow, and
//! these. All numbers are varints.

use bytes::Bytes;

use super::chain::{put_varint, take_varint};

/// Longer datagrams carry payloads: they are kept as they are, and no reference for others.
const LEN_MAX: usize = 512;

/// Equal bytes in a row that are worth a run of their own.
const EQUAL_MIN: usize = 3;

/// The last short datagram of each type.
#[derive(Clone, Debug, Default)]
pub(super) struct References([Bytes; 8]);

impl References {
    /// What to write of a datagram, if that is shorter than itself; it becomes the reference for the next.
    pub(super) fn encode(&mut self, datagram: &Bytes) -> Option<Vec<u8>> {
        let slot = slot(datagram)?;
        let reference = std::mem::replace(&mut self.0[slot], datagram.clone());
        let delta = delta(&reference, datagram);
        (!reference.is_empty() && delta.len() < datagram.len())
            .then(|| [&[slot.to_le_bytes()[0]], &delta[..]].concat())
    }

    /// Takes note of a datagram that was kept as it is.
    pub(super) fn keep(&mut self, datagram: &Bytes) {
        if let Some(slot) = slot(datagram) {
            self.0[slot] = datagram.clone();
        }
    }

    /// The datagram of which this was written.
    pub(super) fn decode(&mut self, encoded: &[u8]) -> Option<Bytes> {
        let (&slot, delta) = encoded.split_first()?;
        let reference = self.0.get_mut(usize::from(slot))?;
        *reference = patched(reference, delta)?;
        Some(reference.clone())
    }
}

/// Where a short datagram's type has its reference.
fn slot(datagram: &[u8]) -> Option<usize> {
    let kind = *datagram.get(3)?;
    (datagram.len() <= LEN_MAX).then_some(usize::from(kind & 7))
}

fn delta(reference: &[u8], datagram: &[u8]) -> Vec<u8> {
    let same = |at: usize| reference.get(at).is_some_and(|byte| *byte == datagram[at]);
    let len = datagram.len();
    let mut out = Vec::new();
    put_varint(&mut out, len as u64);
    let mut at = 0;
    while at < len {
        let from = (at..len).find(|&i| !same(i)).unwrap_or(len);
        // The run of new bytes ends where enough equal ones follow.
        let ends = |i: usize| (i..len.min(i + EQUAL_MIN)).all(same);
        let to = (from..len).find(|&i| ends(i)).unwrap_or(len);
        put_varint(&mut out, (from - at) as u64);
        put_varint(&mut out, (to - from) as u64);
        out.extend_from_slice(&datagram[from..to]);
        at = to;
    }
    out
}

fn patched(reference: &[u8], mut delta: &[u8]) -> Option<Bytes> {
    let number = |rest: &mut &[u8]| take_varint(rest).and_then(|n| usize::try_from(n).ok());
    let len = number(&mut delta).filter(|&len| len <= LEN_MAX)?;
    let mut datagram = Vec::with_capacity(len);
    while datagram.len() < len {
        let at = datagram.len();
        let equal = number(&mut delta)?;
        datagram.extend_from_slice(reference.get(at..at.checked_add(equal)?)?);
        let new = number(&mut delta)?;
        let (new, rest) = delta.split_at_checked(new)?;
        datagram.extend_from_slice(new);
        delta = rest;
        if datagram.len() == at {
            return None; // a run of nothing, never written
        }
    }
    (datagram.len() == len && delta.is_empty()).then(|| datagram.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(datagrams: &[&[u8]]) -> Vec<Option<usize>> {
        let (mut there, mut back) = (References::default(), References::default());
        let through = |datagram: &&[u8]| {
            let datagram = Bytes::copy_from_slice(datagram);
            let encoded = there.encode(&datagram);
            match &encoded {
                Some(encoded) => assert_eq!(back.decode(encoded), Some(datagram)),
                None => back.keep(&datagram),
            }
            encoded.map(|encoded| encoded.len())
        };
        datagrams.iter().map(through).collect()
    }

    #[test]
    fn a_token_that_differs_in_a_number_takes_few_bytes() {
        let mut token = [7; 70];
        token[3] = 0;
        let mut next = token;
        next[17] = 8;
        // slot, length, 17 equal, 1 new, the byte, 52 equal, 0 new
        assert_eq!(pass(&[&token, &next, &next]), [None, Some(7), Some(4)]);
    }

    #[test]
    fn datagrams_of_other_lengths_and_kinds_come_back() {
        let long = [1; 600];
        let cases: [&[u8]; 9] = [
            b"",
            b"abc",
            b"abc\x00defgh",
            b"abc\x00defghijklmnop",
            b"abc\x00de",
            b"abc\x01defgh",
            b"xyz\x01defgh",
            &long,
            b"abc\x00defgh",
        ];
        assert_eq!(pass(&cases).len(), 9);
    }

    #[test]
    fn what_was_never_written_is_refused() {
        let mut references = References::default();
        references.keep(&Bytes::from_static(b"abc\0defg"));
        for wrong in [
            &b""[..],
            b"\x00",
            b"\x09\x01",
            b"\x00\x08\x09\x00",
            b"\x00\x08\x08\x01a",
            b"\x00\x08\x00\x00\x08\x00",
            b"\x00\x08\x08\x00x",
        ] {
            assert_eq!(references.decode(wrong), None, "{wrong:?}");
        }
    }
}
