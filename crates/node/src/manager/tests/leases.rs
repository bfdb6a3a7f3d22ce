//! Addresses that are never held twice.

use core::time::Duration;

use super::cluster::{ADDRESS, Cluster, configuration, n};
use crate::manager::{Event, wait_of};

fn running() -> Cluster {
    let mut c = Cluster::of(3);
    c.change(2, configuration(&[], ADDRESS)).unwrap();
    c.until("placed", |c| {
        c.holders("ClusterIP") == [1] && c.is_settled()
    });
    c.run_for(Duration::from_secs(30));
    assert_eq!(c.holders("ClusterIP"), [1], "renewed all the time");
    c
}

/// The address is on node 2 in the end, and was on two nodes at no time.
fn moves(mut c: Cluster) -> Cluster {
    let lost_at = c.now;
    c.until("moved", |c| c.holders("ClusterIP") == [2]);
    let lease = c.manager(2).lease().unwrap();
    let token = Duration::from_secs(1);
    assert!(
        c.now.since(lost_at) < wait_of(lease) + token,
        "{} after {lost_at}",
        c.now
    );
    c.run_for(Duration::from_secs(10));
    assert_eq!(c.doubles, alloc::vec::Vec::<alloc::string::String>::new());
    c
}

#[test]
fn of_a_killed_node_the_kernel_gives_it_back_before_another_takes_it() {
    let mut c = running();
    c.kill(1);
    let c = moves(c);
    let waited = |event: &Event| matches!(event, Event::Waits { .. });
    assert!(c.hosts[&n(2)].events.iter().any(waited));
}

#[test]
fn of_a_stopped_process_the_kernel_gives_it_back_before_another_takes_it() {
    let mut c = running();
    c.pause(1);
    let mut c = moves(c);
    c.resume(1);
    c.until("three", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    c.run_for(Duration::from_secs(30));
    assert_eq!(c.holders("ClusterIP"), [2]);
    assert_eq!(c.doubles, alloc::vec::Vec::<alloc::string::String>::new());
}

#[test]
fn a_node_that_is_cut_off_gives_it_back_by_itself() {
    let mut c = running();
    c.isolate(&[1]);
    let mut c = moves(c);
    c.heal();
    c.until("three", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    c.run_for(Duration::from_secs(30));
    assert_eq!(c.holders("ClusterIP"), [2]);
    assert_eq!(c.doubles, alloc::vec::Vec::<alloc::string::String>::new());
}

#[test]
fn a_process_started_again_finds_its_address_and_keeps_it() {
    let mut c = running();
    c.kill(1);
    c.start(1);
    c.until("three", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    c.run_for(Duration::from_secs(30));
    assert_eq!(c.holders("ClusterIP"), [1]);
    assert_eq!(c.doubles, alloc::vec::Vec::<alloc::string::String>::new());
}

#[test]
fn without_leases_it_is_as_with_pacemaker_and_fencing_off() {
    let mut c = Cluster::of(3);
    let options = [("ringwright-lease", "false"), ("stonith-enabled", "false")];
    c.change(2, configuration(&options, ADDRESS)).unwrap();
    c.until("placed", |c| {
        c.holders("ClusterIP") == [1] && c.is_settled()
    });
    c.kill(1);
    c.until("twice", |c| c.holders("ClusterIP") == [1, 2]);
    assert!(!c.doubles.is_empty());
}

#[test]
fn at_the_first_start_a_node_that_is_not_there_is_waited_for() {
    let mut c = Cluster::without_managers(3, &[]);
    c.kill(3);
    // What an earlier life of node 3 may have left.
    c.hosts
        .get_mut(&n(3))
        .unwrap()
        .kernel
        .held
        .insert("ClusterIP".into(), Some(c.now + Duration::from_secs(5)));
    c.until("settled", |c| c.is_settled() && c.manager(1).is_quorate());
    c.change(1, configuration(&[], ADDRESS)).unwrap();
    c.until("placed", |c| c.holders("ClusterIP") == [1]);
    assert_eq!(c.doubles, alloc::vec::Vec::<alloc::string::String>::new());
    assert!(c.now.since(crate::Instant::ZERO) > Duration::from_secs(5));
}
