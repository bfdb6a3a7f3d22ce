//! Sequence numbers that wrap.

use core::fmt;

/// A message's or token's sequence number on a ring; compared by distance, so that 0 follows `u32::MAX`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Seq(pub u32);

impl Seq {
    /// The number before the first: what a fresh ring's token says of `aru`.
    pub const BEFORE_FIRST: Self = Self(u32::MAX);

    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The number `n` further.
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }

    /// Whether this comes later than `other`, at a distance of less than 2³¹.
    #[must_use]
    pub const fn follows(self, other: Self) -> bool {
        self.0 != other.0 && self.0.wrapping_sub(other.0) < 1 << 31
    }

    /// How far this is ahead of `base`; wraps when it is behind.
    #[must_use]
    pub const fn ahead_of(self, base: Self) -> u32 {
        self.0.wrapping_sub(base.0)
    }

    /// The later of two.
    #[must_use]
    pub const fn later(self, other: Self) -> Self {
        if self.follows(other) { self } else { other }
    }

    /// The earlier of two.
    #[must_use]
    pub const fn earlier(self, other: Self) -> Self {
        if self.follows(other) { other } else { self }
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Seq;

    #[test]
    fn zero_follows_the_number_before_the_first() {
        assert!(Seq(0).follows(Seq::BEFORE_FIRST));
        assert!(!Seq::BEFORE_FIRST.follows(Seq(0)));
        assert!(!Seq(7).follows(Seq(7)));
        assert_eq!(Seq(3).later(Seq(u32::MAX - 1)), Seq(3));
        assert_eq!(Seq(3).earlier(Seq(5)), Seq(3));
    }
}
