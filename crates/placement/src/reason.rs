//! Why a node has the score that it has.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::arena::{NodeId, RscId};
use crate::score::{Score, text};
use crate::state::{Cluster, Table};
use crate::xml::Text;

/// A change of the score that a node has for a resource. All changes of a resource and node together, in their order, make
/// its score; where there is none it is 0, or in a cluster with `symmetric-cluster=false` none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The resource, instances with their number.
    pub resource: Text,
    /// The node.
    pub node: Text,
    /// The score before; none if the node was no candidate.
    pub before: Option<Score>,
    /// The score after.
    pub after: Option<Score>,
    /// What changed it.
    pub cause: Cause,
}

/// What changes scores.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The `score` of the node itself.
    Node,
    /// The health of the node, by its attributes.
    Health,
    /// A location constraint, by its id.
    Location(Text),
    /// It runs there.
    Stickiness,
    /// It failed there as often as it may, or more often.
    MigrationThreshold {
        /// How often it failed.
        failures: Score,
        /// How often it may.
        threshold: Score,
    },
    /// An operation failed so that it can't be tried again there, by its key.
    Failure(Text),
    /// It failed, and its `on-fail` stops it, by the operation's key.
    OnFail(Text),
    /// Another node is where alone it is looked for: `resource-discovery=exclusive`.
    Discovery,
    /// Its node was shut down, and it waits for it to return: `shutdown-lock`.
    ShutdownLock,
    /// A ticket that it needs is not granted here.
    Ticket(Text),
    /// It is not configured any more.
    Orphan,
    /// It was active on several nodes.
    MultipleActive,
    /// It is to be with another resource, or apart from it.
    With {
        /// The constraint; none for what members of a group or parts of a bundle are to each other.
        constraint: Option<Text>,
        /// The other resource, which was placed before.
        primary: Text,
    },
    /// Another resource is to be with it, or apart from it.
    Followed {
        /// The constraint; none for what members of a group or parts of a bundle are to each other.
        constraint: Option<Text>,
        /// The other resource, which is placed after it.
        dependent: Text,
    },
    /// It is inside something that is elsewhere.
    Container,
    /// Its role shall be Stopped.
    Stopped,
    /// There is not enough room by `utilization`.
    Capacity,
    /// What the agent said about a promotion there.
    Promotion,
    /// As many instances as `clone-max` allows are placed.
    CloneMax,
    /// As many instances as `clone-node-max` allows are there.
    CloneNodeMax,
    /// The clone as a whole may not use the node.
    Clone,
    /// The node takes nothing now: it is offline, or on standby.
    Unavailable,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node => f.write_str("score of the node"),
            Self::Health => f.write_str("health of the node"),
            Self::Location(id) => write!(f, "location {id}"),
            Self::Stickiness => f.write_str("stickiness"),
            Self::MigrationThreshold {
                failures,
                threshold,
            } => {
                let (failures, threshold) = (text(*failures), text(*threshold));
                write!(f, "migration-threshold {threshold}, failures {failures}")
            }
            Self::Failure(key) => write!(f, "failure of {key}"),
            Self::OnFail(key) => write!(f, "on-fail of {key}"),
            Self::Discovery => f.write_str("resource-discovery exclusive"),
            Self::ShutdownLock => f.write_str("shutdown-lock"),
            Self::Ticket(ticket) => write!(f, "ticket {ticket}"),
            Self::Orphan => f.write_str("not configured"),
            Self::MultipleActive => f.write_str("active on several nodes"),
            Self::With {
                constraint,
                primary,
            } => write!(f, "{} with {primary}", colocation(constraint.as_ref())),
            Self::Followed {
                constraint,
                dependent,
            } => write!(f, "{} of {dependent}", colocation(constraint.as_ref())),
            Self::Container => f.write_str("inside what is elsewhere"),
            Self::Stopped => f.write_str("target-role or failure: Stopped"),
            Self::Capacity => f.write_str("utilization"),
            Self::Promotion => f.write_str("promotion score"),
            Self::CloneMax => f.write_str("clone-max"),
            Self::CloneNodeMax => f.write_str("clone-node-max"),
            Self::Clone => f.write_str("not allowed for the clone"),
            Self::Unavailable => f.write_str("node not available"),
        }
    }
}

