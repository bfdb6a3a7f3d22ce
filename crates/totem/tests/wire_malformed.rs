//! What a peer may send that is not what it should be, above all the inputs that corrupt or abort real daemons. Each
//! is refused by name, or harmless here and left to the layer that can judge it.

use bytes::Bytes;
use ringwright_totem::wire::packet::Packet;
use ringwright_totem::wire::service::cpg::{self, GroupName};
use ringwright_totem::wire::service::{Message, Source, cmap, votequorum};
use ringwright_totem::wire::{
    Commit, CommitEntry, Foreign, Frame, Header, HoldCancel, Join, Malformed, NODES_MAX, RTR_MAX,
    RetransmitRequest, Token,
};
use ringwright_totem::{NodeId, RingId};

const RING: RingId = RingId::new(NodeId(1), 0xd);

fn spoil(bytes: &Bytes, at: usize, with: &[u8]) -> Bytes {
    let mut copy = bytes.to_vec();
    copy[at..at + with.len()].copy_from_slice(with);
    copy.into()
}

fn frame_error(bytes: &Bytes) -> Malformed {
    Frame::decode(bytes).expect_err("malformed")
}

fn message_error(bytes: &Bytes) -> Malformed {
    Message::decode(bytes).expect_err("malformed")
}

fn out_of_range(field: &'static str, value: u64, max: u64) -> Malformed {
    Malformed::OutOfRange { field, value, max }
}

fn token(requests: usize) -> Token {
    let rtr = vec![
        RetransmitRequest {
            ring_id: RING,
            seq: 1
        };
        requests
    ];
    Token {
        header: Header::of(NodeId(1)),
        ring_id: RING,
        rtr,
        ..Token::default()
    }
}

fn join(candidates: usize, failed: usize) -> Bytes {
    Join {
        header: Header::of(NodeId(1)),
        system_from: NodeId(1),
        ring_seq: 1,
        proc_list: vec![NodeId(1); candidates],
        failed_list: vec![NodeId(1); failed],
    }
    .encode()
}

fn commit(members: usize) -> Bytes {
    Commit {
        header: Header::of(NodeId(1)),
        token_seq: 1,
        ring_id: RING,
        retrans_flg: 0,
        memb_index: 1,
        members: vec![(NodeId(1), CommitEntry::default()); members],
    }
    .encode()
}

#[test]
fn a_token_with_more_than_thirty_requests() {
    let thirty = token(RTR_MAX).encode();
    assert!(Frame::decode(&thirty).is_ok());
    let longer: Bytes = thirty.iter().copied().chain([0; 16]).collect();
    let one_more = spoil(&longer, 53, &31_u32.to_le_bytes());
    assert_eq!(
        frame_error(&one_more),
        out_of_range("rtr_list_entries", 31, 30)
    );
    let negative = spoil(&thirty, 53, &(-1_i32).to_le_bytes());
    assert_eq!(
        frame_error(&negative),
        out_of_range("rtr_list_entries", u32::MAX.into(), 30)
    );
}

#[test]
#[should_panic(expected = "31 retransmission requests")]
fn a_token_with_more_than_thirty_requests_is_never_sent() {
    let _ = token(RTR_MAX + 1).encode();
}

#[test]
fn a_token_that_promises_requests_it_does_not_have() {
    let bytes = spoil(&token(1).encode(), 53, &2_u32.to_le_bytes());
    assert_eq!(
        frame_error(&bytes),
        Malformed::Truncated { need: 4, have: 0 }
    );
}

#[test]
fn a_token_followed_by_kilobytes_is_the_token_alone() {
    let bytes: Bytes = token(2)
        .encode()
        .iter()
        .copied()
        .chain(vec![0xff; 60000])
        .collect();
    assert_eq!(Frame::decode(&bytes), Ok(Frame::Token(token(2))));
}

