//! The doing: a plan when something has changed, each member its own steps, reports that all fold.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::base::Version;
use super::graph::{Abandoned, Step, Transition, Work};
use super::io::{Event, Output};
use super::lease::wait_of;
use super::local::{Do, GRACE, Gate, Job};
use super::message::{Message, Report};
use super::plan::plan;
use super::{AskedProgress, Fence, Former, Manager, Situation, options};
use crate::resource::{ExitCode, Operation, Outcome};
use crate::{Instant, NodeId};

/// A resource, until when it is waited for, and whose leases are.
type Wait = (String, Instant, BTreeSet<NodeId>);

/// What a report takes through the ring at most before the member that drives calls an action overdue.
const REPORT_MAX: Duration = Duration::from_secs(30);

impl Manager {
    /// A message of a settled membership: all members see the same ones in the same order.
    pub(super) fn on_settled_message(&mut self, from: NodeId, message: Message) {
        match message {
            Message::Quorate(quorate) => {
                if let Some(view) = &mut self.view {
                    view.quorate.insert(from, quorate);
                }
                self.abandon(Abandoned::Quorum);
                if !self.is_quorate() {
                    return;
                }
                self.line = self.ring.seq;
                let base = &self.fold.base;
                self.fold.base = base.stamped(self.ring.seq.max(base.term()), base.version());
                self.keep();
            }
            Message::Change { id, change } => self.on_change(from, id, &change),
            Message::Stored { term, version } => {
                if let Some(view) = &mut self.view {
                    view.stored.insert(from, (term, version));
                }
                self.on_stored();
            }
            Message::Report(report) => self.on_report(from, &report),
            Message::Overdue { step } => self.on_overdue(step),
            Message::Fenced {
                step,
                target,
                failure,
            } => self.on_fenced(step, target, failure),
            Message::Tick { now } => {
                self.fold.now = self.fold.now.max(now);
                self.recheck = None;
                self.abandon(Abandoned::Time);
            }
            Message::Hello(_) | Message::Snapshot { .. } => {}
        }
    }

    /// A plan is needed: what runs comes to its end, the rest is dropped.
    pub(super) fn abandon(&mut self, why: Abandoned) {
        self.dirty = true;
        let Some(transition) = &mut self.transition else {
            return;
        };
        transition.abandon(why);
        // What this node has not begun it need not begin.
        for step in self.local.drop_waiting() {
            self.send(&Message::Report(Report {
                step: Some(step),
                ..Report::default()
            }));
        }
    }

    fn on_change(&mut self, from: NodeId, id: u64, change: &super::Change) {
        let result = if self.is_quorate() {
            self.fold.change(change)
        } else {
            Err(super::ChangeError::NoQuorum)
        };
        let made = result.is_ok();
        let version = self.fold.base.version();
        if from == self.me && self.asked.contains_key(&id) {
            match (result, change) {
                (Ok(()), super::Change::Replace { .. }) => {
                    let term = self.fold.base.term();
                    let progress = AskedProgress::Made { term, version };
                    if let Some(asked) = self.asked.get_mut(&id) {
                        asked.progress = progress;
                    }
                }
                (result, _) => self.answer(id, result.map(|()| version)),
            }
        }
        if !made {
            return;
        }
        match change {
            super::Change::Replace { .. } => self.event(Event::Configured(version)),
            super::Change::Cleanup { resource, node } => {
                if node.as_ref().is_none_or(|name| *name == self.own.name) {
                    self.own.clean(resource.as_deref());
                }
            }
            super::Change::Attribute { node, name, value } => {
                if *node == self.own.name {
                    self.own.set(name, value.as_deref());
                }
            }
            super::Change::ConfirmFenced { .. } => {}
        }
        self.abandon(Abandoned::Change);
        self.keep();
    }

    /// Stores the configuration if it is another one, and tells the others.
    pub(super) fn keep(&mut self) {
        let (term, version, digest) = self.fold.base.rank();
        let configured = version.configured();
        let same = self
            .stored
            .is_some_and(|(stored_term, stored, stored_digest)| {
                (stored_term, stored.configured(), stored_digest) == (term, configured, digest)
            });
        if !same {
            self.stored = Some((term, version, digest));
            self.outputs
                .push_back(Output::Store(self.fold.base.clone()));
        }
        if self.is_quorate() {
            self.send(&Message::Stored {
                term,
                version: configured,
            });
        }
    }

