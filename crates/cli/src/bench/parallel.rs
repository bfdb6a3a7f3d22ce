//! Independent work on all cores.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};

/// What `work` makes of each item, in the items' order; they are taken up in that order, too. A bar shows how far it is.
///
/// # Panics
/// If the work panics.
pub(super) fn map<T: Sync, U: Send>(
    items: &[T],
    jobs: Option<NonZeroUsize>,
    work: impl Fn(&T) -> U + Sync,
) -> Vec<U> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = jobs.map_or(cores, NonZeroUsize::get).min(items.len());
    let (next, bar) = (AtomicUsize::new(0), bar(items.len()));
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let part = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else {
                return;
            };
            let made = work(item);
            bar.inc(1);
            done.lock()
                .expect("no thread panics while it holds this")
                .push((index, made));
        }
    };
    thread::scope(|scope| {
        (0..jobs).for_each(|_| {
            scope.spawn(part);
        });
    });
    bar.finish_and_clear();
    let mut done = done.into_inner().expect("all threads have ended well");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, made)| made).collect()
}

fn bar(length: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} runs  {eta} left  {msg}");
    let bar = ProgressBar::new(length as u64);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