fn colocation(constraint: Option<&Text>) -> Text {
    match constraint {
        Some(id) => Text::from(alloc::format!("colocation {id}")),
        None => Text::from("implied colocation"),
    }
}

/// A [`Reason`] while names are ids.
#[derive(Clone, Debug)]
pub(crate) struct ReasonLine {
    rsc: RscId,
    node: NodeId,
    before: Option<Score>,
    after: Option<Score>,
    cause: Cause,
}

impl Cluster<'_> {
    /// Takes a step; what it changes in the scores of a resource, and of all within, has this cause.
    pub(crate) fn noting<R>(
        &mut self,
        rsc: RscId,
        cause: impl FnOnce(&Self) -> Cause,
        step: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if self.reasons.is_none() {
            return step(self);
        }
        let cause = cause(self);
        let mut before = Vec::new();
        self.tables(rsc, &mut before);
        let result = step(self);
        for (rsc, table) in before {
            let after = self.rscs[rsc].allowed.clone();
            self.note_reason(rsc, &table, &after, &cause);
        }
        result
    }

    fn tables(&self, rsc: RscId, out: &mut Vec<(RscId, Table)>) {
        let r = &self.rscs[rsc];
        out.push((rsc, r.allowed.clone()));
        for child in &r.children {
            self.tables(*child, out);
        }
    }

    /// Keeps what differs between two tables of a resource.
    pub(crate) fn note_reason(&mut self, rsc: RscId, before: &Table, after: &Table, cause: &Cause) {
        let nodes = self.nodes_all();
        let Some(lines) = &mut self.reasons else {
            return;
        };
        for node in nodes {
            let (before, after) = (before.get(node), after.get(node));
            if before != after {
                lines.push(ReasonLine {
                    rsc,
                    node,
                    before,
                    after,
                    cause: cause.clone(),
                });
            }
        }
    }

    /// Nodes whose score is not 0 from the start.
    pub(crate) fn note_node_scores(&mut self) {
        if self.reasons.is_none() {
            return;
        }
        let scored = self.nodes.ids().filter(|n| self.nodes[*n].score != 0);
        let scored: Vec<(NodeId, Score)> = scored.map(|n| (n, self.nodes[n].score)).collect();
        for rsc in self.rscs.ids().collect::<Vec<_>>() {
            let mut zero = self.rscs[rsc].allowed.clone();
            for (node, _) in &scored {
                if zero.get(*node).is_some() {
                    zero.set(*node, 0);
                }
            }
            let is = self.rscs[rsc].allowed.clone();
            self.note_reason(rsc, &zero, &is, &Cause::Node);
        }
    }

    /// How many reasons are known.
    pub(crate) fn reasons_mark(&self) -> usize {
        self.reasons.as_ref().map_or(0, Vec::len)
    }

    /// Forgets what was noted of a resource since a mark: its scores are again as they were.
    pub(crate) fn forget_reasons(&mut self, mark: usize, rsc: RscId) {
        let Some(lines) = &mut self.reasons else {
            return;
        };
        let since = lines.split_off(mark);
        lines.extend(since.into_iter().filter(|l| l.rsc != rsc));
    }

    pub(crate) fn named_reasons(&mut self) -> Vec<Reason> {
        let lines = self.reasons.take().unwrap_or_default();
        let named = lines.into_iter().map(|l| Reason {
            resource: self.rscs[l.rsc].id.clone(),
            node: self.nodes[l.node].uname.clone(),
            before: l.before,
            after: l.after,
            cause: l.cause,
        });
        named.collect()
    }
}

impl fmt::Display for Reason {
    /// `NODE: +100 by location l1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} by {}", self.node, self.amount(), self.cause)
    }
}

impl Reason {
    /// What was added, with its sign, or, with `=`, what the score became.
    pub fn amount(&self) -> alloc::string::String {
        let finite = |s: Score| s.abs() < crate::INFINITY;
        match (self.before, self.after) {
            (_, None) => "no candidate".to_string(),
            (before, Some(after)) if finite(after) && before.is_none_or(finite) => {
                alloc::format!("{:+}", after - before.unwrap_or(0))
            }
            (_, Some(after)) if finite(after) => alloc::format!("={after}"),
            (_, Some(after)) if after > 0 => "+INFINITY".to_string(),
            (_, Some(_)) => "-INFINITY".to_string(),
        }
    }
}
