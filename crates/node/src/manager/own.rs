//! What this node's own executor answers, what that means for its leases, and how it is told to the others.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::history::History;
use super::io::{Event, Output};
use super::local::{Ended, Job};
use super::message::{Done, Message, Report};
use super::{Fence, Manager, options};
use crate::Instant;
use crate::resource::{Action, AttemptId, ExitCode, Operation, Outcome, Renewal};

/// The count of failures that keeps a resource from a node.
const FOR_GOOD: &str = "INFINITY";

impl Manager {
    /// An executor has answered.
    pub(super) fn on_done(&mut self, attempt: AttemptId, outcome: Outcome) {
        if let Some(fence) = self.fencing.remove(&attempt) {
            self.on_fence_done(&fence, &outcome);
        } else if let Some(ended) = self.local.done(self.now, attempt, outcome) {
            self.on_ended(ended);
        }
    }

    fn on_fence_done(&mut self, fence: &Fence, outcome: &Outcome) {
        let ok = outcome.execution.op_status() == 0 && outcome.code == ExitCode::Ok;
        self.send(&Message::Fenced {
            step: Some(fence.step),
            target: fence.target,
            failure: (!ok).then(|| outcome.to_string()),
        });
    }

    pub(super) fn on_ended(&mut self, ended: Ended) {
        let Ended {
            attempt,
            job,
            outcome,
            quiet,
        } = ended;
        self.note_lease(&job, &outcome);
        if quiet {
            return;
        }
        self.calls += 1;
        let mut record = job.record(self.calls, self.unix());
        record.transition = self.local.origin(&job);
        record.set(&outcome);
        let done = Done {
            resource: job.action.resource.clone(),
            agent: job.action.agent.clone(),
            record,
        };
        let attributes = self.count_failure(&done);
        self.tell(Report {
            attempt: attempt.0,
            step: job.step,
            carried_out: true,
            done: Some(done),
            attributes,
        });
    }

    /// Says it of oneself, and to the others.
    fn tell(&mut self, report: Report) {
        for (name, value) in &report.attributes {
            self.own.set(name, value.as_deref());
        }
        if let Some(done) = &report.done {
            let new = || History::new(done.agent.clone());
            let resources = &mut self.own.resources;
            let history = resources.entry(done.resource.clone()).or_insert_with(new);
            history.keep(done.record.clone());
        }
        // Without a membership it is said in the next introduction.
        if self.view.is_some() {
            self.send(&Message::Report(report));
        }
    }

    /// What a success or a failure means for the lease.
    fn note_lease(&mut self, job: &Job, outcome: &Outcome) {
        let resource = &job.action.resource;
        let runs = outcome.execution.op_status() == 0
            && matches!(
                outcome.code,
                ExitCode::Ok
                    | ExitCode::RunningPromoted
                    | ExitCode::Degraded
                    | ExitCode::DegradedPromoted
            );
        match job.action.operation {
            Operation::Start | Operation::MigrateFrom if job.leased && runs => {
                if let Some(lease) = job.action.lease {
                    self.leases.hold(self.now, resource, Some(lease));
                }
            }
            Operation::Monitor if job.leased && runs && self.hold_lease().is_some() => {
                // Found here, by a start of this node's last life or somebody else.
                self.leases.hold(self.now, resource, None);
            }
            Operation::Monitor if runs => {}
            Operation::Monitor | Operation::Stop | Operation::MigrateTo => {
                self.leases.release(resource);
                self.local.drop_unplanned(resource);
            }
            _ => {}
        }
    }

    /// The attributes that count a failure, as Pacemaker counts: a failed start or stop for good, others one by one, a
    /// probe not at all.
    fn count_failure(&self, done: &Done) -> Vec<(String, Option<String>)> {
        let record = &done.record;
        let probe = record.operation == Operation::Monitor && record.interval_ms == 0;
        if !record.failed() || probe {
            return Vec::new();
        }
        let suffix = alloc::format!("{}#{}", done.resource, record.key());
        let name = alloc::format!("fail-count-{suffix}");
        let fatal = || {
            let option = self.fold.base.option("start-failure-is-fatal");
            option.and_then(options::truth).unwrap_or(true)
        };
        let count = match record.operation {
            Operation::Stop => FOR_GOOD.to_string(),
            Operation::Start if fatal() => FOR_GOOD.to_string(),
            _ => match self.own.attributes.get(&name).map(String::as_str) {
                Some(FOR_GOOD) => FOR_GOOD.to_string(),
                Some(count) => alloc::format!("{}", count.parse::<u32>().unwrap_or(0) + 1),
                None => "1".to_string(),
            },
        };
        let last = alloc::format!("last-failure-{suffix}");
        let now = alloc::format!("{}", self.unix());
        alloc::vec![(name, Some(count)), (last, Some(now))]
    }

