//! What is known of one voter.

/// The flags of a NODEINFO message and of a node's record.
///
/// Source: the node flags of corosync 3.1.7's votequorum.
pub mod flag {
    /// The node was quorate when it sent this.
    pub const QUORATE: u32 = 1;
    /// The node is leaving cleanly.
    pub const LEAVING: u32 = 2;
    /// The node still waits for all nodes.
    pub const WAITING: u32 = 4;
    /// The node has not yet been in a ring with another one.
    pub const FIRST: u32 = 8;
    /// The node's quorum device is registered.
    pub const DEVICE_REGISTERED: u32 = 16;
    /// The node's quorum device has polled in time.
    pub const DEVICE_ALIVE: u32 = 32;
    /// The node's quorum device gives its vote to the node.
    pub const DEVICE_CAST_VOTE: u32 = 64;
    /// The node's quorum device may decide alone.
    pub const DEVICE_MASTER_WINS: u32 = 128;
    /// All that belong to the quorum device.
    pub const DEVICE: u32 =
        DEVICE_REGISTERED | DEVICE_ALIVE | DEVICE_CAST_VOTE | DEVICE_MASTER_WINS;
}

/// Where a node once heard of is now. The numbers are those of `votequorum_getinfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum NodeState {
    /// In the ring, and it has said how many votes it has.
    Member = 1,
    /// Gone from the ring.
    Dead = 2,
    /// It announced a clean exit.
    Leaving = 3,
}

/// The record of one voter. Records are never removed: a node once heard of stays as dead or leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Node {
    pub(super) state: NodeState,
    pub(super) votes: u32,
    pub(super) expected: u32,
    pub(super) flags: u32,
}

impl Node {
    /// A node that has just been heard of.
    pub(super) const UNKNOWN: Self = Self {
        state: NodeState::Dead,
        votes: 0,
        expected: 0,
        flags: 0,
    };

    pub(super) fn is_member(&self) -> bool {
        self.state == NodeState::Member
    }

    pub(super) fn has(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }

    pub(super) fn set(&mut self, flags: u32, on: bool) {
        if on {
            self.flags |= flags;
        } else {
            self.flags &= !flags;
        }
    }
}
