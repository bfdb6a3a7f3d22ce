//! What this node does with its own resources: one action after another on each, and the watching of what runs.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::history::Record;
use crate::Instant;
use crate::resource::{Action, AttemptId, Execution, ExitCode, Operation, Outcome};

/// How long after its time-out an executor's answer is awaited.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// An action of this node.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Job {
    /// The transition's action that it is; none of a repetition.
    pub(super) step: Option<(u32, u32)>,
    pub(super) action: Action,
    pub(super) expected: u8,
    pub(super) digests: BTreeMap<String, String>,
    /// It is on a lease.
    pub(super) leased: bool,
}

impl Job {
    fn key(&self) -> Key {
        let interval = self.action.interval.as_millis();
        Key {
            resource: self.action.resource.clone(),
            operation: self.action.operation,
            interval_ms: u32::try_from(interval).unwrap_or(u32::MAX),
        }
    }

    /// Its outcome, before anything is known of it.
    pub(super) fn record(&self, call: u32, changed: u64) -> Record {
        Record {
            call,
            operation: self.action.operation,
            interval_ms: self.key().interval_ms,
            status: 0,
            code: 0,
            expected: self.expected,
            transition: self.step.unwrap_or_default(),
            changed,
            took_ms: 0,
            reason: String::new(),
            digests: self.digests.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Key {
    resource: String,
    operation: Operation,
    interval_ms: u32,
}

#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Running {
    job: Job,
    deadline: Instant,
}

/// An operation that is repeated.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Watch {
    job: Job,
    /// Its transition's action, or the last repetition's.
    transition: (u32, u32),
    due: Instant,
    /// What was told last: status and exit code.
    told: Option<(u8, u8)>,
}

/// What came of a job, and who waits for it.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) attempt: AttemptId,
    pub(super) job: Job,
    pub(super) outcome: Outcome,
    /// Nobody need hear of it: a repetition that found what the last found.
    pub(super) quiet: bool,
}

/// What a job waits for before it can begin.
pub(super) enum Gate {
    Open {
        lease: Option<Instant>,
    },
    Until(Instant),
    /// Nobody can tell until when.
    Shut,
}

/// This node's actions.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Local {
    attempts: u64,
    waiting: VecDeque<Job>,
    running: BTreeMap<AttemptId, Running>,
    watches: BTreeMap<Key, Watch>,
    /// The last action on each resource: with what parameters it is stopped.
    last: BTreeMap<String, Job>,
    /// When the first of those that wait for a time may begin.
    gate_at: Option<Instant>,
}

/// What is to be put out.
#[derive(Debug)]
pub(super) enum Do {
    Act(Action),
    Cancel(AttemptId),
}

impl Local {
    /// The number of the next attempt; also of those that are no action of a resource.
    pub(super) fn next_attempt(&mut self) -> AttemptId {
        self.attempts += 1;
        AttemptId(self.attempts)
    }

    /// Takes a job. What ends a resource's life ends its watching.
    pub(super) fn push(&mut self, job: Job) -> Vec<Do> {
        let ends = matches!(
            job.action.operation,
            Operation::Stop | Operation::Demote | Operation::MigrateTo
        );
        let mut ended = Vec::new();
        if ends {
            ended = self.unwatch(&job.action.resource, |_| true);
        } else if !job.action.interval.is_zero() {
            // A new word on how to watch replaces the last.
            let key = job.key();
            ended = self.unwatch(&job.action.resource, |name| name == key_name(&key));
        }
        self.last.insert(job.action.resource.clone(), job.clone());
        self.waiting.push_back(job);
        ended
    }

    /// Watches a resource no longer, in the ways that `which` names: `monitor_30000`.
    pub(super) fn unwatch(&mut self, resource: &str, which: impl Fn(String) -> bool) -> Vec<Do> {
        let is_meant = |key: &Key| key.resource == resource && which(key_name(key));
        let keys: Vec<_> = self
            .watches
            .keys()
            .filter(|key| is_meant(key))
            .cloned()
            .collect();
        let mut ended = Vec::new();
        for key in keys {
            self.watches.remove(&key);
            self.waiting
                .retain(|job| job.step.is_some() || job.key() != key);
            let under_way = self
                .running
                .iter()
                .find(|(_, running)| running.job.key() == key);
            if let Some(attempt) = under_way.map(|(attempt, _)| *attempt) {
                self.running.remove(&attempt);
                ended.push(Do::Cancel(attempt));
            }
        }
        ended
    }

    /// Gives up what has not begun. Returns the transition's actions among it.
    pub(super) fn drop_waiting(&mut self) -> Vec<(u32, u32)> {
        self.gate_at = None;
        self.waiting.drain(..).filter_map(|job| job.step).collect()
    }

