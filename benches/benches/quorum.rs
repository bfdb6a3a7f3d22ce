//! How long one count of the votes takes.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ringwright_totem::quorum::{Options, Votequorum, flag};
use ringwright_totem::wire::service::votequorum::{Message, NodeInfo};
use ringwright_totem::{Instant, NodeId, RingId};

/// A member of `nodes` that knows them all.
fn member_of(nodes: u32) -> Votequorum {
    let members: Vec<_> = (1..=nodes).map(NodeId).collect();
    let options = Options::of(1..=nodes);
    let (mut quorum, _) = Votequorum::new(members[0], &options, None).expect("nothing to refuse");
    quorum.sync_init(Instant::ZERO, &members, RingId::new(members[0], 5));
    for &node in &members {
        quorum.on_message(node, &own_info(node, nodes));
    }
    quorum.sync_activate();
    while quorum.poll_output().is_some() {}
    assert!(quorum.is_quorate());
    quorum
}

fn own_info(node: NodeId, nodes: u32) -> Message {
    Message::NodeInfo(NodeInfo {
        node,
        votes: 1,
        expected: nodes,
        flags: flag::QUORATE,
    })
}

/// A node's own information always makes it count again.
fn evaluate(c: &mut Criterion) {
    let mut group = c.benchmark_group("quorum/evaluate");
    for nodes in [3, 16, 384] {
        let mut quorum = member_of(nodes);
        let message = own_info(NodeId(1), nodes);
        group.bench_function(
            BenchmarkId::from_parameter(format_args!("nodes={nodes}")),
            |b| {
                b.iter(|| {
                    quorum.on_message(NodeId(1), &message);
                    while quorum.poll_output().is_some() {}
                    quorum.is_quorate()
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, evaluate);
criterion_main!(benches);
