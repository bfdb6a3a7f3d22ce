//! What an earlier life of a node has said is not held against it, or for it, after a restart.

use ringwright::ring::PhaseName;
use ringwright::{Config, Input, Instant, Node, NodeId, Output, RingId, Stable};
use ringwright_totem::wire::{Commit, CommitEntry, Frame, Header, Join};

/// A node that has filled in its entry of the commit token of a ring of two, and the token as it sent it on.
fn committed() -> (Node, Commit) {
    let (other, me) = (NodeId(1), NodeId(2));
    let mut node = Node::new(Config::of(2, 1..=2), Stable::default(), 7, Instant::ZERO)
        .expect("a configuration that holds together");
    feed(
        &mut node,
        &Frame::Join(Join {
            header: Header::of(other),
            system_from: other,
            ring_seq: 4,
            proc_list: vec![other, me],
            failed_list: Vec::new(),
        }),
    );
    let old = CommitEntry {
        ring_id: RingId::new(other, 4),
        ..CommitEntry::default()
    };
    let ring_id = RingId::new(other, 40);
    feed(
        &mut node,
        &Frame::Commit(Commit {
            header: Header::of(other),
            token_seq: 1,
            ring_id,
            retrans_flg: 0,
            memb_index: 1,
            members: vec![(other, old), (me, CommitEntry::default())],
        }),
    );
    assert_eq!(phase(&node), PhaseName::Commit);
    let sent = std::iter::from_fn(|| node.poll_output()).filter_map(|output| match output {
        Output::Transmit { bytes, .. } => Frame::decode(&bytes).ok(),
        _ => None,
    });
    let commits: Vec<Commit> = sent
        .filter_map(|frame| match frame {
            Frame::Commit(commit) => Some(commit),
            _ => None,
        })
        .collect();
    let [commit] = &commits[..] else {
        panic!("it sends the token on once: {commits:?}");
    };
    (node, commit.clone())
}

fn feed(node: &mut Node, frame: &Frame) {
    node.handle_input(Instant::ZERO, Input::Datagram(frame.encode()))
        .expect("datagrams are never refused");
}

fn phase(node: &Node) -> PhaseName {
    node.engine().ring().phase()
}

#[test]
fn a_token_with_ones_own_entry_forms_the_ring() {
    let (mut node, token) = committed();
    feed(&mut node, &Frame::Commit(token));
    assert_eq!(phase(&node), PhaseName::Recovery);
}

/// A copy of the token for each life: the one that an earlier life filled in went further than this life's.
#[test]
fn a_token_with_the_entry_of_an_earlier_life_forms_no_ring() {
    let (mut node, mut token) = committed();
    token.members[1].1.ring_id = RingId::new(NodeId(1), 4);
    feed(&mut node, &Frame::Commit(token));
    assert_eq!(phase(&node), PhaseName::Commit);
    assert_eq!(node.engine().ring().stats().implausible, 1);
}
