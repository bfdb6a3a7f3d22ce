//! A recorded node in a ring of real corosync: what its journal replays, and what it says of a split.

use std::process::{Command, Output};

use crate::hosts::{Lab, RINGWRIGHT, ringwright_node};

/// Starts host 1's node by a shell command that ends in the node's.
fn start_first(lab: &Lab, before: &str, journal: &str) {
    let node = ringwright_node().join(" ");
    let command = format!("{before} exec {node} --journal {journal}");
    lab.must(&["start", "1", "daemon", "sh", "-c", &command]);
}

fn ringwright(args: &[&str]) -> Output {
    Command::new(RINGWRIGHT).args(args).output().unwrap()
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_journal_replays_a_split_and_names_its_cause() {
    let Some(lab) = Lab::up("journal", "RCC") else {
        return;
    };
    start_first(&lab, "", "/var/lib/corosync/journal");
    for host in [2, 3] {
        lab.start(host);
    }
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    // The others hear nothing of host 1, which hears them.
    lab.must(&["drop", "1", "2"]);
    lab.must(&["drop", "1", "3"]);
    lab.until_ring(&[2, 3], &[2, 3]);
    lab.until_ring(&[1], &[1]);
    let journal = lab.dir(1).join("varlib/journal");
    let journal = journal.to_str().unwrap();
    let judged = || {
        let output = ringwright(&["explain", "--json", "--journal", journal]);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        let causes = found["evidence"]["causes"].as_array()?.iter();
        let of = |finding: &str| -> Vec<String> {
            let found = causes.clone().filter(|cause| cause["finding"] == finding);
            found
                .map(|cause| cause["cause"].as_str().unwrap_or("?").to_owned())
                .collect()
        };
        Some((of("supported"), of("ruled out")))
    };
    // While it is written: nobody is asked to stop.
    lab.until("the journal says that host 1 is not heard", || {
        judged().filter(|(supported, _)| supported == &["C"])
    });
    lab.must(&["undrop", "1", "2"]);
    lab.must(&["undrop", "1", "3"]);
    lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    lab.stop(1, "TERM");
    let output = ringwright(&["replay", journal]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    for line in [
        "loses {2,3}",
        "not quorate with {1}",
        "of {1,2,3}, new: {2,3}",
        "Agrees      as recorded",
    ] {
        assert!(told.contains(line), "no {line} in\n{told}");
    }
}

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn a_full_disk_ends_the_journal_and_not_the_node() {
    let Some(lab) = Lab::up("full", "RC") else {
        return;
    };
    start_first(
        &lab,
        "mount -t tmpfs -o size=1m tmpfs /mnt;",
        "/mnt/journal",
    );
    lab.start(2);
    lab.until_ring(&[1, 2], &[1, 2]);
    let load = "head -c 3000000 /dev/urandom | base64 -w 1000";
    let send = format!("{load} | {RINGWRIGHT} cpg send load");
    assert!(lab.exec(1, &["sh", "-c", &send]).status.success());
    let full = || {
        let lines = lab
            .log(1)
            .lines()
            .filter(|line| line.contains("cannot be written on"))
            .count();
        (lines > 0).then_some(lines)
    };
    assert_eq!(lab.until("the log says that the journal ends", full), 1);
    lab.until_ring(&[1, 2], &[1, 2]);
    lab.assert_healthy();
    assert!(lab.log(1).contains("No space left on device"));
}
