//! What a node was told and when, kept in files, so that its past can be played again.
//!
//! A node is a fold over its timed inputs: [`Journal`] writes them down while the node runs, and [`replay`] feeds them to
//! the same core, which then does the same. Outputs are not kept; a [`Mark`] now and then has a digest of them, so that
//! a replay that goes another way is noticed, and where.
//!
//! A journal is a row of **parts**, files of a bounded size, of which the oldest are deleted. Each can be played by itself:
//! it begins with the node's start, or with a snapshot of the running node. Its bytes:
//!
//! ```text
//! ringwright journal FORMAT VERSION⏎       a line of text: the format's number and the version that wrote it
//! record …                                 the first is a Head, the second a Start or a Snapshot
//!
//! kind      u8
//! length    varint, of the body
//! check     u8, of the two before: a damaged length is not followed
//! body      records after the head: a varint, the nanoseconds since the record before; then what the kind says
//! checksum  u32, little endian: XXH3 of the record, seeded with the sum of the one before
//! ```
//!
//! | kind | body |
//! |---|---|
//! | 0 head | CBOR of [`Head`] |
//! | 1 start | CBOR of [`Start`] |
//! | 2 snapshot | CBOR of `Node` |
//! | 3 datagram | its bytes |
//! | 4 datagram | where it differs from the last short one with the same fourth byte, a frame's type: see `delta` |
//! | 5 timeout | nothing |
//! | 6 input | CBOR of any other `Input` |
//! | 7 mark | CBOR of [`Mark`] |
//! | 8 host | CBOR of [`HostEvent`] |
//! | 9 end | why, as text |
//!
//! Since each checksum depends on all records before, none can be missing, twice or in another place unnoticed. What a crash
//! leaves of the last record, or a file system's zeros behind it, is a torn tail: told and ignored. Any other damage is an
//! error with its place.

mod chain;
mod delta;
mod digest;
mod error;
mod files;
mod head;
mod part;
mod reader;
mod recorder;
mod replay;

pub use digest::Digest;
pub use error::{Damage, JournalError};
pub use files::{JOURNAL_SIZE_DEFAULT, JOURNAL_SIZE_MIN, parts};
pub use head::{Continuation, FORMAT, Head, HostEvent, Mark, Record, Start};
pub use part::{PartWriter, sealed};
pub use reader::{PartReader, Torn};
pub use recorder::Journal;
pub use replay::{Difference, How, Moment, Outcome, Place, What, node_of, replay};
