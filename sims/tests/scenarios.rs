//! Every scenario by name: what is expected happens, whatever the seed, and a seed tells the same story twice.

use ringwright_sims::Vintage;
use std::fmt::Write;

use ringwright_sims::scenario::{self, Engine, Options, Scenario};

/// Seeds of each scenario; those with drawn parameters are swept in `distributions.rs`.
const SEEDS: u64 = 10;

fn all_options(scenario: &Scenario) -> impl Iterator<Item = Options> {
    let vintages = scenario.vintages.iter();
    vintages.flat_map(|&vintage| [true, false].map(|two_node| Options { vintage, two_node }))
}

fn unmet(engine: Engine, seeds: u64) -> String {
    let mut unmet = String::new();
    for scenario in scenario::all() {
        for options in all_options(scenario) {
            for seed in 0..seeds {
                let case = scenario.case(seed, &options);
                let Ok(run) = case.run_on(engine) else {
                    continue;
                };
                let violation = run.violation.map(|violation| violation.to_string());
                for what in run.unmet.into_iter().chain(violation) {
                    let Options { vintage, two_node } = options;
                    let name = scenario.name;
                    let _ = writeln!(
                        unmet,
                        "{name} seed {seed} {vintage} two_node {two_node} {:?}: {what}",
                        case.parameters
                    );
                }
            }
        }
    }
    unmet
}

#[test]
fn what_is_expected_happens_on_the_event_queue() {
    let unmet = unmet(Engine::Step, SEEDS);
    assert!(unmet.is_empty(), "\n{unmet}");
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for scenario in scenario::all() {
        let options = Options::of(scenario.vintages[0]);
        let run = |seed| {
            let run = scenario
                .case(seed, &options)
                .run_on(Engine::Step)
                .expect("it runs");
            (run.digest, run.timeline)
        };
        for seed in 0..3 {
            assert!(run(seed) == run(seed), "{} seed {seed}", scenario.name);
        }
    }
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