    fn on_stored(&mut self) {
        let is_stored = |term, version: Version| {
            let view = self.view.as_ref();
            view.is_some_and(|view| view.is_stored((term, version.configured())))
        };
        let base = &self.fold.base;
        let whole = is_stored(base.term(), base.version());
        let made = self
            .asked
            .iter()
            .filter_map(|(id, asked)| match asked.progress {
                AskedProgress::Made { term, version } if is_stored(term, version) => {
                    Some((*id, version))
                }
                _ => None,
            });
        let made: Vec<_> = made.collect();
        if whole {
            self.lease_before = Some(Former {
                lease: options::lease(&self.fold),
            });
        }
        for (id, version) in made {
            self.answer(id, Ok(version));
        }
    }

    /// The lease that this node may hold: the shorter until all have stored a change of the option.
    pub(super) fn hold_lease(&self) -> Option<Duration> {
        let now = options::lease(&self.fold);
        let before = self.lease_before.map_or(now, |former| former.lease);
        match (before, now) {
            (Some(before), Some(now)) => Some(before.min(now)),
            (before, now) => before.or(now),
        }
    }

    /// The lease that others may hold: the longer until all have stored a change of the option.
    fn others_lease(&self) -> Option<Duration> {
        let now = options::lease(&self.fold);
        now.max(self.lease_before.map_or(now, |former| former.lease))
    }

    fn on_report(&mut self, from: NodeId, report: &Report) {
        if let Some(view) = &mut self.view {
            view.in_flight.remove(&(from, report.attempt));
        }
        let unexpected = self.fold.report(from, report);
        let failed = report
            .done
            .as_ref()
            .is_some_and(|done| done.record.failed());
        let current = self.transition.as_ref().map(Transition::number);
        let own_step = report.step.filter(|(number, _)| Some(*number) == current);
        let known = own_step.is_some_and(|(_, step)| {
            let transition = self.transition.as_mut();
            let ended = transition.and_then(|t| t.end(step, report.carried_out && !failed));
            ended.is_some()
        });
        if let Some(done) = &report.done {
            let record = &done.record;
            self.event(Event::Done {
                node: from,
                resource: done.resource.clone(),
                operation: record.operation,
                interval: Duration::from_millis(record.interval_ms.into()),
                result: (record.status, record.code),
                expected: record.expected,
                reason: record.reason.clone(),
            });
            if unexpected {
                self.abandon(Abandoned::Unexpected);
            } else if !known {
                self.abandon(Abandoned::Earlier);
            }
        } else if !report.attributes.is_empty() {
            self.abandon(Abandoned::Attribute);
        }
    }

    fn on_overdue(&mut self, (number, step): (u32, u32)) {
        let Some(transition) = self.transition.as_mut().filter(|t| t.number() == number) else {
            return;
        };
        if transition.end(step, false).is_some() {
            self.abandon(Abandoned::Overdue);
        }
    }

    fn on_fenced(&mut self, step: Option<(u32, u32)>, target: NodeId, failure: Option<String>) {
        if failure.is_none() {
            self.fold.fenced(target);
        }
        let current = self.transition.as_mut();
        if let Some((number, step)) = step
            && let Some(transition) = current.filter(|t| t.number() == number)
        {
            transition.end(step, failure.is_none());
        }
        if failure.is_some() {
            self.abandon(Abandoned::NotFenced);
        }
        self.event(Event::Fenced {
            node: target,
            failure,
        });
    }

    /// Plans, begins and puts out what can be done now.
    pub(super) fn go_on(&mut self) {
        while self.advance() {}
        self.begin_local();
        self.renew();
    }

