//! What can be wrong with a journal.

use std::fmt;
use std::io;
use std::path::PathBuf;

use ringwright::ConfigError;

use super::head::FORMAT;

/// Why a journal cannot be read on.
#[derive(Debug)]
pub struct JournalError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What is wrong with a part.
#[derive(Debug)]
#[non_exhaustive]
pub enum Damage {
    /// It cannot be read at all.
    Io(io::Error),
    /// It does not begin as a journal does.
    NotAJournal,
    /// It is of a format that this version does not know.
    Format {
        /// The format.
        format: u32,
        /// The version that wrote it.
        version: String,
    },
    /// A record is not as it was written.
    Record {
        /// Where it begins, bytes from the beginning of the file.
        offset: usize,
        /// Its number, from 0, the head.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// The node does not start with the recorded configuration.
    Config(ConfigError),
    /// The snapshot is not one of this version's nodes.
    Snapshot {
        /// The version that wrote it.
        version: String,
        /// What is wrong.
        why: String,
    },
    /// An input was refused that the recorded node took.
    Refused {
        /// Its number in the life, from 1.
        input: u64,
        /// The version that wrote it.
        version: String,
        /// Why.
        why: String,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.damage)
    }
}

impl std::error::Error for JournalError {}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAJournal => f.write_str("not a journal: it does not begin as one"),
            Self::Format { format, version } => write!(
                f,
                "a journal of format {format}, written by ringwright {version}; this version, {}, reads format {FORMAT}",
                env!("CARGO_PKG_VERSION")
            ),
            Self::Record {
                offset,
                number,
                why,
            } => write!(f, "byte {offset}, record {number}: {why}"),
            Self::Config(error) => write!(f, "the recorded node does not start: {error}"),
            Self::Snapshot { version, why } => write!(
                f,
                "its snapshot, written by ringwright {version}, is not one that {} reads: {why}; \
                 replay it with that version",
                env!("CARGO_PKG_VERSION")
            ),
            Self::Refused {
                input,
                version,
                why,
            } => write!(
                f,
                "input {input} is refused ({why}), but ringwright {version}, which wrote it, took it"
            ),
        }
    }
}
