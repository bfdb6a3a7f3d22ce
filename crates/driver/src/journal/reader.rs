//! Reading a part.

use bytes::Bytes;
use ringwright::{Input, Instant};
use serde::de::DeserializeOwned;
use std::time::Duration;

use super::chain::{Chain, Found, take_varint};
use super::delta::References;
use super::error::Damage;
use super::head::{FORMAT, Head, Record};
use super::part::{MAGIC, kind};

/// The longest first line, bytes.
const LINE_MAX: usize = 128;

/// The records of a part, one after the other.
#[derive(Debug)]
pub struct PartReader {
    bytes: Bytes,
    version: String,
    head: Head,
    chain: Chain,
    references: References,
    /// The time of the last record.
    at: Instant,
    /// Where the next record begins, and its number.
    offset: usize,
    number: u64,
    torn: Option<Torn>,
}

/// The end of a part that a crash cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Where it begins, bytes from the beginning of the file.
    pub offset: usize,
    /// Its length, bytes.
    pub len: usize,
}

impl PartReader {
    /// Reads a part's first line and head.
    pub fn new(bytes: Bytes) -> Result<Self, Damage> {
        let line = bytes.iter().take(LINE_MAX).position(|&byte| byte == b'\n');
        let line = line.and_then(|end| std::str::from_utf8(&bytes[..end]).ok());
        let line = line.ok_or(Damage::NotAJournal)?;
        let (format, version) = line
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.split_once(' '))
            .ok_or(Damage::NotAJournal)?;
        let format = format.parse().map_err(|_| Damage::NotAJournal)?;
        if format != FORMAT {
            return Err(Damage::Format {
                format,
                version: version.to_owned(),
            });
        }
        let mut chain = Chain::new();
        let start = line.len() + 1;
        let damaged = |why: &str| Damage::Record {
            offset: start,
            number: 0,
            why: why.to_owned(),
        };
        let (head, offset) = match chain.read(&bytes, start) {
            Found::Record {
                kind: kind::HEAD,
                body,
                end,
            } => (decoded(body).map_err(|why| damaged(&why))?, end),
            Found::Record { .. } => return Err(damaged("the first record is no head")),
            Found::Damaged(why) => return Err(damaged(why)),
            Found::End | Found::Torn => return Err(damaged("the file ends within its head")),
        };
        let head: Head = head;
        Ok(Self {
            version: version.to_owned(),
            at: head.instant(),
            head,
            bytes,
            chain,
            references: References::default(),
            offset,
            number: 1,
            torn: None,
        })
    }

    /// The part's head.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The version that wrote the part.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What was cut off at the end; known when [`PartReader::next_record`] has returned `None`.
    #[must_use]
    pub fn torn(&self) -> Option<Torn> {
        self.torn
    }

    /// The next record with its time; `None` at the end, also one that is torn.
    pub fn next_record(&mut self) -> Result<Option<(Instant, Record)>, Damage> {
        let bytes = self.bytes.clone();
        let (offset, number) = (self.offset, self.number);
        let damaged = |why: String| Damage::Record {
            offset,
            number,
            why,
        };
        match self.chain.read(&bytes, offset) {
            Found::Record { kind, body, end } => {
                let record = self.decode(kind, body, &bytes).map_err(damaged)?;
                self.offset = end;
                self.number += 1;
                Ok(Some((self.at, record)))
            }
            Found::End => Ok(None),
            Found::Torn => {
                let len = bytes.len() - offset;
                self.torn = Some(Torn { offset, len });
                Ok(None)
            }
            Found::Damaged(why) => Err(damaged(why.to_owned())),
        }
    }

    fn decode(&mut self, kind: u8, mut body: &[u8], file: &Bytes) -> Result<Record, String> {
        let since = take_varint(&mut body).ok_or("it has no time")?;
        self.at = self.at + Duration::from_nanos(since);
        Ok(match kind {
            kind::START => Record::Start(Box::new(decoded(body)?)),
            kind::SNAPSHOT => Record::Snapshot(body.to_vec()),
            kind::DATAGRAM => {
                let datagram = file.slice_ref(body);
                self.references.keep(&datagram);
                Record::Input(Input::Datagram(datagram))
            }
            kind::DELTA => {
                let datagram = self.references.decode(body);
                Record::Input(Input::Datagram(
                    datagram.ok_or("its datagram cannot be made")?,
                ))
            }
            kind::TIMEOUT if body.is_empty() => Record::Input(Input::Timeout),
            kind::INPUT => Record::Input(decoded(body)?),
            kind::MARK => Record::Mark(decoded(body)?),
            kind::HOST => Record::Host(decoded(body)?),
            kind::END => Record::End(String::from_utf8_lossy(body).into_owned()),
            other => return Err(format!("no record of kind {other} is known")),
        })
    }
}

/// A value from CBOR and nothing behind it.
pub(super) fn decoded<T: DeserializeOwned>(mut body: &[u8]) -> Result<T, String> {
    let value = ciborium::from_reader(&mut body).map_err(|error| match error {
        ciborium::de::Error::Semantic(_, why) => why,
        ciborium::de::Error::Io(_) => "it ends too early".to_owned(),
        other => other.to_string(),
    })?;
    if body.is_empty() {
        Ok(value)
    } else {
        Err(format!("{} bytes are left over", body.len()))
    }
}
