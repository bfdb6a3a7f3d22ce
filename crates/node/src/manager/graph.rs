//! What is to be done, in which order, and how far it is: the same on all members.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::resource::{Action, FenceOperation, Fencing, Operation};
use crate::{Instant, NodeId};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Work {
    /// Nothing: others wait for it.
    Point(String),
    /// An agent's action.
    Agent {
        /// Where.
        node: NodeId,
        /// What; the attempt and the lease are the node's.
        action: Action,
        /// The exit code that is expected.
        expected: u8,
        /// What identifies the parameters: attributes of the outcome in a CIB.
        digests: BTreeMap<String, String>,
    },
    /// A resource is watched no longer.
    Cancel {
        /// Where.
        node: NodeId,
        /// The resource.
        resource: String,
        /// The name and interval that its outcome has in a CIB: `monitor_30000`.
        key: String,
    },
    /// Failures of a resource are forgotten.
    Forgive {
        /// Where.
        node: NodeId,
        /// The resource.
        resource: String,
    },
    /// What was done with a resource is forgotten: it is another one now, or none.
    Forget {
        /// Where.
        node: NodeId,
        /// The resource.
        resource: String,
    },
    /// A node is made sure to do nothing.
    Fence {
        /// Which.
        target: NodeId,
        /// How.
        operation: FenceOperation,
        /// What its devices are asked, in this order until one has done it.
        requests: Vec<Fencing>,
    },
}

/// One thing to do, and what must be done before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Its number in the graph.
    pub id: u32,
    /// What to do.
    pub work: Work,
    /// The numbers of those that must be done before.
    pub after: BTreeSet<u32>,
}

impl Step {
    /// The resource that `node` may hold once it has begun this.
    pub(super) fn may_begin_on(&self, node: NodeId) -> Option<&str> {
        match &self.work {
            Work::Agent {
                node: at, action, ..
            } if *at == node && action.operation != Operation::Monitor => Some(&action.resource),
            _ => None,
        }
    }
}

/// All that leads from what is to what shall be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The steps, by number.
    pub steps: Vec<Step>,
    /// When the outcome may be another one though nothing happens, seconds since 1970.
    pub recheck: Option<u64>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Progress {
    /// Something must be done before.
    Waiting,
    /// Its node is at it, since this member's clock showed so.
    Running(Instant),
    /// Done as expected.
    Done,
    /// It went wrong, or nobody will do it.
    Failed,
}

/// Why a transition is not carried out to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Abandoned {
    /// What all share was changed.
    Change,
    /// The partition won or lost its quorum.
    Quorum,
    /// The outcome may be another one by now.
    Time,
    /// An action ended in another way than was expected.
    Unexpected,
    /// What a transition before had begun ended only now.
    Earlier,
    /// A node's attribute changed.
    Attribute,
    /// A node owes an answer.
    Overdue,
    /// A node could not be fenced.
    NotFenced,
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Change => "a change",
            Self::Quorum => "the quorum changed",
            Self::Time => "time has passed",
            Self::Unexpected => "an unexpected result",
            Self::Earlier => "a result of an earlier transition",
            Self::Attribute => "an attribute",
            Self::Overdue => "an action is overdue",
            Self::NotFenced => "fencing failed",
        })
    }
}

/// A graph being carried out.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Transition {
    number: u32,
    steps: BTreeMap<u32, (Step, Progress)>,
    /// Of each step those that wait for it.
    followers: BTreeMap<u32, Vec<u32>>,
    /// For how many others each step waits that has not begun.
    waits: BTreeMap<u32, usize>,
    /// What waits for none, and has not begun.
    ready: BTreeSet<u32>,
    running: BTreeSet<u32>,
    /// Why nothing new is begun.
    abandoned: Option<Abandoned>,
}

