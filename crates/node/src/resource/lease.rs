//! What came of renewing a lease.

use core::fmt;

/// What came of renewing the lease of one resource. Whatever it was, the resource is held no longer than the latest
/// `until` that was [`Renewal::Renewed`], or that it was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Renewal {
    /// It may be held until the end asked for.
    Renewed,
    /// The end asked for was past, or too near for the kernel's seconds: nothing was changed.
    TooLate,
    /// The resource is not held any more: its last lease ran out, or somebody took it away. It is not brought back.
    Lost,
    /// The kernel refused; the last lease stands.
    Failed,
}

impl fmt::Display for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Renewed => "renewed",
            Self::TooLate => "too late",
            Self::Lost => "lost",
            Self::Failed => "failed",
        })
    }
}