    pub(super) fn on_renewed(&mut self, resource: &str, until: Instant, renewal: Renewal) {
        let renewed = (renewal == Renewal::Renewed).then_some(until);
        self.leases.renewed(resource, renewed);
        match renewal {
            Renewal::Renewed => {}
            Renewal::Lost if self.leases.is_found(resource) => self.take_over(resource),
            Renewal::Lost => self.miss(resource),
            Renewal::TooLate | Renewal::Failed => self.event(Event::NotRenewed {
                resource: resource.to_string(),
                renewal,
            }),
        }
    }

    /// The history of a resource that all may take to be here.
    fn held(&self, resource: &str) -> Option<&History> {
        let history = self.own.resources.get(resource)?;
        history.may_hold().then_some(history)
    }

    /// What was found here, of a life before this one, has no lease of this process: it is started over what there is,
    /// which gives it one. Nobody planned that, so it is done only as long as all know it to be here: of what has been
    /// forgotten, or found gone, somebody else may be the next holder.
    fn take_over(&mut self, resource: &str) {
        self.leases.release(resource);
        if self.held(resource).is_none() {
            return;
        }
        if let Some(start) = self.local.again(resource, Operation::Start) {
            let ended = self.local.push(Job {
                leased: true,
                ..start
            });
            self.put_out(ended);
        }
    }

    /// A resource is not held though its lease had not run out: what its watch would find at its next turn.
    fn miss(&mut self, resource: &str) {
        let reason = "it was taken away";
        match self.local.watch_of(resource) {
            Some(job) => self.on_ended(Ended {
                attempt: AttemptId(0),
                job,
                outcome: Outcome::done(ExitCode::NotRunning).because(reason),
                quiet: false,
            }),
            None => self.lapse(resource, reason),
        }
    }

    pub(super) fn renew(&mut self) {
        let Some(lease) = self.hold_lease() else {
            return;
        };
        for (resource, until) in self.leases.renewals(self.now, lease) {
            self.outputs.push_back(Output::Renew { resource, until });
        }
    }

    /// A resource is held here no more: as if somebody had looked and found nothing.
    pub(super) fn lapse(&mut self, resource: &str, reason: &str) {
        self.leases.release(resource);
        let Some(history) = self.held(resource) else {
            return;
        };
        let agent = history.agent.clone();
        let last = history.records.get("last_0");
        let digests = last.map(|last| last.digests.clone()).unwrap_or_default();
        let ended = self.local.unwatch(resource, |_| true);
        self.put_out(ended);
        self.calls += 1;
        let found = Outcome::done(ExitCode::NotRunning).because(reason);
        let job = Job {
            step: None,
            action: Action {
                attempt: AttemptId(0),
                resource: resource.to_string(),
                agent: agent.clone(),
                operation: Operation::Monitor,
                interval: Duration::ZERO,
                timeout: Duration::ZERO,
                parameters: BTreeMap::new(),
                meta: BTreeMap::new(),
                lease: None,
            },
            expected: ExitCode::NotRunning.into(),
            digests,
            leased: true,
        };
        let mut record = job.record(self.calls, self.unix());
        record.set(&found);
        let resource = resource.to_string();
        self.tell(Report {
            done: Some(Done {
                resource,
                agent,
                record,
            }),
            ..Report::default()
        });
    }

    /// This node cannot follow the others any more: what it holds is stopped.
    pub(super) fn give_up(&mut self) {
        self.transition = None;
        self.local.drop_waiting();
        let held: Vec<_> = self.own.holdings().map(ToString::to_string).collect();
        for resource in held {
            self.leases.release(&resource);
            if let Some(stop) = self.local.again(&resource, Operation::Stop) {
                let ended = self.local.push(stop);
                self.put_out(ended);
            }
        }
    }
}
