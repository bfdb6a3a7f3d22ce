//! Histories step by step: two nodes' rule with three nodes, majorities, last man standing.
//!
//! The rows of corosync's own semantics were seen on live clusters.

use std::time::Duration;

use ringwright_totem::quorum::scenario::{Cluster, Op, Order};
use ringwright_totem::quorum::{Notice, Options, Votequorum};

use crate::{cut, heal, n, rows, up, up_together, votes};

fn play(options: Options, script: &[(Op, &[&str])]) {
    let mut cluster = Cluster::new(options, Order::Ascending);
    for (number, (op, expected)) in script.iter().enumerate() {
        cluster.apply(op);
        assert_eq!(rows(&cluster), *expected, "step {number}: {op:?}");
    }
}

/// The start that `two_node`'s table begins with: everybody waits until all three were together.
fn all_three_come_up(needed: [&'static str; 3]) -> Vec<(Op, Vec<&'static str>)> {
    (1..).map(up).zip(needed.map(|row| vec![row])).collect()
}

#[test]
fn corosyncs_two_node_splits_three_nodes_into_quorate_parts() {
    let options = Options {
        two_node: 1,
        ..votes(&[1, 1, 1])
    };
    let all = "[n1, n2, n3] yes 3 3 2";
    let mut script = all_three_come_up(["[n1] no 3 1 1", "[n1, n2] no 3 2 1", all]);
    script.extend([
        (cut(3), vec!["[n1, n2] yes 3 2 1", "[n3] yes 3 1 1"]),
        (
            cut(2),
            vec!["[n1] yes 3 1 1", "[n2] yes 3 1 1", "[n3] yes 3 1 1"],
        ),
        (heal(2), vec!["[n1, n2] yes 3 2 1", "[n3] yes 3 1 1"]),
        (heal(3), vec![all]),
        (Op::Leave(n(3)), vec!["[n1, n2] yes 3 2 1"]),
        (Op::Leave(n(2)), vec!["[n1] yes 3 1 1"]),
        (Op::Down(n(1)), vec![]),
        (up(1), vec!["[n1] no 3 1 1"]),
        (up(2), vec!["[n1, n2] no 3 2 1"]),
        (up(3), vec![all]),
        (Op::Leave(n(1)), vec!["[n2, n3] yes 3 2 1"]),
        (Op::Leave(n(2)), vec!["[n3] yes 3 1 1"]),
        (up(1), vec!["[n1, n3] yes 3 2 1"]),
        (cut(3), vec!["[n1] yes 3 1 1", "[n3] yes 3 1 1"]),
    ]);
    let script = script
        .iter()
        .map(|(op, rows)| (op.clone(), &rows[..]))
        .collect::<Vec<_>>();
    play(options, &script);
}

#[test]
fn strict_two_node_asks_three_nodes_for_a_majority_and_says_so() {
    let options = Options {
        two_node: 1,
        ..Options::of([1, 2, 3])
    };
    let (_, notices) = Votequorum::new(n(1), &options, None).unwrap();
    assert_eq!(notices, [Notice::TwoNodeOff { nodes: 3 }]);
    let all = "[n1, n2, n3] yes 3 3 2";
    play(
        options,
        &[
            (up(1), &["[n1] no 3 1 2"]),
            (up(2), &["[n1, n2] no 3 2 2"]),
            (up(3), &[all]),
            (cut(3), &["[n1, n2] yes 3 2 2", "[n3] no 3 1 2"]),
            (cut(2), &["[n1] no 3 1 2", "[n2] no 3 1 2", "[n3] no 3 1 2"]),
            // Everybody has lost quorum, so all must meet again.
            (heal(2), &["[n1, n2] no 3 2 2", "[n3] no 3 1 2"]),
            (heal(3), &[all]),
        ],
    );
}

#[test]
fn strict_two_node_ends_when_a_third_node_shows_up() {
    let two = Options {
        two_node: 1,
        expected_votes: 2,
        ..Options::default()
    };
    let mut cluster = up_together(two, 2);
    cluster.apply(&cut(2));
    assert_eq!(rows(&cluster), ["[n1] yes 2 1 1", "[n2] yes 2 1 1"]);
    for op in [heal(2), up(3), cut(2)] {
        cluster.apply(&op);
    }
    // Node 3 brings a vote that nobody counted on.
    assert_eq!(rows(&cluster), ["[n1, n3] yes 3 2 2", "[n2] no 3 1 2"]);
}

#[test]
fn two_node_with_expected_votes_two_is_released_by_any_pair() {
    play(
        Options {
            two_node: 1,
            expected_votes: 2,
            ..votes(&[1, 1, 1])
        },
        &[
            (up(1), &["[n1] no 2 1 1"]),
            (up(2), &["[n1, n2] yes 2 2 1"]),
            (up(3), &["[n1, n2, n3] yes 3 3 2"]),
            (cut(3), &["[n1, n2] yes 3 2 1", "[n3] yes 3 1 1"]),
        ],
    );
}

#[test]
fn without_two_node_a_majority_decides() {
    play(
        votes(&[1, 1, 1]),
        &[
            (up(1), &["[n1] no 3 1 2"]),
            (up(2), &["[n1, n2] yes 3 2 2"]),
            (up(3), &["[n1, n2, n3] yes 3 3 2"]),
            (cut(3), &["[n1, n2] yes 3 2 2", "[n3] no 3 1 2"]),
            (cut(2), &["[n1] no 3 1 2", "[n2] no 3 1 2", "[n3] no 3 1 2"]),
        ],
    );
}

#[test]
fn last_man_standing_walks_down_to_the_last_two() {
    let options = Options {
        last_man_standing: 1,
        ..votes(&[1, 1, 1, 1])
    };
    let window = || Op::Wait(Duration::from_secs(10));
    let mut cluster = up_together(options, 4);
    for (op, row) in [
        (Op::Down(n(4)), "[n1, n2, n3] yes 4 3 3"),
        (window(), "[n1, n2, n3] yes 3 3 2"),
        (Op::Down(n(3)), "[n1, n2] yes 3 2 2"),
        (window(), "[n1, n2] yes 2 2 2"),
        (Op::Down(n(2)), "[n1] no 2 1 2"),
        (window(), "[n1] no 2 1 2"),
    ] {
        cluster.apply(&op);
        assert_eq!(rows(&cluster), [row], "{op:?}");
    }
}
