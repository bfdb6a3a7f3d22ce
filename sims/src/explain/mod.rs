//! Why did my cluster split? A configuration under every class of fault, over many schedules.
//!
//! ```
//! use ringwright_sims::explain::{Cause, Question, Symptom, explain};
//! use ringwright_sims::scenario::REPORT;
//! use ringwright_sims::{Setup, Vintage};
//!
//! let setup = Setup::from_conf(REPORT, Vintage::Corosync2_4_3, &Default::default()).unwrap();
//! let question = Question::new(setup, Some(Symptom::Alone(1)), 20);
//! let answer = explain(&question, &|_, _| ());
//! assert_eq!(answer.ranked[0].fault.cause, Cause::InterfaceGap);
//! ```
//!
//! A **fault** is a class of schedules with one cause; a seed draws one of them. Classes are ranked by how well they fit
//! what was seen: first whether it is seen at all; then, as a symptom is asked about because it comes and goes, whether
//! it does so with one fixed configuration; then whether the fault itself singles out the node; then how little it takes;
//! then how often. [`Question::steady`] turns the second around; evidence goes before all of it.

mod account;
mod cause;
mod conf;
mod draft;
mod effect;
mod fault;
mod faults;
mod machines;
mod pool;
mod remedy;
mod shrink;
mod symptom;

use std::time::Duration;

use serde::Serialize;

use crate::scenario::{Case, Run};
use crate::setup::Setup;
use crate::timeline::Outcome;
use crate::vintage::Vintage;
use crate::world::Settings;

pub use account::Account;
pub use cause::{Cause, Circumstance};
pub use effect::Counts;
pub use fault::{Fault, Odd, all, find};
pub use machines::{File, FilesError, NODES_MAX};
pub use remedy::{Proof, Remedy};
pub use symptom::Symptom;

use pool::{Job, Progress};

/// A symptom in fewer runs than this of a thousand, or in more than the rest, does not come and go.
const VARIES: std::ops::RangeInclusive<u64> = 20..=980;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The machines, all of one vintage.
    pub setup: Setup,
    /// What they run.
    pub vintage: Vintage,
    /// The token timeout that follows from the files.
    pub token: Duration,
    /// What was seen; without any: that not all are together.
    pub symptom: Option<Symptom>,
    /// It is seen each time, not on some days only.
    pub steady: bool,
    /// Causes that evidence speaks for.
    pub supported: Vec<Cause>,
    /// Causes that evidence rules out.
    pub ruled_out: Vec<Cause>,
    /// Schedules of each class of fault.
    pub seeds: u64,
    /// Schedules of all classes together, at least, over which all remedies at once are proven.
    pub proof: u64,
}

/// What came out.
#[derive(Debug)]
pub struct Answer {
    /// What the tools show without any fault.
    pub baseline: Outcome,
    /// The files do it by themselves: not all are together without any fault. Then no fault is tried, as nothing that it
    /// shows could be told from what the files do.
    pub by_itself: bool,
    /// Classes of fault that show the symptom, the best explanation first. Empty, as what follows, if `by_itself`.
    pub ranked: Vec<Ranked>,
    /// Classes that never show it.
    pub unable: Vec<(&'static Fault, Account)>,
    /// All remedies that are about the configuration at once, over all classes that they do not do away with.
    pub remedied: Remedied,
}

/// A class of fault that shows the symptom.
#[derive(Debug)]
pub struct Ranked {
    /// The class.
    pub fault: &'static Fault,
    /// What came of it.
    pub account: Account,
    /// Whether the symptom comes and goes with one fixed configuration.
    pub varies: bool,
    /// Whether it has to be the node of the symptom.
    pub singles_out: bool,
    /// The shortest schedule that shows it.
    pub example: Case,
    /// The run of that.
    pub run: Run,
    /// What helps, with proof.
    pub proofs: Vec<Proof>,
}

/// The cluster with all remedies.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Remedied {
    /// The remedies.
    pub remedies: Vec<Remedy>,
    /// Without them.
    pub before: Counts,
    /// With them.
    pub after: Counts,
}

