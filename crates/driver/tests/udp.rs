//! Trains of datagrams over real sockets.

mod common;

use bytes::Bytes;
use common::{Cluster, PATIENCE};
use ringwright::{NodeId, Target};
use ringwright_driver::{Batch, Socket, Transport, UdpSocket};
use tokio::time::timeout;

/// Receives until `count` datagrams are there.
async fn received(socket: &mut UdpSocket, count: usize) -> Vec<Bytes> {
    let mut all = Vec::new();
    while all.len() < count {
        let mut batch = Batch::new();
        let received = timeout(PATIENCE, socket.receive(&mut batch)).await;
        received.expect("all that was sent").unwrap();
        all.extend(batch);
    }
    all
}

/// Datagrams to all of these lengths, each full of its own number.
fn messages(lens: &[usize]) -> Vec<(Target, Bytes)> {
    let bytes = |(i, &len): (usize, &usize)| vec![u8::try_from(i).unwrap(); len];
    let all = lens.iter().enumerate();
    all.map(|of| (Target::All, bytes(of).into())).collect()
}

#[tokio::test]
async fn each_node_receives_a_train_in_its_order() {
    let cluster = Cluster::of_test(1);
    let mut sockets = Vec::new();
    for me in 1..=3 {
        sockets.push(cluster.udp(me).bind().await.unwrap());
    }
    // Runs of equal lengths, shorter ones that end a run, longer ones that begin the next, one at the limit.
    let mut lens = vec![1400; 100];
    lens.extend([900, 900, 10, 1400, 0, 65_507, 3]);
    let mut train = messages(&lens);
    let token = Bytes::from_static(b"token");
    train.insert(50, (Target::Node(NodeId(3)), token.clone()));
    sockets[0].send(&train).await.unwrap();

    let all = train.iter().map(|(_, bytes)| bytes.clone());
    assert_eq!(
        received(&mut sockets[2], lens.len() + 1).await,
        all.clone().collect::<Vec<_>>()
    );
    let without_token: Vec<_> = all.filter(|bytes| *bytes != token).collect();
    assert_eq!(received(&mut sockets[1], lens.len()).await, without_token);
}

#[tokio::test]
async fn a_token_waits_for_the_messages_that_were_sent_to_the_group_before_it() {
    let cluster = Cluster::of_test(2);
    let mut sender = cluster.multicast(1).bind().await.unwrap();
    let mut receiver = cluster.multicast(2).bind().await.unwrap();
    let mut train = messages(&[1400; 40]);
    train.push((Target::Node(NodeId(2)), Bytes::from_static(b"token")));
    sender.send(&train).await.unwrap();
    let sent: Vec<_> = train.into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(received(&mut receiver, sent.len()).await, sent);
}

#[tokio::test]
async fn strangers_are_not_heard_and_each_of_their_datagrams_counts() {
    let cluster = Cluster::of_test(3);
    let mut listed = cluster.udp(1);
    listed.nodes.retain(|(id, _)| *id != NodeId(3));
    let mut one = listed.bind().await.unwrap();
    let mut two = cluster.udp(2).bind().await.unwrap();
    let mut stranger = cluster.udp(3).bind().await.unwrap();
    stranger.send(&messages(&[1400; 30])).await.unwrap();
    two.send(&messages(&[9])).await.unwrap();
    assert_eq!(received(&mut one, 1).await, [Bytes::from_static(&[0; 9])]);
    assert_eq!(one.counters().rejected, 30);
}
