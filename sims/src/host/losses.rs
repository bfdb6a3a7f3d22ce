//! Datagrams that were lost, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ringwright::{Instant, NodeId};
use serde::{Deserialize, Serialize};

/// Why a datagram was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The direction was cut.
    Cut,
    /// The network lost it by chance.
    Loss,
    /// It was longer than the direction lets through.
    TooLong,
    /// It was one of those that the script wanted lost.
    Chosen,
    /// The sender's own address was away.
    Away,
    /// Nobody answered for the address.
    NoOwner,
    /// It went to a second owner of the address.
    WrongOwner,
    /// Nothing was bound to the address and port.
    NotBound,
    /// The sender's address was not in the receiver's nodelist.
    Unlisted,
    /// It was sealed otherwise than the receiver expects.
    WrongKey,
    /// The receiver's socket was full.
    Full,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "cut",
            Self::Loss => "lost by chance",
            Self::TooLong => "too long",
            Self::Chosen => "chosen to be lost",
            Self::Away => "sender's address away",
            Self::NoOwner => "no owner of the address",
            Self::WrongOwner => "wrong owner of the address",
            Self::NotBound => "nothing bound",
            Self::Unlisted => "sender not listed",
            Self::WrongKey => "wrong key",
            Self::Full => "socket full",
        })
    }
}

/// Losses are counted by slots of this length.
pub const SLOT: Duration = Duration::from_millis(100);

/// Counts by slot, sender, receiver and cause. The receiver is the machine that the datagram was meant for; 0 if no
/// machine is meant to have the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The counts; a slot is a time divided by [`SLOT`].
    pub counts: BTreeMap<(u32, NodeId, NodeId, Cause), u32>,
}

impl Losses {
    pub(super) fn count(&mut self, at: Instant, from: NodeId, to: NodeId, cause: Cause) {
        let slot = at.as_nanos() / u64::try_from(SLOT.as_nanos()).unwrap_or(u64::MAX);
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        *self.counts.entry((slot, from, to, cause)).or_default() += 1;
    }
}
