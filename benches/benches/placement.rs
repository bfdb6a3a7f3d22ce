//! How fast clusters are read, placed and written.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringwright_benches::cluster::{State, cluster};
use ringwright_placement::Cib;

const NODES: usize = 32;

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("placement/read");
    for resources in [100, 1000] {
        let text = cluster(NODES, resources, State::Running).to_xml();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("resources", resources), |b| {
            b.iter(|| Cib::parse("bench.xml", black_box(&text)));
        });
    }
    group.finish();
}

fn write(c: &mut Criterion) {
    let mut group = c.benchmark_group("placement/write");
    let cib = cluster(NODES, 1000, State::Running);
    group.throughput(Throughput::Bytes(cib.to_xml().len() as u64));
    group.bench_function(BenchmarkId::new("resources", 1000), |b| {
        b.iter(|| black_box(&cib).to_xml());
    });
    group.finish();
}

criterion_group!(benches, read, write);
criterion_main!(benches);
