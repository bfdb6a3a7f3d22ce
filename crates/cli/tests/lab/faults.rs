//! Mixed rings through every fault: after each, all nodes that reach each other agree on ring, members and quorum.

use crate::hosts::{Kind, Lab, RINGWRIGHT};

/// Boots the cluster in this order and takes it through the faults.
fn story(name: &str, kinds: &str, boot_order: &[usize]) {
    let Some(lab) = Lab::up(name, kinds) else {
        return;
    };
    let all: Vec<_> = lab.hosts().collect();
    for &host in boot_order {
        lab.start(host);
    }
    assert!(lab.until_ring(&all, &all).quorate);

    for kind in [Kind::Corosync, Kind::Ringwright] {
        for host in lab.of_kind(kind).into_iter().take(1) {
            killed_and_restarted(&lab, host);
            left_and_restarted(&lab, host);
            cut_off_and_healed(&lab, host);
            paused(&lab, host);
            restarted_without_ring_id(&lab, host);
        }
    }
    heard_by_nobody(&lab, all[0]);
    lossy(&lab);
    same_members_in_cmap(&lab);
    lab.assert_healthy();
}

/// All tools list the same members: addresses and states (how often each joined depends on who was there to see it).
fn same_members_in_cmap(lab: &Lab) {
    let listed = |host| {
        let output = match lab.kind(host) {
            Kind::Corosync => lab.exec(host, &["corosync-cmapctl", "runtime.members"]),
            Kind::Ringwright => lab.exec(host, &[RINGWRIGHT, "cmap", "runtime.members"]),
        };
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines = text.lines().filter(|line| !line.contains("join_count"));
        lines.map(String::from).collect::<Vec<_>>()
    };
    let first = listed(1);
    assert_eq!(first.len(), 3 * lab.hosts().count(), "{first:#?}");
    for host in lab.hosts() {
        assert_eq!(listed(host), first, "hosts 1 and {host}");
    }
}

fn others(lab: &Lab, host: usize) -> Vec<usize> {
    lab.hosts().filter(|&other| other != host).collect()
}

fn together(lab: &Lab) {
    let all: Vec<_> = lab.hosts().collect();
    assert!(lab.until_ring(&all, &all).quorate);
}

fn killed_and_restarted(lab: &Lab, host: usize) {
    lab.stop(host, "KILL");
    let rest = others(lab, host);
    assert!(lab.until_ring(&rest, &rest).quorate);
    refusal_is_noticed(lab, host);
    lab.start(host);
    together(lab);
}

/// If the one that sends the token to the killed node is ours, the kernel tells it, and nobody waits for the token.
fn refusal_is_noticed(lab: &Lab, killed: usize) {
    let before = if killed == 1 {
        lab.hosts().count()
    } else {
        killed - 1
    };
    if lab.kind(before) == Kind::Ringwright {
        let told = format!("the host of node {killed} refuses datagrams");
        let ours = lab.of_kind(Kind::Ringwright).into_iter();
        let logs: Vec<_> = ours.map(|host| lab.log(host)).collect();
        assert!(logs.iter().any(|log| log.contains(&told)), "{logs:#?}");
    }
}

fn left_and_restarted(lab: &Lab, host: usize) {
    lab.stop(host, "TERM");
    let rest = others(lab, host);
    assert!(lab.until_ring(&rest, &rest).quorate);
    lab.start(host);
    together(lab);
}

fn cut_off_and_healed(lab: &Lab, host: usize) {
    lab.must(&["cut", &host.to_string()]);
    let rest = others(lab, host);
    assert!(lab.until_ring(&rest, &rest).quorate);
    assert!(!lab.until_ring(&[host], &[host]).quorate);
    lab.must(&["heal", &host.to_string()]);
    together(lab);
}

/// Stopped for longer than the token timeout, the node finds itself outside and comes back.
fn paused(lab: &Lab, host: usize) {
    lab.signal(host, "STOP");
    let rest = others(lab, host);
    assert!(lab.until_ring(&rest, &rest).quorate);
    lab.signal(host, "CONT");
    together(lab);
}

/// Without its file a node starts at ring sequence 0 again; the others' rings bring it back up.
fn restarted_without_ring_id(lab: &Lab, host: usize) {
    lab.stop(host, "TERM");
    std::fs::remove_file(lab.dir(host).join(format!("varlib/ringid_{host}"))).unwrap();
    lab.start(host);
    together(lab);
}

/// The others hear nothing of the node, which hears them all: they go on without it.
fn heard_by_nobody(lab: &Lab, host: usize) {
    let rest = others(lab, host);
    let each = |verb: &str| {
        for to in &rest {
            lab.must(&[verb, &host.to_string(), &to.to_string()]);
        }
    };
    each("drop");
    lab.until("the others in a ring of their own", || {
        let views: Vec<_> = rest
            .iter()
            .map(|&other| lab.view(other))
            .collect::<Option<_>>()?;
        views.iter().all(|view| view.members == rest).then_some(())
    });
    each("undrop");
    together(lab);
}

/// One datagram of ten is lost everywhere: the ring may form anew, but nobody is lost for good.
fn lossy(lab: &Lab) {
    let each = |percent: &str| {
        for host in lab.hosts() {
            lab.must(&["loss", &host.to_string(), percent]);
        }
    };
    each("10");
    together(lab);
    lab.stop(1, "KILL");
    let rest = others(lab, 1);
    lab.until_ring(&rest, &rest);
    lab.start(1);
    together(lab);
    each("0");
    together(lab);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_corosync_and_one_of_ours_as_a_member() {
    story("ccr", "CCR", &[1, 2, 3]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_corosync_and_one_of_ours_as_the_representative() {
    story("rcc", "RCC", &[3, 2, 1]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn one_corosync_as_the_representative_and_two_of_ours() {
    story("crr", "CRR", &[2, 1, 3]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn one_corosync_as_a_member_and_two_of_ours() {
    story("rrc", "RRC", &[3, 1, 2]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn three_of_ours() {
    story("rrr", "RRR", &[2, 3, 1]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_corosync_and_three_of_ours() {
    story("rcrcr", "RCRCR", &[5, 4, 3, 2, 1]);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn over_multicast() {
    let Some(lab) = Lab::up("mc", "CRR") else {
        return;
    };
    for host in lab.hosts() {
        lab.configure(
            host,
            &lab.conf("").replace("transport: udpu", "transport: udp"),
        );
    }
    lab.start_all();
    together(&lab);
    for host in [1, 2] {
        killed_and_restarted(&lab, host);
        left_and_restarted(&lab, host);
        cut_off_and_healed(&lab, host);
    }
    same_members_in_cmap(&lab);
    lab.assert_healthy();
}
