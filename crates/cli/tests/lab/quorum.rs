//! The quorum tables: `two_node` with three nodes as corosync computes it, and the same steps without it, real corosync
//! and ours side by side in one cluster.

use crate::hosts::Lab;

/// One row: who shall form one ring, and what they show when it is synchronised.
fn expect(lab: &Lab, hosts: &[usize], quorate: bool, total: u32, quorum: u32) {
    lab.until(
        &format!("hosts {hosts:?}: {total} votes, {quorum} needed, quorate {quorate}"),
        || {
            let view = lab.until_ring(hosts, hosts);
            let shown = (
                view.quorate,
                view.expected,
                view.highest,
                view.total,
                view.quorum,
            );
            (shown == (quorate, 3, 3, total, quorum)).then_some(())
        },
    );
}

fn cut(lab: &Lab, host: usize) {
    lab.must(&["cut", &host.to_string()]);
}

fn heal(lab: &Lab, host: usize) {
    lab.must(&["heal", &host.to_string()]);
}

fn configured(name: &str, kinds: &str, quorum: &str) -> Option<Lab> {
    let lab = Lab::up(name, kinds)?;
    for host in lab.hosts() {
        lab.configure(host, &lab.conf(quorum));
    }
    Some(lab)
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_node_with_three_nodes_splits_as_corosync_does_when_told_to() {
    for kinds in ["CRR", "RCR"] {
        let Some(lab) = configured("tn", kinds, " two_node: 1\n two_node_semantics: corosync\n")
        else {
            return;
        };
        lab.start(1);
        expect(&lab, &[1], false, 1, 1);
        lab.start(2);
        expect(&lab, &[1, 2], false, 2, 1);
        lab.start(3);
        expect(&lab, &[1, 2, 3], true, 3, 2);
        cut(&lab, 3);
        expect(&lab, &[1, 2], true, 2, 1);
        expect(&lab, &[3], true, 1, 1);
        cut(&lab, 2);
        (1..=3).for_each(|host| expect(&lab, &[host], true, 1, 1));
        heal(&lab, 2);
        expect(&lab, &[1, 2], true, 2, 1);
        heal(&lab, 3);
        expect(&lab, &[1, 2, 3], true, 3, 2);
        lab.stop(3, "TERM");
        expect(&lab, &[1, 2], true, 2, 1);
        lab.stop(2, "TERM");
        expect(&lab, &[1], true, 1, 1);
        lab.stop(1, "TERM");
        lab.start(1);
        expect(&lab, &[1], false, 1, 1);
        lab.start(2);
        expect(&lab, &[1, 2], false, 2, 1);
        lab.start(3);
        expect(&lab, &[1, 2, 3], true, 3, 2);
        assert_eq!(
            lab.view(2).unwrap().flags,
            ["2Node", "Quorate", "WaitForAll"]
        );
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_majority_decides_without_two_node() {
    let Some(lab) = configured("maj", "RCR", "") else {
        return;
    };
    lab.start(1);
    expect(&lab, &[1], false, 1, 2);
    lab.start(2);
    expect(&lab, &[1, 2], true, 2, 2);
    lab.start(3);
    expect(&lab, &[1, 2, 3], true, 3, 2);
    cut(&lab, 1);
    expect(&lab, &[1], false, 1, 2);
    expect(&lab, &[2, 3], true, 2, 2);
    heal(&lab, 1);
    expect(&lab, &[1, 2, 3], true, 3, 2);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn after_everybody_lost_quorum_wait_for_all_waits_for_all() {
    let Some(lab) = configured("wfa", "RCR", " wait_for_all: 1\n") else {
        return;
    };
    lab.start(1);
    lab.start(2);
    expect(&lab, &[1, 2], false, 2, 2);
    lab.start(3);
    expect(&lab, &[1, 2, 3], true, 3, 2);
    cut(&lab, 1);
    expect(&lab, &[1], false, 1, 2);
    expect(&lab, &[2, 3], true, 2, 2);
    cut(&lab, 2);
    (2..=3).for_each(|host| expect(&lab, &[host], false, 1, 2));
    heal(&lab, 1);
    heal(&lab, 2);
    expect(&lab, &[1, 2, 3], true, 3, 2);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn the_safe_two_node_never_gives_a_lone_node_of_three_quorum() {
    let Some(lab) = configured("safe", "RRR", " two_node: 1\n") else {
        return;
    };
    lab.start_all();
    lab.until("all quorate", || {
        lab.until_ring(&[1, 2, 3], &[1, 2, 3]).quorate.then_some(())
    });
    cut(&lab, 1);
    lab.until("the pair quorate", || {
        lab.until_ring(&[2, 3], &[2, 3]).quorate.then_some(())
    });
    assert!(!lab.until_ring(&[1], &[1]).quorate);
}
