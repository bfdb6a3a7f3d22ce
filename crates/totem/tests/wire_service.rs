//! The messages that totempg carries: recorded bytes, bytes by the layout tables, spoilt bytes.

#![expect(
    clippy::single_range_in_vec_init,
    reason = "a list of one range is what is meant"
)]

#[path = "data/vectors.rs"]
mod vectors;

use std::collections::BTreeSet;
use std::ops::Range;

use bytes::Bytes;
use ringwright_totem::wire::Malformed;
use ringwright_totem::wire::service::cpg::{GroupName, PartialKind};
use ringwright_totem::wire::service::votequorum::{DeviceName, NodeInfo};
use ringwright_totem::wire::service::{Message, Source, TooLong, cfg, cmap, cpg, votequorum};
use ringwright_totem::{NodeId, RingId};
use vectors::Vector;

fn recorded() -> Vec<Vector> {
    vectors::parse(include_str!("data/messages.txt"))
}

/// The bytes of a body that corosync leaves undefined: the pads, and what follows a counted or ended name or list.
fn undefined(message: &Message) -> Vec<Range<usize>> {
    let mut ranges = match message {
        Message::Barrier { .. } => vec![28..32],
        Message::ServiceBuild { services, .. } => {
            vec![28..32, 36..40, 40 + 4 * services.len()..552]
        }
        Message::Cmap(message) => undefined_in_cmap(message),
        Message::Cfg(message) => undefined_in_cfg(message),
        Message::Cpg(message) => undefined_in_cpg(message),
        Message::Votequorum(message) => undefined_in_votequorum(message),
        Message::Unknown { .. } | Message::OtherGroups { .. } => return Vec::new(),
    };
    ranges.extend([4..8, 12..16]);
    ranges
}

fn undefined_in_cmap(message: &cmap::Message) -> Vec<Range<usize>> {
    let mut ranges = vec![17..24, 25..48];
    let mut at = 48;
    for item in &message.items {
        let end = at + 280 + item.value.len();
        ranges.push(at + 2..at + 8);
        ranges.push(at + 8 + item.key.as_bytes().len()..at + 264);
        ranges.push(at + 265..at + 272);
        at += 280 + item.value.len().next_multiple_of(8);
        ranges.push(end..at);
    }
    ranges
}

fn undefined_in_cfg(message: &cfg::Message) -> Vec<Range<usize>> {
    match message {
        cfg::Message::KillNode { reason, .. } => {
            vec![20..24, 26..32, 32 + reason.as_bytes().len()..288]
        }
        cfg::Message::Shutdown => Vec::new(),
        _ => vec![20..24],
    }
}

fn undefined_in_cpg(message: &cpg::Message) -> Vec<Range<usize>> {
    use cpg::Message as M;
    let name =
        |at: usize, group: &GroupName| [at + 4..at + 8, at + 8 + group.as_bytes().len()..at + 136];
    let padded_u32 = |at: usize| at + 4..at + 8;
    match message {
        M::ProcJoin { group, .. } | M::ProcLeave { group, .. } => name(16, group)
            .into_iter()
            .chain([152, 160].map(padded_u32))
            .collect(),
        M::JoinList(entries) => {
            let entries = entries
                .iter()
                .enumerate()
                .map(|(i, (_, group))| (24 + 144 * i, group));
            let entries =
                entries.flat_map(|(at, group)| [vec![padded_u32(at)], name(at + 8, group).into()]);
            entries.flatten().chain(vec![16..24]).collect()
        }
        M::Mcast { group, .. } => name(16, group)
            .into_iter()
            .chain([152, 160, 168].map(padded_u32))
            .collect(),
        M::Downlist { left, .. } => vec![20..24, 28..32, 32 + 4 * left.len()..1568],
        M::Partial { group, .. } => {
            let pads = [152, 160, 168, 176, 184].map(padded_u32);
            name(16, group).into_iter().chain(pads).collect()
        }
    }
}

