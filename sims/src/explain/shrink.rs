//! The shortest schedule that does the same: fewest verbs, then the earliest and roundest times.

use std::time::Duration;

use ringwright::Instant;

use super::Question;
use super::account::judged;
use super::effect::last_verb;
use crate::scenario::Case;
use crate::script::Verb;

/// Roundings that are tried, the coarsest first, ms.
const GRIDS: [u64; 4] = [1000, 500, 250, 100];

/// The shortest case that ends alike, and is lasting, split and so on like the one given.
pub(super) fn shrink(question: &Question, case: Case) -> Case {
    let (_, wanted) = judged(question, &mut case.clone(), &[]);
    let same = |case: &Case| judged(question, &mut case.clone(), &[]).1 == wanted;
    let mut best = case;
    drop_verbs(&mut best, &same);
    let starts = best
        .script
        .iter()
        .filter(|(_, verb)| is_start(verb))
        .count();
    if starts < best.script.len() {
        come_earlier(&mut best, &same);
    }
    round(&mut best, &same);
    end_earlier(&mut best, &same);
    best
}

fn is_start(verb: &Verb) -> bool {
    matches!(verb, Verb::Start { .. })
}

fn drop_verbs(best: &mut Case, same: &impl Fn(&Case) -> bool) {
    let mut index = 0;
    while index < best.script.len() {
        let mut tried = best.clone();
        tried.script.remove(index);
        // Without a start the node is no longer meant to run.
        if !is_start(&best.script[index].1) && same(&tried) {
            *best = tried;
        } else {
            index += 1;
        }
    }
}

/// Everything that follows the first quiet stretch comes whole seconds earlier.
fn come_earlier(best: &mut Case, same: &impl Fn(&Case) -> bool) {
    let first = best.script.iter().position(|(_, verb)| !is_start(verb));
    let Some(first) = first else {
        return;
    };
    let at = best.script[first].0.since(Instant::ZERO).as_secs();
    for seconds in (1..at).rev() {
        let by = Duration::from_secs(seconds);
        let mut tried = best.clone();
        for (at, _) in &mut tried.script[first..] {
            *at = earlier(*at, by);
        }
        tried.until = earlier(tried.until, by);
        if tried.script.is_sorted_by_key(|(at, _)| *at) && same(&tried) {
            *best = tried;
            return;
        }
    }
}

fn earlier(at: Instant, by: Duration) -> Instant {
    Instant::ZERO + at.since(Instant::ZERO).saturating_sub(by)
}

/// Verbs of one time stay together.
fn round(best: &mut Case, same: &impl Fn(&Case) -> bool) {
    let mut times: Vec<Instant> = best.script.iter().map(|(at, _)| *at).collect();
    times.dedup();
    for at in times {
        for grid in GRIDS {
            let tried = rounded(best, at, grid);
            if tried.script.is_sorted_by_key(|(at, _)| *at) && same(&tried) {
                *best = tried;
                break;
            }
        }
    }
}

fn rounded(case: &Case, time: Instant, grid: u64) -> Case {
    let mut tried = case.clone();
    let nanos = grid * 1_000_000;
    let to = Instant::from_nanos((time.as_nanos() + nanos / 2) / nanos * nanos);
    for (at, _) in tried.script.iter_mut().filter(|(at, _)| *at == time) {
        *at = to;
    }
    tried
}

fn end_earlier(best: &mut Case, same: &impl Fn(&Case) -> bool) {
    let last = last_verb(&best.script).since(Instant::ZERO).as_secs();
    let until = best.until.since(Instant::ZERO).as_secs() + 1;
    // What lasts to the end as given shall last for some seconds.
    for seconds in last + 3..until {
        let mut tried = best.clone();
        tried.until = Instant::ZERO + Duration::from_secs(seconds);
        let mut later = tried.clone();
        later.until = later.until + Duration::from_secs(2);
        if same(&tried) && same(&later) {
            *best = later;
            return;
        }
    }
    best.until = Instant::ZERO + Duration::from_secs(until);
}
