//! The configuration version that members compare when they meet (service 0, cmap).

/// Whether this node may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Stay,
    /// A freshly started node with another version than the newest must not join.
    Leave {
        /// Ours.
        own: u64,
        /// The highest among the members.
        highest: u64,
    },
}

/// Compares `totem.config_version` once: in the first synchronisation in which this node meets others, or returns.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct ConfigVersion {
    own: u64,
    highest: u64,
    checked: bool,
}

impl ConfigVersion {
    /// `own` is the configured version, 0 for none.
    #[must_use]
    pub fn new(own: u64) -> Self {
        Self {
            own,
            highest: own,
            checked: false,
        }
    }

    /// Our version.
    #[must_use]
    pub fn own(&self) -> u64 {
        self.own
    }

    /// A synchronisation starts.
    pub fn init(&mut self) {
        self.highest = self.own;
    }

    /// Another member's version.
    pub fn on_version(&mut self, version: u64) {
        self.highest = self.highest.max(version);
    }

    /// All versions are known; `transitional` tells whether anybody, this node included, comes from a ring with us.
    pub fn activate(&mut self, transitional: bool) -> Verdict {
        if !transitional || core::mem::replace(&mut self.checked, true) {
            return Verdict::Stay;
        }
        let Self { own, highest, .. } = *self;
        if own != 0 && highest != own {
            Verdict::Leave { own, highest }
        } else {
            Verdict::Stay
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_node_with_an_older_version_leaves() {
        let mut fresh = ConfigVersion::new(6);
        fresh.init();
        assert_eq!(fresh.activate(false), Verdict::Stay);
        fresh.init();
        fresh.on_version(7);
        assert_eq!(fresh.activate(true), Verdict::Leave { own: 6, highest: 7 });

        let mut newer = ConfigVersion::new(8);
        newer.init();
        newer.on_version(7);
        assert_eq!(newer.activate(true), Verdict::Stay);
        newer.on_version(9);
        assert_eq!(
            newer.activate(true),
            Verdict::Stay,
            "only the first meeting counts"
        );

        let mut unversioned = ConfigVersion::new(0);
        unversioned.on_version(7);
        assert_eq!(unversioned.activate(true), Verdict::Stay);
    }
}
