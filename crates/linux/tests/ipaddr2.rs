//! Debian's script IPaddr2, run by our OCF executor, and our built-in address, side by side: the same exit codes and the same
//! addresses for the same parameters, but for the differences that `docs/RESOURCES.md` lists.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ringwright::resource::{Operation, Outcome};
use ringwright_driver::Executor;
use ringwright_linux::agent::Paths;
use ringwright_linux::{Addresses, LinuxExecutor};
use serde_json::Value;
use support::{Host, action, addresses, documented, inside, ip};

/// Parameters that describe an address, and some that describe none.
const CASES: [&str; 29] = [
    "ip=10.0.0.56 cidr_netmask=24",
    "ip=10.0.0.56",
    "ip=10.0.0.56 cidr_netmask=32 nic=eth0",
    "ip=10.0.0.56 cidr_netmask=255.255.255.0",
    "ip=10.0.0.56 nic=eth0:web",
    "ip=10.0.0.56 iflabel=web",
    "ip=10.0.0.56 broadcast=+",
    "ip=10.0.0.56 broadcast=-",
    "ip=10.0.0.56 broadcast=10.0.0.77",
    "ip=10.0.0.56 noprefixroute=true",
    "ip=10.1.2.56",
    "ip=10.9.9.9 cidr_netmask=24 nic=eth1",
    "ip=127.0.0.56",
    "ip=fd00::56",
    "ip=fd00::56 cidr_netmask=64 nodad=true",
    "ip=fd00::56 nodad=true preferred_lft=0",
    "cidr_netmask=24",
    "ip=999.1.1.1",
    "ip=10.0.0.56 cidr_netmask=33",
    "ip=10.0.0.56 cidr_netmask=0",
    "ip=10.0.0.56 nic=eth9",
    "ip=10.0.0.56 nic=eth9 cidr_netmask=24",
    "ip=10.9.9.9",
    "ip=10.0.0.56 iflabel=longer_than_fits",
    "ip=10.0.0.56 broadcast=everybody",
    "ip=10.0.0.56 arp_count=0",
    "ip=10.0.0.56 arp_interval=often",
    "ip=fe80::56",
    "ip=fd00::56 lvs_support=true",
];

/// What the script gives a stop with parameters that no start accepts, and we do not: a stop that fails asks for fencing, and
/// nothing is held.
const STOP_REFUSED: (u8, u8) = (6, 0);

/// What is asked, one after another.
const STEPS: [&str; 8] = [
    "validate-all",
    "probe",
    "start",
    "start again",
    "monitor",
    "stop",
    "stop again",
    "monitor after",
];

async fn step(executor: &LinuxExecutor, step: &str, parameters: &str) -> Outcome {
    let operation = match step.split(' ').next().unwrap() {
        "probe" => Operation::Monitor,
        name => name.parse().unwrap(),
    };
    let mut action = action("ocf:heartbeat:IPaddr2", operation, parameters);
    if step.starts_with("monitor") {
        action.interval = Duration::from_secs(30);
    }
    executor.execute(&action, None).await
}

/// The addresses of both interfaces but for who added them.
fn shown() -> Vec<Value> {
    let mut all = [addresses("eth0"), addresses("eth1"), addresses("lo")].concat();
    // IPv6's own come when they come.
    all.retain(|entry| entry["scope"] != "link");
    for entry in &mut all {
        entry.as_object_mut().unwrap().remove("protocol");
    }
    all
}

/// The exit codes of all steps, and the addresses after the first start and at the end.
async fn story(executor: &LinuxExecutor, parameters: &str) -> (Vec<u8>, Vec<Vec<Value>>) {
    let (mut codes, mut tables) = (Vec::new(), Vec::new());
    for name in STEPS {
        let outcome = step(executor, name, parameters).await;
        codes.push(outcome.code.into());
        if ["start", "monitor after"].contains(&name) {
            tables.push(shown());
        }
    }
    (codes, tables)
}

