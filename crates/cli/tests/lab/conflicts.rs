//! Every combination of quorum options that conflicts or yields: real corosync and ours, alone on a host, refuse the
//! same ones with the same status and otherwise show the same votes and flags.

use std::process::{Child, Stdio};

use crate::hosts::{Kind, Lab};
use crate::view::View;

/// The options, then the nodes' votes.
const COMBINATIONS: [(&str, &[u32]); 29] = [
    ("", &[1, 1, 1]),
    ("two_node: 1", &[1]),
    ("two_node: 1", &[1, 1]),
    ("two_node: 1", &[1, 1, 1]),
    ("two_node: 2", &[1, 1]),
    ("two_node: 1\nwait_for_all: 0", &[1, 1]),
    ("two_node: 1\nexpected_votes: 2", &[1, 1, 1]),
    ("two_node: 1\ndevice {\nmodel: net\n}", &[1, 1]),
    ("two_node: 1\nauto_tie_breaker: 1", &[1, 1]),
    ("two_node: 1\nauto_tie_breaker: 1", &[1, 1, 1]),
    ("auto_tie_breaker: 1", &[1, 1, 1]),
    ("auto_tie_breaker: 1\nwait_for_all: 1", &[1, 1, 1]),
    ("auto_tie_breaker: 1", &[1, 1, 1, 1]),
    ("auto_tie_breaker: 1\nauto_tie_breaker_node: foo", &[1, 1]),
    ("auto_tie_breaker: 1\nauto_tie_breaker_node: 2 1", &[1, 1]),
    ("auto_tie_breaker_node: lowest", &[1, 1]),
    ("auto_tie_breaker: 1\nlast_man_standing: 1", &[1, 1, 1]),
    (
        "auto_tie_breaker: 1\nlast_man_standing: 1\nwait_for_all: 1",
        &[1, 1, 1],
    ),
    ("auto_tie_breaker: 1\nlast_man_standing: 1", &[1, 1]),
    ("last_man_standing: 1\ndevice {\nmodel: net\n}", &[1, 1]),
    ("auto_tie_breaker: 1\ndevice {\nmodel: net\n}", &[1, 1]),
    ("allow_downscale: 1\ndevice {\nmodel: net\n}", &[1, 1]),
    ("expected_votes: 3\ndevice {\nmodel: net\n}", &[1, 1, 1]),
    (
        "expected_votes: 3\ndevice {\nmodel: net\nvotes: 2\n}",
        &[1, 1, 1],
    ),
    ("device {\nmodel: net\n}", &[1, 2]),
    ("device {\nmodel: net\n}", &[1, 1, 1]),
    ("device {\nmodel: net\nvotes: 1\n}", &[1, 1, 1]),
    ("expected_votes_tracking: 1\nexpected_votes: 5", &[1, 1, 1]),
    ("allow_downscale: 1\nwait_for_all: 1", &[0, 0]),
];

fn conf(options: &str, votes: &[u32]) -> String {
    let nodes = votes.iter().zip(1..).map(|(votes, id)| {
        let octet = id + 1;
        format!("node {{\nring0_addr: 192.168.56.{octet}\nnodeid: {id}\nname: n{id}\nquorum_votes: {votes}\n}}\n")
    });
    let nodes: Vec<_> = nodes.collect();
    // corosync ignores the semantics; ours shall do as it does
    [
        "totem {\nversion: 2\ncluster_name: lab\ntransport: udpu\n}\nnodelist {\n",
        &nodes.concat(),
        "}\nquorum {\nprovider: corosync_votequorum\ntwo_node_semantics: corosync\n",
        options,
        "\n}\nlogging {\nto_stderr: yes\nto_syslog: no\n}\nsystem {\nsched_rr: no\n}\n",
    ]
    .concat()
}

/// What a daemon made of a configuration.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It ended with this status.
    Refused(Option<i32>),
    Runs(View),
}

fn daemon(lab: &Lab) -> Child {
    let mut command = match lab.kind(1) {
        Kind::Corosync => lab.command(1, &["corosync", "-f"]),
        Kind::Ringwright => lab.command(1, &crate::hosts::ringwright_node()),
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("a daemon")
}

fn outcome(kinds: &str, text: &str) -> Option<Outcome> {
    let lab = Lab::up(&format!("conf{kinds}"), kinds)?;
    lab.configure(1, text);
    let mut child = daemon(&lab);
    let outcome = lab.until("an outcome", || match child.try_wait().expect("a child") {
        Some(status) => Some(Outcome::Refused(status.code())),
        // The boot is over when the ring is synchronised: before, corosync's threshold is 0.
        None => lab
            .view(1)
            .filter(|view| view.quorum > 0)
            .map(Outcome::Runs),
    });
    drop(lab); // ends the daemon
    child.wait().expect("a child");
    Some(outcome)
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn the_same_combinations_are_refused_and_the_others_show_the_same() {
    let mut differing = Vec::new();
    for (options, votes) in COMBINATIONS {
        let text = conf(options, votes);
        let (Some(theirs), Some(ours)) = (outcome("C", &text), outcome("R", &text)) else {
            return;
        };
        println!(
            "{} with votes {votes:?}: {theirs:?}",
            options.replace('\n', " ")
        );
        if theirs != ours {
            differing.push(format!(
                "{options:?} {votes:?}: corosync {theirs:?}, ours {ours:?}"
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
