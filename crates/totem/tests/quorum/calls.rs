//! What operators, programs and a quorum device may ask, and how verdicts explain themselves.

use ringwright_totem::quorum::scenario::{Cluster, Op};
use ringwright_totem::quorum::{
    CallError, Change, DEVICE, DeviceOptions, Notice, Options, Reason, Refusal, Votequorum,
};
use ringwright_totem::{Instant, RingId};

use crate::{cut, n, rows, up_together, votes};

/// Two nodes of one vote and a device with one, of which node 1 is up.
fn with_device() -> Options {
    Options {
        device: Some(DeviceOptions {
            votes: Some(1),
            ..DeviceOptions::default()
        }),
        ..votes(&[1, 1])
    }
}

#[test]
fn a_changed_configuration_reaches_every_node() {
    let mut cluster = up_together(votes(&[1, 1]), 2);
    let notices = cluster.call(n(1), |votequorum| {
        votequorum.reconfigure(&votes(&[3, 1])).to_vec()
    });
    assert_eq!(notices, Some(vec![]));
    assert_eq!(rows(&cluster), ["[n1, n2] yes 4 4 3"]);
    assert_eq!(cluster.service(n(2)).unwrap().info(n(1)).unwrap().votes, 3);
}

#[test]
fn a_contradictory_change_stops_the_device_and_an_empty_one_keeps_the_votes() {
    let mut cluster = up_together(with_device(), 1);
    let contradiction = Options {
        two_node: 1,
        ..with_device()
    };
    let notices = cluster.call(n(1), |votequorum| {
        votequorum.reconfigure(&contradiction).to_vec()
    });
    let expected = Notice::Contradiction(Refusal::TwoNodeWithDevice);
    assert_eq!(notices, Some(vec![expected]));
    let runtime = cluster.service(n(1)).unwrap().runtime();
    assert_eq!(runtime.two_node, 1);
    assert_eq!(runtime.device_can_operate, Some(false));
    let name = "disk".try_into().unwrap();
    let answer = cluster.call(n(1), |votequorum| votequorum.register_device(&name));
    assert_eq!(answer, Some(Err(CallError::Access)));
    cluster.call(n(1), |votequorum| {
        votequorum.reconfigure(&Options::default()).len()
    });
    assert_eq!(rows(&cluster), ["[n1] no 2 1 2"]);
}

#[test]
fn cancelling_wait_for_all_releases_the_whole_partition() {
    let mut cluster = up_together(waiting_for_all(), 2);
    assert_eq!(rows(&cluster), ["[n1, n2] no 3 2 2"]);
    cluster.call(n(2), Votequorum::cancel_wait_for_all);
    assert_eq!(rows(&cluster), ["[n1, n2] yes 3 2 2"]);
}

/// A call's answer as corosync's library gives it.
fn code<T>(answer: Result<T, CallError>) -> u32 {
    answer.map_or_else(CallError::code, |_| 1)
}

#[test]
fn the_device_answers_wrong_calls_with_corosyncs_numbers() {
    let mut cluster = up_together(with_device(), 1);
    let (name, other) = ("disk".try_into().unwrap(), "other".try_into().unwrap());
    let (now, no_ring) = (Instant::ZERO, RingId::default());
    let unregistered = cluster.call(n(1), |votequorum| {
        [
            code(votequorum.unregister_device(&name)),
            code(votequorum.poll_device(now, &name, true, no_ring)),
            code(votequorum.device_master_wins(&name, true)),
            code(votequorum.register_device(&name)),
            code(votequorum.register_device(&name)),
        ]
    });
    assert_eq!(unregistered, Some([12, 12, 12, 1, 6]));
    let registered = cluster.call(n(1), |votequorum| {
        [
            code(votequorum.register_device(&name)),
            code(votequorum.register_device(&other)),
            code(votequorum.unregister_device(&other)),
            code(votequorum.update_device(&other, &name)),
            code(votequorum.device_master_wins(&other, true)),
            code(votequorum.poll_device(now, &name, true, no_ring)),
            code(votequorum.update_device(&name, &other)),
        ]
    });
    assert_eq!(registered, Some([1, 14, 7, 7, 7, 22, 1]));
    let info = cluster.service(n(1)).unwrap().info(DEVICE).unwrap();
    assert_eq!(info.device_name, other);
}

#[test]
fn wrong_votes_are_refused_and_change_nothing() {
    let mut cluster = up_together(votes(&[1, 1]), 2);
    let node = n(1);
    let set_votes = |target, value| Op::SetVotes {
        node,
        target,
        value,
    };
    for (op, code) in [
        (Op::SetExpected { node, value: 1 }, 7),
        (Op::SetExpected { node, value: 4 }, 7),
        (set_votes(n(9), 1), 17),
    ] {
        assert_eq!(cluster.apply(&op), Some(code), "{op:?}");
    }
    assert_eq!(rows(&cluster), ["[n1, n2] yes 2 2 2"]);
    // Without quorum, votes that do not give it are refused too.
    cluster.apply(&cut(2));
    assert_eq!(cluster.apply(&set_votes(n(2), 1)), Some(7));
}

/// Three nodes of one vote that wait for all.
fn waiting_for_all() -> Options {
    Options {
        wait_for_all: Some(1),
        ..votes(&[1, 1, 1])
    }
}

#[test]
fn a_verdict_names_its_rule_and_what_would_change_it() {
    let why = |cluster: &Cluster| cluster.service(n(1)).unwrap().explain();
    let waiting = why(&up_together(waiting_for_all(), 1));
    assert_eq!(waiting.reason, Reason::WaitForAll);
    let ways = [
        Change::Gain(2),
        Change::QuorateNodeJoins,
        Change::CancelWaitForAll,
    ];
    assert_eq!(waiting.changes, ways);
    let mut cluster = up_together(waiting_for_all(), 3);
    assert_eq!(
        why(&cluster).to_string(),
        "Quorate: 3 votes of 3 expected, 2 are needed\n\
         Votes counted from nodes: 1, 2, 3\n\
         Would change it: the loss of 2 votes\n"
    );
    // Who loses quorum waits for all again.
    cluster.apply(&cut(1));
    assert_eq!(why(&cluster), waiting);
}

#[test]
fn a_minority_is_told_what_it_lacks() {
    let mut cluster = up_together(votes(&[2, 3, 2]), 1);
    let why = cluster.service(n(1)).unwrap().explain();
    assert_eq!(why.reason, Reason::Minority);
    assert_eq!((why.votes, why.needed), (2, 4));
    assert_eq!(why.changes, [Change::Gain(2), Change::LowerExpected(2)]);
    let node = n(1);
    assert_eq!(cluster.apply(&Op::SetExpected { node, value: 2 }), Some(1));
    assert_eq!(rows(&cluster), ["[n1] yes 2 2 2"]);
}