fn undefined_in_votequorum(message: &votequorum::Message) -> Vec<Range<usize>> {
    use votequorum::Message as M;
    let end = |at: usize, name: &DeviceName| at + name.as_bytes().len() + 1;
    match message {
        M::NodeInfo(_) => Vec::new(),
        M::Reconfigure { .. } => vec![25..32],
        M::QdeviceReg { name, .. } => vec![end(20, name)..280],
        M::QdeviceReconfigure { old, new } => vec![end(16, old)..271, end(271, new)..528],
    }
}

/// The message with `value` in every undefined byte.
fn fill_undefined(bytes: &Bytes, message: &Message, value: u8) -> Bytes {
    let mut copy = bytes.to_vec();
    let prefix = if bytes[2] == 1 { 5 } else { 8 };
    for range in undefined(message) {
        copy[prefix + range.start..prefix + range.end].fill(value);
    }
    copy.into()
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::Barrier { .. } => "barrier",
        Message::ServiceBuild { .. } => "service build",
        Message::Cmap(_) => "cmap",
        Message::Cfg(cfg::Message::RingReenable(_)) => "ring re-enable",
        Message::Cfg(cfg::Message::KillNode { .. }) => "kill",
        Message::Cfg(cfg::Message::Shutdown) => "shutdown",
        Message::Cfg(cfg::Message::Reload(_)) => "reload",
        Message::Cfg(cfg::Message::CryptoReconfig { .. }) => "crypto",
        Message::Cpg(cpg::Message::ProcJoin { .. }) => "procjoin",
        Message::Cpg(cpg::Message::ProcLeave { .. }) => "procleave",
        Message::Cpg(cpg::Message::JoinList(_)) => "joinlist",
        Message::Cpg(cpg::Message::Mcast { .. }) => "mcast",
        Message::Cpg(cpg::Message::Downlist { .. }) => "downlist",
        Message::Cpg(cpg::Message::Partial { .. }) => "partial",
        Message::Votequorum(votequorum::Message::NodeInfo(_)) => "nodeinfo",
        Message::Votequorum(votequorum::Message::Reconfigure { .. }) => "reconfigure",
        Message::Votequorum(votequorum::Message::QdeviceReg { .. }) => "device",
        Message::Votequorum(votequorum::Message::QdeviceReconfigure { .. }) => "device name",
        Message::Unknown { .. } => "unknown",
        Message::OtherGroups { .. } => "other groups",
    }
}

#[test]
fn recorded_messages_decode_and_encode_to_the_same_bytes() {
    let (mut kinds, mut exact) = (BTreeSet::new(), BTreeSet::new());
    for Vector { name, bytes } in recorded() {
        let message = Message::decode(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            message.encode(),
            fill_undefined(&bytes, &message, 0),
            "{name}"
        );
        kinds.insert(kind(&message));
        if message.encode() == bytes {
            exact.insert(kind(&message));
        }
    }
    let expected = [
        "barrier",
        "cmap",
        "device",
        "device name",
        "downlist",
        "joinlist",
        "kill",
        "mcast",
        "nodeinfo",
        "partial",
        "procjoin",
        "procleave",
        "reconfigure",
        "reload",
        "service build",
        "shutdown",
    ];
    assert_eq!(Vec::from_iter(kinds), expected);
    // Of these some were recorded without garbage: then nothing is masked.
    let expected = [
        "barrier",
        "cmap",
        "downlist",
        "mcast",
        "nodeinfo",
        "procjoin",
        "procleave",
        "service build",
    ];
    assert_eq!(Vec::from_iter(exact), expected);
}

#[test]
fn undefined_bytes_are_never_read() {
    let all = recorded()
        .into_iter()
        .map(|v| v.bytes)
        .chain(written().into_iter().map(|w| w.0));
    for bytes in all {
        let message = Message::decode(&bytes).unwrap();
        for garbage in [0, 1, 0xff] {
            let spoiled = fill_undefined(&bytes, &message, garbage);
            assert_eq!(Message::decode(&spoiled).as_ref(), Ok(&message));
        }
    }
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

/// Messages of every kind that the recordings lack or show only once, written down by the offsets of the reference.
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
