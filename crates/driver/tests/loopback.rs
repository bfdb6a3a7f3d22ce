//! Nodes in one process, over real UDP.

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use common::{Cluster, Deafened, Flaky, PATIENCE, group, in_ring_of, members, messages};
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Config, Node, NodeId, PAYLOAD_MAX, QuorumCall, Rejected, Sign, Stable, Target};
use ringwright_driver::{
    Batch, Counters, Driver, Ended, Handle, MemoryStore, Refused, SendError, SessionEnded, Socket,
    Store, Transport,
};
use tokio::net::UdpSocket;
use tokio::sync::{Notify, watch};
use tokio::task::yield_now;
use tokio::time::timeout;

/// Runs a test that must not take forever.
async fn patiently(test: impl Future<Output = ()>) {
    timeout(PATIENCE, test)
        .await
        .expect("a test within its time");
}

/// Waits for one ring of these three, lets each send 200 messages at once, and compares what they see.
async fn see_the_same(nodes: &[Handle; 3]) {
    let mut sessions = Vec::new();
    for node in nodes {
        node.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        sessions.push(node.join(group()).await.unwrap());
    }
    for session in &mut sessions {
        members(session, 3).await;
    }
    for (i, session) in sessions.iter().enumerate() {
        let sender = session.sender().clone();
        tokio::spawn(async move {
            for k in 0..200 {
                sender.send(format!("{i}/{k}")).await.unwrap();
            }
        });
    }
    let mut seen = Vec::new();
    for session in &mut sessions {
        seen.push(messages(session, 600).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    for i in 0..3 {
        let own = seen[0]
            .iter()
            .filter(|text| text.starts_with(&format!("{i}/")));
        assert!(own.eq(&(0..200).map(|k| format!("{i}/{k}")).collect::<Vec<_>>()));
    }
}

#[tokio::test]
async fn three_nodes_form_a_ring_and_see_the_same_messages_in_the_same_order() {
    patiently(async {
        let cluster = Cluster::of_test(1);
        see_the_same(&[1, 2, 3].map(|me| cluster.start(me))).await;
    })
    .await;
}

#[tokio::test]
async fn three_nodes_do_the_same_by_multicast() {
    patiently(async {
        let cluster = Cluster::of_test(12);
        let start = |me| {
            let (store, address) = (MemoryStore::default(), watch::channel(true).1);
            Driver::start(cluster.config(me), 7, cluster.multicast(me), store, address).unwrap()
        };
        see_the_same(&[1, 2, 3].map(start)).await;
    })
    .await;
}

#[tokio::test]
async fn a_node_leaves_and_comes_back_with_a_newer_ring() {
    patiently(async {
        let cluster = Cluster::of_test(2);
        let store = MemoryStore::default();
        let (one, two) = (cluster.start(1), cluster.start(2));
        let three = cluster.start_with(3, store.clone(), watch::channel(true).1);
        one.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        assert!(matches!(three.leave().await, Ended::Left));
        two.until(in_ring_of(&[1, 2])).await.unwrap();
        assert!(matches!(
            three.query(|_| ()).await,
            Err(Refused::Ended(Ended::Left))
        ));

        let seq = store.stable().ring_seq;
        let three = cluster.start_with(3, store.clone(), watch::channel(true).1);
        for node in [&one, &two, &three] {
            node.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        }
        assert!(store.stable().ring_seq > seq);
    })
    .await;
}

#[tokio::test]
async fn a_node_whose_handles_are_gone_leaves_after_what_it_has_sent() {
    patiently(async {
        let cluster = Cluster::of_test(3);
        let [one, two, three] = [1, 2, 3].map(|me| cluster.start(me));
        three.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        let mut reader = one.join(group()).await.unwrap();
        let leaver = three.join(group()).await.unwrap();
        members(&mut reader, 2).await;
        for k in 0..100 {
            leaver.send(format!("{k}")).await.unwrap();
        }
        drop((leaver, three));
        assert_eq!(messages(&mut reader, 100).await[99], "99");
        members(&mut reader, 1).await;
        two.until(in_ring_of(&[1, 2])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_node_starts_when_its_address_is_there() {
    patiently(async {
        let cluster = Cluster::of_test(4);
        let (address, there) = watch::channel(false);
        let three = cluster.start_with(3, MemoryStore::default(), there);
        let (one, _two) = (cluster.start(1), cluster.start(2));
        one.until(in_ring_of(&[1, 2])).await.unwrap();
        assert!(matches!(
            three.query(|_| ()).await,
            Err(Refused::NotStarted)
        ));
        address.send_replace(true);
        three.until(in_ring_of(&[1, 2, 3])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_while_the_address_is_away_arrives_when_it_is_back() {
    patiently(async {
        let cluster = Cluster::of_test(5);
        let (address, there) = watch::channel(true);
        let (one, two) = (cluster.start(1), cluster.start(2));
        let three = cluster.start_with(3, MemoryStore::default(), there);
        one.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        let mut near = one.join(group()).await.unwrap();
        let mut away = three.join(group()).await.unwrap();
        members(&mut near, 2).await;
        members(&mut away, 2).await;

        address.send_replace(false);
        for k in 0..100 {
            away.send(format!("{k}")).await.unwrap();
        }
        // The node has them, and has lost its socket.
        three.query(|_| ()).await.unwrap();
        address.send_replace(true);
        let expected: Vec<_> = (0..100).map(|k| k.to_string()).collect();
        assert_eq!(messages(&mut near, 100).await, expected);
        assert_eq!(messages(&mut away, 100).await, expected);

        // Away for so long that both sides give each other up, and back.
        address.send_replace(false);
        two.until(in_ring_of(&[1, 2])).await.unwrap();
        three.until(in_ring_of(&[3])).await.unwrap();
        address.send_replace(true);
        for node in [&one, &two, &three] {
            node.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_fails_is_bound_again_and_nothing_is_lost() {
    patiently(async {
        let cluster = Cluster::of_test(13);
        let fail = Arc::<Notify>::default();
        let flaky = Flaky {
            udp: cluster.udp(3),
            fail: Arc::clone(&fail),
        };
        let (store, address) = (MemoryStore::default(), watch::channel(true).1);
        let three = Driver::start(cluster.config(3), 7, flaky, store, address).unwrap();
        let (one, _two) = (cluster.start(1), cluster.start(2));
        one.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        let mut far = one.join(group()).await.unwrap();
        let mut near = three.join(group()).await.unwrap();
        members(&mut far, 2).await;
        members(&mut near, 2).await;
        let expected: Vec<_> = (0..100).map(|k| k.to_string()).collect();
        for text in &expected {
            if text == "50" {
                fail.notify_one();
                // The loop has turned, and so has seen it.
                three.query(|_| ()).await.unwrap();
            }
            near.send(text.clone()).await.unwrap();
        }
        assert_eq!(messages(&mut far, 100).await, expected);
        assert_eq!(messages(&mut near, 100).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_does_not_read_is_put_out_and_the_others_go_on() {
    patiently(async {
        let cluster = Cluster::of_test(6);
        let node = cluster.start(1);
        let mut reader = node.join(group()).await.unwrap();
        let mut sleeper = node.join(group()).await.unwrap();
        members(&mut reader, 2).await;
        let payload = vec![b'x'; PAYLOAD_MAX];
        let sender = reader.sender().clone();
        // More than a session may leave unread, and several times what may wait for the token.
        let sending = tokio::spawn(async move {
            for _ in 0..20 {
                sender.send(payload.clone()).await.unwrap();
            }
        });
        assert_eq!(messages(&mut reader, 20).await.len(), 20);
        sending.await.unwrap();
        let ended = loop {
            if let Err(ended) = sleeper.recv().await {
                break ended;
            }
        };
        assert!(matches!(ended, SessionEnded::TooSlow), "{ended}");
        let unsent = sleeper.send("still there?").await;
        assert!(matches!(
            unsent,
            Err(SendError::Ended(SessionEnded::TooSlow))
        ));
        let put_out = |node: &Node| node.engine().groups().members(&group()).count() == 1;
        node.until(put_out).await.unwrap();
    })
    .await;
}

/// How many messages of 1 MiB the node and the way to it take while no token comes: 3 queue, one is held, 32 are on
/// their way.
const TAKEN: usize = 3 + 1 + 32;

#[tokio::test]
async fn a_sender_waits_while_the_node_has_no_room() {
    patiently(async {
        let cluster = Cluster::of_test(13);
        // Nobody notices within the test that the token is gone.
        let keys = TimingKeys {
            token: Some(120_000),
            ..TimingKeys::default()
        };
        let (deafen, deaf) = watch::channel(false);
        let start = |me, deaf| {
            let config = Config {
                timing: Timing::resolve(&keys, 3).unwrap(),
                ..cluster.config(me)
            };
            let transport = Deafened {
                udp: cluster.udp(me),
                deaf,
            };
            let (store, address) = (MemoryStore::default(), watch::channel(true).1);
            Driver::start(config, 7, transport, store, address).unwrap()
        };
        let (node, _two) = (start(1, deaf), start(2, watch::channel(false).1));
        node.until(in_ring_of(&[1, 2])).await.unwrap();
        let mut session = node.join(group()).await.unwrap();
        members(&mut session, 1).await;
        deafen.send_replace(true);
        let sender = session.sender().clone();
        let (taken, mut seen) = watch::channel(0);
        let sending = tokio::spawn(async move {
            loop {
                sender.send(vec![0; PAYLOAD_MAX]).await.unwrap();
                taken.send_modify(|taken| *taken += 1);
            }
        });
        seen.wait_for(|taken| *taken == TAKEN).await.unwrap();
        // Each answer is a turn of the node's, in which it would take more.
        for _ in 0..100 {
            node.query(|_| ()).await.unwrap();
        }
        assert_eq!(*seen.borrow(), TAKEN);
        sending.abort();
    })
    .await;
}

#[tokio::test]
async fn sessions_leave_when_asked_and_when_dropped() {
    patiently(async {
        let cluster = Cluster::of_test(7);
        let node = cluster.start(1);
        let mut reader = node.join_as(1, group()).await.unwrap();
        let mut leaver = node.join_as(2, group()).await.unwrap();
        let again = node.join_as(2, group()).await;
        assert!(matches!(again, Err(Refused::Rejected(Rejected::Join(_)))));
        members(&mut reader, 2).await;
        leaver.leave().await.unwrap();
        while leaver.recv().await.is_ok() {}
        members(&mut reader, 1).await;
        // The old session's end must not touch the new one of the same process.
        let mut next = node.join_as(2, group()).await.unwrap();
        drop(leaver);
        members(&mut reader, 2).await;
        next.send("here").await.unwrap();
        assert_eq!(messages(&mut next, 1).await, ["here"]);
        drop(next);
        members(&mut reader, 1).await;
    })
    .await;
}

#[tokio::test]
async fn an_operators_call_is_answered() {
    patiently(async {
        let cluster = Cluster::of_test(8);
        let node = cluster.start(1);
        node.until(in_ring_of(&[1])).await.unwrap();
        let refused = node.quorum_call(QuorumCall::SetExpected(0)).await;
        assert!(
            matches!(refused, Err(Refused::Rejected(Rejected::Quorum(_)))),
            "{refused:?}"
        );
        node.quorum_call(QuorumCall::SetExpected(1)).await.unwrap();
        node.until(Node::is_quorate).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn strangers_are_not_listened_to() {
    patiently(async {
        let cluster = Cluster::of_test(9);
        let node = cluster.start(1);
        node.until(in_ring_of(&[1])).await.unwrap();
        let stranger = UdpSocket::bind(SocketAddr::new(cluster.address(9), 0))
            .await
            .unwrap();
        stranger
            .send_to(b"hello", (cluster.address(1), 5405))
            .await
            .unwrap();
        while node.counters().await.unwrap().rejected == 0 {
            yield_now().await;
        }
        assert_eq!(
            node.query(|node| node.engine().ring().stats().malformed)
                .await
                .unwrap(),
            0
        );
    })
    .await;
}

/// A disk that is full from the start.
struct FullDisk;

impl Store for FullDisk {
    fn load(&mut self) -> io::Result<Stable> {
        Ok(Stable::default())
    }

    async fn save(&mut self, _: Stable) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[tokio::test]
async fn a_node_that_cannot_store_stops() {
    patiently(async {
        let cluster = Cluster::of_test(10);
        let node = cluster.start_with(1, FullDisk, watch::channel(true).1);
        let ended = node.ended().await;
        assert!(
            matches!(&ended, Ended::Store(error) if error.kind() == io::ErrorKind::StorageFull),
            "{ended}"
        );
        assert!(matches!(
            node.join(group()).await,
            Err(Refused::Ended(Ended::Store(_)))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_is_taken_is_tried_again() {
    patiently(async {
        let cluster = Cluster::of_test(11);
        let taken = UdpSocket::bind(SocketAddr::new(cluster.address(1), 5405))
            .await
            .unwrap();
        let node = cluster.start(1);
        assert!(matches!(node.query(|_| ()).await, Err(Refused::NotStarted)));
        drop(taken);
        node.until(in_ring_of(&[1])).await.unwrap();
    })
    .await;
}

/// The transports `udpu` and `udp`: where nothing listens, the host says so, and the socket goes on.
#[tokio::test]
async fn who_listens_no_more_is_told_of_and_the_others_are_still_reached() {
    let cluster = Cluster::of_test(24);
    for mut transport in [cluster.udp(1), cluster.multicast(1)] {
        let mut socket = transport.bind().await.unwrap();
        let mut other = cluster.udp(3).bind().await.unwrap();
        let token = Bytes::from_static(b"a token");
        let mut batch = Batch::new();
        for _ in 0..3 {
            socket
                .send(&[(Target::Node(NodeId(2)), token.clone())])
                .await
                .unwrap();
            let refused = loop {
                timeout(PATIENCE, socket.receive(&mut batch))
                    .await
                    .unwrap()
                    .unwrap();
                if let Some(sign) = socket.sign() {
                    break sign;
                }
            };
            assert_eq!(refused, Sign::Refused(NodeId(2)));
            // Also right behind a refusal that nobody has asked for yet.
            let train = [2, 3].map(|node| (Target::Node(NodeId(node)), token.clone()));
            socket.send(&train).await.unwrap();
            timeout(PATIENCE, other.receive(&mut batch))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(batch.pop_front(), Some(token.clone()));
        }
        assert_eq!(socket.counters(), Counters::default());
    }
}
