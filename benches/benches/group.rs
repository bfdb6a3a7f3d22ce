//! How fast messages become packets and packets messages.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringwright_totem::group::{Groups, Lane, Reassembly};
use ringwright_totem::wire::Arena;
use ringwright_totem::wire::service::cpg::{GroupName, Message as Cpg};
use ringwright_totem::wire::service::{Message, Source};
use ringwright_totem::{NET_MTU_DEFAULT, NodeId};

/// Payloads: many to a packet, a few, more than one packet each.
const SIZES: [usize; 4] = [64, 320, 1600, 40_000];
/// Messages that wait when the token comes.
const WAITING: usize = 16;

const ME: NodeId = NodeId(1);
const PID: u32 = 7;

fn name() -> GroupName {
    GroupName::new(b"bench").expect("a short name")
}

fn message(payload: Bytes) -> Message {
    Message::Cpg(Cpg::Mcast {
        group: name(),
        pid: PID,
        source: Source::default(),
        payload,
    })
}

/// Encodes messages, queues them, and takes their packets.
fn packets(lane: &mut Lane, arena: &mut Arena, payload: &Bytes, mut take: impl FnMut(Bytes)) {
    for _ in 0..WAITING {
        let message = message(payload.clone()).encode_in(arena);
        lane.push(message).expect("a lane with room");
    }
    while let Some(room) = lane.room_for_next() {
        let mut w = arena.writer(room);
        lane.write_next(&mut w);
        take(arena.finish(w));
    }
}

/// Each benchmark at each size, in bytes of payload a second.
fn at_sizes(c: &mut Criterion, what: &str, mut bench: impl FnMut(&Bytes) -> Box<dyn FnMut()>) {
    let mut group = c.benchmark_group(what);
    for size in SIZES {
        let mut run = bench(&vec![7; size].into());
        group.throughput(Throughput::Bytes((WAITING * size) as u64));
        let id = BenchmarkId::from_parameter(format_args!("bytes={size}"));
        group.bench_function(id, |b| b.iter(&mut run));
    }
    group.finish();
}

/// What the sender does: encoding, packing, cutting.
fn pack(c: &mut Criterion) {
    at_sizes(c, "group/pack", |payload| {
        let (mut lane, mut arena) = (Lane::new(NET_MTU_DEFAULT), Arena::default());
        let payload = payload.clone();
        Box::new(move || {
            packets(&mut lane, &mut arena, &payload, |packet| {
                std::hint::black_box(packet);
            });
        })
    });
}

/// What a receiver does with packets: taking apart, putting together.
fn reassemble(c: &mut Criterion) {
    at_sizes(c, "group/reassemble", |payload| {
        let (mut lane, mut arena) = (Lane::new(NET_MTU_DEFAULT), Arena::default());
        let mut sent = Vec::new();
        packets(&mut lane, &mut arena, payload, |packet| sent.push(packet));
        let mut reassembly = Reassembly::default();
        Box::new(move || {
            let mut whole = 0;
            for packet in &sent {
                let messages = reassembly.push(ME, packet).expect("what was packed");
                whole += messages.len();
                reassembly.recycle(messages);
            }
            assert_eq!(whole, WAITING);
        })
    });
}

/// What it does with messages: decoding, finding the group and its members, an event each.
fn deliver(c: &mut Criterion) {
    at_sizes(c, "group/deliver", |payload| {
        let mut groups = Groups::new(ME);
        let join = groups.join(PID, &name()).expect("the first");
        groups.on_message(ME, join);
        while groups.poll_event().is_some() {}
        let encoded = message(payload.clone()).encode();
        Box::new(move || {
            for _ in 0..WAITING {
                let Ok(Message::Cpg(message)) = Message::decode(&encoded) else {
                    unreachable!("what was encoded");
                };
                groups.on_message(ME, message);
                assert!(groups.poll_event().is_some(), "a member's message");
            }
        })
    });
}

criterion_group!(benches, pack, reassemble, deliver);
criterion_main!(benches);
