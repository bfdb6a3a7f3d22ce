//! Many seeds of one story, reduced to how often it ends how: no history is kept.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::scenario::{Case, Engine, Run};
use crate::timeline::Outcome;
use crate::world::Unsupported;

/// How often runs ended how. Summaries of parts of a range of seeds are merged in any order to that of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Runs.
    pub runs: u64,
    /// Ends, and how often.
    pub outcomes: BTreeMap<Outcome, Tally>,
    /// Expectations that were not met, and properties that were broken, without the times.
    pub failures: BTreeMap<String, Tally>,
}

/// How often, and the lowest seed that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The lowest seed that shows it.
    pub seed: u64,
}

impl Summary {
    /// Takes in a run.
    pub fn add(&mut self, seed: u64, run: Run) {
        self.runs += 1;
        let once = Tally { count: 1, seed };
        let unmet = run.unmet.into_iter().map(|unmet| {
            let line = unmet.split("; ").next().unwrap_or_default();
            format!("not met: {line}")
        });
        let broken = run
            .violation
            .map(|violation| format!("broken: {}", violation.property));
        for failure in unmet.chain(broken) {
            tally(&mut self.failures, failure, once);
        }
        tally(&mut self.outcomes, run.outcome, once);
    }

    /// Takes in the summary of other seeds.
    pub fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        for (outcome, count) in other.outcomes {
            tally(&mut self.outcomes, outcome, count);
        }
        for (failure, count) in other.failures {
            tally(&mut self.failures, failure, count);
        }
    }

    /// The share of runs that ended in a way, 0 to 1.
    #[must_use]
    pub fn share(&self, is_it: impl Fn(&Outcome) -> bool) -> f64 {
        let such = self.outcomes.iter().filter(|(outcome, _)| is_it(outcome));
        let such: u64 = such.map(|(_, tally)| tally.count).sum();
        ratio(such, self.runs)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of runs are far below 2^52"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn tally<K: Ord>(tallies: &mut BTreeMap<K, Tally>, key: K, more: Tally) {
    let known = tallies.entry(key).or_insert(Tally { count: 0, ..more });
    known.count += more.count;
    known.seed = known.seed.min(more.seed);
}

/// Runs the seeds of a range, on this thread; `draw` makes the case of a seed, such as
/// [`Scenario::case`](crate::scenario::Scenario::case).
///
/// Threads that each run a part of the range and [merge](Summary::merge) their summaries come to the same result.
pub fn run(
    seeds: Range<u64>,
    engine: Engine,
    draw: impl Fn(u64) -> Case,
) -> Result<Summary, Unsupported> {
    let mut summary = Summary::default();
    for seed in seeds {
        summary.add(seed, draw(seed).run_on(engine)?);
    }
    Ok(summary)
}
