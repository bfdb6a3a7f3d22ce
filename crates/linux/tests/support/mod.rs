//! Network namespaces for tests. They need root, unshare and ip; without them a test says so and passes.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ringwright::resource::{Action, AttemptId, Operation};
use ringwright_linux::Interfaces;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

/// What a test may take at most; none waits this long unless something is broken.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Set in the copy of this program that runs inside the namespace.
const INSIDE: &str = "RINGWRIGHT_NETNS";

/// Runs one of this file's tests again in fresh network, mount and process namespaces; whether this is that run.
pub(crate) fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    // A mount namespace, so that /sys shows the new network namespace; what is left running ends with the test.
    let unshare = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--"];
    let possible = Command::new("unshare")
        .args(unshare)
        .args(["ip", "link"])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        println!("skipped: making a network namespace needs root, unshare and ip");
        return false;
    }
    let mut again = Command::new("unshare");
    // The shell is the namespace's first process, and takes leave of those whose parents have gone.
    again
        .args(unshare)
        .args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    again.arg(std::env::current_exe().unwrap());
    again
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    assert!(
        again.status().unwrap().success(),
        "{test} failed in its namespace"
    );
    false
}

/// Runs `ip`, words apart by single spaces.
pub(crate) fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    assert!(status.unwrap().success(), "ip {arguments}");
}

/// The addresses of an interface as `ip -j` prints them.
pub(crate) fn addresses(link: &str) -> Vec<serde_json::Value> {
    let output = Command::new("ip")
        .args(["-j", "address", "show", "dev", link])
        .output();
    let links: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let entries = links[0]["addr_info"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    // Older versions print empty objects for what they filter.
    entries
        .into_iter()
        .filter(|entry| entry.get("local").is_some())
        .collect()
}

/// The entry of one address.
pub(crate) fn entry(link: &str, ip: &str) -> Option<serde_json::Value> {
    addresses(link)
        .into_iter()
        .find(|entry| entry["local"] == ip)
}

/// Waits until an address's state reads so.
pub(crate) async fn until(tables: &mut Receiver<Interfaces>, address: IpAddr, state: &str) {
    let wait = tables.wait_for(|table| table.state(address).to_string() == state);
    let Ok(told) = timeout(PATIENCE, wait).await else {
        panic!("the address never became: {state}");
    };
    told.unwrap();
}

/// A host of its own at the other end of a cable: `eth0` here, `eth0` there.
pub(crate) struct Host {
    process: Child,
}

impl Host {
    /// Lays the cable and switches both ends on, with 10.0.0.1/24 here and 10.0.0.2/24 there.
    pub(crate) fn beyond_eth0() -> Self {
        let mut there = Command::new("unshare");
        there.args(["--net", "--", "cat"]);
        there.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = there.spawn().unwrap();
        // What cat gives back shows that it runs, in its namespace.
        process
            .stdin
            .as_mut()
            .unwrap()
            .write_all(b"there\n")
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.as_mut().unwrap());
        output.read_line(&mut line).unwrap();
        let host = Self { process };
        let pid = host.process.id();
        ip(&format!(
            "link add eth0 type veth peer name eth0 netns {pid}"
        ));
        ip("address add 10.0.0.1/24 broadcast + dev eth0");
        ip("link set eth0 up");
        host.ip("address add 10.0.0.2/24 dev eth0");
        host.ip("link set eth0 up");
        host
    }

    /// Runs `ip` on that host.
    pub(crate) fn ip(&self, arguments: &str) {
        let pid = self.process.id().to_string();
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--net", "--target", &pid, "--", "ip"]);
        let status = nsenter.args(arguments.split(' ')).status();
        assert!(status.unwrap().success(), "there: ip {arguments}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// One action of an agent that is no clone, with the parameters of a text `name=value name=value`.
pub(crate) fn action(agent: &str, operation: Operation, parameters: &str) -> Action {
    let pairs = parameters.split_whitespace().map(|pair| {
        let (name, value) = pair.split_once('=').expect("name=value");
        (name.to_owned(), value.to_owned())
    });
    Action {
        attempt: AttemptId(1),
        resource: "R".into(),
        agent: agent.parse().unwrap(),
        operation,
        interval: Duration::ZERO,
        timeout: PATIENCE,
        parameters: pairs.collect(),
        meta: BTreeMap::new(),
        lease: None,
    }
}

/// Whether `docs/RESOURCES.md` has these lines as they are.
pub(crate) fn documented(lines: &str) -> bool {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/RESOURCES.md");
    std::fs::read_to_string(document).unwrap().contains(lines)
}
