//! A verdict that explains itself.

use alloc::vec::Vec;
use core::fmt;

use super::Votequorum;
use crate::NodeId;

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Reason {
    /// Nothing has been counted yet: the first ring is still forming.
    Undecided,
    /// `wait_for_all`: not all votes have been together since the start, or since quorum was lost.
    WaitForAll,
    /// The votes reach the threshold.
    Majority,
    /// `two_node`: one vote is enough.
    TwoNode,
    /// `auto_tie_breaker`: exactly half of the votes, with the tie breaker node.
    TieBreaker,
    /// The quorum device's vote is enough.
    MasterWins,
    /// The votes do not reach the threshold.
    Minority,
}

impl Reason {
    /// Whether this reason makes a partition quorate.
    #[must_use]
    pub fn is_quorate(self) -> bool {
        match self {
            Self::Undecided | Self::WaitForAll | Self::Minority => false,
            Self::Majority | Self::TwoNode | Self::TieBreaker | Self::MasterWins => true,
        }
    }
}

/// Why a partition is quorate or not. Its [`Display`](fmt::Display) is plain English, one fact a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The verdict.
    pub quorate: bool,
    /// The rule that decided.
    pub reason: Reason,
    /// Votes seen, with the quorum device's if it votes for us.
    pub votes: u32,
    /// The quorum device's part of them.
    pub device_votes: u32,
    /// Votes needed.
    pub needed: u32,
    /// Votes expected.
    pub expected: u32,
    /// The ring's members whose votes are counted.
    pub voters: Vec<NodeId>,
    /// Members of the ring that have not introduced themselves: they count for nothing.
    pub silent: Vec<NodeId>,
    /// What would change the verdict.
    pub changes: Vec<Change>,
}

/// Something that would change the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many more votes join.
    Gain(u32),
    /// So many votes are lost.
    Lose(u32),
    /// A quorate node joins.
    QuorateNodeJoins,
    /// An operator cancels waiting for all.
    CancelWaitForAll,
    /// An operator lowers the expected votes to this.
    LowerExpected(u32),
    /// The tie breaker node is lost.
    LoseTieBreaker,
    /// The quorum device takes its vote back.
    LoseDevice,
}

impl Votequorum {
    /// Why the verdict is what it is. Changes nothing.
    pub fn explain(&self) -> Why {
        let tally = self.tally();
        let needed = u32::from(self.quorum);
        let missing = needed.saturating_sub(tally.votes);
        let expected = self.us().expected;
        let changes = match self.reason {
            Reason::Undecided => Vec::new(),
            Reason::WaitForAll => [
                Change::Gain(expected.saturating_sub(tally.votes)),
                Change::QuorateNodeJoins,
                Change::CancelWaitForAll,
            ]
            .into(),
            // The threshold falls to what is left only by an operator's hand.
            Reason::Majority => [Change::Lose(
                tally.votes.saturating_sub(needed).saturating_add(1),
            )]
            .into(),
            Reason::TwoNode => [Change::Lose(tally.votes)].into(),
            Reason::TieBreaker => [Change::LoseTieBreaker, Change::Lose(1)].into(),
            Reason::MasterWins => [Change::LoseDevice].into(),
            Reason::Minority if tally.votes > 0 => {
                [Change::Gain(missing), Change::LowerExpected(tally.votes)].into()
            }
            Reason::Minority => [Change::Gain(missing)].into(),
        };
        Why {
            quorate: self.quorate,
            reason: self.reason,
            votes: tally.votes,
            device_votes: tally.votes.wrapping_sub(self.member_tally().votes),
            needed,
            expected,
            voters: self.voters().collect(),
            silent: self.silent().collect(),
            changes,
        }
    }

    fn silent(&self) -> impl Iterator<Item = NodeId> {
        let speaks = |id| self.nodes.get(id).is_some_and(super::node::Node::is_member);
        self.ring_members
            .iter()
            .filter(move |id| !speaks(id))
            .copied()
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            votes,
            needed,
            expected,
            ..
        } = self;
        f.write_str(if self.quorate {
            "Quorate: "
        } else {
            "Not quorate: "
        })?;
        match self.reason {
            Reason::Undecided => writeln!(f, "no votes have been counted yet")?,
            Reason::WaitForAll => writeln!(
                f,
                "waiting for all {expected} expected votes to be together once; {votes} are here (wait_for_all)"
            )?,
            Reason::Majority | Reason::Minority => writeln!(
                f,
                "{votes} votes of {expected} expected, {needed} are needed"
            )?,
            Reason::TwoNode => writeln!(
                f,
                "one vote is enough in a partition of two nodes or one (two_node)"
            )?,
            Reason::TieBreaker => writeln!(
                f,
                "{votes} votes are half of {expected} expected, and the tie breaker node is here (auto_tie_breaker)"
            )?,
            Reason::MasterWins => writeln!(
                f,
                "{votes} votes are fewer than the {needed} needed, but the quorum device's vote is enough (master wins)"
            )?,
        }
        write!(f, "Votes counted from nodes: {}", List(&self.voters))?;
        if self.device_votes > 0 {
            write!(f, ", and {} from the quorum device", self.device_votes)?;
        }
        writeln!(f)?;
        if !self.silent.is_empty() {
            writeln!(
                f,
                "In the ring without having told their votes: {}",
                List(&self.silent)
            )?;
        }
        self.changes
            .iter()
            .try_for_each(|change| writeln!(f, "Would change it: {change}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gain(votes) => write!(f, "{votes} more {}", noun(*votes)),
            Self::Lose(votes) => write!(f, "the loss of {votes} {}", noun(*votes)),
            Self::QuorateNodeJoins => f.write_str("a quorate node joining"),
            Self::CancelWaitForAll => f.write_str("an operator cancelling wait_for_all"),
            Self::LowerExpected(votes) => {
                write!(f, "an operator lowering the expected votes to {votes}")
            }
            Self::LoseTieBreaker => f.write_str("the loss of the tie breaker node"),
            Self::LoseDevice => f.write_str("the quorum device taking its vote back"),
        }
    }
}

fn noun(votes: u32) -> &'static str {
    if votes == 1 { "vote" } else { "votes" }
}

/// Ids with commas between.
struct List<'a>(&'a [NodeId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        self.0.iter().enumerate().try_for_each(|(i, id)| match i {
            0 => write!(f, "{id}"),
            _ => write!(f, ", {id}"),
        })
    }
}
