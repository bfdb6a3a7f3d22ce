//! The quorum tables: `two_node` with three nodes as corosync computes it, and the same steps without it, real corosync
//! and ours side by side in one cluster.

use crate::hosts::Lab;

/// Who shall form one ring, and what each of them shows then: quorate, expected votes, total votes, votes needed.
type Shown = (&'static [usize], bool, u32, u32, u32);

/// What is done to the cluster (`"stop 1 2"`, `"cut 3"`; several are separated by commas), and what it shows then.
type Row = (&'static str, &'static [Shown]);

fn configured(name: &str, kinds: &str, quorum: &str) -> Option<Lab> {
    let lab = Lab::up(name, kinds)?;
    for host in lab.hosts() {
        lab.configure(host, &lab.conf(quorum));
    }
    Some(lab)
}

fn carry_out(lab: &Lab, actions: &str) {
    for action in actions.split(", ") {
        let (verb, hosts) = action.split_once(' ').expect("a verb and hosts");
        for host in hosts.split(' ') {
            let number = host.parse().expect("a host's number");
            match verb {
                "start" => lab.start(number),
                "stop" => lab.stop(number, "TERM"),
                "cut" | "heal" => lab.must(&[verb, host]),
                other => panic!("no verb {other}"),
            }
        }
    }
}

/// Waits until all of them show every cell of the row, the flags included.
fn expect(lab: &Lab, flags: &[&str], shown: &Shown) {
    let &(hosts, quorate, expected, total, quorum) = shown;
    let flags: Vec<_> = flags
        .iter()
        .filter(|&&flag| quorate || flag != "Quorate")
        .collect();
    lab.until(&format!("{shown:?}"), || {
        lab.until_ring(hosts, hosts);
        let views: Vec<_> = hosts
            .iter()
            .map(|&host| lab.view(host))
            .collect::<Option<_>>()?;
        let agree = views.iter().all(|view| {
            (view.quorate, view.total, view.quorum) == (quorate, total, quorum)
                && (view.expected, view.highest) == (expected, expected)
                && view.flags.iter().eq(flags.iter().copied())
        });
        agree.then_some(())
    });
}

/// Takes clusters of these kinds through a table; `flags` are those of a quorate node.
fn play(name: &str, kinds: &[&str], options: &str, flags: &[&str], table: &[Row]) {
    for kinds in kinds {
        let Some(lab) = configured(name, kinds, options) else {
            return;
        };
        for (actions, shown) in table {
            println!("{kinds}: {actions}");
            carry_out(&lab, actions);
            for shown in *shown {
                expect(&lab, flags, shown);
            }
        }
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_node_with_three_nodes_splits_as_corosync_does_when_told_to() {
    let options = " two_node: 1\n two_node_semantics: corosync\n";
    let flags = ["2Node", "Quorate", "WaitForAll"];
    let table: &[Row] = &[
        ("start 1", &[(&[1], false, 3, 1, 1)]),
        ("start 2", &[(&[1, 2], false, 3, 2, 1)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("cut 3", &[(&[1, 2], true, 3, 2, 1), (&[3], true, 3, 1, 1)]),
        (
            "cut 2",
            &[
                (&[1], true, 3, 1, 1),
                (&[2], true, 3, 1, 1),
                (&[3], true, 3, 1, 1),
            ],
        ),
        ("heal 2", &[(&[1, 2], true, 3, 2, 1), (&[3], true, 3, 1, 1)]),
        ("heal 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("stop 3", &[(&[1, 2], true, 3, 2, 1)]),
        ("stop 2", &[(&[1], true, 3, 1, 1)]),
        ("stop 1, start 1", &[(&[1], false, 3, 1, 1)]),
        ("start 2", &[(&[1, 2], false, 3, 2, 1)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("stop 1 2", &[(&[3], true, 3, 1, 1)]),
        ("start 1", &[(&[1, 3], true, 3, 2, 1)]),
        ("cut 1", &[(&[1], true, 3, 1, 1), (&[3], true, 3, 1, 1)]),
    ];
    play("tn", &["CRR", "RCR"], options, &flags, table);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_node_without_wait_for_all_is_quorate_alone_at_once() {
    let options = " two_node: 1\n wait_for_all: 0\n two_node_semantics: corosync\n";
    let table: &[Row] = &[
        ("start 1", &[(&[1], true, 3, 1, 1)]),
        ("start 2", &[(&[1, 2], true, 3, 2, 1)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("cut 3", &[(&[1, 2], true, 3, 2, 1), (&[3], true, 3, 1, 1)]),
    ];
    play(
        "tnw",
        &["CRR", "RCR"],
        options,
        &["2Node", "Quorate"],
        table,
    );
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn two_node_with_two_expected_votes_waits_for_any_two() {
    let options = " two_node: 1\n expected_votes: 2\n two_node_semantics: corosync\n";
    let table: &[Row] = &[
        ("start 1", &[(&[1], false, 2, 1, 1)]),
        ("start 2", &[(&[1, 2], true, 2, 2, 1)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("cut 3", &[(&[1, 2], true, 3, 2, 1), (&[3], true, 3, 1, 1)]),
    ];
    play(
        "tne",
        &["CRR", "RCR"],
        options,
        &["2Node", "Quorate", "WaitForAll"],
        table,
    );
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_majority_decides_without_two_node() {
    let table: &[Row] = &[
        ("start 1", &[(&[1], false, 3, 1, 2)]),
        ("start 2", &[(&[1, 2], true, 3, 2, 2)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("cut 1", &[(&[1], false, 3, 1, 2), (&[2, 3], true, 3, 2, 2)]),
        (
            "cut 2",
            &[
                (&[1], false, 3, 1, 2),
                (&[2], false, 3, 1, 2),
                (&[3], false, 3, 1, 2),
            ],
        ),
        ("heal 1 2", &[(&[1, 2, 3], true, 3, 3, 2)]),
    ];
    play("maj", &["RCR"], "", &["Quorate"], table);
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn after_everybody_lost_quorum_wait_for_all_waits_for_all() {
    let table: &[Row] = &[
        ("start 1 2", &[(&[1, 2], false, 3, 2, 2)]),
        ("start 3", &[(&[1, 2, 3], true, 3, 3, 2)]),
        ("cut 1", &[(&[1], false, 3, 1, 2), (&[2, 3], true, 3, 2, 2)]),
        // the pair stayed quorate: it releases the third
        ("heal 1", &[(&[1, 2, 3], true, 3, 3, 2)]),
        (
            "cut 1 2",
            &[
                (&[1], false, 3, 1, 2),
                (&[2], false, 3, 1, 2),
                (&[3], false, 3, 1, 2),
            ],
        ),
        // nobody is left to release anybody: two are not enough
        ("heal 1", &[(&[1, 3], false, 3, 2, 2)]),
        ("heal 2", &[(&[1, 2, 3], true, 3, 3, 2)]),
    ];
    play(
        "wfa",
        &["RCR"],
        " wait_for_all: 1\n",
        &["Quorate", "WaitForAll"],
        table,
    );
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
    carry_out(&lab, "cut 1");
    lab.until("the pair quorate", || {
        lab.until_ring(&[2, 3], &[2, 3]).quorate.then_some(())
    });
    assert!(!lab.until_ring(&[1], &[1]).quorate);
}