#[test]
fn a_commit_token_whose_index_is_past_its_members() {
    let bytes = commit(3);
    let past = spoil(&bytes, 33, &4_u32.to_le_bytes());
    assert_eq!(frame_error(&past), out_of_range("memb_index", 4, 3));
    let negative = spoil(&bytes, 33, &(-1_i32).to_le_bytes());
    assert_eq!(
        frame_error(&negative),
        out_of_range("memb_index", u32::MAX.into(), 384)
    );
}

#[test]
fn a_commit_token_of_more_members_than_a_ring_may_have() {
    assert!(Frame::decode(&commit(NODES_MAX)).is_ok());
    let large = commit(NODES_MAX + 1);
    assert_eq!(frame_error(&large), out_of_range("addr_entries", 385, 384));
    let larger_than_the_buffer_of_corosync = commit(1500);
    assert!(larger_than_the_buffer_of_corosync.len() > 40000);
    let error = frame_error(&larger_than_the_buffer_of_corosync);
    assert_eq!(error, out_of_range("addr_entries", 1500, 384));
    let negative = spoil(&commit(1), 37, &(-1_i32).to_le_bytes());
    assert_eq!(
        frame_error(&negative),
        out_of_range("addr_entries", u32::MAX.into(), 384)
    );
}

#[test]
fn a_commit_token_shorter_than_its_fixed_part() {
    let bytes = commit(1).slice(..40);
    assert_eq!(
        frame_error(&bytes),
        Malformed::Truncated { need: 4, have: 3 }
    );
}

#[test]
fn a_join_of_more_nodes_than_a_ring_may_have() {
    assert!(Frame::decode(&join(NODES_MAX, NODES_MAX)).is_ok());
    let candidates = join(NODES_MAX + 1, 0);
    assert_eq!(
        frame_error(&candidates),
        out_of_range("proc_list_entries", 385, 384)
    );
    let failed = join(1, NODES_MAX + 1);
    assert_eq!(
        frame_error(&failed),
        out_of_range("failed_list_entries", 385, 384)
    );
    let negative = spoil(&join(1, 0), 17, &(-1_i32).to_le_bytes());
    assert_eq!(
        frame_error(&negative),
        out_of_range("proc_list_entries", u32::MAX.into(), 384)
    );
}

#[test]
fn a_join_that_promises_nodes_it_does_not_have() {
    let bytes = spoil(&join(2, 1), 21, &384_u32.to_le_bytes());
    assert_eq!(
        frame_error(&bytes),
        Malformed::Truncated { need: 4, have: 0 }
    );
}

#[test]
fn frames_of_foreign_senders_are_refused_by_name() {
    let ours = HoldCancel {
        header: Header::of(NodeId(1)),
        ring_id: RING,
    }
    .encode();
    for (start, foreign) in [
        ([0xc0, 0x70], Foreign::BigEndian),
        ([0xff, 0xff], Foreign::Corosync22),
        ([0xfe, 0xfe], Foreign::Corosync23),
        ([1, 0], Foreign::Knet),
        ([0, 0], Foreign::Corosync1),
        ([5, 0], Foreign::Corosync1),
        ([0x16, 3], Foreign::Unknown),
        ([0x70, 0], Foreign::Unknown),
    ] {
        assert_eq!(
            frame_error(&spoil(&ours, 0, &start)),
            Malformed::Foreign(foreign)
        );
    }
    assert_eq!(frame_error(&spoil(&ours, 2, &[2])), Malformed::Version(2));
    assert_eq!(frame_error(&spoil(&ours, 3, &[6])), Malformed::Type(6));
    assert_eq!(
        frame_error(&Bytes::new()),
        Malformed::Truncated { need: 13, have: 0 }
    );
    assert_eq!(
        frame_error(&ours.slice(..12)),
        Malformed::Truncated { need: 13, have: 12 }
    );
    assert_eq!(
        frame_error(&ours.slice(..24)),
        Malformed::Truncated { need: 8, have: 7 }
    );
}

