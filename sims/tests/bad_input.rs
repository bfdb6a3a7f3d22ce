//! Datagrams that no honest node sends: nobody panics, nothing grows, what is malformed is counted and breaks no ring.

use std::time::Duration;

use bytes::Bytes;
use ringwright::{NodeId, RingId};
use ringwright_sims::script::Store;
use ringwright_sims::{Cluster, Rng};
use ringwright_totem::wire::{
    Commit, CommitEntry, Frame, Header, Join, MAGIC, Mcast, MergeDetect, NORMAL, Token,
};

fn ring_of_three() -> Cluster {
    let mut c = Cluster::of(3);
    c.until_one_ring();
    c.pass(Duration::from_secs(1));
    c
}

fn dropped(c: &Cluster, node: u32) -> u64 {
    c.node(node).engine().ring().stats().rx_msg_dropped()
}

/// Real frames of every kind, as if of node 1 in the ring that is.
fn frames(ring_id: RingId) -> Vec<Frame> {
    let me = NodeId(1);
    let members = [1, 2, 3].map(NodeId);
    let header = Header::of(me);
    let payload = Bytes::from_static(&[0; 64]);
    vec![
        Frame::Token(Token {
            header,
            ring_id,
            ..Token::default()
        }),
        Frame::Mcast(Mcast::new(me, NORMAL, 9, 0, ring_id, payload)),
        Frame::MergeDetect(MergeDetect {
            header,
            system_from: me,
            ring_id,
        }),
        Frame::Join(Join {
            header,
            system_from: me,
            ring_seq: ring_id.seq,
            proc_list: members.to_vec(),
            failed_list: Vec::new(),
        }),
        Frame::Commit(Commit {
            header,
            token_seq: 1,
            ring_id,
            retrans_flg: 0,
            memb_index: 1,
            members: members
                .iter()
                .map(|&node| (node, CommitEntry::default()))
                .collect(),
        }),
    ]
}

#[test]
fn malformed_datagrams_are_counted_and_break_nothing() {
    let mut c = ring_of_three();
    let rings = c.rings(2).len();
    let before = dropped(&c, 2);
    let mut rng = Rng::new(1);
    for round in 0..2000_usize {
        // No frame begins like this.
        let mut bytes = vec![0x11];
        bytes.extend((0..round).map(|_| rng.bits().to_le_bytes()[0]));
        c.inject(2, bytes.into());
    }
    for frame in frames(c.node(2).ring_id()) {
        let whole = frame.encode();
        let shortest = if matches!(frame, Frame::Mcast(_)) {
            whole.len() - 64
        } else {
            whole.len()
        };
        for len in 0..shortest {
            c.inject(2, whole.slice(..len));
        }
        let mut foreign = whole.to_vec();
        foreign[..2].copy_from_slice(&MAGIC.to_be_bytes());
        c.inject(2, foreign.into());
    }
    assert!(dropped(&c, 2) >= before + 2000 + 5);
    let message = c.multicast(1, 100);
    c.until_settled();
    assert_eq!(c.delivered(2), [message]);
    assert_eq!(c.rings(2).len(), rings);
}

#[test]
fn senders_outside_the_nodelist_are_dropped() {
    let mut c = ring_of_three();
    let rings = c.rings(2).len();
    let stranger = NodeId(77);
    let ring_id = RingId::new(stranger, 400);
    let header = Header::of(stranger);
    let join = Join {
        header,
        system_from: stranger,
        ring_seq: 400,
        proc_list: vec![stranger, NodeId(2)],
        failed_list: vec![NodeId(1)],
    };
    let merge = MergeDetect {
        header,
        system_from: stranger,
        ring_id,
    };
    let mcast = Mcast::new(
        stranger,
        NORMAL,
        1,
        0,
        ring_id,
        Bytes::from_static(b"hello"),
    );
    let oversized = Join {
        header: Header::of(NodeId(1)),
        system_from: NodeId(1),
        ring_seq: 400,
        proc_list: (1..=384).map(NodeId).collect(),
        failed_list: Vec::new(),
    };
    let before = dropped(&c, 2);
    c.inject(2, join.encode()).inject(2, merge.encode());
    c.inject(2, mcast.encode()).inject(2, oversized.encode());
    assert_eq!(dropped(&c, 2), before + 4);
    c.pass(Duration::from_secs(5));
    assert_eq!(c.rings(2).len(), rings);
}

#[test]
fn sequence_numbers_far_off_are_dropped() {
    let mut c = ring_of_three();
    let (rings, ring_id) = (c.rings(2).len(), c.node(2).ring_id());
    let before = dropped(&c, 2);
    for seq in [0x4000_0000, 100_000, u32::MAX - 100_000] {
        let token = Token {
            header: Header::of(NodeId(1)),
            seq,
            token_seq: 1_000_000,
            ring_id,
            ..Token::default()
        };
        c.inject(2, token.encode());
        let mcast = Mcast::new(NodeId(1), NORMAL, seq, 0, ring_id, Bytes::new());
        c.inject(2, mcast.encode());
    }
    assert!(dropped(&c, 2) > before);
    let message = c.multicast(3, 100);
    c.until_settled();
    assert_eq!(c.delivered(2), [message]);
    assert_eq!(c.rings(2).len(), rings);
}

#[test]
fn a_ring_sequence_that_would_poison_every_ring_to_come_is_not_taken() {
    let mut c = ring_of_three();
    let mut join = Join {
        header: Header::of(NodeId(1)),
        system_from: NodeId(1),
        ring_seq: u64::MAX - 3,
        proc_list: [1, 2, 3].map(NodeId).to_vec(),
        failed_list: Vec::new(),
    };
    c.inject(2, join.encode());
    join.ring_seq = u64::MAX;
    c.inject(3, join.encode());
    c.until_settled();
    assert!(c.node(2).ring_id().seq < 100);
}

/// A well-formed lie may take the place of a member's message, even of a barrier that the others then wait for: frames
/// bear no proof of their sender. It costs that ring, and nothing of it is left in the next.
#[test]
fn mutated_frames_cost_a_ring_at_most() {
    for seed in 0..60 {
        let mut c = ring_of_three();
        let mut rng = Rng::new(seed);
        for _ in 0..40 {
            let ring_id = c.node(2).ring_id();
            let mut bytes = rng.pick(&frames(ring_id)).encode().to_vec();
            for _ in 0..rng.range(1, 3) {
                let place = usize::try_from(rng.below(bytes.len() as u64)).expect("an index");
                bytes[place] ^= rng.bits().to_le_bytes()[0];
            }
            let to = u32::try_from(rng.range(1, 3)).expect("small");
            c.inject(to, bytes.into());
            c.pass(rng.duration(Duration::from_millis(20)));
        }
        c.crash(3)
            .pass(Duration::from_millis(10))
            .start(3, Store::Kept);
        c.until_one_ring();
        let message = c.multicast(1, 100);
        c.until_settled();
        assert!(
            [1, 2, 3]
                .iter()
                .all(|&node| c.delivered(node).contains(&message))
        );
    }
}
