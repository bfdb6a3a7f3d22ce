//! One configuration that all keep.

use alloc::string::ToString;
use core::time::Duration;

use super::cluster::{ADDRESS, Cluster, configuration, n};
use crate::manager::{Change, ChangeError};

fn cleanup() -> Change {
    Change::Cleanup {
        resource: None,
        node: None,
    }
}

#[test]
fn a_change_is_answered_when_all_have_stored_it() {
    let mut c = Cluster::of(3);
    let version = c.change(2, configuration(&[], "")).unwrap();
    assert_eq!(version.to_string(), "0.1.0");
    for host in c.hosts.values() {
        let stored = host.base.as_ref().unwrap();
        assert_eq!(stored.version(), version);
        assert!(stored.term() > 0);
    }
    let digest = c.manager(1).fold().encode();
    assert_eq!(c.manager(3).fold().encode(), digest);
}

#[test]
fn without_quorum_nothing_is_changed() {
    let mut c = Cluster::of(3);
    c.isolate(&[1]);
    c.until("minority", |c| {
        c.manager(1).is_settled() && !c.manager(1).is_quorate()
    });
    assert_eq!(
        c.change(1, configuration(&[], "")),
        Err(ChangeError::NoQuorum)
    );
    assert!(c.change(2, configuration(&[], "")).is_ok());
    c.heal();
    c.until("one again", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    assert_eq!(c.manager(1).fold(), c.manager(3).fold());
    assert_eq!(c.hosts[&n(1)].base.as_ref().unwrap().version().epoch, 1);
}

#[test]
fn a_change_of_the_cut_off_does_not_win_over_one_that_was_acknowledged() {
    let mut c = Cluster::of(3);
    c.change(1, configuration(&[], "")).unwrap();
    // Node 1 sends changes that reach nobody, and counts further than the others will.
    c.isolate(&[1]);
    let lost: alloc::vec::Vec<_> = (0..3)
        .map(|_| c.ask(1, configuration(&[], ADDRESS)))
        .collect();
    c.until("majority", |c| {
        c.manager(2).members().len() == 2 && c.manager(2).is_quorate()
    });
    let kept = c.change(2, configuration(&[], "")).unwrap();
    c.heal();
    c.until("one again", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    c.run_for(Duration::from_secs(5));
    for id in 1..=3 {
        assert!(c.manager(id).fold().base.version() >= kept);
        assert_eq!(c.manager(id).fold(), c.manager(1).fold());
    }
    // Whatever became of the changes of the cut off, it was told the truth.
    let answers = &c.hosts[&n(1)].answers;
    let made = lost
        .iter()
        .filter(|id| matches!(answers.get(id), Some(Ok(_))))
        .count();
    let epoch = c.manager(1).fold().base.version().epoch;
    assert_eq!(epoch, kept.epoch + made as u64);
}

#[test]
fn a_change_asked_for_before_the_members_have_settled_is_made_when_they_have() {
    let mut c = Cluster::without_managers(3, &[]);
    c.until("members", |c| c.manager(1).members().len() == 3);
    assert!(!c.manager(1).is_settled());
    assert!(c.change(1, configuration(&[], "")).is_ok());
}

#[test]
fn a_node_that_starts_takes_the_newest_configuration() {
    let mut c = Cluster::of(3);
    c.kill(3);
    c.until("two", |c| {
        c.manager(1).members().len() == 2 && c.is_settled()
    });
    let version = c.change(1, configuration(&[], "")).unwrap();
    c.start(3);
    c.until("three", |c| {
        c.manager(3).members().len() == 3 && c.is_settled()
    });
    assert_eq!(c.manager(3).fold(), c.manager(1).fold());
    let stored = c.hosts[&n(3)].base.as_ref().unwrap();
    assert_eq!(stored.version().epoch, version.epoch);
}

#[test]
fn all_started_again_have_what_was_acknowledged() {
    let mut c = Cluster::of(3);
    let version = c.change(3, configuration(&[], ADDRESS)).unwrap();
    for id in 1..=3 {
        c.kill(id);
    }
    // One has lost its disk.
    c.hosts.get_mut(&n(1)).unwrap().base = None;
    for id in 1..=3 {
        c.start(id);
    }
    c.until("three", |c| {
        c.manager(1).members().len() == 3 && c.is_settled()
    });
    assert_eq!(c.manager(1).fold().base.version().epoch, version.epoch);
}

#[test]
fn a_node_without_a_manager_only_votes() {
    let mut c = Cluster::without_managers(3, &[1]);
    c.until("settled", |c| c.is_settled() && c.manager(2).is_quorate());
    assert_eq!(c.manager(2).members(), [n(2), n(3)]);
    assert_eq!(c.manager(3).dc(), Some(n(2)));
    assert!(c.change(2, configuration(&[], ADDRESS)).is_ok());
    c.until("placed", |c| c.holders("ClusterIP") == [2]);
    assert!(!c.manager(2).fold().nodes.contains_key(&n(1)));
}

#[test]
fn an_attribute_and_a_cleanup_reach_the_node_that_they_are_about() {
    let mut c = Cluster::of(3);
    let set = Change::Attribute {
        node: "node3".into(),
        name: "fail-count-x#start_0".into(),
        value: Some("2".into()),
    };
    c.change(1, set).unwrap();
    c.kill(1);
    c.until("two", |c| {
        c.manager(2).members().len() == 2 && c.is_settled()
    });
    assert_eq!(c.manager(2).fold().nodes[&n(3)].attributes.len(), 1);
    c.change(2, cleanup()).unwrap();
    c.run_for(Duration::from_secs(1));
    assert_eq!(c.manager(2).fold().nodes[&n(3)].attributes.len(), 0);
    assert_eq!(c.manager(2).fold(), c.manager(3).fold());
}