impl Question {
    /// A question about machines of one vintage.
    ///
    /// # Panics
    /// With fewer than two machines: nobody is there to split from.
    #[must_use]
    pub fn new(setup: Setup, symptom: Option<Symptom>, seeds: u64) -> Self {
        assert!(setup.machines.len() >= 2, "one machine cannot split");
        let vintage = setup.machines.values().next().expect("a machine").vintage;
        let token = Settings::of(setup.clone(), 0).timing.token;
        Self {
            setup,
            vintage,
            token,
            symptom,
            steady: false,
            supported: Vec::new(),
            ruled_out: Vec::new(),
            seeds,
            proof: 0,
        }
    }

    /// What is looked for in each run.
    #[must_use]
    pub fn looked_for(&self) -> Symptom {
        self.symptom.unwrap_or(Symptom::Apart)
    }

    /// Whether any file says `two_node`.
    #[must_use]
    pub fn has_two_node(&self) -> bool {
        let mut machines = self.setup.machines.values();
        machines.any(|machine| {
            let parsed = ringwright_config::parse("corosync.conf", &*machine.conf);
            parsed.config.quorum_options().two_node != 0
        })
    }

    /// What the tools show when all start and nothing happens, and whether all are together then.
    #[must_use]
    pub fn without_fault(&self) -> (Outcome, bool) {
        let mut draft = draft::Draft::new(self, 0);
        draft.start_all();
        draft.look_after();
        let (run, effect) = account::judged(self, &mut draft.case(), &[]);
        (run.outcome, effect.counts.apart == 0)
    }

    /// Classes of fault that can happen to this cluster.
    pub fn faults(&self) -> impl Iterator<Item = &'static Fault> {
        all().filter(|fault| (fault.applies)(self))
    }

    /// The shortest schedule of a class that does what this seed's does, and its run.
    #[must_use]
    pub fn shortest(&self, fault: &Fault, seed: u64) -> (Case, Run) {
        let mut case = shrink::shrink(self, draft::draw(self, fault, seed));
        let (run, _) = account::judged(self, &mut case, &[]);
        (case, run)
    }

    fn with(&self, remedies: &[Remedy]) -> Self {
        let asked = remedies
            .iter()
            .fold(self.clone(), |asked, remedy| remedy.ask(&asked));
        Self {
            steady: self.steady,
            proof: self.proof,
            ..asked
        }
    }
}

/// Answers a question; `progress` is told of runs that are done, and how many there will be as far as known, from any
/// thread. Equal questions have equal answers.
pub fn explain(question: &Question, progress: &(dyn Fn(u64, u64) + Sync)) -> Answer {
    let (baseline, together) = question.without_fault();
    if !together {
        return Answer {
            baseline,
            by_itself: true,
            ranked: Vec::new(),
            unable: Vec::new(),
            remedied: Remedied::default(),
        };
    }
    let progress = Progress::new(progress);
    let faults: Vec<&'static Fault> = question.faults().collect();
    let jobs = faults.iter().map(|&fault| Job::plain(question, fault));
    let jobs: Vec<Job> = jobs.collect();
    let accounts = pool::run(&jobs, &progress);
    let (able, unable): (Vec<_>, Vec<_>) = faults
        .into_iter()
        .zip(accounts)
        .partition(|(_, account)| account.counts.lasting + account.counts.passing > 0);
    let before = total(
        able.iter()
            .chain(&unable)
            .map(|(fault, account)| (*fault, account)),
    );
    let mut ranked = able;
    ranked.sort_by_key(|(fault, account)| fit(question, fault, account));
    let ranked: Vec<_> = ranked.into_iter().rev().collect();
    let remedied = remedied(question, before, &progress);
    Answer {
        baseline,
        by_itself: false,
        ranked: detail(question, ranked, &progress),
        unable,
        remedied,
    }
}

