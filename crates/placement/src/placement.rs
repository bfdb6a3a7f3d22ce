//! The entry, and what comes out.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::cib::Cib;
use crate::cib::value::leading_integer;
use crate::graph::Graph;
use crate::reason::{Cause, Reason};
use crate::score::Score;
use crate::state::{Cluster, Role};
use crate::xml::Text;

/// What a run depends on beside the cluster information base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The time to decide for, seconds since the epoch, whatever the base says. Default: none.
    pub now: Option<i64>,
    /// The time, seconds since the epoch, for a base without `execution-date`. Default: 0.
    pub clock: i64,
    /// Whether to keep the scores of each step, and their reasons. Default: no.
    pub scores: bool,
    /// Whether steps say what their agents are told. Default: no.
    pub orders: bool,
}

impl Options {
    /// The time that counts: `now`, else the base's `execution-date`, else the clock.
    pub fn time(&self, cib: &Cib) -> i64 {
        self.now
            .or_else(|| cib.attrs.get("execution-date").map(leading_integer))
            .unwrap_or(self.clock)
    }
}

/// What happens to a resource, or to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// A node is fenced.
    Fence,
    /// It is started.
    Start,
    /// It is stopped.
    Stop,
    /// It is stopped on one node and started on another.
    Move,
    /// It moves without being stopped.
    Migrate,
    /// It failed, and is stopped and started.
    Recover,
    /// It is stopped and started.
    Restart,
    /// It takes new parameters while running.
    Reload,
    /// It is promoted.
    Promote,
    /// It is demoted.
    Demote,
    /// It is demoted and promoted.
    RePromote,
}

impl Verb {
    /// In lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fence => "fence",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Move => "move",
            Self::Migrate => "migrate",
            Self::Recover => "recover",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::RePromote => "re-promote",
        }
    }
}

/// One line of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happens.
    pub verb: Verb,
    /// The resource, instances with their number; how the node is fenced, for [`Verb::Fence`].
    pub resource: Text,
    /// Where it is; the fenced node.
    pub source: Option<Text>,
    /// Where it will be.
    pub dest: Option<Text>,
    /// Its role, where roles matter.
    pub role: Option<Role>,
    /// The role that it will have, if that is another one.
    pub next_role: Option<Role>,
    /// It is needed, but cannot be carried out.
    pub blocked: bool,
    /// Why.
    pub reason: Option<String>,
}

/// A resource that is active somewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Active {
    /// The resource, instances with their number; a bundle for one of its replicas.
    pub resource: Text,
    /// The replica's number, of a bundle.
    pub instance: Option<u32>,
    /// What it does.
    pub role: Role,
    /// Where.
    pub node: Text,
}

/// A score as it stood at a step of the assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreEntry {
    /// The step.
    pub step: &'static str,
    /// The resource.
    pub resource: Text,
    /// The node.
    pub node: Text,
    /// The score.
    pub score: Score,
}

/// What is decided.
#[derive(Clone, Debug)]
pub struct Placement {
    /// What changes, fencing first, then resources in their order.
    pub changes: Vec<Change>,
    /// Actions and what they wait for.
    pub graph: Graph,
    /// Scores, if they were asked for.
    pub scores: Vec<ScoreEntry>,
    /// What made the scores, in its order, if they were asked for.
    pub reasons: Vec<Reason>,
    /// Where everything is now.
    pub now: Vec<Active>,
}

/// A configuration uses what is not supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What, by name.
    pub features: Vec<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not supported: {}", self.features.join(", "))
    }
}

impl core::error::Error for Refused {}

/// Decides where resources run and what leads there.
///
/// # Errors
/// The configuration uses what is not supported; it is named, and nothing is decided.
pub fn place(cib: &Cib, options: &Options) -> Result<Placement, Refused> {
    let mut cluster = Cluster::new(cib, options.time(cib), options.scores);
    if !cluster.refused.is_empty() {
        return Err(Refused {
            features: core::mem::take(&mut cluster.refused),
        });
    }
    let now = cluster.active();
    cluster.decide();
    let changes = cluster.summary();
    let graph = cluster.graph(options.orders);
    let scores = cluster.scores.take().unwrap_or_default();
    let scores = scores
        .into_iter()
        .filter_map(|s| {
            Some(ScoreEntry {
                step: s.step,
                resource: s.rsc,
                node: cluster.nodes[s.node?].uname.clone(),
                score: s.score,
            })
        })
        .collect();
    let reasons = cluster.named_reasons();
    Ok(Placement {
        changes,
        graph,
        scores,
        reasons,
        now,
    })
}

/// Where everything is active, by the status section.
///
/// # Errors
/// As [`place`].
pub fn active(cib: &Cib, options: &Options) -> Result<Vec<Active>, Refused> {
    let cluster = Cluster::new(cib, options.time(cib), false);
    if cluster.refused.is_empty() {
        Ok(cluster.active())
    } else {
        Err(Refused {
            features: cluster.refused,
        })
    }
}

impl Cluster<'_> {
    /// All steps of the decision, in their order.
    fn decide(&mut self) {
        self.apply_health();
        self.unpack_constraints();
        self.apply_base_scores();
        for rsc in self.top.clone() {
            self.noting(rsc, |_| Cause::Container, |c| c.internal_constraints(rsc));
        }
        self.handle_changes();
        self.assign_all();
        self.handle_late_changes();
        self.schedule_probes();
        self.clear_orphans();
        for rsc in self.top.clone() {
            self.create_actions(rsc);
        }
        self.order_remote_actions();
        self.schedule_fencing_and_shutdowns();
        self.apply_orderings();
    }

    /// Fail counts of what is not configured any more.
    fn clear_orphans(&mut self) {
        for rsc in self.top.clone() {
            if !self.rscs[rsc].orphan {
                continue;
            }
            for node in self.node_order.clone() {
                if self.nodes[node].online && self.fail_count(rsc, node, true).0 != 0 {
                    self.clear_fail_count(rsc, node);
                }
            }
        }
    }

    pub(crate) fn active(&self) -> Vec<Active> {
        let mut out = Vec::new();
        for &top in &self.top {
            // Not what is blocked on lost nodes only: a group or clone that cannot be reached is listed as stopped.
            let lost = !self.rscs[top].is_primitive() && self.rscs[top].running_on.is_empty();
            if !lost {
                self.collect_active(top, &mut out);
            }
        }
        out
    }

    fn collect_active(&self, rsc: crate::arena::RscId, out: &mut Vec<Active>) {
        let r = &self.rscs[rsc];
        if r.kind == crate::state::Kind::Bundle {
            for replica in &r.replicas {
                let shown = replica.child.unwrap_or(replica.container);
                for n in &self.rscs[replica.container].running_on {
                    out.push(Active {
                        resource: r.id.clone(),
                        instance: Some(replica.number),
                        role: self.shown_role(shown),
                        node: self.nodes[*n].uname.clone(),
                    });
                }
            }
            return;
        }
        for c in &r.children {
            self.collect_active(*c, out);
        }
        if r.is_primitive() {
            for n in &r.running_on {
                out.push(Active {
                    resource: r.id.clone(),
                    instance: None,
                    role: self.shown_role(rsc),
                    node: self.nodes[*n].uname.clone(),
                });
            }
        }
    }

    fn shown_role(&self, rsc: crate::arena::RscId) -> Role {
        let r = &self.rscs[rsc];
        let promotable = self.clone_of(rsc).is_some_and(|c| self.rscs[c].promotable);
        match r.role {
            Role::Promoted => Role::Promoted,
            _ if promotable => Role::Unpromoted,
            _ => Role::Started,
        }
    }
}
