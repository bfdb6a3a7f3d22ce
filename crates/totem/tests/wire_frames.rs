//! The six frames and the totempg packet: recorded bytes, spoilt bytes, round trips.

#[path = "data/vectors.rs"]
mod vectors;

use std::collections::BTreeSet;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use ringwright_totem::wire::packet::{PACKET_HEADER_LEN, PIECE_OVERHEAD, Packet};
use ringwright_totem::wire::service::Message;
use ringwright_totem::wire::{
    Commit, CommitEntry, ENCAPSULATED, Frame, Header, HoldCancel, Join, Kind, MCAST_HEADER_LEN,
    Malformed, Mcast, MergeDetect, NORMAL, RTR_MAX, RetransmitRequest, Token,
};
use ringwright_totem::{NodeId, RingId};
use vectors::Vector;

fn recorded() -> Vec<Vector> {
    vectors::parse(include_str!("data/frames.txt"))
}

/// Decodes a datagram and, in an MCAST, what it carries; the result is the packet at the bottom.
fn decode_deep(datagram: &Bytes) -> Result<Option<Packet>, Malformed> {
    match Frame::decode(datagram)? {
        Frame::Mcast(m) if m.header.encapsulated == ENCAPSULATED => decode_deep(&m.payload),
        Frame::Mcast(m) => Packet::decode(&m.payload).map(Some),
        _ => Ok(None),
    }
}

