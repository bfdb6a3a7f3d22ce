//! Round trips of every message that totempg carries, and random bodies.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use ringwright_totem::wire::service::cpg::{PartialKind, Reason};
use ringwright_totem::wire::service::votequorum::NodeInfo;
use ringwright_totem::wire::service::{Message, Source, Text, cfg, cmap, cpg, votequorum};
use ringwright_totem::{NodeId, RingId};

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
