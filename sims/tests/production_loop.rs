//! The production loop on simulated hosts.

use std::time::Duration;

use ringwright::{Instant, NodeId};
use ringwright_sims::run::run_until;
use ringwright_sims::script::{Link, Store, Verb};
use ringwright_sims::{Digest, Settings, World, check, turmoil};

const GROUP: &str = "all";

fn world(settings: &Settings) -> turmoil::Turmoil {
    let mut world = turmoil::Turmoil::new(settings);
    for node in settings.ids() {
        start(&mut world, node);
    }
    world
}

fn start(world: &mut impl World, node: NodeId) {
    let store = Store::Kept;
    world.apply(&Verb::Start { node, store });
    pass(world, 20);
    let (pid, group) = (1, GROUP.to_owned());
    world.apply(&Verb::Join { node, pid, group });
}

fn pass(world: &mut impl World, millis: u64) {
    let until = world.now() + Duration::from_millis(millis);
    run_until(world, until);
}

fn settle(world: &impl World, settings: &Settings) -> Result<(), check::Violation> {
    check::settled::check(world, settings)
}

fn until_settled(world: &mut impl World, settings: &Settings) {
    for _ in 0..3000 {
        if settle(world, settings).is_ok() {
            return;
        }
        pass(world, 10);
    }
    assert_eq!(settle(world, settings), Ok(()));
}

fn send(world: &mut impl World, node: u32, len: usize) {
    let (node, pid, group) = (NodeId(node), 1, GROUP.to_owned());
    world.apply(&Verb::Send {
        node,
        pid,
        group,
        len,
    });
}

fn story(seed: u64) -> (Digest, Instant) {
    let settings = Settings::new(3, seed);
    let mut world = world(&settings);
    until_settled(&mut world, &settings);
    for len in [1, 100, 5000, 40_000] {
        send(&mut world, 1, len.max(4));
        send(&mut world, 2, len.max(4));
    }
    world.apply(&Verb::Crash(NodeId(3)));
    pass(&mut world, 10_000);
    until_settled(&mut world, &settings);
    start(&mut world, NodeId(3));
    until_settled(&mut world, &settings);
    let (one, others) = (vec![NodeId(1)], vec![NodeId(2), NodeId(3)]);
    for (from, to) in [(one.clone(), others.clone()), (others, one)] {
        let link = Link {
            cut: true,
            ..Link::default()
        };
        world.apply(&Verb::Link { from, to, link });
    }
    pass(&mut world, 10_000);
    let quorate = |node| world.status(NodeId(node)).map(|status| status.quorate);
    assert_eq!(
        [1, 2, 3].map(quorate),
        [Some(false), Some(true), Some(true)]
    );
    world.apply(&Verb::Heal);
    until_settled(&mut world, &settings);
    world.apply(&Verb::Leave(NodeId(2)));
    pass(&mut world, 100);
    until_settled(&mut world, &settings);
    for judge in turmoil::SAFETY {
        assert_eq!(judge(world.history(), &settings), Ok(()));
    }
    (world.history().digest, world.now())
}

#[test]
fn a_crash_a_restart_a_cut_and_a_leave_end_in_one_ring_every_time() {
    story(1);
}

#[test]
fn a_seed_run_twice_gives_the_same_digest() {
    assert_eq!(story(5), story(5));
}
