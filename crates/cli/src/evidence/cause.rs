//! The known causes of a split.

use super::fact::Mark;

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    H,
}

impl Cause {
    pub(super) const ALL: [Self; 8] = [
        Self::A,
        Self::B,
        Self::C,
        Self::D,
        Self::E,
        Self::F,
        Self::G,
        Self::H,
    ];

    /// In a few words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A => "interface reconfigured under a running daemon",
            Self::B => "a second owner of a node's address",
            Self::C => "packets lost on one path or in one direction",
            Self::D => "address not there when the daemon started",
            Self::E => "configuration, port or key not the same everywhere",
            Self::F => "a machine or process stood still",
            Self::G => "random packet loss",
            Self::H => "start order, or one address on every node",
        }
    }
}

/// Which way the evidence points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It looks as the cause would make it look.
    Supported,
    /// It cannot look so if the cause were at work.
    RuledOut,
    /// It says nothing on it.
    Silent,
}

/// A sentence, and when what it is about was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reason {
    pub(crate) at: Option<Mark>,
    pub(crate) text: String,
}

/// What the evidence says of a cause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) cause: Cause,
    pub(crate) finding: Finding,
    pub(crate) reasons: Vec<Reason>,
}