impl Transition {
    pub(super) fn new(number: u32, graph: Graph) -> Self {
        let steps = graph.steps.into_iter();
        let steps: BTreeMap<_, _> = steps
            .map(|step| (step.id, (step, Progress::Waiting)))
            .collect();
        let mut transition = Self {
            number,
            followers: BTreeMap::new(),
            waits: BTreeMap::new(),
            ready: BTreeSet::new(),
            running: BTreeSet::new(),
            abandoned: None,
            steps: BTreeMap::new(),
        };
        for (id, (step, _)) in &steps {
            let before = step
                .after
                .iter()
                .filter(|before| steps.contains_key(before));
            let mut count = 0;
            for before in before {
                transition.followers.entry(*before).or_default().push(*id);
                count += 1;
            }
            if count == 0 {
                transition.ready.insert(*id);
            } else {
                transition.waits.insert(*id, count);
            }
        }
        transition.steps = steps;
        transition
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The steps and how far they are, by number.
    pub fn steps(&self) -> impl Iterator<Item = (&Step, Progress)> {
        self.steps
            .values()
            .map(|(step, progress)| (step, *progress))
    }

    /// Why nothing new is begun.
    #[must_use]
    pub fn abandoned(&self) -> Option<Abandoned> {
        self.abandoned
    }

    /// Lets what runs come to its end, and begins nothing new.
    pub(super) fn abandon(&mut self, why: Abandoned) {
        self.abandoned.get_or_insert(why);
    }

    /// What can be begun now; it counts as running.
    pub(super) fn begin(&mut self, now: Instant) -> Vec<Step> {
        if self.abandoned.is_some() {
            return Vec::new();
        }
        let ready = core::mem::take(&mut self.ready);
        let mut begun = Vec::with_capacity(ready.len());
        for id in ready {
            if let Some((step, progress)) = self.steps.get_mut(&id) {
                *progress = Progress::Running(now);
                self.running.insert(id);
                begun.push(step.clone());
            }
        }
        begun
    }

    /// A running step came to its end; `None` if it was not running.
    pub(super) fn end(&mut self, id: u32, done: bool) -> Option<&Step> {
        let (step, progress) = self.steps.get_mut(&id)?;
        if !matches!(progress, Progress::Running(_)) {
            return None;
        }
        *progress = if done {
            Progress::Done
        } else {
            Progress::Failed
        };
        self.running.remove(&id);
        if done {
            for follower in self.followers.get(&id).into_iter().flatten() {
                if let Some(count) = self.waits.get_mut(follower) {
                    *count -= 1;
                    if *count == 0 {
                        self.waits.remove(follower);
                        self.ready.insert(*follower);
                    }
                }
            }
        }
        Some(step)
    }

    /// What nodes are at.
    pub(super) fn running(&self) -> impl Iterator<Item = (&Step, Instant)> {
        let running = self.running.iter().filter_map(|id| self.steps.get(id));
        running.filter_map(|(step, progress)| match progress {
            Progress::Running(since) => Some((step, *since)),
            _ => None,
        })
    }

    /// Whether nothing runs; asked when nothing can be begun.
    pub(super) fn is_over(&self) -> bool {
        self.running.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn graph() -> Graph {
        let step = |id, after: &[u32]| Step {
            id,
            work: Work::Point("x".into()),
            after: after.iter().copied().collect(),
        };
        Graph {
            steps: vec![step(1, &[]), step(2, &[1]), step(3, &[1]), step(4, &[2, 3])],
            recheck: None,
        }
    }

    fn begin(transition: &mut Transition) -> Vec<u32> {
        let begun = transition.begin(Instant::ZERO);
        begun.into_iter().map(|step| step.id).collect()
    }

    #[test]
    fn a_step_begins_when_all_before_it_are_done() {
        let mut t = Transition::new(1, graph());
        assert_eq!(begin(&mut t), [1]);
        assert_eq!(begin(&mut t), []);
        t.end(1, true);
        assert_eq!(begin(&mut t), [2, 3]);
        t.end(2, true);
        assert_eq!(begin(&mut t), []);
        assert_eq!(t.end(4, true), None);
        t.end(3, true);
        assert_eq!(begin(&mut t), [4]);
        assert!(!t.is_over());
        t.end(4, true);
        assert!(t.is_over());
    }

    #[test]
    fn an_abandoned_transition_ends_with_what_runs() {
        let mut t = Transition::new(1, graph());
        begin(&mut t);
        t.end(1, true);
        begin(&mut t);
        t.abandon(Abandoned::Change);
        t.end(2, true);
        t.end(3, false);
        assert_eq!(begin(&mut t), []);
        assert!(t.is_over());
        assert_eq!(t.abandoned(), Some(Abandoned::Change));
    }
}
