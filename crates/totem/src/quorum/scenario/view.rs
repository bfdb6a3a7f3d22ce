//! What one node of a played history shows.

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::fmt;

use crate::NodeId;

/// What a node shows after a step: its answer about itself, and what it told the quorum service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Its verdict.
    pub quorate: bool,
    /// The votes that it expects.
    pub expected: u32,
    /// The highest expected votes of its members.
    pub highest: u32,
    /// The votes seen.
    pub total: u32,
    /// The votes needed.
    pub quorum: u32,
    /// Bits of [`info_flag`](crate::quorum::info_flag).
    pub flags: u32,
    /// Its own votes.
    pub votes: u32,
    /// The quorum device's votes.
    pub qdevice_votes: u32,
    /// The ring last told to the quorum service; empty before the first.
    pub members: Vec<NodeId>,
    /// The partition that it is in.
    pub partition: u32,
    /// Whether it waits for all; `None` when it never did.
    pub wfa_status: Option<bool>,
    /// The floor of `allow_downscale`.
    pub ev_barrier: Option<u32>,
    /// Each verdict with its ring told to the quorum service in this step.
    pub callbacks: Vec<(bool, Vec<NodeId>)>,
}

impl View {
    /// Where `got` differs from this record of `node`: name, recorded, got.
    pub(super) fn differences(
        &self,
        node: NodeId,
        got: &Self,
    ) -> Vec<(&'static str, String, String)> {
        self.fields(node)
            .into_iter()
            .zip(got.fields(node))
            .filter(|((_, recorded), (_, got))| recorded != got)
            .map(|((name, recorded), (_, got))| (name, recorded, got))
            .collect()
    }

    fn fields(&self, node: NodeId) -> [(&'static str, String); 13] {
        // Before the first verdict a node is alone, whether it says so or not.
        let members = if self.members.is_empty() {
            vec![node]
        } else {
            self.members.clone()
        };
        [
            ("quorate", format!("{}", self.quorate)),
            ("expected", format!("{}", self.expected)),
            ("highest", format!("{}", self.highest)),
            ("total", format!("{}", self.total)),
            ("quorum", format!("{}", self.quorum)),
            ("flags", format!("{}", self.flags)),
            ("votes", format!("{}", self.votes)),
            ("qdevice_votes", format!("{}", self.qdevice_votes)),
            ("members", format!("{members:?}")),
            ("partition", format!("{}", self.partition)),
            ("wfa_status", format!("{:?}", self.wfa_status)),
            ("ev_barrier", format!("{:?}", self.ev_barrier)),
            ("callbacks", format!("{:?}", self.callbacks)),
        ]
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "partition {} {:?}: {}, votes {} of {} expected (highest {}), {} needed",
            self.partition,
            self.members,
            if self.quorate {
                "quorate"
            } else {
                "not quorate"
            },
            self.total,
            self.expected,
            self.highest,
            self.quorum,
        )
    }
}
