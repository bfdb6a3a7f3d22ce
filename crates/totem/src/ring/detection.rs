//! What starts the membership protocol before the token's time-out. It never excludes anybody by itself.

use core::time::Duration;

use super::timing::TimingKeys;
use crate::NodeId;

/// Something that the host knows of the way to the other nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Sign {
    /// The host of this node has refused a datagram of ours: it runs, and nothing listens there.
    Refused(NodeId),
    /// This node's own address or carrier is gone: nobody can be heard.
    Unplugged,
}

/// How early a node becomes suspicious, and how long it waits for those whom it suspects. corosync has none of this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Detection {
    /// `detect_refused`: whether [`Sign::Refused`] is acted upon. Default yes.
    pub refused: bool,
    /// `detect_unplugged`: whether [`Sign::Unplugged`] is. Default yes.
    pub unplugged: bool,
    /// `detect_silence`: without a token for so long, the ring is declared lost, also if `token` is longer; twice the longest
    /// way round of late, if that is more. Default: `token` as written, without what `token_coefficient` adds. Zero is
    /// off.
    pub silence: Duration,
    /// `detect_patience`: so long, and three JOINs, those who are suspected are waited for instead of `consensus`; twice as
    /// long if nobody at all answers. Default 300 ms. Zero is off.
    pub patience: Duration,
    /// `detect_pulse`: the token of an idle ring rests at most so long, also if `hold` is longer, and a token that was not
    /// accepted for half as long again is sent once more. Default 100 ms. Zero is off.
    pub pulse: Duration,
}

impl Detection {
    /// Nothing of it: as corosync.
    pub const OFF: Self = Self {
        refused: false,
        unplugged: false,
        silence: Duration::ZERO,
        patience: Duration::ZERO,
        pulse: Duration::ZERO,
    };

    /// `token` is the time-out as written, or its default, in milliseconds.
    pub(super) fn resolve(keys: &TimingKeys, token: u32) -> Self {
        let ms = |key: Option<u32>, default: u32| {
            Duration::from_millis(u64::from(key.unwrap_or(default)))
        };
        Self {
            refused: keys.detect_refused.unwrap_or(true),
            unplugged: keys.detect_unplugged.unwrap_or(true),
            silence: ms(keys.detect_silence, token),
            patience: ms(keys.detect_patience, 300),
            pulse: ms(keys.detect_pulse, 100),
        }
    }
}
