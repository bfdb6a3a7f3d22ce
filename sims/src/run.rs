//! Runs a plan and judges it; a failure says how to see it again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use ringwright::Instant;

use crate::check::{self, Violation};
use crate::digest::Digest;
use crate::schedule::{self, Plan};
use crate::step::Step;
use crate::world::World;

/// How often a world that has to settle is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What happens in a run at most, several times what any seed needs.
const STEPS_MAX: u64 = 3_000_000;

/// A run without a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Over everything that happened.
    pub digest: Digest,
    /// From the last fault to one ring of all, with the right verdict.
    pub together_after: Duration,
    /// In which round of the protocol's own timers that was, as [`rounds`] counts them.
    pub rounds: u32,
    /// From the last fault to one ring of all in which everything was delivered.
    pub settled_after: Duration,
    /// What happened to nodes, in numbers.
    pub records: usize,
}

/// A run that broke a property, or panicked.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The seed that it was drawn from.
    pub seed: u64,
    /// The number of nodes asked for, if any.
    pub nodes: Option<u32>,
    /// What was broken.
    pub what: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, nodes, what } = self;
        write!(f, "FAILED {what}\nreplay: {}", replay_line(*seed, *nodes))
    }
}

/// The command that shows a seed's run again.
#[must_use]
pub fn replay_line(seed: u64, nodes: Option<u32>) -> String {
    let nodes = nodes.map_or(String::new(), |nodes| format!(" --nodes {nodes}"));
    format!("cargo run --release -p ringwright-sims --bin replay -- --seed {seed:#x}{nodes}")
}

/// The longest time that a cluster may need to settle once the faults are over.
///
/// Whoever is still missed has to be given up by consensus and merged again, and what waits has to be sent. On
/// a slow network that takes several gatherings: eight times both timeouts and a little.
#[must_use]
pub fn patience(plan: &Plan) -> Duration {
    let timing = &plan.settings.timing;
    8 * (timing.token + timing.consensus) + Duration::from_secs(10)
}

/// How many rounds one ring of all may take. What the faults left ends with one; groups that gave up on each other at
/// different times, or whose joins cross on a slow network, need another, and of those a tenth one more, and so on:
/// docs/TESTING.md has the shares.
pub const ROUNDS_MAX: u32 = 3;

/// How many rounds of the protocol's own timers, begun ones included, `time` is longer than 2 s.
///
/// A round is the token timeout, after which a token or a commit token counts as lost, and the consensus timeout, after
/// which those that were not heard are given up.
#[must_use]
pub fn rounds(plan: &Plan, time: Duration) -> u32 {
    let timing = &plan.settings.timing;
    let round = timing.token + timing.consensus;
    let beyond = time.saturating_sub(Duration::from_secs(2));
    u32::try_from(beyond.as_nanos().div_ceil(round.as_nanos())).unwrap_or(u32::MAX)
}

/// Draws a plan from `seed`, runs it on the fast engine and judges it.
pub fn seed(seed: u64, nodes: Option<u32>) -> Result<Passed, Failed> {
    let run = || {
        let plan = schedule::draw(seed, nodes);
        let mut world = Step::new(&plan.settings);
        run(&mut world, &plan)
    };
    let what = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(passed)) => return Ok(passed),
        Ok(Err(violation)) => violation.to_string(),
        Err(panic) => format!("panic: {}", panic_text(panic.as_ref())),
    };
    Err(Failed { seed, nodes, what })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

/// Runs a plan to its peace, then until the world has settled, and judges what happened.
pub fn run<W: World>(world: &mut W, plan: &Plan) -> Result<Passed, Violation> {
    let mut budget = STEPS_MAX;
    for (at, verb) in &plan.script {
        run_within(world, *at, &mut budget)?;
        world.apply(verb);
    }
    let settled = settle(world, plan, &mut budget);
    for judge in W::SAFETY {
        judge(world.history(), &plan.settings)?;
    }
    let (together_after, settled_after) = settled?;
    Ok(Passed {
        together_after,
        rounds: rounds(plan, together_after),
        settled_after,
        digest: world.history().digest,
        records: world.history().records.len(),
    })
}

/// Lets time pass up to `at`.
pub fn run_until<W: World>(world: &mut W, at: Instant) {
    while world.step(at) {}
}

/// As [`run_until`], but a storm of datagrams is a violation, too.
fn run_within<W: World>(world: &mut W, at: Instant, budget: &mut u64) -> Result<(), Violation> {
    while world.step(at) {
        *budget -= 1;
        if *budget == 0 {
            let what = format!("{STEPS_MAX} datagrams and deadlines");
            let (property, at) = ("quiet", world.now());
            return Err(Violation { property, at, what });
        }
    }
    Ok(())
}

/// Waits for one ring of all, then for its messages.
fn settle<W: World>(
    world: &mut W,
    plan: &Plan,
    budget: &mut u64,
) -> Result<(Duration, Duration), Violation> {
    while let Err(violation) = check::settled::together(world, &plan.settings) {
        let limit = plan.peace + patience(plan);
        if world.now() >= limit {
            return Err(violation);
        }
        let next = world.now() + LOOK;
        run_within(world, next.min(limit), budget)?;
    }
    let together_after = world.now().since(plan.peace);
    if rounds(plan, together_after) > ROUNDS_MAX {
        let what = format!("one ring of all only {together_after:?} after the last fault");
        let (property, at) = ("rejoin", world.now());
        return Err(Violation { property, at, what });
    }
    let mut limit = plan.peace + patience(plan);
    let mut records = 0;
    loop {
        match check::settled::check(world, &plan.settings) {
            Ok(()) => return Ok((together_after, world.now().since(plan.peace))),
            // A long queue on a slow network is no fault as long as it shrinks.
            Err(violation)
                if violation.property == check::self_delivery::PROPERTY
                    && world.history().records.len() > records
                    && world.now() >= limit =>
            {
                records = world.history().records.len();
                limit = world.now() + plan.settings.timing.token;
            }
            Err(violation) if world.now() >= limit => return Err(violation),
            Err(_) => {
                let next = world.now() + LOOK;
                run_within(world, next.min(limit), budget)?;
            }
        }
    }
}