#[test]
fn a_packet_whose_lengths_do_not_add_up() {
    let pieces = vec![Bytes::from_static(b"abc"), Bytes::from_static(b"de")];
    let bytes = Packet {
        fragmented: 0,
        continuation: 0,
        pieces,
    }
    .encode();
    let decode = |at, with: &[u8]| Packet::decode(&spoil(&bytes, at, with)).unwrap_err();
    assert_eq!(
        decode(8, &[4]),
        Malformed::Length {
            have: 17,
            expected: 18
        }
    );
    assert_eq!(
        decode(8, &[0]),
        Malformed::Length {
            have: 17,
            expected: 14
        }
    );
    assert_eq!(
        decode(8, &[0xff, 0xff]),
        Malformed::Length {
            have: 17,
            expected: 65549
        }
    );
    assert_eq!(
        decode(6, &[1]),
        Malformed::Length {
            have: 17,
            expected: 13
        }
    );
    assert_eq!(
        decode(6, &[0xff, 0xff]),
        Malformed::Truncated {
            need: 131_070,
            have: 9
        }
    );
    assert_eq!(decode(0, &[1]), out_of_range("totempg version", 1, 0));
    assert_eq!(decode(2, &[1]), out_of_range("totempg type", 1, 0));
}

#[test]
fn a_message_whose_size_is_not_its_length() {
    let bytes = Message::Barrier { ring: RING }.encode();
    let smaller = spoil(&bytes, 8 + 8, &[31]);
    assert_eq!(
        message_error(&smaller),
        Malformed::Length {
            have: 32,
            expected: 31
        }
    );
    let larger = spoil(&bytes, 8 + 8, &[0, 1]);
    assert_eq!(
        message_error(&larger),
        Malformed::Length {
            have: 32,
            expected: 256
        }
    );
}

#[test]
fn a_message_that_is_consistent_but_not_of_its_kinds_length() {
    let info = votequorum::Message::NodeInfo(votequorum::NodeInfo::default());
    let bytes = Message::Votequorum(info).encode();
    let long: Bytes = bytes.iter().copied().chain([0; 8]).collect();
    let long = spoil(&long, 5 + 8, &[40]);
    assert_eq!(
        message_error(&long),
        Malformed::Length {
            have: 40,
            expected: 32
        }
    );
    let short = spoil(&bytes.slice(..5 + 28), 5 + 8, &[28]);
    assert_eq!(
        message_error(&short),
        Malformed::Truncated { need: 4, have: 0 }
    );
}

/// Real daemons index a table by the service and read past its end; here it is a service like any unknown one.
#[test]
fn a_service_past_the_table_of_corosync_is_unknown_not_malformed() {
    let info = votequorum::Message::NodeInfo(votequorum::NodeInfo::default());
    let bytes = spoil(&Message::Votequorum(info).encode(), 5 + 2, &[64]);
    let message = Message::decode(&bytes).unwrap();
    assert!(
        matches!(
            message,
            Message::Unknown {
                service: 64,
                function: 0,
                ..
            }
        ),
        "{message:?}"
    );
}

#[test]
fn a_service_build_of_more_services_than_it_has_room_for() {
    let bytes = Message::ServiceBuild {
        ring: RING,
        services: vec![0, 2, 3, 5],
    }
    .encode();
    let too_many = spoil(&bytes, 8 + 32, &[129]);
    assert_eq!(
        message_error(&too_many),
        out_of_range("service count", 129, 128)
    );
    let negative = spoil(&bytes, 8 + 32, &[0xff; 4]);
    assert_eq!(
        message_error(&negative),
        out_of_range("service count", u32::MAX.into(), 128)
    );
}

#[test]
fn a_sync_message_that_does_not_exist() {
    let bytes = spoil(&Message::Barrier { ring: RING }.encode(), 8, &[2]);
    assert_eq!(message_error(&bytes), out_of_range("sync message id", 2, 1));
}