fn total<'a>(accounts: impl Iterator<Item = (&'static Fault, &'a Account)>) -> Counts {
    let mut counts = Counts::default();
    for (fault, account) in accounts {
        if fault.cause != Cause::Files {
            counts.merge(&account.counts);
        }
    }
    counts
}

/// The larger, the better it explains the symptom.
fn fit(question: &Question, fault: &Fault, account: &Account) -> impl Ord + use<> {
    let share = permille(account.counts.lasting, account.counts.runs);
    let evidence = if question.supported.contains(&fault.cause) {
        2
    } else {
        u8::from(!question.ruled_out.contains(&fault.cause))
    };
    (
        evidence,
        share > 0,
        VARIES.contains(&share) != question.steady,
        singles_out(question, fault),
        std::cmp::Reverse(fault.circumstance),
        share,
        permille(account.counts.passing, account.counts.runs),
        std::cmp::Reverse(fault.cause),
    )
}

fn permille(part: u64, whole: u64) -> u64 {
    part * 1000 / whole.max(1)
}

fn singles_out(question: &Question, fault: &Fault) -> bool {
    match (fault.odd, question.symptom.and_then(Symptom::node)) {
        (Odd::Any, _) => false,
        (Odd::Its, _) | (Odd::First, None) => true,
        (Odd::First, Some(node)) => {
            let first = question.setup.machines.keys().next();
            first.is_some_and(|first| first.0 == node)
        }
    }
}

fn detail(
    question: &Question,
    ranked: Vec<(&'static Fault, Account)>,
    progress: &Progress<'_>,
) -> Vec<Ranked> {
    let mut jobs = Vec::new();
    let mut remedies = Vec::new();
    for (place, (fault, account)) in ranked.iter().enumerate() {
        let quorum = remedy::of_quorum(question).filter(|_| account.counts.split_brain > 0);
        for remedy in remedy::against(fault.cause, question)
            .into_iter()
            .chain(quorum)
        {
            jobs.push(Job::with(question, fault, &[remedy]));
            remedies.push((place, remedy));
        }
    }
    let accounts = pool::run(&jobs, progress);
    let mut ranked: Vec<Ranked> = ranked
        .into_iter()
        .map(|(fault, account)| ranked_of(question, fault, account))
        .collect();
    for ((place, remedy), account) in remedies.into_iter().zip(accounts) {
        let (before, after) = (ranked[place].account.counts, account.counts);
        ranked[place].proofs.push(Proof {
            remedy,
            before,
            after,
        });
    }
    ranked
}

fn ranked_of(question: &Question, fault: &'static Fault, account: Account) -> Ranked {
    let seed = account.lasting.or(account.passing).unwrap_or(0);
    let (example, run) = question.shortest(fault, seed);
    let share = permille(account.counts.lasting, account.counts.runs);
    Ranked {
        fault,
        varies: VARIES.contains(&share),
        singles_out: singles_out(question, fault),
        account,
        example,
        run,
        proofs: Vec::new(),
    }
}

/// Every class once more, with all that can be done beforehand. Files that differ are no class any more: they are the
/// same then.
fn remedied(question: &Question, before: Counts, progress: &Progress<'_>) -> Remedied {
    let beforehand = [Remedy::WaitForAddress, Remedy::RestartOnFailure];
    let remedies: Vec<Remedy> = remedy::of_quorum(question)
        .into_iter()
        .chain(beforehand)
        .collect();
    let faults = question.faults();
    let faults: Vec<&'static Fault> = faults.filter(|fault| fault.cause != Cause::Files).collect();
    let mut proven = question.clone();
    let each = question.proof.div_ceil(faults.len().max(1) as u64);
    proven.seeds = question.seeds.max(each);
    let jobs: Vec<Job> = faults
        .into_iter()
        .map(|fault| Job::with(&proven, fault, &remedies))
        .collect();
    let mut after = Counts::default();
    for account in pool::run(&jobs, progress) {
        after.merge(&account.counts);
    }
    Remedied {
        remedies,
        before,
        after,
    }
}
