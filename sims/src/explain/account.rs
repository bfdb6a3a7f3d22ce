//! Many schedules of one class of fault, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::draft::draw;
use super::effect::{Counts, Effect, running};
use super::{Fault, Question, Remedy};
use crate::scenario::{Case, Run};
use crate::step::Step;
use crate::sweep::Tally;
use crate::timeline::Outcome;

/// How often a service manager starts a daemon again in one schedule, at most.
const RESTARTS_MAX: usize = 8;

/// What came of schedules of one class.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// How many did what.
    pub counts: Counts,
    /// How they ended.
    pub outcomes: BTreeMap<Outcome, Tally>,
    /// The lowest seed that ended with the symptom.
    pub lasting: Option<u64>,
    /// The lowest seed in which it passed.
    pub passing: Option<u64>,
}

impl Account {
    fn add(&mut self, seed: u64, effect: Effect) {
        self.counts.merge(&effect.counts);
        let keep = |slot: &mut Option<u64>, shown: u64| {
            if shown > 0 {
                *slot = Some(slot.map_or(seed, |known| known.min(seed)));
            }
        };
        keep(&mut self.lasting, effect.counts.lasting);
        keep(&mut self.passing, effect.counts.passing);
        let tally = self.outcomes.entry(effect.outcome);
        let tally = tally.or_insert(Tally { count: 0, seed });
        tally.count += 1;
        tally.seed = tally.seed.min(seed);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.counts.merge(&other.counts);
        for (outcome, more) in other.outcomes {
            let tally = self.outcomes.entry(outcome);
            let tally = tally.or_insert(Tally { count: 0, ..more });
            tally.count += more.count;
            tally.seed = tally.seed.min(more.seed);
        }
        let least = |slot: &mut Option<u64>, other: Option<u64>| {
            *slot = slot.iter().copied().chain(other).min();
        };
        least(&mut self.lasting, other.lasting);
        least(&mut self.passing, other.passing);
    }

    /// The outcomes, the most frequent first.
    #[must_use]
    pub fn ends(&self) -> Vec<(&Outcome, Tally)> {
        let mut ends: Vec<_> = self
            .outcomes
            .iter()
            .map(|(end, tally)| (end, *tally))
            .collect();
        ends.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.count));
        ends
    }
}

/// Runs a range of seeds with remedies applied. `question` is already the one with the remedies' files and versions.
pub(super) fn count(
    question: &Question,
    fault: &Fault,
    remedies: &[Remedy],
    seeds: Range<u64>,
) -> Account {
    let mut account = Account::default();
    for seed in seeds {
        let mut case = draw(question, fault, seed);
        for remedy in remedies {
            remedy.treat(&mut case, question.token);
        }
        let (_, effect) = judged(question, &mut case, remedies);
        account.add(seed, effect);
    }
    account
}

/// Runs a case to its end; remedies may add to it on the way.
pub(super) fn judged(question: &Question, case: &mut Case, remedies: &[Remedy]) -> (Run, Effect) {
    let meant: BTreeSet<u32> = running(case);
    let mut run = run(case);
    for _ in 0..RESTARTS_MAX {
        let mut changed = false;
        for remedy in remedies {
            changed |= remedy.react(case, &run.timeline);
        }
        if !changed {
            break;
        }
        run = self::run(case);
    }
    let effect = Effect::of(&run.timeline, &meant, question.looked_for());
    (run, effect)
}

fn run(case: &Case) -> Run {
    case.run::<Step>()
        .expect("the fast engine runs every script")
}
