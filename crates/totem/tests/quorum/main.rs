//! votequorum against the records and tables of corosync 3.1.7, and against what must hold for every history.

mod calls;
mod every_state;
mod histories;
mod inputs;
mod options;
mod properties;
mod scenarios;

use ringwright_totem::NodeId;
use ringwright_totem::quorum::scenario::{Cluster, Op, Order};
use ringwright_totem::quorum::{Options, TwoNode};

fn n(id: u32) -> NodeId {
    NodeId(id)
}

fn ids(list: &[u32]) -> Vec<NodeId> {
    list.iter().copied().map(NodeId).collect()
}

/// A nodelist with these votes, ids from 1, and the `two_node` of corosync.
fn votes(votes: &[u32]) -> Options {
    Options {
        nodes: (1..).map(NodeId).zip(votes.iter().copied()).collect(),
        two_node_semantics: TwoNode::Corosync,
        ..Options::default()
    }
}

/// A cluster with nodes 1 to `count` up and together.
fn up_together(options: Options, count: u32) -> Cluster {
    let mut cluster = Cluster::new(options, Order::Ascending);
    for node in 1..=count {
        cluster.apply(&up(node));
    }
    cluster
}

/// What every node shows, one line a partition: members, verdict, expected, total, quorum.
fn rows(cluster: &Cluster) -> Vec<String> {
    let mut rows = Vec::new();
    for view in cluster.views().into_values() {
        let yes = if view.quorate { "yes" } else { "no" };
        let row = format!(
            "{:?} {yes} {} {} {}",
            view.members, view.expected, view.total, view.quorum
        );
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows
}

fn up(node: u32) -> Op {
    Op::Up {
        node: n(node),
        partition: 0,
    }
}

fn cut(node: u32) -> Op {
    Op::Split {
        nodes: ids(&[node]),
        partition: node,
    }
}

fn heal(node: u32) -> Op {
    Op::Merge {
        into: 0,
        from: node,
    }
}
