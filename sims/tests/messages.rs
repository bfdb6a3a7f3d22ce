//! Messages are ordered, repaired and carried over from ring to ring.

use std::time::Duration;

use ringwright::ring;
use ringwright::{Event, NodeId, PAYLOAD_MAX};
use ringwright_sims::script::{Link, Store, Verb};
use ringwright_sims::{Cluster, MessageId, Settings, Step, World};
use ringwright_totem::wire::Kind;

fn ring_of(nodes: u32) -> Cluster {
    let mut c = Cluster::of(nodes);
    c.until_one_ring();
    c.pass(Duration::from_secs(1));
    c
}

#[test]
fn an_idle_ring_delivers_a_message_within_milliseconds() {
    let mut c = ring_of(3);
    let message = c.multicast(2, 1);
    c.pass(Duration::from_millis(2));
    for node in 1..=3 {
        assert_eq!(c.delivered(node), [message]);
    }
}

#[test]
fn all_nodes_deliver_the_same_order() {
    let mut c = ring_of(3);
    let mut sent: Vec<MessageId> = Vec::new();
    for node in [3, 1, 2, 2, 1, 3, 3] {
        sent.push(c.multicast(node, 100));
    }
    c.until_settled();
    let order = c.delivered(1);
    assert_eq!(order.len(), sent.len());
    assert_eq!(order, c.delivered(2));
    assert_eq!(order, c.delivered(3));
}

#[test]
fn the_largest_message_is_delivered_whole() {
    let mut c = ring_of(3);
    let message = c.multicast(1, PAYLOAD_MAX);
    c.until_settled();
    c.pass(Duration::from_secs(1));
    assert_eq!(c.delivered(3), [message]);
}

#[test]
fn a_burst_is_held_back_by_the_window_and_delivered_in_the_end() {
    let mut c = ring_of(3);
    for round in 0..900_u32 {
        c.multicast(round % 3 + 1, 1300);
    }
    c.until_settled();
    assert_eq!(c.delivered(2).len(), 900);
    // Fifty packets a rotation for all together is the most that the window lets through.
    let stats = c.node(1).engine().ring().stats();
    assert!(stats.mcast_tx <= stats.orf_token_tx * 17, "{stats:?}");
}

#[test]
fn a_member_that_missed_messages_asks_for_them() {
    let mut c = ring_of(3);
    c.drop_next(2, Kind::Mcast, 2);
    let sent = [c.multicast(1, 50), c.multicast(3, 50)];
    c.until_settled();
    c.pass(Duration::from_secs(1));
    assert_eq!(c.delivered(2).len(), sent.len());
    assert_eq!(c.delivered(2), c.delivered(1));
    assert!(c.told(2, |event| matches!(
        event,
        Event::Ring(ring::Event::RetransmitRequested { .. })
    )));
}

#[test]
fn a_survivor_that_missed_a_dead_members_messages_gets_them_before_the_next_ring() {
    let mut c = ring_of(3);
    c.drop_next(2, Kind::Mcast, 2);
    let sent = [c.multicast(3, 50), c.multicast(3, 1400)];
    c.until("the others have them", |world| {
        let messages = &world.history().records;
        messages.iter().any(|record| {
            record.life.node == NodeId(1)
                && matches!(&record.what, ringwright_sims::What::Delivered { message, .. } if *message == Some(sent[1]))
        })
    });
    c.crash(3);
    c.until_ring_of(&[1, 2]);
    assert_eq!(c.delivered(1), sent);
    assert_eq!(c.delivered(2), sent);
}

#[test]
fn a_large_message_half_sent_at_a_configuration_change_arrives_once_and_whole() {
    for crashed in [1, 2] {
        let mut c = ring_of(3);
        let message = c.multicast(3, 300_000);
        c.pass(Duration::from_micros(700)).crash(crashed);
        let left = [3 - crashed, 3];
        c.until_ring_of(&left);
        c.until_settled();
        c.pass(Duration::from_secs(1));
        assert_eq!(c.delivered(left[0]), [message]);
        assert_eq!(c.delivered(3), [message]);
    }
}

#[test]
fn a_large_message_half_sent_while_a_node_joins_arrives_at_all_of_the_new_ring() {
    let mut c = ring_of(3);
    c.leave(1);
    c.until_ring_of(&[2, 3]);
    let message = c.multicast(3, 400_000);
    c.pass(Duration::from_millis(1)).start(1, Store::Kept);
    c.until_settled();
    c.pass(Duration::from_secs(1));
    assert_eq!(c.delivered(2), [message]);
    assert_eq!(c.delivered(3), [message]);
}

#[test]
fn messages_sent_while_the_ring_is_broken_wait_for_the_next_one() {
    let mut c = ring_of(3);
    c.crash(1).pass(Duration::from_secs(5));
    let message = c.multicast(2, 2000);
    c.until_settled();
    c.pass(Duration::from_secs(1));
    assert_eq!(c.delivered(3), [message]);
}

#[test]
fn a_leaving_node_sends_what_waits_first() {
    let mut c = ring_of(3);
    let sent: Vec<_> = (0..20).map(|_| c.multicast(1, 1000)).collect();
    c.leave(1);
    c.until_ring_of(&[2, 3]);
    assert_eq!(c.delivered(2), sent);
}

#[test]
fn a_node_that_loses_every_large_datagram_gives_itself_up() {
    // Fifty idle rotations in place of 2500, which take half an hour.
    let mut settings = Settings::new(3, 7);
    settings.timing.fail_recv_const = 50;
    let mut c = Cluster::<Step>::not_started(settings);
    for node in 1..=3 {
        c.start(node, Store::Lost);
    }
    c.until_one_ring();
    let small = Link {
        len_max: 500,
        ..Link::default()
    };
    c.link(&[1, 2], &[3], small);
    c.multicast(1, 1200);
    c.until("a ring without node 3", |world| {
        world
            .status(NodeId(1))
            .is_some_and(|status| status.members == [1, 2].map(NodeId))
    });
    assert!(c.told(3, |event| *event
        == Event::Ring(ring::Event::FailedToReceive)));
    c.heal();
    c.until_settled();
}

#[test]
fn groups_follow_partitions_and_merges() {
    let mut c = ring_of(3);
    c.apply(&Verb::Join {
        node: NodeId(2),
        pid: 9,
        group: "other".into(),
    });
    c.cut(&[1, 2], &[3]);
    c.until_ring_of(&[3]);
    c.until_ring_of(&[1, 2]);
    let count = |c: &Cluster, node| {
        let groups = c.node(node).engine().groups();
        groups
            .all()
            .map(|(_, members)| members.len())
            .sum::<usize>()
    };
    assert_eq!([1, 2, 3].map(|node| count(&c, node)), [3, 3, 1]);
    c.heal();
    c.until_one_ring();
    assert_eq!([1, 2, 3].map(|node| count(&c, node)), [4, 4, 4]);
}
