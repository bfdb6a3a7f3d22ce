//! A node whose address comes late, goes and returns: it never dies, and it is in the ring soon after the return.

use std::process::Output;

use crate::hosts::{Lab, address};

/// Does something to host 3 with `ip`, in its namespace, after some seconds.
fn ip_after(lab: &Lab, seconds: f32, commands: &str) -> Output {
    lab.exec(3, &["sh", "-c", &format!("sleep {seconds}; {commands}")])
}

/// The address is back: how long until all are together is printed.
fn report(lab: &Lab, what: &str) {
    println!("{what}:");
    assert!(lab.until_ring(&[1, 2, 3], &[1, 2, 3]).quorate);
    lab.assert_healthy();
}

const FLUSH: &str = "ip link set eth0 down; ip addr flush dev eth0";

fn restore() -> String {
    format!(
        "ip addr add {}/24 dev eth0; ip link set eth0 up",
        address(3)
    )
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn an_address_that_comes_late_is_waited_for() {
    for late in [0.0, 0.3, 1.0, 5.0] {
        let Some(lab) = Lab::up("late", "CCR") else {
            return;
        };
        lab.exec(3, &["ip", "addr", "flush", "dev", "eth0"]);
        lab.start_all();
        ip_after(&lab, late, &restore());
        report(&lab, &format!("address {late} s late"));
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_link_that_is_down_at_the_start_is_waited_for() {
    let Some(lab) = Lab::up("down", "CCR") else {
        return;
    };
    lab.must(&["linkdown", "3"]);
    lab.start_all();
    lab.until_ring(&[1, 2], &[1, 2]);
    lab.must(&["linkup", "3"]);
    report(&lab, "link down at the start");
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn an_interface_flushed_under_a_lone_node_does_not_kill_it() {
    for gap in [0.3, 1.5, 3.0, 9.0] {
        let Some(lab) = Lab::up("alone", "CCR") else {
            return;
        };
        lab.start(3);
        lab.until_ring(&[3], &[3]);
        lab.exec(3, &["sh", "-c", FLUSH]);
        ip_after(&lab, gap, &restore());
        lab.start(1);
        lab.start(2);
        report(&lab, &format!("alone, {gap} s without its address"));
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn an_interface_flushed_under_a_member_does_not_kill_it() {
    let Some(lab) = Lab::up("member", "CCR") else {
        return;
    };
    lab.start_all();
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    for gap in [0.3, 1.2, 2.0, 5.0, 9.0] {
        lab.exec(3, &["sh", "-c", FLUSH]);
        ip_after(&lab, gap, &restore());
        report(&lab, &format!("member, {gap} s without its address"));
    }
}
