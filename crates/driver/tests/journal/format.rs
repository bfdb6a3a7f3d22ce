//! The bytes of a part.

use std::fmt::{Debug, Write};

use bytes::Bytes;
use proptest::prelude::*;
use ringwright::quorum::{DeviceOptions, Options};
use ringwright::{
    Config, DeviceCall, DeviceName, GroupName, Input, Instant, NodeId, QuorumCall, RingId, Sign,
    Stable,
};
use ringwright_driver::Counters;
use ringwright_driver::journal::{Continuation, Head, HostEvent, Mark, PartReader, Record, Start};

use crate::cluster::{head, written};

fn read(part: Vec<u8>) -> (Head, Vec<(Instant, Record)>) {
    let mut reader = PartReader::new(Bytes::from(part)).unwrap();
    let head = reader.head().clone();
    let mut records = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        records.push(record);
    }
    assert_eq!(reader.torn(), None);
    (head, records)
}

fn any_input() -> impl Strategy<Value = Input> {
    let bytes = |max| prop::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from);
    let group = || {
        prop::collection::vec(any::<u8>(), 0..=128).prop_map(|name| GroupName::new(&name).unwrap())
    };
    let device = || "[a-z]{0,9}".prop_map(|name| DeviceName::try_from(name.as_str()).unwrap());
    let quorum = prop_oneof![
        any::<u32>().prop_map(QuorumCall::SetExpected),
        any::<(u32, u32)>().prop_map(|(node, votes)| QuorumCall::SetVotes(NodeId(node), votes)),
        Just(QuorumCall::CancelWaitForAll),
        (
            any::<u32>(),
            any::<u8>(),
            any::<Option<u8>>(),
            any::<Option<u32>>()
        )
            .prop_map(|(expected_votes, two_node, wait_for_all, votes)| {
                QuorumCall::Reconfigure(Options {
                    expected_votes,
                    two_node,
                    wait_for_all,
                    device: Some(DeviceOptions {
                        votes,
                        timeout: votes,
                        sync_timeout: None,
                    }),
                    auto_tie_breaker_node: votes.map(|votes| votes.to_string()),
                    ..Options::of([1, 2])
                })
            }),
        device().prop_map(|name| QuorumCall::Device(DeviceCall::Register(name))),
        (device(), device())
            .prop_map(|(old, new)| QuorumCall::Device(DeviceCall::Rename { old, new })),
        (device(), any::<bool>(), any::<(u32, u64)>()).prop_map(|(name, cast, (rep, seq))| {
            let ring_id = RingId::new(NodeId(rep), seq);
            QuorumCall::Device(DeviceCall::Poll {
                name,
                cast,
                ring_id,
            })
        }),
    ];
    prop_oneof![
        4 => bytes(700).prop_map(Input::Datagram),
        4 => (0_u8..6, prop::collection::vec(0_u8..3, 0..60)).prop_map(|(kind, tail)| {
            Input::Datagram([&[0xc0, 0x70, 3, kind][..], &tail].concat().into())
        }),
        1 => Just(Input::Timeout),
        1 => Just(Input::Leave),
        1 => any::<u32>().prop_map(|node| Input::Sign(Sign::Refused(NodeId(node)))),
        1 => Just(Input::Sign(Sign::Unplugged)),
        1 => (any::<u32>(), group()).prop_map(|(pid, group)| Input::JoinGroup { pid, group }),
        1 => (any::<u32>(), group(), any::<bool>())
            .prop_map(|(pid, group, died)| Input::LeaveGroup { pid, group, died }),
        1 => (any::<u32>(), group(), bytes(3000))
            .prop_map(|(pid, group, payload)| Input::Multicast { pid, group, payload }),
        2 => quorum.prop_map(Input::Quorum),
    ]
}

fn any_record() -> impl Strategy<Value = Record> {
    let continuation = || {
        any::<(u64, u64, u64)>().prop_map(|(inputs, missed, digest)| Continuation {
            inputs,
            missed,
            digest,
        })
    };
    let counters = any::<(u64, u64, u64)>().prop_map(|(rejected, too_long, unsent)| Counters {
        rejected,
        too_long,
        unsent,
    });
    prop_oneof![
        10 => any_input().prop_map(Record::Input),
        1 => (continuation(), counters).prop_map(|(reached, counters)| Record::Mark(Mark { reached, counters })),
        1 => ".*".prop_map(|why| Record::Host(HostEvent::NotSent(why))),
        1 => Just(Record::Host(HostEvent::AddressGone)),
        1 => ".*".prop_map(Record::End),
        1 => prop::collection::vec(any::<u8>(), 0..99).prop_map(Record::Snapshot),
        1 => (any::<u64>(), any::<u64>(), any::<Option<u32>>(), 1_u32..9).prop_map(|(seed, ring_seq, expected_votes, nodes)| {
            let config = Config::of(1, 1..=nodes);
            let stable = Stable { ring_seq, expected_votes };
            Record::Start(Box::new(Start { config, stable, seed }))
        }),
    ]
}

/// Values that do not compare are compared as they are told.
fn told(value: &impl Debug) -> String {
    format!("{value:?}")
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        records in prop::collection::vec((any::<u32>(), any_record()), 0..40),
        (life, part, wall, at) in any::<(u64, u64, u64, u32)>(),
    ) {
        let head = Head { life, part, wall, at: at.into(), ..head() };
        let mut time = head.instant();
        let records: Vec<_> = records
            .into_iter()
            .map(|(pause, record)| {
                time = time + std::time::Duration::from_nanos(pause.into());
                (time, record)
            })
            .collect();
        let (read_head, read) = read(written(&head, &records));
        prop_assert_eq!(read_head, head);
        prop_assert_eq!(told(&read), told(&records));
    }
}

/// A change of these bytes is a change of the format: its number must grow.
#[test]
fn the_bytes_of_format_1() {
    let join = |last| [&[0xc0, 0x70, 3, 3][..], &[9; 20], &[last]].concat();
    let at = Instant::from_nanos;
    let records = [
        (at(1), Record::Input(Input::Timeout)),
        (at(300), Record::Input(Input::Datagram(join(1).into()))),
        (at(300), Record::Input(Input::Datagram(join(2).into()))),
        (at(301), Record::Input(Input::Leave)),
        (at(302), Record::Host(HostEvent::Bound)),
        (at(303), Record::Mark(Mark::default())),
        (at(304), Record::End("so".into())),
    ];
    let part = written(&head(), &records);
    let line = part.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        part[..line],
        *format!("ringwright journal 1 {version}\n").as_bytes()
    );
    let mut hex = String::new();
    for byte in &part[line..] {
        write!(hex, "{byte:02x}").unwrap();
    }
    assert_eq!(hex, include_str!("format-1.hex").replace('\n', ""));
}
