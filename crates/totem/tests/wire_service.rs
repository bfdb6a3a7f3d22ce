//! The messages that totempg carries: recorded bytes, bytes by the layout tables, spoilt bytes, round trips.

#[path = "data/vectors.rs"]
mod vectors;

use std::collections::BTreeSet;
use std::ops::Range;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use ringwright_totem::wire::Malformed;
use ringwright_totem::wire::service::cpg::{GroupName, PartialKind, Reason};
use ringwright_totem::wire::service::votequorum::{DeviceName, NodeInfo};
use ringwright_totem::wire::service::{Message, Source, Text, TooLong, cfg, cmap, cpg, votequorum};
use ringwright_totem::{NodeId, RingId};
use vectors::Vector;

fn recorded() -> Vec<Vector> {
    vectors::parse(include_str!("data/messages.txt"))
}

/// The bytes that corosync leaves undefined and that really differ in the recordings: the ids in a downlist after
/// the counted ones. Offsets are from the start of the message.
fn undefined(message: &Message) -> Range<usize> {
    match message {
        Message::Cpg(cpg::Message::Downlist { left, .. }) => 5 + 32 + 4 * left.len()..5 + 1568,
        _ => 0..0,
    }
}

#[test]
fn recorded_messages_decode_and_encode_to_the_same_bytes() {
    let (mut kinds, mut stale) = (BTreeSet::new(), 0);
    for Vector { name, bytes } in recorded() {
        let message = Message::decode(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut expected = bytes.to_vec();
        expected[undefined(&message)].fill(0);
        stale += usize::from(expected != bytes);
        assert_eq!(message.encode(), expected, "{name}");
        kinds.insert(match message {
            Message::Barrier { .. } => "barrier",
            Message::ServiceBuild { .. } => "service build",
            Message::Cmap(_) => "cmap",
            Message::Votequorum(votequorum::Message::NodeInfo(_)) => "nodeinfo",
            Message::Cpg(cpg::Message::ProcJoin { .. }) => "procjoin",
            Message::Cpg(cpg::Message::ProcLeave { .. }) => "procleave",
            Message::Cpg(cpg::Message::Mcast { .. }) => "mcast",
            Message::Cpg(cpg::Message::Downlist { .. }) => "downlist",
            other => panic!("{name}: {other:?}"),
        });
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    assert_eq!(stale, 1);
}

#[test]
fn every_prefix_of_a_recorded_message_fails() {
    for Vector { name, bytes } in recorded() {
        for prefix in vectors::prefixes(&bytes) {
            let error = Message::decode(&prefix).expect_err(name);
            let cut = matches!(
                error,
                Malformed::Truncated { .. } | Malformed::Length { .. }
            );
            assert!(cut, "{name}, {} bytes: {error}", prefix.len());
        }
    }
}

#[test]
fn a_recorded_message_with_a_byte_more_fails() {
    for Vector { name, bytes } in recorded() {
        let longer: Bytes = bytes.iter().copied().chain([0]).collect();
        let error = Message::decode(&longer).expect_err(name);
        assert!(matches!(error, Malformed::Length { .. }), "{name}: {error}");
    }
}

/// Whatever is still accepted must be stable: encoding and decoding it once more changes nothing.
#[test]
fn no_mutation_of_a_message_panics() {
    let written = written();
    let all = recorded()
        .into_iter()
        .map(|v| v.bytes)
        .chain(written.into_iter().map(|w| w.0));
    for bytes in all {
        for spoiled in vectors::mutations(&bytes) {
            if let Ok(message) = Message::decode(&spoiled) {
                assert_eq!(Message::decode(&message.encode()), Ok(message));
            }
        }
    }
}

#[test]
fn recorded_messages_have_the_fields_that_corosync_logged() {
    let all = recorded();
    let get = |name| Message::decode(&all.iter().find(|v| v.name == name).unwrap().bytes).unwrap();
    let info = NodeInfo {
        node: NodeId(1),
        votes: 1,
        expected: 3,
        flags: 12,
    };
    assert_eq!(
        get("boot_two_node#1"),
        Message::Votequorum(votequorum::Message::NodeInfo(info))
    );
    let ring = RingId::new(NodeId(1), 5);
    assert_eq!(
        get("boot3#5"),
        Message::ServiceBuild {
            ring,
            services: vec![0, 2, 3, 5]
        }
    );
    let Message::Cpg(cpg::Message::Downlist { old_members, left }) = get("fail_to_receive#232")
    else {
        panic!("a downlist")
    };
    assert_eq!((old_members, left), (3, vec![NodeId(1), NodeId(3)]));
    let Message::Cpg(cpg::Message::Mcast {
        group,
        source,
        payload,
        ..
    }) = get("burst#413")
    else {
        panic!("a message")
    };
    assert_eq!(
        (source.node, payload.len(), group.as_bytes().len()),
        (NodeId(2), 1240, 5)
    );
}

/// A message by its layout: prefix and header, then each value at its offset in the body, all else zero.
fn layout(id: u32, size: usize, fields: &[(usize, &[u8])]) -> Bytes {
    let mut body = vec![0; size];
    let mut put = |at: usize, bytes: &[u8]| body[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &id.to_le_bytes());
    put(8, &u32::try_from(size).unwrap().to_le_bytes());
    for (at, bytes) in fields {
        put(*at, bytes);
    }
    b"\x01\0\x01\0a".iter().copied().chain(body).collect()
}

const CONN: &[u8] = &[8, 7, 6, 5, 4, 3, 2, 1];
const SOURCE: Source = Source {
    node: NodeId(2),
    conn: 0x0102_0304_0506_0708,
};

/// Messages that the recordings lack, written down by the offsets of the reference.
fn written() -> Vec<(Bytes, Message)> {
    [written_cpg(), written_votequorum(), written_cmap_and_cfg()].concat()
}

fn written_cpg() -> Vec<(Bytes, Message)> {
    let cpg = |function: u32| 2 << 16 | function;
    let group = GroupName::try_from("web").unwrap();
    vec![
        (
            layout(
                cpg(2),
                24 + 2 * 144,
                &[
                    (24, &[0x34, 0x12]),
                    (32, &[3]),
                    (40, b"web"),
                    (168, &[7]),
                    (176, &[128]),
                    (184, &[b'x'; 128]),
                ],
            ),
            Message::Cpg(cpg::Message::JoinList(vec![
                (0x1234, group.clone()),
                (7, GroupName::new(&[b'x'; 128]).unwrap()),
            ])),
        ),
        (
            layout(
                cpg(6),
                203,
                &[
                    (16, &[3]),
                    (24, b"web"),
                    (152, &[0, 0, 1]),
                    (160, &[3]),
                    (168, &[9]),
                    (176, &[2]),
                    (184, &[2]),
                    (192, CONN),
                    (200, b"abc"),
                ],
            ),
            Message::Cpg(cpg::Message::Partial {
                group,
                pid: 9,
                kind: PartialKind::Continued,
                msglen: 65536,
                source: SOURCE,
                payload: Bytes::from_static(b"abc"),
            }),
        ),
    ]
}

fn written_votequorum() -> Vec<(Bytes, Message)> {
    let votequorum = |function: u32| 5 << 16 | function;
    let device = DeviceName::try_from("disk").unwrap();
    vec![
        (
            layout(votequorum(1), 32, &[(16, &[2]), (20, &[5]), (24, &[1])]),
            Message::Votequorum(votequorum::Message::Reconfigure {
                node: NodeId(2),
                value: 5,
                param: votequorum::PARAM_EXPECTED_VOTES,
            }),
        ),
        (
            layout(votequorum(2), 280, &[(16, &[1]), (20, b"disk")]),
            Message::Votequorum(votequorum::Message::QdeviceReg {
                register: true,
                name: device.clone(),
            }),
        ),
        (
            layout(votequorum(3), 528, &[(16, b"disk"), (271, b"net")]),
            Message::Votequorum(votequorum::Message::QdeviceReconfigure {
                old: device,
                new: DeviceName::try_from("net").unwrap(),
            }),
        ),
    ]
}

fn written_cmap_and_cfg() -> Vec<(Bytes, Message)> {
    let cfg = |function: u32| 1 << 16 | function;
    vec![
        (
            layout(
                0,
                336,
                &[
                    (16, &[1]),
                    (24, &[1]),
                    (48, &[20]),
                    (56, b"totem.config_version"),
                    (48 + 264, &[8]),
                    (48 + 272, &[8]),
                    (48 + 280, &[6]),
                ],
            ),
            Message::Cmap(cmap::Message::of_config_version(
                cmap::Reason::NewConfigVersion,
                Some(6),
            )),
        ),
        (
            layout(cfg(0), 32, &[(16, &[2]), (24, CONN)]),
            Message::Cfg(cfg::Message::RingReenable(SOURCE)),
        ),
        (
            layout(cfg(1), 288, &[(16, &[3]), (24, &[3]), (32, b"why")]),
            Message::Cfg(cfg::Message::KillNode {
                node: NodeId(3),
                reason: cfg::KillReason::try_from("why").unwrap(),
            }),
        ),
        (
            layout(cfg(2), 16, &[]),
            Message::Cfg(cfg::Message::Shutdown),
        ),
        (
            layout(cfg(3), 32, &[(16, &[2]), (24, CONN)]),
            Message::Cfg(cfg::Message::Reload(SOURCE)),
        ),
        (
            layout(cfg(4), 24, &[(16, &[1])]),
            Message::Cfg(cfg::Message::CryptoReconfig { phase: 1 }),
        ),
    ]
}

#[test]
fn messages_stand_where_the_layout_tables_put_them() {
    for (bytes, message) in written() {
        assert_eq!(Message::decode(&bytes).as_ref(), Ok(&message));
        assert_eq!(message.encode(), bytes, "{message:?}");
        for prefix in vectors::prefixes(&bytes) {
            assert!(
                Message::decode(&prefix).is_err(),
                "{message:?}, {} bytes",
                prefix.len()
            );
        }
    }
}

#[test]
fn pads_and_tails_may_hold_anything() {
    let bytes = layout(
        5 << 16 | 2,
        280,
        &[(16, &[1]), (20, b"disk\0garbage"), (275, &[9; 5])],
    );
    let name = DeviceName::try_from("disk").unwrap();
    let expected = votequorum::Message::QdeviceReg {
        register: true,
        name,
    };
    assert_eq!(Message::decode(&bytes), Ok(Message::Votequorum(expected)));
    let bytes = layout(
        2 << 16,
        168,
        &[
            (4, &[9; 4]),
            (12, &[9; 4]),
            (16, &[1, 0, 0, 0, 9, 9, 9, 9]),
            (24, b"ggarbage"),
            (152, &[4, 0, 0, 0, 9, 9, 9, 9]),
            (160, &[1, 0, 0, 0, 9, 9, 9, 9]),
        ],
    );
    let group = GroupName::try_from("g").unwrap();
    let expected = cpg::Message::ProcJoin {
        group,
        pid: 4,
        reason: Reason::Join,
    };
    assert_eq!(Message::decode(&bytes), Ok(Message::Cpg(expected)));
}

#[test]
fn unread_services_functions_and_groups_are_kept_as_they_are() {
    for (id, service, function) in [
        (4 << 16 | 1, 4, 1),
        (2 << 16 | 4, 2, 4),
        (64 << 16, 64, 0),
        (u32::MAX, 0xffff, 0xffff),
    ] {
        let bytes = layout(id, 40, &[(16, b"load")]);
        let body = bytes.slice(5..);
        let message = Message::Unknown {
            service,
            function,
            body,
        };
        assert_eq!(Message::decode(&bytes).as_ref(), Ok(&message));
        assert_eq!(message.encode(), bytes);
    }
    for bytes in ["0200 0100 0400 61 73796e63 ff", "0100 0000", "0000"] {
        let bytes = vectors::unhex(bytes);
        let message = Message::decode(&bytes).unwrap();
        assert!(
            matches!(message, Message::OtherGroups { .. }),
            "{message:?}"
        );
        assert_eq!(message.encode(), bytes);
    }
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    assert_eq!(
        GroupName::new(&[0; 129]),
        Err(TooLong {
            have: 129,
            max: 128
        })
    );
    assert_eq!(
        GroupName::new(&[0; 128]).map(|name| name.as_bytes().len()),
        Ok(128)
    );
    assert_eq!(
        GroupName::try_from(&b"a\xffb"[..]).unwrap().to_string(),
        "a\u{fffd}b"
    );
}

#[test]
fn a_config_version_of_another_type_counts_as_none() {
    let mut message = cmap::Message::of_config_version(cmap::Reason::Sync, Some(7));
    assert_eq!(message.config_version(), Some(7));
    message.items[0].value_type = 6;
    assert_eq!(message.config_version(), Some(0));
    message.items[0].value_type = cmap::TYPE_U64;
    message.items[0].value = Bytes::from_static(&[7; 4]);
    assert_eq!(message.config_version(), Some(0));
    message.items.clear();
    assert_eq!(message.config_version(), None);
    let absent = cmap::Message::of_config_version(cmap::Reason::Sync, None);
    assert_eq!(absent.config_version(), Some(0));
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u32>().prop_map(NodeId)
}

fn ring() -> impl Strategy<Value = RingId> {
    (node(), any::<u64>()).prop_map(|(rep, seq)| RingId::new(rep, seq))
}

fn text<const MAX: usize>() -> impl Strategy<Value = Text<MAX>> {
    vec(1..=u8::MAX, 0..=MAX).prop_map(|bytes| Text::new(&bytes).unwrap())
}

fn source() -> impl Strategy<Value = Source> {
    (node(), any::<u64>()).prop_map(|(node, conn)| Source { node, conn })
}

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..=max).prop_map(Bytes::from)
}