    /// Gives up a start that is no action of a transition and has not begun.
    pub(super) fn drop_unplanned(&mut self, resource: &str) {
        self.waiting.retain(|job| {
            let is_start = job.action.operation == Operation::Start;
            job.step.is_some() || !is_start || job.action.resource != resource
        });
    }

    /// Begins what can begin: due repetitions, and of each resource the first that waits.
    pub(super) fn begin(&mut self, now: Instant, mut gate: impl FnMut(&Job) -> Gate) -> Vec<Do> {
        self.repeat_what_is_due(now);
        self.gate_at = None;
        let mut begun = Vec::new();
        let mut left = VecDeque::new();
        while let Some(mut job) = self.waiting.pop_front() {
            let resource = &job.action.resource;
            let busy = self.running.values().map(|running| &running.job);
            let mut before = busy.chain(&left);
            if before.any(|other| other.action.resource == *resource) {
                left.push_back(job);
                continue;
            }
            match gate(&job) {
                Gate::Open { lease } => {
                    job.action.lease = lease;
                    job.action.attempt = self.next_attempt();
                    begun.push(Do::Act(job.action.clone()));
                    let deadline = now + job.action.timeout + GRACE;
                    self.running
                        .insert(job.action.attempt, Running { job, deadline });
                }
                Gate::Until(at) => {
                    self.gate_at = Some(self.gate_at.map_or(at, |other| other.min(at)));
                    left.push_back(job);
                }
                Gate::Shut => left.push_back(job),
            }
        }
        self.waiting = left;
        begun
    }

    fn repeat_what_is_due(&mut self, now: Instant) {
        let mut due = Vec::new();
        for watch in self.watches.values_mut().filter(|watch| watch.due <= now) {
            // Until its end is known it is not due again.
            watch.due = Instant::from_nanos(u64::MAX);
            due.push(watch.job.clone());
        }
        self.waiting.extend(due);
    }

    /// An executor has answered; `None` if nobody waits for it any more.
    pub(super) fn done(
        &mut self,
        now: Instant,
        attempt: AttemptId,
        outcome: Outcome,
    ) -> Option<Ended> {
        let Running { job, .. } = self.running.remove(&attempt)?;
        let quiet = !job.action.interval.is_zero() && self.repeat(now, &job, &outcome);
        Some(Ended {
            attempt,
            job,
            outcome,
            quiet,
        })
    }

    /// Sets the next repetition; whether this one told nothing new.
    fn repeat(&mut self, now: Instant, job: &Job, outcome: &Outcome) -> bool {
        let found = (outcome.execution.op_status(), u8::from(outcome.code));
        let key = job.key();
        let watch = self.watches.entry(key).or_insert_with(|| Watch {
            job: Job {
                step: None,
                ..job.clone()
            },
            transition: job.step.unwrap_or_default(),
            due: now,
            told: None,
        });
        watch.due = now + job.action.interval;
        let quiet = job.step.is_none() && watch.told == Some(found);
        watch.told = Some(found);
        quiet
    }

    /// The action; of a resource that is configured no more with the parameters of the last one.
    pub(super) fn as_known(&self, action: &Action) -> Action {
        let mut action = action.clone();
        if action.parameters.is_empty()
            && let Some(last) = self.last.get(&action.resource)
            && last.action.agent == action.agent
        {
            action.parameters.clone_from(&last.action.parameters);
        }
        action
    }

    /// Something to do with a resource as the last thing was done; `None` if nothing was ever done with it.
    pub(super) fn again(&self, resource: &str, operation: Operation) -> Option<Job> {
        let last = self.last.get(resource)?;
        Some(Job {
            step: None,
            action: Action {
                operation,
                interval: Duration::ZERO,
                lease: None,
                ..last.action.clone()
            },
            expected: 0,
            digests: last.digests.clone(),
            leased: false,
        })
    }

    /// How a resource is watched, if it is.
    pub(super) fn watch_of(&self, resource: &str) -> Option<Job> {
        let watches = self.watches.values().map(|watch| &watch.job);
        watches
            .into_iter()
            .find(|job| job.action.resource == resource)
            .cloned()
    }

    /// The transition's action that began a repetition.
    pub(super) fn origin(&self, job: &Job) -> (u32, u32) {
        let watch = self.watches.get(&job.key());
        job.step
            .or(watch.map(|watch| watch.transition))
            .unwrap_or_default()
    }

    /// What an executor has not answered though it should have.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Ended> {
        let late = self
            .running
            .iter()
            .filter(|(_, running)| running.deadline <= now);
        let late: Vec<_> = late.map(|(attempt, _)| *attempt).collect();
        let mut ended = Vec::new();
        for attempt in late {
            let reason = "the executor has not answered";
            let outcome = Outcome::failed(Execution::TimedOut, ExitCode::Error, reason);
            ended.extend(self.done(now, attempt, outcome));
        }
        ended
    }

    /// What is under way and may change what a resource is, with the resource.
    pub(super) fn in_flight(&self) -> BTreeMap<u64, String> {
        let changing = self.running.iter().filter(|(_, running)| {
            let action = &running.job.action;
            action.interval.is_zero()
        });
        changing
            .map(|(attempt, running)| (attempt.0, running.job.action.resource.clone()))
            .collect()
    }

    /// Whether something has not begun.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether nothing is under way or waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.in_flight().is_empty()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let deadlines = self.running.values().map(|running| running.deadline);
        let due = self.watches.values().map(|watch| watch.due);
        deadlines.chain(due).chain(self.gate_at).min()
    }
}

