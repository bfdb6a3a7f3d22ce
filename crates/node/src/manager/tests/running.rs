//! Resources that are started, watched, moved and stopped.

use core::time::Duration;

use super::cluster::{ADDRESS, Cluster, configuration, n};
use crate::manager::Event;
use crate::resource::{ExitCode, Operation};

fn running() -> Cluster {
    let mut c = Cluster::of(3);
    c.change(2, configuration(&[], ADDRESS)).unwrap();
    c.until("placed", |c| {
        c.holders("ClusterIP") == [1] && c.is_settled()
    });
    c
}

fn assert_same(c: &Cluster) {
    for id in 2..=3 {
        assert_eq!(c.manager(id).fold(), c.manager(1).fold(), "node {id}");
    }
}

#[test]
fn a_resource_is_probed_everywhere_before_it_is_started_once_and_watched() {
    let c = running();
    assert_eq!(
        c.hosts[&n(1)].acts,
        ["monitor ClusterIP", "start ClusterIP", "monitor ClusterIP"]
    );
    assert_eq!(c.hosts[&n(2)].acts, ["monitor ClusterIP"]);
    let history = &c.manager(3).fold().nodes[&n(1)].resources["ClusterIP"];
    assert!(history.records.contains_key("monitor_10000"));
    assert_same(&c);
}

#[test]
fn what_fails_to_start_is_started_elsewhere() {
    let mut c = Cluster::of(3);
    let host = c.hosts.get_mut(&n(1)).unwrap();
    host.lies.push((Operation::Start, ExitCode::Error));
    c.change(2, configuration(&[], ADDRESS)).unwrap();
    c.until("placed", |c| {
        c.holders("ClusterIP") == [2] && c.is_settled()
    });
    let failed = &c.manager(3).fold().nodes[&n(1)];
    assert_eq!(
        failed.attributes["fail-count-ClusterIP#start_0"],
        "INFINITY"
    );
    assert_same(&c);
}

#[test]
fn what_is_found_ill_is_stopped_and_started_again() {
    let mut c = running();
    c.hosts.get_mut(&n(1)).unwrap().kernel.held.clear();
    c.run_for(Duration::from_secs(21));
    let node = &c.manager(2).fold().nodes[&n(1)];
    assert_eq!(node.attributes["fail-count-ClusterIP#monitor_10000"], "1");
    assert_eq!(c.holders("ClusterIP"), [1]);
    assert!(c.is_settled());
    assert_same(&c);
}

#[test]
fn a_node_that_leaves_in_order_hands_over_first() {
    let mut c = running();
    c.leave(1);
    c.until("gone", |c| c.hosts[&n(1)].node.is_none());
    assert_eq!(c.holders("ClusterIP"), [2]);
    c.until("settled", Cluster::is_settled);
    let waited = |event: &Event| matches!(event, Event::Waits { .. });
    assert!(!c.hosts[&n(2)].events.iter().any(waited));
    assert!(c.doubles.is_empty(), "{:?}", c.doubles);
}

#[test]
fn a_change_that_comes_while_something_runs_is_placed_after_it() {
    let mut c = Cluster::of(3);
    c.ask(2, configuration(&[], ADDRESS));
    c.run_for(Duration::from_millis(10));
    let two = ADDRESS.replace("ClusterIP", "Second");
    c.ask(3, configuration(&[], &alloc::format!("{ADDRESS}{two}")));
    c.until("both", |c| {
        c.holders("ClusterIP") == [1] && c.holders("Second") == [2]
    });
    c.until("settled", Cluster::is_settled);
    assert_same(&c);
}