fn cpg_message() -> impl Strategy<Value = cpg::Message> {
    use cpg::Message as M;
    let reason = prop::sample::select(Reason::ALL.to_vec());
    let kind = prop::sample::select(PartialKind::ALL.to_vec());
    prop_oneof![
        (text(), any::<u32>(), reason.clone()).prop_map(|(group, pid, reason)| M::ProcJoin {
            group,
            pid,
            reason
        }),
        (text(), any::<u32>(), reason).prop_map(|(group, pid, reason)| M::ProcLeave {
            group,
            pid,
            reason
        }),
        vec((any::<u32>(), text()), 0..20).prop_map(M::JoinList),
        (text(), any::<u32>(), source(), bytes(3000)).prop_map(|(group, pid, source, payload)| {
            M::Mcast {
                group,
                pid,
                source,
                payload,
            }
        }),
        (any::<u32>(), vec(node(), 0..=384))
            .prop_map(|(old_members, left)| M::Downlist { old_members, left }),
        (
            text(),
            any::<u32>(),
            kind,
            300..u32::MAX,
            source(),
            bytes(300)
        )
            .prop_map(|(group, pid, kind, msglen, source, payload)| {
                M::Partial {
                    group,
                    pid,
                    kind,
                    msglen,
                    source,
                    payload,
                }
            }),
    ]
}