#[test]
fn recorded_frames_decode_and_encode_to_the_same_bytes() {
    let mut kinds = BTreeSet::new();
    for Vector { name, bytes } in recorded() {
        let frame = Frame::decode(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(frame.encode(), bytes, "{name}");
        kinds.insert(frame.kind());
    }
    assert_eq!(Vec::from_iter(kinds), Kind::ALL);
}

#[test]
fn recorded_packets_decode_and_encode_to_the_same_bytes() {
    let (mut encapsulated, mut cut, mut several) = (0, 0, 0);
    for Vector { name, bytes } in recorded() {
        let Frame::Mcast(mut mcast) = Frame::decode(&bytes).unwrap() else {
            continue;
        };
        while mcast.header.encapsulated == ENCAPSULATED {
            encapsulated += 1;
            let Ok(Frame::Mcast(inner)) = Frame::decode(&mcast.payload) else {
                panic!("{name}")
            };
            assert_eq!(inner.encode(), mcast.payload, "{name}");
            mcast = inner;
        }
        assert_eq!(mcast.header.encapsulated, NORMAL, "{name}");
        let packet = Packet::decode(&mcast.payload).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(packet.encode(), mcast.payload, "{name}");
        assert_eq!(packet.encoded_len(), mcast.payload.len(), "{name}");
        cut += usize::from(packet.fragmented != 0 || packet.continuation != 0);
        several += usize::from(packet.pieces.len() > 1);
    }
    assert_eq!((encapsulated, cut, several), (2, 10, 3));
}

/// The target is what happened to stand on the sender's stack.
#[test]
fn a_recorded_token_has_the_fields_that_corosync_logged() {
    let all = recorded();
    let bytes = &all
        .iter()
        .find(|v| v.name == "recovery_encap#26")
        .unwrap()
        .bytes;
    let ring_id = RingId::new(NodeId(1), 0x30);
    assert_eq!(
        Frame::decode(bytes).unwrap(),
        Frame::Token(Token {
            header: Header {
                target: 0x0100_0000,
                ..Header::of(NodeId(2))
            },
            seq: 0x61,
            token_seq: 0x81d,
            aru: 0x60,
            aru_addr: NodeId(2),
            ring_id,
            backlog: 0,
            fcc: 0,
            retrans_flg: 0,
            rtr: vec![RetransmitRequest { ring_id, seq: 0x61 }],
        })
    );
}

#[test]
fn a_recorded_leave_names_the_leaver_last() {
    let all = recorded();
    let bytes = &all.iter().find(|v| v.name == "leave3#8").unwrap().bytes;
    let Frame::Join(join) = Frame::decode(bytes).unwrap() else {
        panic!("a join")
    };
    assert!(join.is_leave());
    assert_eq!(join.system_from, NodeId(3));
    assert_eq!(join.proc_list, [NodeId(1), NodeId(2)]);
    assert_eq!(join.failed_list.last(), Some(&NodeId(3)));
}

/// Of an MCAST the prefixes from its 45th byte on are frames; then what they carry is not a packet.
#[test]
fn every_prefix_of_a_recorded_frame_fails() {
    for Vector { name, bytes } in recorded() {
        let kind = Frame::decode(&bytes).unwrap().kind();
        for prefix in vectors::prefixes(&bytes) {
            let len = prefix.len();
            if kind != Kind::Mcast || len < MCAST_HEADER_LEN {
                let error = Frame::decode(&prefix).expect_err(name);
                assert!(
                    matches!(error, Malformed::Truncated { .. }),
                    "{name}, {len}: {error}"
                );
            }
            assert!(decode_deep(&prefix).is_err(), "{name}, {len} bytes");
        }
    }
}

/// Whatever is still accepted must be stable: encoding and decoding it once more changes nothing.
#[test]
fn no_mutation_of_a_recorded_frame_panics() {
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for Vector { name, bytes } in recorded() {
        for spoiled in vectors::mutations(&bytes) {
            let Ok(frame) = Frame::decode(&spoiled) else {
                refused += 1;
                continue;
            };
            assert_eq!(Frame::decode(&frame.encode()), Ok(frame), "{name}");
            match decode_deep(&spoiled) {
                Ok(Some(packet)) => {
                    assert_eq!(
                        Packet::decode(&packet.encode()).as_ref(),
                        Ok(&packet),
                        "{name}"
                    );
                    for piece in &packet.pieces {
                        let _ = Message::decode(piece);
                    }
                    accepted += 1;
                }
                Ok(None) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        accepted > 0 && refused > 0,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn bytes_after_a_frame_are_ignored_but_belong_to_an_mcast() {
    for Vector { name, bytes } in recorded() {
        let longer: Bytes = bytes.iter().copied().chain([0; 7]).collect();
        match (
            Frame::decode(&bytes).unwrap(),
            Frame::decode(&longer).unwrap(),
        ) {
            (Frame::Mcast(short), Frame::Mcast(long)) => {
                assert_eq!(long.payload.len(), short.payload.len() + 7, "{name}");
                assert!(decode_deep(&longer).is_err(), "{name}");
            }
            (short, long) => assert_eq!(short, long, "{name}"),
        }
    }
}

#[test]
fn an_mcasts_payload_and_its_pieces_share_the_datagrams_memory() {
    let all = recorded();
    let bytes = &all.iter().find(|v| v.name == "burst#1171").unwrap().bytes;
    let Frame::Mcast(mcast) = Frame::decode(bytes).unwrap() else {
        panic!("an mcast")
    };
    let memory = bytes.as_ptr_range();
    for piece in Packet::decode(&mcast.payload).unwrap().pieces {
        assert!(memory.contains(&piece.as_ptr()));
    }
}

#[test]
fn a_packets_overhead_is_what_the_constants_say() {
    let packet = |pieces: &[&'static str]| Packet {
        fragmented: 0,
        continuation: 0,
        pieces: pieces
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()))
            .collect(),
    };
    assert_eq!(packet(&[]).encode().len(), PACKET_HEADER_LEN);
    let two = packet(&["abc", ""]).encode();
    assert_eq!(two.len(), PACKET_HEADER_LEN + 2 * PIECE_OVERHEAD + 3);
    assert_eq!(two, vectors::unhex("0000 0000 00 00 0200 0300 0000 616263"));
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<u32>().prop_map(NodeId)
}

fn nodes() -> impl Strategy<Value = Vec<NodeId>> {
    vec(node(), 0..400).prop_map(|mut nodes| {
        nodes.truncate(ringwright_totem::wire::NODES_MAX);
        nodes
    })
}

fn ring() -> impl Strategy<Value = RingId> {
    (node(), any::<u64>()).prop_map(|(rep, seq)| RingId::new(rep, seq))
}

fn header() -> impl Strategy<Value = Header> {
    (any::<u8>(), node(), any::<u32>()).prop_map(|(encapsulated, node, target)| Header {
        encapsulated,
        node,
        target,
    })
}

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..=max).prop_map(Bytes::from)
}

fn token() -> impl Strategy<Value = Frame> {
    let request =
        (ring(), any::<u32>()).prop_map(|(ring_id, seq)| RetransmitRequest { ring_id, seq });
    let counters = any::<[u32; 5]>();
    (
        header(),
        counters,
        node(),
        ring(),
        any::<i32>(),
        vec(request, 0..=RTR_MAX),
    )
        .prop_map(
            |(header, [seq, token_seq, aru, backlog, fcc], aru_addr, ring_id, retrans_flg, rtr)| {
                Frame::Token(Token {
                    header,
                    seq,
                    token_seq,
                    aru,
                    aru_addr,
                    ring_id,
                    backlog,
                    fcc,
                    retrans_flg,
                    rtr,
                })
            },
        )
}

fn mcast() -> impl Strategy<Value = Frame> {
    (
        header(),
        node(),
        any::<[u32; 2]>(),
        any::<[i32; 2]>(),
        ring(),
        bytes(2000),
    )
        .prop_map(
            |(header, system_from, [seq, node_id], [this_seqno, guarantee], ring_id, payload)| {
                Frame::Mcast(Mcast {
                    header,
                    system_from,
                    seq,
                    this_seqno,
                    ring_id,
                    node_id,
                    guarantee,
                    payload,
                })
            },
        )
}

fn join() -> impl Strategy<Value = Frame> {
    (header(), node(), any::<u64>(), nodes(), nodes()).prop_map(
        |(header, system_from, ring_seq, proc_list, failed_list)| {
            Frame::Join(Join {
                header,
                system_from,
                ring_seq,
                proc_list,
                failed_list,
            })
        },
    )
}

fn commit() -> impl Strategy<Value = Frame> {
    let entry =
        (ring(), any::<[u32; 3]>()).prop_map(|(ring_id, [aru, high_delivered, received])| {
            CommitEntry {
                ring_id,
                aru,
                high_delivered,
                received,
            }
        });
    let members = vec((node(), entry), 0..=64);
    (
        header(),
        any::<[u32; 2]>(),
        ring(),
        any::<prop::sample::Index>(),
        members,
    )
        .prop_map(
            |(header, [token_seq, retrans_flg], ring_id, index, members)| {
                let memb_index = index.index(members.len() + 1);
                Frame::Commit(Commit {
                    header,
                    token_seq,
                    ring_id,
                    retrans_flg,
                    memb_index,
                    members,
                })
            },
        )
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        token(),
        mcast(),
        join(),
        commit(),
        (header(), node(), ring()).prop_map(|(header, system_from, ring_id)| {
            Frame::MergeDetect(MergeDetect {
                header,
                system_from,
                ring_id,
            })
        }),
        (header(), ring())
            .prop_map(|(header, ring_id)| Frame::HoldCancel(HoldCancel { header, ring_id })),
    ]
}

proptest! {
    #[test]
    fn every_frame_comes_back(frame in frame()) {
        prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn every_packet_comes_back(
        fragmented: u8,
        continuation: u8,
        pieces in vec(bytes(300), 0..50),
    ) {
        let packet = Packet { fragmented, continuation, pieces };
        prop_assert_eq!(Packet::decode(&packet.encode()), Ok(packet));
    }

    #[test]
    fn random_bytes_never_panic(bytes in bytes(1500)) {
        let _ = Frame::decode(&bytes);
        let _ = Packet::decode(&bytes);
        let _ = Message::decode(&bytes);
    }

    #[test]
    fn random_bytes_after_a_valid_header_never_panic(kind in 0_u8..6, bytes in bytes(600)) {
        let datagram: Bytes = [0x70, 0xc0, 3, kind].into_iter().chain(bytes).collect();
        if let Ok(frame) = Frame::decode(&datagram) {
            prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
        }
    }
}
