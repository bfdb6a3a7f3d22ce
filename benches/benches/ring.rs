//! How fast the token goes round and messages are ordered.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringwright_benches::Ring;

/// Every node sends one message of 100 bytes, and the ring falls idle again: hold cancel, the rotations that carry
/// and acknowledge the messages, and the idle rotations until the token is held.
fn rotate(c: &mut Criterion) {
    let mut group = c.benchmark_group("ring/rotate");
    for nodes in [3, 16, 64] {
        let mut ring = Ring::of(nodes);
        group.throughput(Throughput::Elements(u64::from(nodes)));
        group.bench_function(
            BenchmarkId::from_parameter(format_args!("nodes={nodes}")),
            |b| {
                b.iter(|| ring.all_send(100));
            },
        );
    }
    group.finish();
}

/// One node's 60 kB message, cut into packets and put together on every node.
fn large(c: &mut Criterion) {
    let mut group = c.benchmark_group("ring/large");
    for nodes in [3, 16] {
        let mut ring = Ring::of(nodes);
        group.throughput(Throughput::Bytes(60_000 * u64::from(nodes)));
        group.bench_function(
            BenchmarkId::from_parameter(format_args!("nodes={nodes}")),
            |b| {
                b.iter(|| ring.all_send(60_000));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, rotate, large);
criterion_main!(benches);
