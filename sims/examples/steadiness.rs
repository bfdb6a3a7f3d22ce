//! How often a ring changes that has no reason to: `steadiness NODES SEEDS HOURS`, with `token: 1000`, an idle ring, virtual
//! time. A line for each kind of trouble: changes an hour with what is suspected early, and without, as in corosync.

use std::time::Duration;

use ringwright::Event;
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Instant, NodeId};

use ringwright_sims::run::run_until;
use ringwright_sims::script::{Link, Store, Verb};
use ringwright_sims::{Rng, Settings, Step, What, World};

/// What goes on all the time.
#[derive(Clone, Copy)]
enum Trouble {
    /// So many datagrams of a thousand are lost.
    Loss(u32),
    /// Every ten seconds or so, one process stands still for so long.
    Pauses(Duration),
    Both(u32, Duration),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u32>());
    let nodes = arguments.next().unwrap_or(Ok(3))?;
    let seeds = arguments.next().unwrap_or(Ok(100))?;
    let hours = arguments.next().unwrap_or(Ok(1))?;
    let keys = TimingKeys {
        token: Some(1000),
        ..TimingKeys::default()
    };
    let timing = Timing::resolve(&keys, nodes as usize)?;
    let half = timing.token / 2;
    println!(
        "{nodes} nodes, {seeds} seeds of {hours} h, token {:?}",
        timing.token
    );
    println!(
        "{:<32}{:>12}{:>12}",
        "ring changes an hour", "detection", "without"
    );
    for (name, trouble) in [
        ("5 % loss", Trouble::Loss(50)),
        ("10 % loss", Trouble::Loss(100)),
        ("20 % loss", Trouble::Loss(200)),
        ("pauses of half a token", Trouble::Pauses(half)),
        (
            "pauses of 0.8 s",
            Trouble::Pauses(Duration::from_millis(800)),
        ),
        (
            "5 % loss, pauses of 0.5 s",
            Trouble::Both(50, Duration::from_millis(500)),
        ),
    ] {
        let average = |timing: &Timing| {
            let all = (0..seeds).map(|seed| changes(nodes, seed.into(), timing, trouble, hours));
            f64::from(all.sum::<u32>()) / f64::from(seeds * hours)
        };
        let (with, without) = (
            average(&timing),
            average(&timing.clone().without_detection()),
        );
        println!("{name:<32}{with:>12.3}{without:>12.3}");
    }
    Ok(())
}

/// Rings that node 1 installs.
fn changes(nodes: u32, seed: u64, timing: &Timing, trouble: Trouble, hours: u32) -> u32 {
    let mut settings = Settings::new(nodes, seed);
    settings.timing = timing.clone();
    let (ids, mut world) = (settings.ids(), Step::new(&settings));
    for &node in &ids {
        let store = Store::Lost;
        world.apply(&Verb::Start { node, store });
    }
    let from = Instant::ZERO + Duration::from_secs(10);
    run_until(&mut world, from);
    let (loss, pause) = match trouble {
        Trouble::Loss(loss) => (loss, None),
        Trouble::Pauses(pause) => (0, Some(pause)),
        Trouble::Both(loss, pause) => (loss, Some(pause)),
    };
    let link = Link {
        loss,
        ..Link::default()
    };
    let (from, to) = (ids.clone(), ids.clone());
    world.apply(&Verb::Link { from, to, link });
    let before = installed(&world);
    let (mut rng, end) = (
        Rng::new(seed),
        world.now() + Duration::from_hours(1) * hours,
    );
    while world.now() < end {
        let quiet = Duration::from_secs(5) + rng.duration(Duration::from_secs(10));
        let until = world.now() + quiet;
        run_until(&mut world, until);
        if let Some(pause) = pause {
            let node: NodeId = *rng.pick(&ids);
            world.apply(&Verb::Pause(node));
            let until = world.now() + pause;
            run_until(&mut world, until);
            world.apply(&Verb::Resume(node));
        }
    }
    installed(&world) - before
}

fn installed(world: &Step) -> u32 {
    let records = world.history().records.iter();
    let rings = records.filter(|record| {
        record.life.node == NodeId(1) && matches!(record.what, What::Event(Event::Regular(_)))
    });
    u32::try_from(rings.count()).unwrap_or(u32::MAX)
}
