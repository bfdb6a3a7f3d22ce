//! Recorded histories of whole clusters, and their replay against our own services.
//!
//! A [`Scenario`] is a configuration and steps; after each step it says what every running node shows. A [`Cluster`]
//! plays the steps in virtual time, [`Scenario::replay`] compares. Records of corosync 3.1.7 want options with
//! [`TwoNode::Corosync`](super::TwoNode::Corosync).

mod cluster;
mod view;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

pub use cluster::{Cluster, Order};
pub use view::View;

use super::{Options, Votequorum};
use crate::NodeId;

/// One recorded history. It starts with no node running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The corosync.conf of all nodes.
    pub options: Options,
    /// The rule ([`Refusal::rule`](super::Refusal::rule)) by which no node starts; there are no steps then.
    pub startup_error_rule: Option<u8>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One step of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub op: Op,
    /// How the call was answered, 1 or the [code](super::CallError::code) of an error; only [`Op::SetExpected`] and
    /// [`Op::SetVotes`] have one.
    pub result: Option<u32>,
    /// What each running node shows after it.
    pub views: BTreeMap<NodeId, View>,
}

/// What happens to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A node boots: first in a ring of its own, then in one ring with the partition's members.
    Up {
        /// The node.
        node: NodeId,
        /// The partition that it boots into.
        partition: u32,
    },
    /// A node crashes.
    Down(NodeId),
    /// A node exits cleanly.
    Leave(NodeId),
    /// These nodes of one partition become another one.
    Split {
        /// The nodes.
        nodes: Vec<NodeId>,
        /// Their partition from now on.
        partition: u32,
    },
    /// Two partitions become one ring.
    Merge {
        /// This partition stays.
        into: u32,
        /// This one ends.
        from: u32,
    },
    /// Time passes.
    Wait(Duration),
    /// The nodes' device daemons register if need be, and poll from now on.
    DeviceOn {
        /// The nodes.
        nodes: Vec<NodeId>,
        /// Whether the device casts its vote.
        cast: bool,
    },
    /// The nodes' device daemons die.
    DeviceDie(Vec<NodeId>),
    /// The nodes' device daemons unregister.
    DeviceOff(Vec<NodeId>),
    /// The device may, or may no longer, decide alone.
    MasterWins {
        /// The nodes.
        nodes: Vec<NodeId>,
        /// Whether it may.
        allow: bool,
    },
    /// `corosync-quorumtool -e`.
    SetExpected {
        /// Where it is called.
        node: NodeId,
        /// The expected votes.
        value: u32,
    },
    /// `corosync-quorumtool -n -v`.
    SetVotes {
        /// Where it is called.
        node: NodeId,
        /// Whose votes.
        target: NodeId,
        /// The votes.
        value: u32,
    },
}

/// A place where the record and the replay differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The step's number, from 0; 0 also for a start that should, or should not, have been refused.
    pub step: usize,
    /// The node; `None` when the whole step is concerned.
    pub node: Option<NodeId>,
    /// The record's name for what differs.
    pub field: &'static str,
    /// As recorded.
    pub expected: String,
    /// As replayed.
    pub got: String,
}

impl Scenario {
    /// Plays the history and tells every disagreement. `watch` sees the cluster after each step.
    pub fn replay(
        &self,
        order: Order,
        mut watch: impl FnMut(usize, &Step, &Cluster),
    ) -> Vec<Disagreement> {
        let mut found = self.start_disagreement().into_iter().collect::<Vec<_>>();
        let mut cluster = Cluster::new(self.options.clone(), order);
        for (number, step) in self.steps.iter().enumerate() {
            let result = cluster.apply(&step.op);
            watch(number, step, &cluster);
            let differs = |node, (field, expected, got)| Disagreement {
                step: number,
                node,
                field,
                expected,
                got,
            };
            if result != step.result {
                let (expected, got) = (format!("{:?}", step.result), format!("{result:?}"));
                found.push(differs(None, ("result", expected, got)));
            }
            let views = cluster.views();
            if !views.keys().eq(step.views.keys()) {
                let ids = |views: &BTreeMap<_, _>| format!("{:?}", views.keys());
                found.push(differs(None, ("views", ids(&step.views), ids(&views))));
            }
            for (node, recorded) in &step.views {
                let got = views.get(node);
                let fields = got.map_or_else(Vec::new, |got| recorded.differences(*node, got));
                found.extend(fields.into_iter().map(|field| differs(Some(*node), field)));
            }
        }
        found
    }

    /// The number of recorded views.
    #[must_use]
    pub fn view_count(&self) -> usize {
        self.steps.iter().map(|step| step.views.len()).sum()
    }

    fn start_disagreement(&self) -> Option<Disagreement> {
        let (me, _) = self.options.nodes.first()?;
        let got = Votequorum::new(*me, &self.options, None).err();
        let rule = got.map(|refusal| refusal.rule());
        (rule != self.startup_error_rule).then(|| Disagreement {
            step: 0,
            node: None,
            field: "startup_error_rule",
            expected: format!("{:?}", self.startup_error_rule),
            got: format!("{rule:?}"),
        })
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}", self.step)?;
        if let Some(node) = self.node {
            write!(f, ", node {node}")?;
        }
        let Self {
            field,
            expected,
            got,
            ..
        } = self;
        write!(f, ": {field}: expected {expected}, got {got}")
    }
}