    /// Whether something moved.
    fn advance(&mut self) -> bool {
        let Some(view) = self.view.as_ref().filter(|view| view.settled) else {
            return false;
        };
        if let Some(transition) = &mut self.transition {
            let ready = transition.begin(self.now);
            if ready.is_empty() {
                if !transition.is_over() {
                    return false;
                }
                let (transition, abandoned) = (transition.number(), transition.abandoned());
                self.told_overdue.clear();
                self.transition = None;
                self.event(Event::Ended {
                    transition,
                    abandoned,
                });
                return true;
            }
            for step in ready {
                self.begin_step(&step);
            }
            return true;
        }
        if !self.dirty || !view.in_flight.is_empty() {
            return false;
        }
        self.dirty = false;
        self.plan();
        self.transition.is_some()
    }

    fn plan(&mut self) {
        let (Some(view), Some(dc)) = (&self.view, self.dc()) else {
            return;
        };
        let planned = plan(&Situation {
            fold: &self.fold,
            quorate: view.is_quorate(),
            dc,
            features: view.features(),
        });
        let graph = match planned {
            Ok(graph) => graph,
            Err(why) => {
                self.event(Event::NotPlaced(why));
                return;
            }
        };
        self.recheck = graph.recheck;
        if graph.steps.is_empty() {
            return;
        }
        self.fold.transition += 1;
        let transition = self.fold.transition;
        let steps = graph.steps.len();
        self.transition = Some(Transition::new(transition, graph));
        self.event(Event::Planned { transition, steps });
    }

    fn end_step(&mut self, step: &Step) {
        if let Some(transition) = &mut self.transition {
            transition.end(step.id, true);
        }
    }

    fn begin_step(&mut self, step: &Step) {
        let number = self.transition.as_ref().map_or(0, Transition::number);
        match &step.work {
            Work::Point(_) => self.end_step(step),
            Work::Agent {
                node,
                action,
                expected,
                digests,
            } => {
                if *node == self.me {
                    let leased = options::is_leased(action);
                    let job = Job {
                        step: Some((number, step.id)),
                        action: self.local.as_known(action),
                        expected: *expected,
                        digests: digests.clone(),
                        leased,
                    };
                    if action.operation == Operation::Stop {
                        // Whatever comes of it, it is not held on from here.
                        self.leases.release(&action.resource);
                    }
                    let ended = self.local.push(job);
                    self.put_out(ended);
                }
            }
            Work::Cancel {
                node,
                resource,
                key,
            } => {
                self.forget_record(*node, resource, key);
                if *node == self.me {
                    let ended = self.local.unwatch(resource, |name| name == *key);
                    self.put_out(ended);
                }
                self.end_step(step);
            }
            Work::Forgive { node, resource } => {
                let forgive = |status: &mut super::NodeStatus| status.forgive(Some(resource));
                if let Some(status) = self.fold.nodes.get_mut(node) {
                    forgive(status);
                }
                if *node == self.me {
                    forgive(&mut self.own);
                }
                self.end_step(step);
            }
            Work::Forget { node, resource } => {
                if let Some(status) = self.fold.nodes.get_mut(node) {
                    status.resources.remove(resource);
                }
                if *node == self.me {
                    self.own.resources.remove(resource);
                }
                self.end_step(step);
            }
            Work::Fence {
                target, requests, ..
            } => {
                let members = self.members().iter();
                let chosen = members.copied().find(|node| node != target);
                if chosen == Some(self.me) {
                    self.fence((number, step.id), *target, requests.clone());
                }
            }
        }
    }

    fn forget_record(&mut self, node: NodeId, resource: &str, key: &str) {
        let forget = |status: &mut super::NodeStatus| {
            if let Some(history) = status.resources.get_mut(resource) {
                history.records.remove(key);
            }
        };
        if let Some(status) = self.fold.nodes.get_mut(&node) {
            forget(status);
        }
        if node == self.me {
            forget(&mut self.own);
        }
    }

    fn fence(&mut self, step: (u32, u32), target: NodeId, requests: Vec<crate::resource::Fencing>) {
        let attempt = self.local.next_attempt();
        let time: Duration = requests.iter().map(|request| request.timeout).sum();
        let deadline = self.now + time + GRACE;
        let fence = Fence {
            step,
            target,
            deadline,
        };
        self.fencing.insert(attempt, fence);
        self.outputs.push_back(Output::Fence { attempt, requests });
    }

