//! The file as corosync's daemon sees it: one flat map of typed values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Span;
use crate::schema::Key;

/// A value with corosync's type for its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text; every key without a type of its own.
    Str(String),
    /// 0..=255
    U8(u8),
    /// 0..=65535
    U16(u16),
    /// 0..=2³²−1
    U32(u32),
    /// −2³¹..2³¹
    I32(i32),
    /// 0..2⁶⁴; a negative number wraps around, as in corosync.
    U64(u64),
}

impl Value {
    /// The type as corosync-cmapctl names it: `str`, `u8`, `u16`, `u32`, `i32`, `u64`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Str(_) => "str",
            Self::U8(_) => "u8",
            Self::U16(_) => "u16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::U64(_) => "u64",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => f.write_str(text),
            Self::U8(n) => n.fmt(f),
            Self::U16(n) => n.fmt(f),
            Self::U32(n) => n.fmt(f),
            Self::I32(n) => n.fmt(f),
            Self::U64(n) => n.fmt(f),
        }
    }
}

/// A key of the [`Cmap`]: its last value, and where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// The place of the key.
    pub key_span: Span,
    /// The place of the value; empty, after the colon, for an empty value.
    pub span: Span,
    pub(crate) row: Option<&'static Key>,
}

/// The keys of a corosync.conf by their paths, such as `totem.interface.0.mcastport` or `nodelist.node.2.ring0_addr`.
///
/// Later keys replace earlier ones; sections of one name merge; the nodes of a second `nodelist` count from 0 again and
/// overlay those of the first. Source: corosync 3.1.7 as measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cmap {
    entries: BTreeMap<String, Entry>,
    sections: BTreeMap<String, Span>,
    /// Keys that are there with a value that is none.
    refused: BTreeSet<String>,
}

impl Cmap {
    /// The entry at this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The text at this path; `None` if there is none or it is a number.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match &self.get(path)?.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The u8 at this path; `None` if there is none or it has another type.
    #[must_use]
    pub fn u8(&self, path: &str) -> Option<u8> {
        match self.get(path)?.value {
            Value::U8(n) => Some(n),
            _ => None,
        }
    }

    /// The u16 at this path; `None` if there is none or it has another type.
    #[must_use]
    pub fn u16(&self, path: &str) -> Option<u16> {
        match self.get(path)?.value {
            Value::U16(n) => Some(n),
            _ => None,
        }
    }

    /// The u32 at this path; `None` if there is none or it has another type.
    #[must_use]
    pub fn u32(&self, path: &str) -> Option<u32> {
        match self.get(path)?.value {
            Value::U32(n) => Some(n),
            _ => None,
        }
    }

    /// The u64 at this path; `None` if there is none or it has another type.
    #[must_use]
    pub fn u64(&self, path: &str) -> Option<u64> {
        match self.get(path)?.value {
            Value::U64(n) => Some(n),
            _ => None,
        }
    }

    /// All paths and entries, ordered by path as text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// The entries whose paths start with `prefix`, in the same order, with the rest of their paths.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        let from = self.entries.range::<str, _>((
            std::ops::Bound::Included(prefix),
            std::ops::Bound::Unbounded,
        ));
        from.map_while(move |(path, entry)| Some((path.strip_prefix(prefix)?, entry)))
    }

    /// The name of the first section of this path, such as `totem` or `nodelist.node.1`.
    #[must_use]
    pub fn section(&self, path: &str) -> Option<Span> {
        self.sections.get(path).copied()
    }

    /// The place to point at for a path: its value, otherwise the innermost section around it that exists, otherwise the
    /// start of the file.
    #[must_use]
    pub fn place(&self, path: &str) -> Span {
        if let Some(entry) = self.get(path) {
            return entry.span;
        }
        let mut outer = std::iter::successors(Some(path), |path| {
            path.rsplit_once('.').map(|(outer, _)| outer)
        });
        outer
            .find_map(|path| self.section(path))
            .unwrap_or_default()
    }

    pub(crate) fn insert(&mut self, path: String, entry: Entry) {
        self.entries.insert(path, entry);
    }

    pub(crate) fn open(&mut self, path: String, name: Span) {
        self.sections.entry(path).or_insert(name);
    }

    pub(crate) fn refuse(&mut self, path: String) {
        self.refused.insert(path);
    }

    /// Whether a key is there with a value that has been reported as none: nothing more needs to be said of it.
    pub(crate) fn is_refused(&self, path: &str) -> bool {
        self.refused.contains(path)
    }
}