fn votequorum_message() -> impl Strategy<Value = votequorum::Message> {
    use votequorum::Message as M;
    prop_oneof![
        (node(), any::<[u32; 3]>()).prop_map(|(node, [votes, expected, flags])| {
            M::NodeInfo(NodeInfo {
                node,
                votes,
                expected,
                flags,
            })
        }),
        (node(), any::<u32>(), any::<u8>()).prop_map(|(node, value, param)| M::Reconfigure {
            node,
            value,
            param
        }),
        (any::<bool>(), text()).prop_map(|(register, name)| M::QdeviceReg { register, name }),
        (text(), text()).prop_map(|(old, new)| M::QdeviceReconfigure { old, new }),
    ]
}

fn cmap_message() -> impl Strategy<Value = cmap::Message> {
    let reason = prop_oneof![
        Just(cmap::Reason::Sync),
        Just(cmap::Reason::NewConfigVersion)
    ];
    let item = (text(), any::<u8>(), bytes(30)).prop_map(|(key, value_type, value)| cmap::Item {
        key,
        value_type,
        value,
    });
    (reason, vec(item, 0..=cmap::ITEMS_MAX))
        .prop_map(|(reason, items)| cmap::Message { reason, items })
}

fn cfg_message() -> impl Strategy<Value = cfg::Message> {
    prop_oneof![
        source().prop_map(cfg::Message::RingReenable),
        (node(), text()).prop_map(|(node, reason)| cfg::Message::KillNode { node, reason }),
        Just(cfg::Message::Shutdown),
        source().prop_map(cfg::Message::Reload),
        any::<u32>().prop_map(|phase| cfg::Message::CryptoReconfig { phase }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        ring().prop_map(|ring| Message::Barrier { ring }),
        (ring(), vec(any::<u32>(), 0..=128))
            .prop_map(|(ring, services)| Message::ServiceBuild { ring, services }),
        cmap_message().prop_map(Message::Cmap),
        cfg_message().prop_map(Message::Cfg),
        cpg_message().prop_map(Message::Cpg),
        votequorum_message().prop_map(Message::Votequorum),
        (vec(bytes(20), 2..5), bytes(100))
            .prop_map(|(groups, body)| Message::OtherGroups { groups, body }),
    ]
}

proptest! {
    #[test]
    fn every_message_comes_back(message in message()) {
        prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn random_bodies_never_panic(service in 0_u32..8, function in 0_u32..8, mut body in vec(any::<u8>(), 16..2000)) {
        let size = u32::try_from(body.len()).unwrap();
        body[..4].copy_from_slice(&(service << 16 | function).to_le_bytes());
        body[8..12].copy_from_slice(&size.to_le_bytes());
        let bytes: Bytes = b"\x01\0\x01\0a".iter().copied().chain(body).collect();
        if let Ok(message) = Message::decode(&bytes) {
            prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
    }
}
