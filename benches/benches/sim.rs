//! Simulated clusters: three nodes for sixty virtual seconds on each engine.
//!
//! Throughput is virtual node-seconds: elements per second of one core.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ringwright::{Instant, NodeId};
use ringwright_sims::run::run_until;
use ringwright_sims::scenario::{self, Engine, Options};
use ringwright_sims::script::{Store, Verb};
use ringwright_sims::{Settings, Step, Turmoil, Vintage, World};

const NODES: u32 = 3;
const LENGTH: Duration = Duration::from_mins(1);

/// Starts all nodes and lets a minute pass; they must be one ring.
fn minute<W: World>() {
    let mut world = W::new(&Settings::new(NODES, 7));
    for node in 1..=NODES {
        let (node, store) = (NodeId(node), Store::Lost);
        world.apply(&Verb::Start { node, store });
    }
    run_until(&mut world, Instant::ZERO + LENGTH);
    let members = world.status(NodeId(1)).map(|status| status.members.len());
    assert_eq!(members, Some(NODES as usize));
}

fn sim(c: &mut Criterion) {
    let mut group = c.benchmark_group("sim");
    group.throughput(Throughput::Elements(u64::from(NODES) * LENGTH.as_secs()));
    group.bench_function("step/3 nodes, 60 s", |b| b.iter(minute::<Step>));
    group.sample_size(10);
    group.bench_function("turmoil/3 nodes, 60 s", |b| b.iter(minute::<Turmoil>));
    let cut = scenario::find("s03-cut").expect("a scenario");
    let case = cut.case(7, &Options::of(Vintage::Corosync2_4_3));
    let virtual_seconds = case.until.since(Instant::ZERO).as_secs();
    group.throughput(Throughput::Elements(u64::from(NODES) * virtual_seconds));
    group.bench_function("step/s03-cut with its timeline", |b| {
        b.iter(|| case.run_on(Engine::Step).expect("it runs"));
    });
    group.finish();
}

criterion_group!(benches, sim);
criterion_main!(benches);
