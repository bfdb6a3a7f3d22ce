//! Shows the run of a seed, or looks for seeds that fail.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use ringwright_sims::narrate::{Detail, story};
use ringwright_sims::{Step, World, run, schedule};

const USAGE: &str = "\
usage: replay --seed SEED [--nodes N] [-v | -vv]   the run of one seed, told
       replay --seeds FROM..TO [--nodes N] [--failures MAX]
                                                   all of these, up to so many that fail, which are told
A number may be hexadecimal, as 0x5eed.";

struct Options {
    seeds: std::ops::Range<u64>,
    sweep: bool,
    nodes: Option<u32>,
    failures: u64,
    detail: Detail,
}

fn main() -> ExitCode {
    let Some(options) = parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let good = if options.sweep {
        sweep(&options)
    } else {
        replay(&options)
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options {
        seeds: 0..0,
        sweep: false,
        nodes: None,
        failures: u64::MAX,
        detail: Detail::Rings,
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => {
                let seed = number(&arguments.next()?)?;
                options.seeds = seed..seed + 1;
            }
            "--seeds" => {
                let range = arguments.next()?;
                let (from, to) = range.split_once("..")?;
                options.seeds = number(from)?..number(to)?;
                options.sweep = true;
            }
            "--nodes" => options.nodes = Some(u32::try_from(number(&arguments.next()?)?).ok()?),
            "--failures" => options.failures = number(&arguments.next()?)?,
            "-v" => options.detail = Detail::Phases,
            "-vv" => options.detail = Detail::Messages,
            _ => return None,
        }
    }
    (!options.seeds.is_empty()).then_some(options)
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn replay(options: &Options) -> bool {
    let seed = options.seeds.start;
    let plan = schedule::draw(seed, options.nodes);
    let mut world = Step::new(&plan.settings);
    // The story is told even if a node panics on the way.
    let run = std::panic::AssertUnwindSafe(|| run::run(&mut world, &plan));
    let result = std::panic::catch_unwind(run);
    print!("{}", story(world.history(), options.detail));
    match result {
        Ok(Ok(passed)) => {
            println!(
                "one ring of all {:?} after the last fault, all delivered {:?}; digest {}",
                passed.together_after, passed.settled_after, passed.digest
            );
            true
        }
        Ok(Err(violation)) => {
            println!("FAILED {violation}");
            false
        }
        Err(_) => {
            println!("FAILED by a panic at {}", world.now());
            false
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the speed of a sweep is told; no run sees it"
)]
fn sweep(options: &Options) -> bool {
    let (mut run, mut failed) = (0_u64, 0_u64);
    let mut rounds = [0_u64; run::ROUNDS_MAX as usize + 1];
    let (mut together, mut settled) = (Slowest::default(), Slowest::default());
    let started = Instant::now();
    for seed in options.seeds.clone() {
        run += 1;
        match run::seed(seed, options.nodes) {
            Ok(passed) => {
                rounds[passed.rounds as usize] += 1;
                together.add(passed.together_after, seed);
                settled.add(passed.settled_after, seed);
            }
            Err(failure) => {
                failed += 1;
                println!("{failure}");
                if failed == options.failures {
                    break;
                }
            }
        }
    }
    println!(
        "{run} seeds, {failed} failed, in {:.1?}; after the last fault one ring of all {together}, all delivered {settled}",
        started.elapsed()
    );
    println!(
        "one ring of all within 2 s, and within so many rounds of the timers more: {rounds:?}"
    );
    failed == 0
}

/// The longest of many times, and which seed it was.
#[derive(Default)]
struct Slowest(Duration, u64);

impl Slowest {
    fn add(&mut self, time: Duration, seed: u64) {
        if time > self.0 {
            *self = Self(time, seed);
        }
    }
}

impl std::fmt::Display for Slowest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "after {:.2?} at most (seed {:#x})", self.0, self.1)
    }
}
