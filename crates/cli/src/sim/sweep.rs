//! Many seeds on all cores.

use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use indicatif::{ProgressBar, ProgressStyle};
use ringwright_sims::Timeline;
use ringwright_sims::sweep::{Summary, Tally};
use ringwright_sims::timeline::{Micros, Outcome as Ends};
use tokio::sync::oneshot;

use super::INTERRUPTED;
use super::shard::Shard;
use super::subject::Subject;
use super::tally::{FORMAT, Form, Part};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::story;

/// Seeds that a thread takes at once.
const CHUNK: u64 = 16;

/// What to run.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) subject: Subject,
    pub(crate) seeds: Range<u64>,
    /// When the outcome is looked at; at the end if `None`.
    pub(crate) at: Option<Micros>,
    pub(crate) shard: Shard,
    /// Threads; as many as cores if `None`.
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) form: Form,
}

/// What the threads share.
struct Work {
    subject: Subject,
    at: Option<Micros>,
    next: AtomicU64,
    end: u64,
    /// Set to end early.
    stop: AtomicBool,
    bar: ProgressBar,
}

/// Runs all seeds and shows how they end.
pub(crate) fn sweep(request: &Request) -> Outcome {
    let shard = request.shard.resolve(|name| std::env::var(name).ok())?;
    let seeds = shard.seeds(&request.seeds);
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = request.jobs.map_or(cores, NonZeroUsize::get);
    let work = Arc::new(Work {
        subject: request.subject.clone(),
        at: request.at,
        next: AtomicU64::new(seeds.start),
        end: seeds.end,
        stop: AtomicBool::new(false),
        bar: bar(seeds.end - seeds.start),
    });
    let (summary, interrupted) = run(&work, jobs)?;
    work.bar.finish_and_clear();
    let part = Part {
        format: FORMAT,
        ringwright: env!("CARGO_PKG_VERSION").into(),
        subject: request.subject.clone(),
        seeds: request.seeds.clone(),
        at: request.at,
        shard,
        summary,
    };
    if !interrupted {
        return part.show(&request.form);
    }
    part.print(&mut anstream::stdout().lock())?;
    let (done, all) = (part.summary.runs, seeds.end - seeds.start);
    let mut err = anstream::stderr().lock();
    writeln!(
        err,
        "ringwright: interrupted after {done} of {all} seeds; nothing was written"
    )?;
    Ok(ExitCode::from(INTERRUPTED))
}

fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} seeds  {per_sec}  {eta} left  {msg}",
    );
    let bar = ProgressBar::new(length);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// All threads, to the end or to Ctrl-C; whether it was the latter.
fn run(work: &Arc<Work>, jobs: usize) -> Result<(Summary, bool), Failure> {
    // A node that panics is an outcome; its words are told there.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (all_done, done) = oneshot::channel();
    let threads: Vec<JoinHandle<_>> = (0..jobs)
        .map(|_| {
            let work = Arc::clone(work);
            thread::spawn(move || part(&work))
        })
        .collect();
    let collector = thread::spawn(move || {
        let mut summary = Summary::default();
        for thread in threads {
            match thread.join() {
                Ok(Ok(part)) => summary.merge(part),
                Ok(Err(failure)) => return Err(failure),
                Err(_) => return Err(Failure::new("a thread of the sweep broke down")),
            }
        }
        let _ = all_done.send(());
        Ok(summary)
    });
    let interrupted = until_done(done, &work.stop);
    let summary = collector.join();
    std::panic::set_hook(hook);
    let summary = summary.map_err(|_| Failure::new("a thread of the sweep broke down"))??;
    Ok((summary, interrupted?))
}

fn until_done(done: oneshot::Receiver<()>, stop: &AtomicBool) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(Failure::new)?;
    runtime.block_on(async {
        tokio::select! {
            biased;
            _ = done => Ok(false),
            signal = tokio::signal::ctrl_c() => {
                stop.store(true, Ordering::Relaxed);
                signal.map(|()| true).map_err(Failure::new)
            }
        }
    })
}

/// One thread's share.
fn part(work: &Work) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    loop {
        let start = work.next.fetch_add(CHUNK, Ordering::Relaxed);
        if start >= work.end {
            return Ok(summary);
        }
        for seed in start..(start + CHUNK).min(work.end) {
            if work.stop.load(Ordering::Relaxed) {
                return Ok(summary);
            }
            let added = add(&mut summary, work, seed);
            added.inspect_err(|_| work.stop.store(true, Ordering::Relaxed))?;
            work.bar.inc(1);
        }
    }
}

fn add(summary: &mut Summary, work: &Work, seed: u64) -> Result<(), Failure> {
    match catch_unwind(AssertUnwindSafe(|| work.subject.run(seed))) {
        Ok(run) => {
            let mut run = run?;
            if let Some(at) = work.at {
                run.outcome = outcome_at(&run.timeline, at)?;
            }
            summary.add(seed, run);
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text
                .unwrap_or("without words")
                .lines()
                .next()
                .unwrap_or_default();
            let mut failed = Summary {
                runs: 1,
                ..Summary::default()
            };
            failed
                .failures
                .insert(format!("panic: {text}"), Tally { count: 1, seed });
            summary.merge(failed);
        }
    }
    Ok(())
}

fn outcome_at(timeline: &Timeline, at: Micros) -> Result<Ends, Failure> {
    if at > timeline.until {
        let (at, until) = (story::seconds(at), story::seconds(timeline.until));
        return Err(Failure::new(format!(
            "--at {at}: a run is over after {until}"
        )));
    }
    Ok(timeline.outcome_at(at))
}
