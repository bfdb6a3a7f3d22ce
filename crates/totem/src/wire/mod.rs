//! The bytes of Totem, one file a frame.
//!
//! All integers are little-endian; frames of big-endian senders are refused by name (a mixed ring cannot complete its
//! service synchronisation, so corosync does not support one either). Lengths and counts are checked before use.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod arena;
mod commit;
mod header;
mod hold;
mod join;
mod mcast;
mod merge;
pub mod packet;
mod reader;
pub mod service;
mod token;
mod writer;

use core::fmt;

use bytes::Bytes;

pub use arena::Arena;
pub use commit::{Commit, CommitEntry};
pub use header::{HEADER_LEN, Header, Kind, MAGIC, VERSION};
pub use hold::{HOLD_CANCEL_LEN, HoldCancel};
pub use join::Join;
pub use mcast::{ENCAPSULATED, MCAST_HEADER_LEN, Mcast, NORMAL};
pub use merge::MergeDetect;
pub use reader::Reader;
pub use token::{RTR_MAX, RetransmitRequest, Token};
pub use writer::Writer;

/// The most nodes that a corosync ring may have, and that a list in a frame may name.
pub const NODES_MAX: usize = 384;
/// The largest datagram that corosync accepts.
pub const DATAGRAM_MAX: usize = 65536;

/// One decoded datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The ORF token, type 0.
    Token(Token),
    /// A sequenced message, type 1.
    Mcast(Mcast),
    /// A representative's sign of life for other rings, type 2.
    MergeDetect(MergeDetect),
    /// A proposal of members, or a leave, type 3.
    Join(Join),
    /// The token that forms a ring, type 4.
    Commit(Commit),
    /// A request to let an idle token go, type 5.
    HoldCancel(HoldCancel),
}

impl Frame {
    /// Decodes one datagram; an [`Mcast`]'s payload shares its memory.
    ///
    /// Bytes after a frame's end are ignored as corosync does, except in an MCAST, whose payload extends to the end.
    pub fn decode(datagram: &Bytes) -> Result<Self, Malformed> {
        let mut r = Reader::new(datagram);
        let (kind, header) = Header::decode(&mut r)?;
        Ok(match kind {
            Kind::Token => Self::Token(Token::decode(header, &mut r)?),
            Kind::Mcast => Self::Mcast(Mcast::decode(header, &mut r, datagram)?),
            Kind::MergeDetect => Self::MergeDetect(MergeDetect::decode(header, &mut r)?),
            Kind::Join => Self::Join(Join::decode(header, &mut r)?),
            Kind::Commit => Self::Commit(Commit::decode(header, &mut r)?),
            Kind::HoldCancel => Self::HoldCancel(HoldCancel::decode(header, &mut r)?),
        })
    }

    /// The datagram that [`Frame::decode`] reads back.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Token(frame) => frame.encode(),
            Self::Mcast(frame) => frame.encode(),
            Self::MergeDetect(frame) => frame.encode(),
            Self::Join(frame) => frame.encode(),
            Self::Commit(frame) => frame.encode(),
            Self::HoldCancel(frame) => frame.encode(),
        }
    }

    /// The type in the frame's header.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Token(_) => Kind::Token,
            Self::Mcast(_) => Kind::Mcast,
            Self::MergeDetect(_) => Kind::MergeDetect,
            Self::Join(_) => Kind::Join,
            Self::Commit(_) => Kind::Commit,
            Self::HoldCancel(_) => Kind::HoldCancel,
        }
    }
}

/// Why bytes are not what they should be. A peer's mistake: counted and dropped, never an error of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// The bytes end too early.
    Truncated {
        /// Bytes that the next field needs.
        need: usize,
        /// Bytes that were left.
        have: usize,
    },
    /// The first bytes belong to something else.
    Foreign(Foreign),
    /// A Totem frame of another protocol version; ours is 3.
    Version(u8),
    /// A frame type that does not exist.
    Type(u8),
    /// A field's value is out of its range.
    OutOfRange {
        /// The field's name.
        field: &'static str,
        /// What it held; negative numbers appear as large ones.
        value: u64,
        /// The largest allowed value.
        max: u64,
    },
    /// Lengths inside the bytes do not add up to their whole.
    Length {
        /// The bytes that there are.
        have: usize,
        /// The bytes that the lengths promise.
        expected: usize,
    },
}

/// What foreign bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// A big-endian Totem sender.
    BigEndian,
    /// corosync 2.2.
    Corosync22,
    /// corosync 2.3 or later 2.x.
    Corosync23,
    /// A knet packet, or corosync 1.x.
    Knet,
    /// corosync 1.x (or openais).
    Corosync1,
    /// Nothing known, or encrypted.
    Unknown,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BigEndian => "a big-endian totem sender",
            Self::Corosync22 => "corosync 2.2",
            Self::Corosync23 => "corosync 2.3 or later 2.x",
            Self::Knet => "knet (or corosync 1.x)",
            Self::Corosync1 => "corosync 1.x",
            Self::Unknown => "unknown or encrypted bytes",
        })
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { need, have } => write!(
                f,
                "truncated: the next field needs {need} bytes, {have} are left"
            ),
            Self::Foreign(what) => write!(f, "foreign: {what}"),
            Self::Version(v) => write!(f, "totem version {v}, expected {VERSION}"),
            Self::Type(t) => write!(f, "unknown frame type {t}"),
            Self::OutOfRange { field, value, max } => {
                write!(f, "{field} is {value}, more than {max}")
            }
            Self::Length { have, expected } => write!(
                f,
                "{have} bytes, but the lengths inside add up to {expected}"
            ),
        }
    }
}

impl core::error::Error for Malformed {}