/// Our exit code where the script has this one.
fn expected(step: &str, script: u8) -> u8 {
    match STOP_REFUSED {
        (theirs, ours) if step.starts_with("stop") && script == theirs => ours,
        _ => script,
    }
}

fn both() -> (LinuxExecutor, LinuxExecutor) {
    let of = |addresses| LinuxExecutor::new(Paths::default(), addresses);
    (of(Addresses::Script), of(Addresses::BuiltIn))
}

fn has_script() -> bool {
    let has = Path::new("/usr/lib/ocf/resource.d/heartbeat/IPaddr2").exists();
    if !has {
        println!("skipped: Debian's package resource-agents is not installed");
    }
    has
}

/// A row of the table in `docs/RESOURCES.md`.
fn row(parameters: &str, theirs: &[u8], ours: &[u8]) -> String {
    let codes = |codes: &[u8]| {
        codes
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let same = theirs == ours;
    let ours = if same {
        "the same".to_owned()
    } else {
        codes(ours)
    };
    let parameters = format!("`{parameters}`");
    format!("| {parameters:<41} | {:<15} | {ours:<15} |", codes(theirs))
}

#[tokio::test]
async fn the_built_in_address_does_what_the_script_does() {
    if !inside("the_built_in_address_does_what_the_script_does") {
        return;
    }
    if !has_script() {
        return;
    }
    let _host = Host::beyond_eth0();
    ip("link set lo up");
    ip("address add fd00::1/64 dev eth0 nodad");
    ip("link add eth1 type bridge");
    ip("link set eth1 up");
    ip("address add 10.1.0.1/16 dev eth1");
    // No neighbour discovery on a bridge without ports: it would not end.
    let quiet = Command::new("sysctl")
        .args(["-qw", "net.ipv6.conf.eth1.disable_ipv6=1"])
        .status();
    assert!(quiet.unwrap().success());
    let (script, built_in) = both();
    let mut wrong = Vec::new();
    println!("{:<42} {}", "IPaddr2's script, then ours", STEPS.join(", "));
    for parameters in CASES {
        let (theirs, their_tables) = story(&script, parameters).await;
        let (ours, our_tables) = story(&built_in, parameters).await;
        let row = row(parameters, &theirs, &ours);
        println!("{row}");
        if !documented(&row) {
            wrong.push(format!("docs/RESOURCES.md says otherwise of {parameters}"));
        }
        let expected: Vec<u8> = STEPS
            .iter()
            .zip(&theirs)
            .map(|(s, c)| expected(s, *c))
            .collect();
        if ours != expected {
            wrong.push(format!("{parameters}: {ours:?}, expected {expected:?}"));
        }
        if our_tables != their_tables {
            wrong.push(format!(
                "{parameters}: {our_tables:#?}, the script {their_tables:#?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_address_that_somebody_else_added_is_the_scripts_and_not_ours() {
    if !inside("an_address_that_somebody_else_added_is_the_scripts_and_not_ours") || !has_script() {
        return;
    }
    let _host = Host::beyond_eth0();
    let (script, built_in) = both();
    let steps = ["probe", "start", "monitor", "stop"];
    for (executor, expected, left) in [
        (script, [0, 0, 0, 0], false),
        (built_in, [7, 1, 7, 0], true),
    ] {
        ip("address add 10.0.0.56/24 dev eth0");
        let mut codes = Vec::new();
        for name in steps {
            let outcome = step(&executor, name, "ip=10.0.0.56 cidr_netmask=24").await;
            codes.push(u8::from(outcome.code));
        }
        assert_eq!(codes, expected);
        assert_eq!(support::entry("eth0", "10.0.0.56").is_some(), left);
    }
}

#[tokio::test]
async fn several_nodes_cannot_hold_one_address() {
    let mut clone = action("ocf:heartbeat:IPaddr2", Operation::Start, "ip=10.0.0.56");
    clone.meta.insert("clone-max".into(), "2".into());
    let refused = LinuxExecutor::default().execute(&clone, None).await;
    let expected = "not configured: clone-max is above 1: only one node may hold an address";
    assert_eq!(refused.to_string(), expected);
}
