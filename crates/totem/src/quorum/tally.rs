//! The arithmetic: votes, the threshold, the verdict.
//!
//! Divisions truncate and sums wrap at 32 bits, the stored threshold at 8, as in corosync 3.1.7: a peer's absurd numbers
//! give the same verdict here as there, and never a panic.

use super::explain::Reason;
use super::node::flag;
use super::options::TwoNode;
use super::tie_breaker::{self, TieBreaker};
use super::{Output, Votequorum};

/// The sums over the present members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Tally {
    /// Votes of the members, and of the device if it casts them to us.
    pub(super) votes: u32,
    /// Members, and the device if it votes.
    pub(super) voters: u32,
    /// The highest of the members' expected votes.
    pub(super) highest: u32,
}

/// More than half of `votes`; wraps like corosync's.
pub(super) fn majority(votes: u32) -> u32 {
    votes.wrapping_add(2) / 2
}

/// What corosync keeps of a threshold.
pub(super) fn stored(threshold: u32) -> u8 {
    threshold.to_le_bytes()[0]
}

impl Votequorum {
    /// The members alone.
    pub(super) fn member_tally(&self) -> Tally {
        let mut tally = Tally {
            votes: 0,
            voters: 0,
            highest: 0,
        };
        for (_, node) in self.members() {
            tally.votes = tally.votes.wrapping_add(node.votes);
            tally.voters += 1;
            tally.highest = tally.highest.max(node.expected);
        }
        tally
    }

    /// The members, and our device if it votes for us.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = self.member_tally();
        if self.us().has(flag::DEVICE_CAST_VOTE) {
            tally.votes = tally.votes.wrapping_add(self.device.votes);
            tally.voters += 1;
        }
        tally
    }

    /// The votes that a partition with this tally needs; `expected`, unless 0, stands for what the members expect.
    pub(super) fn threshold(&self, tally: &Tally, allow_decrease: bool, expected: u32) -> u32 {
        if self.two_node_applies(tally.voters) {
            return 1;
        }
        let expected = if expected > 0 {
            expected
        } else {
            tally.highest
        };
        let needed = majority(expected).max(majority(tally.votes));
        if allow_decrease {
            needed
        } else {
            needed.max(u32::from(self.quorum))
        }
    }

    /// Whether one vote is enough for so many voters.
    pub(super) fn two_node_applies(&self, voters: u32) -> bool {
        let known = match self.settings.two_node_semantics {
            TwoNode::Strict => self.nodes.len() <= 2,
            TwoNode::Corosync => true,
        };
        self.settings.two_node != 0 && voters <= 2 && known
    }

    /// Counts again and decides. `by_nodes`: the members' expected votes become their number.
    pub(super) fn recalculate(&mut self, allow_decrease: bool, by_nodes: bool) {
        let device = u32::from(self.device.votes != 0);
        let votes = self.members().fold(self.device.votes, |sum, (_, node)| {
            sum.wrapping_add(node.votes)
        });
        let count = if by_nodes {
            self.members().fold(device, |count, _| count + 1)
        } else {
            0
        };
        if votes > self.us().expected {
            self.us_mut().expected = votes;
            self.output(Output::ExpectedVotes(votes));
        }
        if self.settings.tracking && self.us().expected > self.tracking_barrier {
            self.tracking_barrier = self.us().expected;
            self.output(Output::StoreTracking(self.tracking_barrier));
        }
        let floor = if self.settings.allow_downscale && allow_decrease && count != 0 {
            self.barrier
        } else {
            0
        };
        let tally = self.tally();
        self.quorum = stored(self.threshold(&tally, allow_decrease, count.max(floor)));
        if count != 0 {
            self.set_members_expected(count);
        }
        self.decide(&tally);
    }

    pub(super) fn set_members_expected(&mut self, votes: u32) {
        for node in self.nodes.values_mut().filter(|node| node.is_member()) {
            node.expected = votes;
        }
    }

    fn decide(&mut self, tally: &Tally) {
        if self.settings.wait_for_all != 0 && self.waiting == Some(true) {
            if tally.votes != self.us().expected {
                self.reason = Reason::WaitForAll;
                return;
            }
            self.set_waiting(false);
        }
        if u32::from(self.quorum) <= tally.votes {
            self.extremes = tie_breaker::extremes(self.members().map(|(id, _)| id));
        }
        self.reason = self.judge(tally);
        let quorate = self.reason.is_quorate();
        let changed = quorate != self.quorate;
        self.quorate = quorate;
        self.us_mut().set(flag::QUORATE, quorate);
        if self.settings.wait_for_all != 0 {
            self.set_waiting(!quorate);
        }
        if changed && self.sync.is_none() {
            self.publish();
        }
    }

    /// The verdict on a partition with this tally, once nobody is waited for.
    fn judge(&self, tally: &Tally) -> Reason {
        if u32::from(self.quorum) <= tally.votes {
            if self.two_node_applies(tally.voters) {
                Reason::TwoNode
            } else {
                Reason::Majority
            }
        } else if self.tie_is_ours(tally) {
            Reason::TieBreaker
        } else if self.device.master_wins == Some(true) && self.some_master_wins() {
            Reason::MasterWins
        } else {
            Reason::Minority
        }
    }

    /// Exactly half of the votes, not after losing too much at once, and with the tie breaker node.
    fn tie_is_ours(&self, tally: &Tally) -> bool {
        self.settings.tie_breaker.is_on()
            && tally.votes == self.us().expected / 2
            && self.previous.len() < self.ring_members.len() + usize::from(self.quorum)
            && self.has_tie_breaker()
    }

    fn has_tie_breaker(&self) -> bool {
        let member = |id| {
            self.nodes
                .get(&id)
                .is_some_and(super::node::Node::is_member)
        };
        match &self.settings.tie_breaker {
            TieBreaker::Off => false,
            TieBreaker::Lowest => self.extremes.is_some_and(|(lowest, _)| member(lowest)),
            TieBreaker::Highest => self.extremes.is_some_and(|(_, highest)| member(highest)),
            TieBreaker::List(list) => {
                tie_breaker::list_wins(list, &self.ring_members, &self.previous)
            }
        }
    }

    fn some_master_wins(&self) -> bool {
        const BOTH: u32 = flag::DEVICE_MASTER_WINS | flag::DEVICE_CAST_VOTE;
        self.members().any(|(_, node)| node.has(BOTH))
    }

    pub(super) fn set_waiting(&mut self, waiting: bool) {
        self.waiting = Some(waiting);
        self.us_mut().set(flag::WAITING, waiting);
    }
}
