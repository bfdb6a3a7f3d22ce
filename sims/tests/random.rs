//! Clusters under faults drawn from seeds.

use ringwright_sims::run;

/// Seeds that `cargo test` runs; longer sweeps are the `replay` binary's `--seeds`.
const SEEDS: u64 = 300;

#[test]
fn every_property_holds_under_random_faults() {
    let failures: Vec<String> = (0..SEEDS)
        .filter_map(|seed| run::seed(seed, None).err())
        .map(|failure| failure.to_string())
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Three groups or more that had given each other up, each at another time: when one was ready for the others, the last JOIN
/// of another was on its way, and was answered by giving up on it once more. Few verbs do not tell their timing.
#[test]
fn groups_that_gave_each_other_up_come_together() {
    for seed in [0x9889, 0xb06f, 0xbea3, 0xfae6, 0x1259b] {
        run::seed(seed, None).unwrap_or_else(|failure| panic!("{failure}"));
    }
}

#[test]
fn a_seed_run_twice_gives_the_same_digest() {
    for seed in 0..10 {
        let (once, again) = (run::seed(seed, None), run::seed(seed, None));
        assert_eq!(once.expect("it passes"), again.expect("it passes"));
    }
}

#[test]
fn a_failure_says_how_to_see_it_again() {
    let line = run::replay_line(0x5eed, Some(5));
    let expected = "cargo run --release -p ringwright-sims --bin replay -- --seed 0x5eed --nodes 5";
    assert_eq!(line, expected);
}
