//! The reading order of the options: which refuse each other, which yield, and what votes and expected votes follow.
//!
//! Source: the reading of the configuration by corosync 3.1.7's votequorum, rules 1 to 18; the numbers in comments are
//! those of [`Refusal::rule`].

use alloc::vec::Vec;
use core::time::Duration;

use super::conflict::{Notice, Refusal};
use super::device::Device;
use super::options::{Options, TwoNode, millis};
use super::tally::{majority, stored};
use super::tie_breaker::TieBreaker;
use crate::NodeId;

/// The options in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of corosync.conf"
)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Settings {
    pub(super) two_node: u8,
    pub(super) two_node_semantics: TwoNode,
    pub(super) wait_for_all: u8,
    /// `wait_for_all` was not written down: it follows `two_node`.
    pub(super) wait_for_all_auto: bool,
    pub(super) last_man_standing: bool,
    pub(super) last_man_standing_window: Duration,
    pub(super) allow_downscale: bool,
    pub(super) tracking: bool,
    pub(super) tie_breaker: TieBreaker,
    /// As at start; a changed configuration returns to it.
    tie_breaker_initial: TieBreaker,
}

impl Settings {
    /// Rule 3: the options that cannot change while running.
    pub(super) fn at_start(options: &Options, notices: &mut Vec<Notice>) -> Self {
        let tie_breaker = match (options.auto_tie_breaker, &options.auto_tie_breaker_node) {
            (0, None) => TieBreaker::Off,
            (0, Some(_)) => {
                notices.push(Notice::TieBreakerNodeUnused);
                TieBreaker::Off
            }
            (_, None) => TieBreaker::Lowest,
            (_, Some(text)) => TieBreaker::parse(text).unwrap_or_else(|| {
                notices.push(Notice::TieBreakerNodeUnreadable);
                TieBreaker::Off
            }),
        };
        let allow_downscale = options.allow_downscale != 0;
        Self {
            two_node: 0,
            two_node_semantics: options.two_node_semantics,
            wait_for_all: options.wait_for_all.unwrap_or(0),
            wait_for_all_auto: options.wait_for_all.is_none(),
            last_man_standing: options.last_man_standing != 0,
            last_man_standing_window: millis(options.last_man_standing_window.unwrap_or(10_000)),
            allow_downscale,
            tracking: allow_downscale || options.expected_votes_tracking != 0,
            tie_breaker_initial: tie_breaker.clone(),
            tie_breaker,
        }
    }
}

/// What the nodelist says when this node is in it.
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Nodelist {
    own: u32,
    count: u32,
    sum: u32,
}

impl Nodelist {
    fn of(me: NodeId, options: &Options) -> Option<Self> {
        let own = options.nodes.iter().find(|(id, _)| *id == me)?.1;
        Some(Self {
            own,
            count: u32::try_from(options.nodes.len()).unwrap_or(u32::MAX),
            sum: options
                .nodes
                .iter()
                .fold(0, |sum, (_, votes)| sum.wrapping_add(*votes)),
        })
    }
}

/// Votes and expected votes of this node by configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct OwnVotes {
    pub(super) votes: u32,
    /// `None` leaves what is there.
    pub(super) expected: Option<u32>,
}

/// One reading of the options, at start or while running.
pub(super) struct Reading<'a> {
    pub(super) me: NodeId,
    pub(super) options: &'a Options,
    pub(super) settings: &'a mut Settings,
    pub(super) device: &'a mut Device,
    /// Whether our device is registered.
    pub(super) registered: bool,
    /// The highest expected votes that tracking remembers.
    pub(super) tracked: u32,
    pub(super) notices: &'a mut Vec<Notice>,
}

