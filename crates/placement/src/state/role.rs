//! What an instance does on a node.

/// A role, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Nothing is known.
    #[default]
    Unknown,
    /// It does not run.
    Stopped,
    /// It runs.
    Started,
    /// An instance of a promotable clone that runs without being promoted.
    Unpromoted,
    /// An instance of a promotable clone that is promoted.
    Promoted,
}

impl Role {
    /// Today's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Stopped => "Stopped",
            Self::Started => "Started",
            Self::Unpromoted => "Unpromoted",
            Self::Promoted => "Promoted",
        }
    }

    /// Today's names and the older ones, in any case.
    pub(crate) fn parse(s: &str) -> Option<Self> {
        const NAMES: [(&str, Role); 6] = [
            ("Stopped", Role::Stopped),
            ("Started", Role::Started),
            ("Unpromoted", Role::Unpromoted),
            ("Slave", Role::Unpromoted),
            ("Promoted", Role::Promoted),
            ("Master", Role::Promoted),
        ];
        NAMES
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(s))
            .map(|(_, r)| *r)
    }
}