fn key_name(key: &Key) -> String {
    alloc::format!("{}_{}", key.operation, key.interval_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Agent;

    fn job(operation: Operation, interval: u64) -> Job {
        Job {
            step: Some((1, 1)),
            action: Action {
                attempt: AttemptId(0),
                resource: "ClusterIP".into(),
                agent: Agent::ocf("heartbeat", "IPaddr2"),
                operation,
                interval: Duration::from_secs(interval),
                timeout: Duration::from_secs(20),
                parameters: BTreeMap::new(),
                meta: BTreeMap::new(),
                lease: None,
            },
            expected: 0,
            digests: BTreeMap::new(),
            leased: false,
        }
    }

    fn at(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    fn open(_: &Job) -> Gate {
        Gate::Open { lease: None }
    }

    /// What was begun: `+operation`, or given up: `-attempt`.
    fn names(list: Vec<Do>) -> Vec<String> {
        let name = |it| match it {
            Do::Act(action) => alloc::format!("+{}", action.operation),
            Do::Cancel(attempt) => alloc::format!("-{}", attempt.0),
        };
        list.into_iter().map(name).collect()
    }

    fn ok() -> Outcome {
        Outcome::done(ExitCode::Ok)
    }

    #[test]
    fn of_one_resource_one_action_runs_at_a_time() {
        let mut local = Local::default();
        local.push(job(Operation::Start, 0));
        local.push(job(Operation::Monitor, 30));
        assert_eq!(names(local.begin(at(0), open)), ["+start"]);
        assert_eq!(names(local.begin(at(0), open)), Vec::<String>::new());
        assert!(local.done(at(1), AttemptId(1), ok()).is_some());
        assert_eq!(names(local.begin(at(1), open)), ["+monitor"]);
        assert!(
            local.done(at(1), AttemptId(1), ok()).is_none(),
            "answered already"
        );
    }

    #[test]
    fn a_watch_is_repeated_and_only_news_is_told() {
        let mut local = Local::default();
        local.push(job(Operation::Monitor, 30));
        local.begin(at(0), open);
        assert!(!local.done(at(0), AttemptId(1), ok()).unwrap().quiet);
        assert_eq!(local.poll_timeout(), Some(at(30)));
        assert_eq!(names(local.begin(at(30), open)), ["+monitor"]);
        assert!(local.done(at(31), AttemptId(2), ok()).unwrap().quiet);
        assert_eq!(names(local.begin(at(61), open)), ["+monitor"]);
        let gone = Outcome::done(ExitCode::NotRunning);
        assert!(!local.done(at(61), AttemptId(3), gone).unwrap().quiet);
    }

    #[test]
    fn a_stop_ends_the_watch_that_is_under_way() {
        let mut local = Local::default();
        local.push(job(Operation::Monitor, 30));
        local.begin(at(0), open);
        local.done(at(0), AttemptId(1), ok());
        local.begin(at(30), open);
        assert_eq!(names(local.push(job(Operation::Stop, 0))), ["-2"]);
        assert_eq!(names(local.begin(at(30), open)), ["+stop"]);
        local.done(at(31), AttemptId(3), ok());
        assert_eq!(local.poll_timeout(), None);
        assert!(local.is_idle());
    }

    #[test]
    fn an_executor_that_never_answers_counts_as_timed_out() {
        let mut local = Local::default();
        local.push(job(Operation::Start, 0));
        local.begin(at(0), open);
        assert!(local.overdue(at(24)).is_empty());
        let ended = local.overdue(at(25));
        assert_eq!(ended[0].outcome.execution, Execution::TimedOut);
    }

    #[test]
    fn what_waits_for_a_lease_begins_when_it_has_run_out() {
        let mut local = Local::default();
        local.push(job(Operation::Start, 0));
        let gate = |now| {
            move |_: &Job| {
                if now < at(5) {
                    Gate::Until(at(5))
                } else {
                    Gate::Open { lease: Some(at(9)) }
                }
            }
        };
        assert!(local.begin(at(1), gate(at(1))).is_empty());
        assert_eq!(local.poll_timeout(), Some(at(5)));
        let begun = local.begin(at(5), gate(at(5)));
        let [Do::Act(action)] = begun.as_slice() else {
            panic!("{begun:?}");
        };
        assert_eq!(action.lease, Some(at(9)));
    }
}