impl Reading<'_> {
    /// At start: the first contradiction refuses the whole.
    pub(super) fn at_start(mut self) -> Result<OwnVotes, Refusal> {
        let mut first = None;
        let own = self.read(&mut |refusal| {
            first.get_or_insert(refusal);
        });
        match (first, own) {
            (Some(refusal), _) => Err(refusal),
            (None, own) => Ok(own.expect("reading stops at contradictions only")),
        }
    }

    /// While running: contradictions become notices and, from rule 2 on, stop the device. `None` when reading stopped
    /// before the votes: they stay as they are.
    pub(super) fn at_runtime(mut self) -> Option<OwnVotes> {
        self.settings.tie_breaker = self.settings.tie_breaker_initial.clone();
        let mut contradictions = Vec::new();
        let own = self.read(&mut |refusal| contradictions.push(refusal));
        for refusal in contradictions {
            match refusal {
                Refusal::NothingExpected | Refusal::OddTieBreakerWithLastManStanding { .. } => {}
                // two_node has yielded to the device at work.
                Refusal::TwoNodeWithDevice if self.registered => {}
                _ => self.device.can_operate = false,
            }
            self.notices.push(Notice::Contradiction(refusal));
        }
        own
    }

    fn read(&mut self, refuse: &mut dyn FnMut(Refusal)) -> Option<OwnVotes> {
        let options = self.options;
        let nodelist = Nodelist::of(self.me, options);
        self.settings.two_node = options.two_node;
        if nodelist.is_none() && options.expected_votes == 0 {
            refuse(Refusal::NothingExpected); // 1
            self.keep_two_node_to_two_nodes(None);
            return None;
        }
        if options.device.is_some() {
            self.device.can_operate = true;
            if self.settings.two_node != 0 {
                refuse(Refusal::TwoNodeWithDevice); // 2
                if self.registered {
                    self.settings.two_node = 0;
                }
            }
        }
        if self.settings.wait_for_all_auto {
            self.settings.wait_for_all = self.settings.two_node; // 4
        }
        self.keep_two_node_to_two_nodes(nodelist.as_ref());
        if self.settings.two_node != 0 && self.settings.tie_breaker.is_on() {
            self.settings.two_node = 0; // 5
            self.notices.push(Notice::TwoNodeYields);
        }
        let sum = nodelist.as_ref().map_or(0, |list| list.sum);
        if self.settings.tie_breaker.is_on() && sum % 2 == 1 && self.settings.wait_for_all == 0 {
            if self.settings.last_man_standing {
                refuse(Refusal::OddTieBreakerWithLastManStanding { sum }); // 6
                return None;
            }
            self.settings.tie_breaker = TieBreaker::Off;
            self.notices.push(Notice::TieBreakerYields { sum });
        }
        self.check_device(nodelist.as_ref(), refuse); // 7 to 12
        Some(self.votes(nodelist.as_ref()))
    }

    /// Ours: see [`TwoNode::Strict`].
    fn keep_two_node_to_two_nodes(&mut self, nodelist: Option<&Nodelist>) {
        let nodes = nodelist.map_or(self.options.expected_votes, |list| list.count);
        let strict = self.settings.two_node_semantics == TwoNode::Strict;
        if strict && self.settings.two_node != 0 && nodes != 2 {
            self.settings.two_node = 0;
            self.notices.push(Notice::TwoNodeOff { nodes });
        }
    }

    fn check_device(&self, nodelist: Option<&Nodelist>, refuse: &mut dyn FnMut(Refusal)) {
        let Some(device) = self.options.device else {
            return;
        };
        let expected = self.options.expected_votes;
        let automatic = device.votes().is_none();
        // An automatic number of votes is -1 here, as unsigned.
        let left = expected
            .wrapping_sub(device.votes().unwrap_or(u32::MAX))
            .cast_signed();
        if self.settings.last_man_standing {
            refuse(Refusal::LastManStandingWithDevice); // 7
        }
        if self.settings.tie_breaker.is_on() {
            refuse(Refusal::TieBreakerWithDevice); // 8
        }
        if self.settings.allow_downscale {
            refuse(Refusal::DownscaleWithDevice); // 9
        }
        if expected != 0 && automatic {
            refuse(Refusal::DeviceVotesMissing); // 10
        }
        if let Some(&Nodelist {
            count: nodes, sum, ..
        }) = nodelist
            && automatic
            && nodes != sum
        {
            refuse(Refusal::DeviceVotesUnclear { nodes, sum }); // 11
        }
        if device.votes() != Some(0) && expected != 0 && left < 2 {
            refuse(Refusal::DeviceVotesTooMany {
                votes: device.votes(),
                expected,
            }); // 12
        }
    }

    /// Rules 13 to 17.
    fn votes(&mut self, nodelist: Option<&Nodelist>) -> OwnVotes {
        let configured = self.options.expected_votes;
        let mut sum = nodelist.map_or(0, |list| list.sum);
        let device = self
            .options
            .device
            .map(|device| match (device.votes(), nodelist) {
                (None, Some(list)) if configured == 0 && list.count == list.sum => {
                    let votes = sum.wrapping_sub(1);
                    sum = sum.wrapping_add(votes);
                    Some(votes) // 13
                }
                (votes, _) => votes,
            });
        let expected = if self.settings.tracking {
            if configured != 0 && configured != self.tracked {
                let tracked = self.tracked;
                self.notices.push(Notice::ExpectedVotesTracked {
                    configured,
                    tracked,
                });
            }
            self.tracked // 14
        } else {
            configured
        };
        self.device.configure(self.options.device.as_ref());
        match device {
            None => self.device.votes = 0,
            Some(Some(votes)) => self.device.votes = votes, // 17
            Some(None) => {}
        }
        let expected = match expected {
            0 => nodelist.is_some().then_some(sum),
            expected => Some(expected), // 16
        };
        self.warn_of_wrapping(expected.unwrap_or(0));
        OwnVotes {
            votes: nodelist.map_or(self.options.votes.unwrap_or(1), |list| list.own), // 15
            expected,
        }
    }

    fn warn_of_wrapping(&mut self, expected: u32) {
        let needed = majority(expected);
        let threshold = stored(needed);
        if needed != u32::from(threshold) {
            self.notices.push(Notice::ThresholdWraps {
                expected,
                threshold,
            });
        }
    }
}
