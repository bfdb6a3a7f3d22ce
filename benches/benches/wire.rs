//! How fast frames are read and written.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringwright_totem::wire::{
    Commit, CommitEntry, Frame, Header, Join, Mcast, NORMAL, RTR_MAX, RetransmitRequest, Token,
};
use ringwright_totem::{NodeId, RingId};

const RING: RingId = RingId::new(NodeId(1), 0x1d);

/// A frame of each size that matters.
fn frames() -> Vec<(&'static str, Frame)> {
    let me = NodeId(1);
    let nodes = |n: u32| (1..=n).map(NodeId).collect::<Vec<_>>();
    let token = Token {
        header: Header::of(me),
        seq: 0x61,
        ring_id: RING,
        ..Token::default()
    };
    let request = RetransmitRequest {
        ring_id: RING,
        seq: 0x60,
    };
    let full = Token {
        rtr: vec![request; RTR_MAX],
        ..token.clone()
    };
    let mcast = |len| {
        Frame::Mcast(Mcast::new(
            me,
            NORMAL,
            7,
            7,
            RING,
            Bytes::from(vec![1; len]),
        ))
    };
    let join = Join {
        header: Header::of(me),
        system_from: me,
        ring_seq: 9,
        proc_list: nodes(64),
        failed_list: nodes(8),
    };
    let members = nodes(64)
        .into_iter()
        .map(|node| (node, CommitEntry::default()))
        .collect();
    let commit = Commit {
        header: Header::of(me),
        token_seq: 1,
        ring_id: RING,
        retrans_flg: 0,
        memb_index: 1,
        members,
    };
    vec![
        ("token", Frame::Token(token)),
        ("token_rtr=30", Frame::Token(full)),
        ("mcast_bytes=100", mcast(100)),
        ("mcast_bytes=1400", mcast(1400)),
        ("join_nodes=64", Frame::Join(join)),
        ("commit_nodes=64", Frame::Commit(commit)),
    ]
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("wire/decode");
    for (name, frame) in frames() {
        let datagram = frame.encode();
        group.throughput(Throughput::Bytes(datagram.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| Frame::decode(black_box(&datagram)));
        });
    }
    group.finish();
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("wire/encode");
    for (name, frame) in frames() {
        group.throughput(Throughput::Bytes(frame.encode().len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| black_box(&frame).encode());
        });
    }
    group.finish();
}

criterion_group!(benches, decode, encode);
criterion_main!(benches);