/// A message of a big-endian node: its group count reads 256.
#[test]
fn a_message_of_a_foreign_byte_order() {
    let bytes = Bytes::from_static(b"\0\x01\0\x01a\0\x05\0\0\0\0\0\0\0\0\0\x20");
    assert_eq!(message_error(&bytes), out_of_range("groups", 256, 16));
}

#[test]
fn a_cpg_message_whose_lengths_lie() {
    let message = cpg::Message::Mcast {
        group: GroupName::try_from("g").unwrap(),
        pid: 1,
        source: Source {
            node: NodeId(1),
            conn: 1,
        },
        payload: Bytes::from_static(b"data"),
    };
    let bytes = Message::Cpg(message).encode();
    let msglen = spoil(&bytes, 5 + 152, &[5]);
    assert_eq!(
        message_error(&msglen),
        Malformed::Length {
            have: 4,
            expected: 5
        }
    );
    let name = spoil(&bytes, 5 + 16, &[129]);
    assert_eq!(
        message_error(&name),
        out_of_range("group name length", 129, 128)
    );
}

#[test]
fn a_part_of_a_cpg_message_longer_than_the_whole() {
    let message = cpg::Message::Partial {
        group: GroupName::try_from("g").unwrap(),
        pid: 1,
        kind: cpg::PartialKind::First,
        msglen: 4,
        source: Source::default(),
        payload: Bytes::from_static(b"data"),
    };
    let bytes = Message::Cpg(message).encode();
    assert!(Message::decode(&bytes).is_ok());
    let msglen = spoil(&bytes, 5 + 152, &[3]);
    assert_eq!(
        message_error(&msglen),
        out_of_range("cpg part length", 4, 3)
    );
    let kind = spoil(&bytes, 5 + 176, &[4]);
    assert_eq!(message_error(&kind), out_of_range("cpg part kind", 4, 3));
    let fraglen = spoil(&bytes, 5 + 160, &[3]);
    assert_eq!(
        message_error(&fraglen),
        Malformed::Length {
            have: 4,
            expected: 3
        }
    );
}

#[test]
fn a_downlist_of_more_nodes_than_a_ring_may_have() {
    let message = cpg::Message::Downlist {
        old_members: 3,
        left: vec![NodeId(1)],
    };
    let bytes = spoil(
        &Message::Cpg(message).encode(),
        5 + 24,
        &385_u32.to_le_bytes(),
    );
    assert_eq!(message_error(&bytes), out_of_range("left nodes", 385, 384));
}

#[test]
fn a_configuration_version_whose_lengths_lie() {
    let message = cmap::Message::of_config_version(cmap::Reason::Sync, Some(1));
    let bytes = Message::Cmap(message).encode();
    let items = spoil(&bytes, 5 + 24, &[33]);
    assert_eq!(message_error(&items), out_of_range("cmap items", 33, 32));
    let key = spoil(&bytes, 5 + 48, &257_u16.to_le_bytes());
    assert_eq!(
        message_error(&key),
        out_of_range("cmap key length", 257, 256)
    );
    let value = spoil(&bytes, 5 + 48 + 272, &[0xff; 8]);
    assert_eq!(
        message_error(&value),
        out_of_range("cmap value length", u64::MAX, 8)
    );
    let nine = spoil(&bytes, 5 + 48 + 272, &[9]);
    assert_eq!(
        message_error(&nine),
        out_of_range("cmap value length", 9, 8)
    );
}

#[test]
fn a_device_name_without_an_end() {
    let name = votequorum::DeviceName::default();
    let message = votequorum::Message::QdeviceReg {
        register: true,
        name,
    };
    let bytes = Message::Votequorum(message).encode();
    let bytes = spoil(&bytes, 5 + 20, &[b'x'; 255]);
    assert_eq!(
        message_error(&bytes),
        out_of_range("qdevice name length", 255, 254)
    );
    let operation = spoil(&bytes, 5 + 16, &[2]);
    assert_eq!(
        message_error(&operation),
        out_of_range("qdevice operation", 2, 1)
    );
}
