//! How long the nodes' work takes when a configuration changes, and when a node goes.
//!
//! The work of all nodes is done one after another, so hosts of their own need about an N-th of it.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ringwright_benches::managed::Managed;

const SIZES: [(u32, usize); 4] = [(3, 1), (16, 1), (3, 1000), (16, 1000)];

/// From a change at one node until all have stored it and it is answered.
fn change(c: &mut Criterion) {
    measure(c, "manager/change", Managed::change);
}

/// From the survivors' new ring until the last start has been asked for.
fn fail_over(c: &mut Criterion) {
    measure(c, "manager/fail over", Managed::fail_over);
}

fn measure(c: &mut Criterion, name: &str, once: fn(&mut Managed) -> Duration) {
    let mut group = c.benchmark_group(name);
    group.sample_size(10);
    for (nodes, resources) in SIZES {
        let mut cluster = Managed::of(nodes, resources);
        let id = format!("nodes={nodes},resources={resources}");
        group.bench_function(BenchmarkId::from_parameter(id), |b| {
            b.iter_custom(|times| (0..times).map(|_| once(&mut cluster)).sum());
        });
    }
    group.finish();
}

criterion_group!(benches, change, fail_over);
criterion_main!(benches);