    pub(super) fn put_out(&mut self, list: Vec<Do>) {
        for it in list {
            self.outputs.push_back(match it {
                Do::Act(action) => Output::Act(action),
                Do::Cancel(attempt) => Output::Cancel(attempt),
            });
        }
    }

    pub(super) fn begin_local(&mut self) {
        let mut local = core::mem::take(&mut self.local);
        let mut waits = Vec::new();
        let begun = local.begin(self.now, |job| self.gate(job, &mut waits));
        self.local = local;
        for it in &begun {
            if let Do::Act(action) = it {
                self.told_waits.remove(&action.resource);
            }
        }
        self.put_out(begun);
        for (resource, until, holders) in waits {
            if self.told_waits.insert(resource.clone()) {
                self.event(Event::Waits {
                    resource,
                    until,
                    holders,
                });
            }
        }
    }

    /// Whether a job may begin: what others may hold must have run out, and this node's own ring be alive since.
    fn gate(&self, job: &Job, waits: &mut Vec<Wait>) -> Gate {
        let resource = &job.action.resource;
        let acquires = matches!(
            job.action.operation,
            Operation::Start | Operation::MigrateFrom
        );
        let Some(lease) = self.hold_lease().filter(|_| acquires && job.leased) else {
            return Gate::Open { lease: None };
        };
        let holders = self.fold.doubt.holders(resource);
        let wait = wait_of(self.others_lease().unwrap_or(lease));
        let free = self.leases.free_at(holders.as_ref(), self.members(), wait);
        if let Some(free) = free.filter(|free| *free > self.now) {
            waits.push((resource.clone(), free, holders.unwrap_or_default()));
            return Gate::Until(free);
        }
        // All members took part in this ring when nobody else had a lease any more: no other ring can have given one.
        let evidence = self.leases.evidence_of(self.ring);
        let since = evidence.filter(|at| free.is_none_or(|free| *at >= free));
        match since.map(|at| at + lease) {
            Some(until) if until > self.now + lease / 2 => Gate::Open { lease: Some(until) },
            _ => Gate::Shut,
        }
    }

    pub(super) fn on_time(&mut self) {
        for resource in self.leases.lapsed(self.now) {
            self.event(Event::Lapsed {
                resource: resource.clone(),
            });
            self.lapse(&resource, "the lease ran out");
        }
        for ended in self.local.overdue(self.now) {
            self.outputs.push_back(Output::Cancel(ended.attempt));
            self.on_ended(ended);
        }
        let late = self
            .fencing
            .iter()
            .filter(|(_, fence)| fence.deadline <= self.now);
        let late: Vec<_> = late.map(|(attempt, _)| *attempt).collect();
        for attempt in late {
            let reason = "the fence agent has not answered";
            let execution = crate::resource::Execution::TimedOut;
            self.on_done(attempt, Outcome::failed(execution, ExitCode::Error, reason));
        }
        self.drive();
    }

    /// What one member says for all.
    fn drive(&mut self) {
        if self.dc() != Some(self.me) || !self.is_settled() {
            return;
        }
        let late = self.transition.as_ref().map(|transition| {
            let running = transition.running();
            let late = running.filter(|(step, since)| {
                let told = self.told_overdue.contains(&(transition.number(), step.id));
                !told && *since + self.patience(step) <= self.now
            });
            late.map(|(step, _)| (transition.number(), step.id))
                .collect::<Vec<_>>()
        });
        for step in late.unwrap_or_default() {
            self.send(&Message::Overdue { step });
            self.told_overdue.insert(step);
        }
        if self.recheck.is_some_and(|at| self.at_unix(at) <= self.now) {
            self.recheck = None;
            self.send(&Message::Tick { now: self.unix() });
        }
    }

    /// How long a step may take before nobody waits for it any more.
    pub(super) fn patience(&self, step: &Step) -> Duration {
        let own = match &step.work {
            Work::Agent { action, .. } => action.timeout,
            Work::Fence { requests, .. } => requests.iter().map(|request| request.timeout).sum(),
            _ => Duration::ZERO,
        };
        let lease = self.others_lease().map_or(Duration::ZERO, wait_of);
        own + lease * 2 + GRACE * 2 + REPORT_MAX
    }
}
