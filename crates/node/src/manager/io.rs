//! What goes into the resource manager and what comes out.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::base::{Base, Version};
use super::change::{Change, ChangeError};
use super::graph::Abandoned;
use crate::resource::{Action, AttemptId, Fencing, Operation, Outcome, Renewal};
use crate::{Instant, NodeId};

/// What the resource manager is told once.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// The configuration that was stored last; `None` on the first start, or if it was damaged.
    pub base: Option<Base>,
    /// Seconds since 1970 at [`Instant::ZERO`].
    pub unix_at_zero: u64,
}

/// Something that happened to resources, or that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Input {
    /// An executor has answered [`Output::Act`].
    Done {
        /// The attempt.
        attempt: AttemptId,
        /// What came of it.
        outcome: Outcome,
    },
    /// An executor has answered [`Output::Renew`].
    Renewed {
        /// The resource.
        resource: String,
        /// The end that was asked for.
        until: Instant,
        /// What came of it.
        renewal: Renewal,
    },
    /// Somebody wants something changed; [`Output::Changed`] is the answer.
    Change {
        /// Chosen by the asker; comes back with the answer.
        id: u64,
        /// What.
        change: Change,
    },
}

/// What to do about resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make durable before any later output is carried out.
    Store(Base),
    /// Carry out an action, and answer.
    Act(Action),
    /// Nobody waits for the attempt any more: no answer is needed.
    Cancel(AttemptId),
    /// Let a resource be held until a later end, and answer.
    Renew {
        /// The resource.
        resource: String,
        /// Until when.
        until: Instant,
    },
    /// Ask fence agents one after another until one has done it, and answer with the last outcome.
    Fence {
        /// The attempt.
        attempt: AttemptId,
        /// What they are asked.
        requests: Vec<Fencing>,
    },
    /// The answer to [`Input::Change`]: the version that has it, once every member has stored it.
    Changed {
        /// The asker's number.
        id: u64,
        /// The answer.
        result: Result<Version, ChangeError>,
    },
    /// Something worth telling.
    Event(Event),
}

/// Something worth telling about resources.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The members agree on one state.
    Settled {
        /// The members, ascending.
        members: Vec<NodeId>,
        /// Whether they may change it.
        quorate: bool,
        /// The configuration's version.
        version: Version,
        /// The member that drives and reports.
        dc: NodeId,
    },
    /// The configuration was changed.
    Configured(Version),
    /// There is something to do.
    Planned {
        /// The transition's number.
        transition: u32,
        /// How many steps it has.
        steps: usize,
    },
    /// A transition came to its end.
    Ended {
        /// Its number.
        transition: u32,
        /// Why it was given up before it was through.
        abandoned: Option<Abandoned>,
    },
    /// An action ended somewhere.
    Done {
        /// Where.
        node: NodeId,
        /// On which resource.
        resource: String,
        /// What was done.
        operation: Operation,
        /// Of a recurring operation the time between two.
        interval: Duration,
        /// Status and exit code, as in a CIB.
        result: (u8, u8),
        /// The exit code that was expected.
        expected: u8,
        /// Why, in a line.
        reason: String,
    },
    /// A resource is not started here before others have lost it for sure.
    Waits {
        /// The resource.
        resource: String,
        /// Until when.
        until: Instant,
        /// Who may hold it; empty: any node that is no member.
        holders: BTreeSet<NodeId>,
    },
    /// This node's lease ran out: it does not hold the resource any more.
    Lapsed {
        /// The resource.
        resource: String,
    },
    /// A lease could not be renewed; the last one stands.
    NotRenewed {
        /// The resource.
        resource: String,
        /// Why.
        renewal: Renewal,
    },
    /// A node was fenced, or not.
    Fenced {
        /// Which.
        node: NodeId,
        /// Why not.
        failure: Option<String>,
    },
    /// Placement refuses the configuration: everything stays as it is.
    NotPlaced(String),
    /// A member runs an older or newer version than another: the older is given nothing to run.
    Features {
        /// The lowest and the highest among the members.
        range: (u32, u32),
    },
    /// A member's message was dropped.
    Dropped {
        /// The member.
        from: NodeId,
        /// Why.
        why: &'static str,
    },
}

/// Node ids with blanks between.
struct List<'a, I>(&'a I);

impl<'a, I> fmt::Display for List<'a, I>
where
    &'a I: IntoIterator<Item = &'a NodeId>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.0.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{node}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Event {
    /// A line for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settled {
                members,
                quorate,
                version,
                dc,
            } => {
                let may = if *quorate { "may" } else { "must not" };
                let (count, members) = (members.len(), List(members));
                write!(
                    f,
                    "members[{count}]: {members} agree on version {version} and {may} change it; DC {dc}"
                )
            }
            Self::Configured(version) => write!(f, "the configuration is at version {version}"),
            Self::Planned { transition, steps } => {
                write!(f, "transition {transition}: {steps} steps")
            }
            Self::Ended {
                transition,
                abandoned,
            } => match abandoned {
                None => write!(f, "transition {transition}: done"),
                Some(why) => write!(f, "transition {transition}: given up: {why}"),
            },
            Self::Waits {
                resource, holders, ..
            } if holders.is_empty() => write!(
                f,
                "{resource}: waiting until nodes that are not here have no lease any more"
            ),
            Self::Waits {
                resource, holders, ..
            } => write!(
                f,
                "{resource}: waiting until the lease of {} is over",
                List(holders)
            ),
            Self::Lapsed { resource } => {
                write!(
                    f,
                    "{resource}: the lease ran out: it is not held here any more"
                )
            }
            Self::NotRenewed { resource, renewal } => {
                write!(f, "{resource}: the lease was not renewed: {renewal}")
            }
            Self::Fenced { node, failure } => match failure {
                None => write!(f, "node {node} was fenced"),
                Some(why) => write!(f, "node {node} could not be fenced: {why}"),
            },
            Self::NotPlaced(why) => write!(f, "everything stays as it is: {why}"),
            Self::Features { range: (low, high) } => write!(
                f,
                "members speak versions {low} to {high}: those below {high} are given nothing to run"
            ),
            Self::Dropped { from, why } => write!(f, "a message of node {from} was dropped: {why}"),
            Self::Done { .. } => self.fmt_done(f),
        }
    }
}

impl Event {
    fn fmt_done(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Done {
            node,
            resource,
            operation,
            interval,
            result: (status, code),
            expected,
            reason,
        } = self
        else {
            return Ok(());
        };
        let every = interval.as_millis();
        write!(
            f,
            "{resource}: {operation}_{every} on node {node}: exit code {code}"
        )?;
        if code != expected {
            write!(f, ", {expected} expected")?;
        }
        if *status != 0 {
            write!(f, ", op-status {status}")?;
        }
        if !reason.is_empty() {
            write!(f, ": {reason}")?;
        }
        Ok(())
    }
}
