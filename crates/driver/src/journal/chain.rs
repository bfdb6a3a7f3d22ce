//! Records as bytes, each bound to the one before by its checksum.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The longest record that is believed, bytes: more than any snapshot has.
const BODY_MAX: u64 = 1 << 30;

/// What the first record's checksum is seeded with.
const SEED: u64 = 0;

/// The checksums so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain(u64);

/// What stands at a place of a part.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A record, and where the next begins.
    Record {
        kind: u8,
        body: &'a [u8],
        end: usize,
    },
    /// Nothing more.
    End,
    /// The beginning of a record, or zeros, up to the end of the file.
    Torn,
    /// Something that was never written.
    Damaged(&'static str),
}

impl Chain {
    pub(super) fn new() -> Self {
        Self(SEED)
    }

    /// Writes a record behind `out`.
    pub(super) fn write(&mut self, kind: u8, body: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.push(kind);
        put_varint(out, body.len() as u64);
        out.push(check(&out[start..]));
        out.extend_from_slice(body);
        self.0 = xxh3_64_with_seed(&out[start..], self.0);
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        out.extend_from_slice(&[a, b, c, d]);
    }

    /// Reads the record at `offset`.
    pub(super) fn read<'a>(&mut self, bytes: &'a [u8], offset: usize) -> Found<'a> {
        let rest = bytes.get(offset..).unwrap_or(&[]);
        let Some((&kind, after)) = rest.split_first() else {
            return Found::End;
        };
        if zeros(rest) {
            return Found::Torn;
        }
        let mut body = after;
        let Some(len) = take_varint(&mut body) else {
            // Ten bytes at most: what has no end by then never was a length.
            return if after.len() < 10 {
                Found::Torn
            } else {
                Found::Damaged("its length has no end")
            };
        };
        let header = rest.len() - body.len();
        let Some((&told, body)) = body.split_first() else {
            return Found::Torn;
        };
        if told != check(&rest[..header]) || len > BODY_MAX {
            return if told == 0 && zeros(body) {
                Found::Torn
            } else {
                Found::Damaged("its length is damaged")
            };
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let Some((body, tail)) = body.split_at_checked(len) else {
            return Found::Torn;
        };
        let Some((sum, tail)) = tail.split_first_chunk::<4>() else {
            return Found::Torn;
        };
        let expected = xxh3_64_with_seed(&rest[..header + 1 + len], self.0);
        if expected.to_le_bytes()[..4] != *sum {
            let unwritten = zeros(tail) && (!tail.is_empty() || zeros(sum));
            return if unwritten {
                Found::Torn
            } else {
                Found::Damaged("its checksum is wrong: it is damaged, or not in its place")
            };
        }
        self.0 = expected;
        Found::Record {
            kind,
            body,
            end: bytes.len() - tail.len(),
        }
    }
}

/// Whether this was never written: pages that a power failure kept from the disk read as zeros.
fn zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

fn check(header: &[u8]) -> u8 {
    // Never zero, as what was never written is.
    xxh3_64_with_seed(header, 1).to_le_bytes()[0] | 1
}

/// Seven bits a byte, the lowest first; all but the last have the highest bit.
pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Takes a number off the front; `None`, and nothing taken, if there is none, or one of more than 64 bits.
pub(super) fn take_varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (index, &byte) in from.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if index == 9 && part > 1 {
            return None;
        }
        number |= part << (7 * index);
        if byte & 0x80 == 0 {
            *from = &from[index + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_come_back() {
        let powers = (0..64).map(|bit| 1_u64 << bit);
        let numbers = powers.flat_map(|n| [n - 1, n, n + 1]).chain([u64::MAX]);
        for number in numbers {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, number);
            let mut rest = bytes.as_slice();
            assert_eq!((take_varint(&mut rest), rest.len()), (Some(number), 0));
            for len in 0..bytes.len() {
                assert_eq!(
                    take_varint(&mut &bytes[..len]),
                    None,
                    "{number} cut to {len}"
                );
            }
        }
        assert_eq!(take_varint(&mut [0xff_u8; 10].as_slice()), None);
    }

    #[test]
    fn records_that_change_their_places_are_noticed() {
        let mut chain = Chain::new();
        let mut bytes = Vec::new();
        let mut ends = vec![0];
        for body in ["one", "two"] {
            chain.write(3, body.as_bytes(), &mut bytes);
            ends.push(bytes.len());
        }
        let (one, two) = (&bytes[..ends[1]], &bytes[ends[1]..]);
        for wrong in [two.to_vec(), [one, one].concat(), [two, one].concat()] {
            let mut chain = Chain::new();
            let first = chain.read(&wrong, 0);
            let found = match first {
                Found::Record { end, .. } => chain.read(&wrong, end),
                other => other,
            };
            assert!(matches!(found, Found::Damaged(_)), "{found:?}");
        }
    }
}
