//! Every state that three nodes can reach by crashes, restarts, cuts and heals, searched breadth first through the real
//! service code: where two sides are quorate at once, the path to it is the shortest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ringwright_totem::NodeId;
use ringwright_totem::quorum::Options;
use ringwright_totem::quorum::scenario::{Cluster, Op, Order};

use crate::{n, up, votes};

const NODES: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// No reachable state has two quorate sides; so many states were visited.
    Safe(usize),
    /// The shortest way to two quorate sides.
    SplitBrain(Vec<Op>),
}

fn search(options: &Options) -> Found {
    let empty = Cluster::new(options.clone(), Order::Ascending);
    let mut seen = BTreeSet::from([state(&empty)]);
    let mut queue = VecDeque::from([(empty, Vec::new())]);
    while let Some((cluster, path)) = queue.pop_front() {
        for op in possible(&cluster) {
            let mut next = cluster.clone();
            next.apply(&op);
            let path = [&path[..], &[op]].concat();
            if quorate_sides(&next) > 1 {
                return Found::SplitBrain(path);
            }
            if seen.insert(state(&next)) {
                queue.push_back((next, path));
            }
        }
    }
    Found::Safe(seen.len())
}

/// All that the future depends on: the services, and with them the rings. Partitions' numbers are only names.
fn state(cluster: &Cluster) -> String {
    format!("{:?}", NODES.map(|node| cluster.service(node)))
}

/// The running nodes by partition.
fn partitions(cluster: &Cluster) -> BTreeMap<u32, Vec<NodeId>> {
    let mut partitions = BTreeMap::<u32, Vec<NodeId>>::new();
    for (node, view) in cluster.views() {
        partitions.entry(view.partition).or_default().push(node);
    }
    partitions
}

fn quorate_sides(cluster: &Cluster) -> usize {
    let quorate = cluster.views().into_values().filter(|view| view.quorate);
    quorate
        .map(|view| view.partition)
        .collect::<BTreeSet<_>>()
        .len()
}

/// Every crash, every restart into every partition or alone, every cut of one node, every heal of two partitions.
fn possible(cluster: &Cluster) -> Vec<Op> {
    let partitions = partitions(cluster);
    let free = (0..=3)
        .find(|label| !partitions.contains_key(label))
        .expect("a free number");
    let mut ops = Vec::new();
    for node in NODES {
        if cluster.service(node).is_some() {
            ops.push(Op::Down(node));
        } else {
            let labels = partitions.keys().copied().chain([free]);
            ops.extend(labels.map(|partition| Op::Up { node, partition }));
        }
    }
    for (into, members) in &partitions {
        if members.len() > 1 {
            let cut = |node: &NodeId| Op::Split {
                nodes: vec![*node],
                partition: free,
            };
            ops.extend(members.iter().map(cut));
        }
        let others = partitions.range(into + 1..);
        ops.extend(others.map(|(from, _)| Op::Merge {
            into: *into,
            from: *from,
        }));
    }
    ops
}

/// `two_node: 1` with a nodelist of three.
fn two_node_of_three() -> Options {
    Options {
        two_node: 1,
        ..Options::of([1, 2, 3])
    }
}

#[test]
fn a_majority_never_has_two_quorate_sides() {
    let waiting = Options {
        wait_for_all: Some(1),
        ..votes(&[1, 1, 1])
    };
    let tracking = Options {
        expected_votes_tracking: 1,
        ..waiting.clone()
    };
    let table = [
        (votes(&[1, 1, 1]), 1067),
        (votes(&[1, 2, 2]), 1067),
        (waiting, 2814),
        (tracking, 2814),
    ];
    for (options, states) in table {
        assert_eq!(search(&options), Found::Safe(states), "{options:?}");
    }
}

#[test]
fn strict_two_node_never_has_two_quorate_sides() {
    assert_eq!(search(&two_node_of_three()), Found::Safe(2814));
}

#[test]
fn corosyncs_two_node_splits_its_brain_as_soon_as_all_three_have_met() {
    let corosync = Options {
        two_node: 1,
        ..votes(&[1, 1, 1])
    };
    let cut = Op::Split {
        nodes: vec![n(1)],
        partition: 1,
    };
    let shortest = vec![up(1), up(2), up(3), cut];
    let found = search(&corosync);
    println!("the shortest path to two quorate sides: {found:?}");
    assert_eq!(found, Found::SplitBrain(shortest));
}
