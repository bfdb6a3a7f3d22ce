//! What is remembered of every node that was ever a member.

/// Whether a node is in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum MemberState {
    /// It is.
    Joined,
    /// It was.
    Left,
}

/// A node that is or was a member: the `runtime.members` keys of corosync.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Member {
    /// Whether it is in the ring.
    pub state: MemberState,
    /// How often it joined.
    pub join_count: u32,
    /// Its `totem.config_version`, 0 for none; `None` before it told.
    pub config_version: Option<u64>,
}
