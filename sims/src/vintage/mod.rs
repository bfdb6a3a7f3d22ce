//! How corosync behaved, where that matters to a split, and how ringwright does.
//!
//! Source: corosync 2.3.3, 2.4.3 and 3.1.7 as measured on hosts in network namespaces. This is history: nothing of it is
//! in the crates that are shipped.

mod loopback;
mod start;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ringwright::quorum::TwoNode;
use ringwright::ring::timing::TimingKeys;
use serde::{Deserialize, Serialize};

use crate::rng::Rng;

pub(crate) use loopback::{Look, Loopback};
pub(crate) use start::{Boot, Start, meant, plain_address, start};

/// What a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Vintage {
    /// corosync 2.3.3.
    Corosync2_3_3,
    /// corosync 2.4.3.
    Corosync2_4_3,
    /// corosync 3.1.7.
    Corosync3_1_7,
    /// This project.
    Ringwright,
}

impl Vintage {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [
        Self::Corosync2_3_3,
        Self::Corosync2_4_3,
        Self::Corosync3_1_7,
        Self::Ringwright,
    ];
    /// The corosyncs.
    pub const COROSYNC: [Self; 3] = [
        Self::Corosync2_3_3,
        Self::Corosync2_4_3,
        Self::Corosync3_1_7,
    ];
    /// The corosyncs that fall back to 127.0.0.1.
    pub const COROSYNC_2: [Self; 2] = [Self::Corosync2_3_3, Self::Corosync2_4_3];

    /// As in `--vintage`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corosync2_3_3 => "2.3.3",
            Self::Corosync2_4_3 => "2.4.3",
            Self::Corosync3_1_7 => "3.1.7",
            Self::Ringwright => "ringwright",
        }
    }

    /// Whether a daemon that finds its interface gone closes its socket and listens on 127.0.0.1.
    #[must_use]
    pub fn falls_back_to_loopback(self) -> bool {
        Self::COROSYNC_2.contains(&self)
    }

    /// Whether udpu seals datagrams unless told otherwise.
    #[must_use]
    pub fn seals(self) -> bool {
        Self::COROSYNC_2.contains(&self)
    }

    /// Whether datagrams of addresses outside the nodelist are dropped.
    #[must_use]
    pub fn blocks_unlisted(self) -> bool {
        !Self::COROSYNC_2.contains(&self)
    }

    /// Whether a daemon asks its kernel for refusals of what it sent.
    #[must_use]
    pub fn hears_refusals(self) -> bool {
        self == Self::Ringwright
    }

    /// When one vote is enough with `two_node: 1`, as this file says it.
    #[must_use]
    pub fn two_node(self, written: TwoNode) -> TwoNode {
        match self {
            Self::Ringwright => written,
            _ => TwoNode::Corosync,
        }
    }

    /// The timing keys with this vintage's defaults: a token of 1000 ms in 2.3.3, with 650 ms for each node beyond two
    /// in 2.4.3, of 3000 ms and those since 3.1.
    #[must_use]
    pub fn timing_keys(self, written: &TimingKeys) -> TimingKeys {
        let mut keys = written.clone();
        if Self::COROSYNC_2.contains(&self) {
            keys.token = keys.token.filter(|&token| token != 0).or(Some(1000));
        }
        if self == Self::Corosync2_3_3 {
            keys.token_coefficient = Some(0);
        }
        keys
    }

    /// How long after its start a daemon looks for its own address: corosync loads its services first. An address that
    /// came 0.1 s late was found in 12 of 12 trials, one that came 0.3 s late in none of 8.
    #[must_use]
    pub fn looks_after(self, rng: &mut Rng) -> Duration {
        match self {
            Self::Ringwright => Duration::ZERO,
            _ => Duration::from_millis(100) + rng.duration(Duration::from_millis(200)),
        }
    }
}

impl fmt::Display for Vintage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not one of [`Vintage::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVintage(pub String);

impl fmt::Display for UnknownVintage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Vintage::ALL.map(Vintage::as_str).join(", ");
        write!(f, "unknown vintage `{}`: known are {known}", self.0)
    }
}

impl std::error::Error for UnknownVintage {}

impl FromStr for Vintage {
    type Err = UnknownVintage;

    fn from_str(text: &str) -> Result<Self, UnknownVintage> {
        let found = Self::ALL.into_iter().find(|v| v.as_str() == text);
        found.ok_or_else(|| UnknownVintage(text.into()))
    }
}

impl From<Vintage> for String {
    fn from(vintage: Vintage) -> Self {
        vintage.as_str().into()
    }
}

impl TryFrom<String> for Vintage {
    type Error = UnknownVintage;

    fn try_from(text: String) -> Result<Self, UnknownVintage> {
        text.parse()
    }
}
