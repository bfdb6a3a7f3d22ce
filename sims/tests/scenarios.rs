//! Every scenario by name: what is expected happens, whatever the seed, and a seed tells the same story twice.

use ringwright_sims::scenario::{self, Engine, Options, Run, Scenario};
use ringwright_sims::{Turmoil, Unsupported, Vintage, World};

/// Seeds of each scenario; those with drawn parameters are swept in `distributions.rs`.
const SEEDS: u64 = 10;

fn unmet(
    scenario: &Scenario,
    options: &Options,
    seed: u64,
    run: Run,
) -> impl Iterator<Item = String> {
    let Options { vintage, two_node } = *options;
    let violation = run.violation.map(|violation| violation.to_string());
    let what = run.unmet.into_iter().chain(violation);
    let name = scenario.name;
    what.map(move |what| format!("{name} seed {seed} {vintage} two_node {two_node}: {what}"))
}

/// Runs every scenario on each of its vintages, with `two_node` and without.
fn run_all(engine: Engine, seeds: u64, two_node: &[bool]) -> Vec<String> {
    let mut all = Vec::new();
    for scenario in scenario::all() {
        for &vintage in scenario.vintages {
            for &two_node in two_node {
                let options = Options { vintage, two_node };
                for seed in 0..seeds {
                    match scenario.case(seed, &options).run_on(engine) {
                        Ok(run) => all.extend(unmet(scenario, &options, seed, run)),
                        Err(_) => assert!(engine == Engine::Turmoil),
                    }
                }
            }
        }
    }
    all
}

#[test]
fn what_is_expected_happens_on_the_event_queue() {
    let unmet = run_all(Engine::Step, SEEDS, &[true, false]);
    assert!(unmet.is_empty(), "\n{}", unmet.join("\n"));
}

#[test]
fn what_is_expected_happens_on_the_production_loop() {
    let unmet = run_all(Engine::Turmoil, 1, &[true]);
    assert!(unmet.is_empty(), "\n{}", unmet.join("\n"));
}

/// What the production loop cannot be made to do is said, and why.
#[test]
fn the_production_loop_says_what_it_cannot_express() {
    let refused = |name, vintage| {
        let case = scenario::find(name)
            .expect("a scenario")
            .case(1, &Options::of(vintage));
        Turmoil::supports(&case.settings, &case.script).err()
    };
    for scenario in scenario::all() {
        for &vintage in scenario.vintages {
            let expected = match scenario.name {
                "s16-pause" => Some(Unsupported::Pause),
                "s09-gap-alone" | "s10-gap-member" if vintage < Vintage::Corosync3_1_7 => {
                    Some(Unsupported::LoopbackRebind)
                }
                _ => None,
            };
            assert_eq!(
                refused(scenario.name, vintage),
                expected,
                "{} {vintage}",
                scenario.name
            );
        }
    }
}

/// Runs seeds of every scenario twice on each vintage that an engine can express.
fn run_twice(engine: Engine, seeds: u64) {
    for scenario in scenario::all() {
        for &vintage in scenario.vintages {
            for seed in 0..seeds {
                let run = || {
                    let run = scenario
                        .case(seed, &Options::of(vintage))
                        .run_on(engine)
                        .ok()?;
                    Some((run.digest, run.timeline))
                };
                assert!(run() == run(), "{} seed {seed} {vintage}", scenario.name);
            }
        }
    }
}

#[test]
fn a_seed_tells_the_same_story_twice_on_the_event_queue() {
    run_twice(Engine::Step, 3);
}

#[test]
fn a_seed_tells_the_same_story_twice_on_the_production_loop() {
    run_twice(Engine::Turmoil, 1);
}

#[test]
fn names_are_short_and_sentences_are_told() {
    for scenario in scenario::all() {
        let Scenario { name, sentence, .. } = *scenario;
        assert!(
            name.len() <= 20 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{name}"
        );
        assert!(
            scenario::find(name).is_some_and(|found| found.name == name),
            "{name}"
        );
        assert!(
            sentence.len() > 20 && !sentence.ends_with('.'),
            "{sentence}"
        );
        assert!(!scenario.vintages.is_empty() && scenario.vintages.is_sorted());
    }
    assert!(
        Vintage::ALL
            .iter()
            .all(|vintage| vintage.to_string().parse() == Ok(*vintage))
    );
}
