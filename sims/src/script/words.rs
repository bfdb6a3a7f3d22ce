//! The words of which a line of a script is made: numbers of nodes, times, bytes.

use std::fmt::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use ringwright::{Instant, NodeId};

/// The words of a line that are still to be read.
pub(super) struct Words<'a> {
    line: &'a str,
    rest: &'a str,
}

/// What a word should have been.
pub(super) type Expected = &'static str;

impl<'a> Words<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Self { line, rest: line }
    }

    /// Where the next word stands: its column, from 1.
    pub(super) fn column(&self) -> usize {
        let skipped = self.line.len() - self.rest.trim_start().len();
        self.line[..skipped].chars().count() + 1
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.rest.split_whitespace().next()
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.rest = &self.rest.trim_start()[word.len()..];
        Some(word)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peek().is_none()
    }

    /// The next word, read by `read`; it is not taken if it cannot be read.
    pub(super) fn read<T>(
        &mut self,
        expected: Expected,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Expected> {
        let value = self.peek().and_then(read).ok_or(expected)?;
        self.next();
        Ok(value)
    }

    pub(super) fn node(&mut self) -> Result<NodeId, Expected> {
        self.read("a node's number", node)
    }

    pub(super) fn nodes(&mut self) -> Result<Vec<NodeId>, Expected> {
        self.read("numbers of nodes, such as 2,3", |word| match word {
            "nobody" => Some(Vec::new()),
            _ => word.split(',').map(node).collect(),
        })
    }

    pub(super) fn number(&mut self) -> Result<u32, Expected> {
        self.read("a number", |word| word.parse().ok())
    }
}

fn node(word: &str) -> Option<NodeId> {
    word.parse().ok().map(NodeId)
}

/// Numbers of nodes, as [`Words::nodes`] reads them.
pub(super) struct Nodes<'a>(pub(super) &'a [NodeId]);

impl fmt::Display for Nodes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        for (place, node) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{node}")?;
        }
        Ok(())
    }
}

/// A duration as a script writes it: `10s`, `1.5s`, `250ms`, `50us`, `7ns`.
pub(super) struct Time(pub(super) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (unit, name) = match nanos {
            0 => return f.write_str("0s"),
            1_000_000_000.. => (1_000_000_000, "s"),
            1_000_000.. => (1_000_000, "ms"),
            1_000.. => (1_000, "us"),
            _ => (1, "ns"),
        };
        let digits = unit.to_string().len() - 1;
        write!(f, "{}", nanos / unit)?;
        let fraction = format!("{:0digits$}", nanos % unit);
        let fraction = fraction.trim_end_matches('0');
        if !fraction.is_empty() && digits > 0 {
            write!(f, ".{fraction}")?;
        }
        f.write_str(name)
    }
}

/// Reads a duration; a bare number is seconds.
pub(super) fn time(word: &str) -> Option<Duration> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u128 = match &word[digits.len()..] {
        "" | "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" => 1_000,
        "ns" => 1,
        _ => return None,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let number = |text: &str| match text {
        "" => Some(0),
        text if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse::<u128>().ok()
        }
        _ => None,
    };
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok().filter(|&n| n <= 18)?);
    let nanos = number(whole)? * unit + number(fraction)? * unit / scale;
    let empty = whole.is_empty() && fraction.is_empty();
    let nanos = u64::try_from(nanos).ok().filter(|_| !empty)?;
    Some(Duration::from_nanos(nanos))
}

pub(super) fn instant(word: &str) -> Option<Instant> {
    time(word).map(|time| Instant::ZERO + time)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn unhex(word: &str) -> Option<Bytes> {
    let digits = word.as_bytes();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    let whole = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    whole.then(|| digits.chunks(2).map(byte).collect())?
}
