//! How the state of one action bears on another that is ordered with it.

use core::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// Effects of an order "first, then"; several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow(u32);

impl Flow {
    pub(crate) const NONE: Self = Self(0);
    /// Only the sequence, if both happen.
    pub(crate) const OPTIONAL: Self = Self(0x1);
    /// If the second is required, so is the first.
    pub(crate) const IMPLIES_FIRST: Self = Self(0x10);
    /// If the first is required, so is the second.
    pub(crate) const IMPLIES_THEN: Self = Self(0x20);
    /// As `IMPLIES_FIRST`, if the second's resource is promoted.
    pub(crate) const PROMOTED_IMPLIES_FIRST: Self = Self(0x40);
    /// As `IMPLIES_FIRST`, if the second is part of a migration.
    pub(crate) const IMPLIES_FIRST_MIGRATABLE: Self = Self(0x80);
    /// If the first cannot run, the second cannot.
    pub(crate) const RUNNABLE_LEFT: Self = Self(0x100);
    /// The second is pseudo only while the first can run.
    pub(crate) const PSEUDO_LEFT: Self = Self(0x200);
    /// As `IMPLIES_THEN`, for instances on the first's node only.
    pub(crate) const IMPLIES_THEN_ON_NODE: Self = Self(0x400);
    /// The first is a probe.
    pub(crate) const PROBE: Self = Self(0x800);
    /// A stop before the start of the same resource.
    pub(crate) const RESTART: Self = Self(0x1000);
    /// Never at the same time.
    pub(crate) const SERIALIZE: Self = Self(0x4000);
    /// Only if both are on one node.
    pub(crate) const SAME_NODE: Self = Self(0x8000);
    /// If the second is required, the first is shown.
    pub(crate) const FIRST_PRINTED: Self = Self(0x1_0000);
    /// If the first is required, the second is shown.
    pub(crate) const THEN_PRINTED: Self = Self(0x2_0000);
    /// One direction only.
    pub(crate) const ASYMMETRICAL: Self = Self(0x10_0000);
    /// Room must be made on the node first.
    pub(crate) const LOAD: Self = Self(0x20_0000);
    /// One of several firsts is enough.
    pub(crate) const ONE_OR_MORE: Self = Self(0x40_0000);
    /// From a colocation with −INFINITY.
    pub(crate) const ANTI_COLOCATION: Self = Self(0x80_0000);
    /// Kept although the resources are within one another.
    pub(crate) const PRESERVE: Self = Self(0x100_0000);
    /// If the second is required, the first is not needed.
    pub(crate) const THEN_CANCELS_FIRST: Self = Self(0x200_0000);

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Flow {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flow {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Flow {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Flow {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}
