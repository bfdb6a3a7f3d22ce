//! One thing that happened to a node.

use std::time::Duration;

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::{Map, Value};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Rings, verdicts, phases, what was dropped, what happened around the node.
    Rings,
    /// Groups and operators' calls, too, and where the digests were compared.
    Groups,
    /// Every datagram, timeout and message, too.
    Inputs,
}

/// Whether it is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Plain,
    Good,
    Warning,
    Bad,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The node's time.
    pub(crate) at: Duration,
    /// The host's clock, nanoseconds since 1970.
    pub(crate) wall: u64,
    pub(crate) detail: Detail,
    pub(crate) mood: Mood,
    /// One word that says what it is.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) text: String,
    /// For programs.
    pub(crate) values: Map<String, Value>,
}

impl Entry {
    /// Local time by the host's clock.
    pub(crate) fn local(&self) -> Zoned {
        local(self.wall)
    }
}

/// Local time.
pub(crate) fn local(wall: u64) -> Zoned {
    let nanos = i128::from(wall);
    let time = Timestamp::from_nanosecond(nanos).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::system())
}

/// What an entry says, without its time.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) detail: Detail,
    pub(super) mood: Mood,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) values: Map<String, Value>,
}

impl Told {
    /// Always told, and neither good nor bad news.
    pub(super) fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            detail: Detail::Rings,
            mood: Mood::Plain,
            kind,
            text: text.into(),
            values: Map::new(),
        }
    }

    pub(super) fn at(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    pub(super) fn mood(self, mood: Mood) -> Self {
        Self { mood, ..self }
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn timed(self, at: Duration, wall: u64) -> Entry {
        let Self {
            detail,
            mood,
            kind,
            text,
            values,
        } = self;
        Entry {
            at,
            wall,
            detail,
            mood,
            kind,
            text,
            values,
        }
    }
}
