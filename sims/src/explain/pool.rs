//! Schedules on all cores; the results do not depend on how many there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::account::{Account, count};
use super::{Fault, Question, Remedy};

/// Schedules that one thread runs before it takes others.
const CHUNK: u64 = 25;

/// All schedules of one class, with remedies.
pub(super) struct Job {
    question: Question,
    fault: &'static Fault,
    remedies: Vec<Remedy>,
}

impl Job {
    pub(super) fn plain(question: &Question, fault: &'static Fault) -> Self {
        Self::with(question, fault, &[])
    }

    pub(super) fn with(question: &Question, fault: &'static Fault, remedies: &[Remedy]) -> Self {
        Self {
            question: question.with(remedies),
            fault,
            remedies: remedies.to_vec(),
        }
    }
}

/// Tells how far the work is.
pub(super) struct Progress<'a> {
    tell: &'a (dyn Fn(u64, u64) + Sync),
    done: AtomicU64,
    total: AtomicU64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(tell: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { tell, done, total }
    }
}

/// Runs jobs; an account a job, in their order.
pub(super) fn run(jobs: &[Job], progress: &Progress<'_>) -> Vec<Account> {
    let mut chunks = Vec::new();
    for (place, job) in jobs.iter().enumerate() {
        let mut from = 0;
        while from < job.question.seeds {
            let to = (from + CHUNK).min(job.question.seeds);
            chunks.push((place, from..to));
            from = to;
        }
        progress
            .total
            .fetch_add(job.question.seeds, Ordering::Relaxed);
    }
    let accounts: Vec<Mutex<Account>> = jobs.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((place, seeds)) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let job = &jobs[*place];
            let account = count(&job.question, job.fault, &job.remedies, seeds.clone());
            let ran = account.counts.runs;
            accounts[*place]
                .lock()
                .expect("no thread panics")
                .merge(account);
            let done = progress.done.fetch_add(ran, Ordering::Relaxed) + ran;
            (progress.tell)(done, progress.total.load(Ordering::Relaxed));
        }
    };
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    accounts
        .iter()
        .map(|account| account.lock().expect("no thread panics").clone())
        .collect()
}
