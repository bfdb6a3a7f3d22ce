//! What is done to a cluster, and who has to be in which ring after it.

use std::fmt;
use std::str::FromStr;

use ringwright::NodeId;
use serde::{Deserialize, Serialize};

/// A change that a cluster has to come to terms with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// All nodes start, within a tenth of a second.
    Boot,
    /// All others are in a ring when the last one starts.
    Join,
    /// A member leaves in order.
    Leave,
    /// A member's process is killed.
    Kill,
    /// A member is cut off from all others.
    Cut,
    /// A member that was cut off, and has a ring of its own, is reached again.
    Heal,
    /// The cluster is cut in two halves, each of which needs a ring of its own.
    Halves,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Boot,
        Self::Join,
        Self::Leave,
        Self::Kill,
        Self::Cut,
        Self::Heal,
        Self::Halves,
    ];

    /// As in `--faults`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Kill => "kill",
            Self::Cut => "cut",
            Self::Heal => "heal",
            Self::Halves => "halves",
        }
    }

    /// The rings in which those that are measured stand once it is over; `one` is the node that it befalls.
    pub(super) fn rings_after(self, all: &[NodeId], one: NodeId) -> Vec<Vec<NodeId>> {
        match self {
            Self::Boot | Self::Join | Self::Heal => vec![all.to_vec()],
            Self::Leave | Self::Kill | Self::Cut => vec![without(all, one)],
            Self::Halves => {
                let (one, other) = halves(all);
                vec![one.to_vec(), other.to_vec()]
            }
        }
    }
}

/// The larger half, then the smaller one.
pub(super) fn halves(all: &[NodeId]) -> (&[NodeId], &[NodeId]) {
    all.split_at(all.len().div_ceil(2))
}

pub(super) fn without(all: &[NodeId], one: NodeId) -> Vec<NodeId> {
    all.iter().copied().filter(|&node| node != one).collect()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not one of [`Fault::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(pub String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Fault::ALL.map(Fault::as_str).join(", ");
        write!(f, "unknown fault `{}`: known are {known}", self.0)
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let found = Self::ALL.into_iter().find(|fault| fault.as_str() == text);
        found.ok_or_else(|| UnknownFault(text.into()))
    }
}
