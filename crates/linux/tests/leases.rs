//! Floating addresses as the kernel and the network see them, in network namespaces made for the tests.

mod support;

use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use ringwright::resource::Renewal;
use ringwright_linux::address::{AddressError, AddressLease, AddressSpec};
use ringwright_linux::{Privileges, follow};
use support::{Host, PATIENCE, addresses, entry, inside, ip, until};
use tokio::time::{Instant, interval};

/// The lease that the tests give: three or four of the kernel's seconds, and its slack.
const LEASE: Duration = Duration::from_secs(5);

/// Set in the copy of this program that holds an address and renews it until it is stopped.
const HOLDER: &str = "RINGWRIGHT_HOLDER";

fn lease(address: &str, until: Option<Instant>) -> AddressLease {
    AddressLease::new(AddressSpec::new(address.parse().unwrap()), until)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "where it is used, None means no lease"
)]
fn later(by: Duration) -> Option<Instant> {
    Some(Instant::now() + by)
}

fn patience() -> Instant {
    Instant::now() + PATIENCE
}

#[tokio::test]
async fn an_address_comes_by_its_route_and_goes_with_its_release() {
    if !inside("an_address_comes_by_its_route_and_goes_with_its_release") {
        return;
    }
    let _host = Host::beyond_eth0();
    ip("link add eth1 type bridge");
    ip("link set eth1 up");
    ip("address add 10.1.0.1/16 dev eth1");
    let (one, other) = (lease("10.0.0.56", None), lease("10.1.2.56", later(LEASE)));
    one.acquire(patience()).await.unwrap();
    other.acquire(patience()).await.unwrap();
    let held = entry("eth0", "10.0.0.56").unwrap();
    assert_eq!(
        (&held["prefixlen"], &held["broadcast"]),
        (&24.into(), &"10.0.0.255".into())
    );
    assert_eq!(
        held["valid_life_time"],
        u32::MAX,
        "without a lease it stays"
    );
    let held = entry("eth1", "10.1.2.56").unwrap();
    assert_eq!(held["prefixlen"], 16);
    assert!(
        held["valid_life_time"].as_u64().unwrap() < LEASE.as_secs(),
        "{held}"
    );
    one.release().await.unwrap();
    other.release().await.unwrap();
    one.release().await.unwrap();
    assert_eq!(
        addresses("eth0")
            .iter()
            .filter(|a| a["family"] == "inet")
            .count(),
        1
    );
    assert_eq!(one.renew(patience()).await, Renewal::Lost);
    assert!(entry("eth0", "10.0.0.56").is_none());
}

#[tokio::test]
async fn an_address_that_nobody_renews_goes_by_itself_and_stays_away() {
    if !inside("an_address_that_nobody_renews_goes_by_itself_and_stays_away") {
        return;
    }
    let _host = Host::beyond_eth0();
    for address in ["10.0.0.56", "fd00::56"] {
        let ip: IpAddr = address.parse().unwrap();
        let mut spec = AddressSpec::new(ip);
        (spec.link, spec.prefix_len) = (Some("eth0".into()), Some(64).filter(|_| ip.is_ipv6()));
        let mut tables = follow().await.unwrap();
        let lease = AddressLease::new(spec, later(LEASE * 2));
        lease.acquire(patience()).await.unwrap();
        until(&mut tables, ip, "eth0 has it").await;
        assert_eq!(lease.renew(Instant::now()).await, Renewal::TooLate);
        until(&mut tables, ip, "no interface has it").await;
        assert_eq!(lease.renew(patience()).await, Renewal::Lost);
        assert!(
            entry("eth0", address).is_none(),
            "a late renewal brings nothing back"
        );
    }
}

#[tokio::test]
async fn renewals_keep_an_address_and_one_without_time_does_not() {
    if !inside("renewals_keep_an_address_and_one_without_time_does_not") {
        return;
    }
    let _host = Host::beyond_eth0();
    let lease = lease("10.0.0.56", later(LEASE));
    lease.acquire(patience()).await.unwrap();
    let mut evidence = interval(Duration::from_millis(200));
    let end = Instant::now() + LEASE;
    while evidence.tick().await < end {
        let until = Instant::now() + LEASE;
        assert_eq!(lease.renew(until).await, Renewal::Renewed);
    }
    assert!(entry("eth0", "10.0.0.56").is_some());
    ip("address delete 10.0.0.56/24 dev eth0");
    assert_eq!(
        lease.renew(patience()).await,
        Renewal::Lost,
        "taken away by somebody"
    );
    assert!(entry("eth0", "10.0.0.56").is_none());
}

#[tokio::test]
async fn a_lease_that_is_over_or_too_short_is_not_given() {
    if !inside("a_lease_that_is_over_or_too_short_is_not_given") {
        return;
    }
    let _host = Host::beyond_eth0();
    for until in [Instant::now(), Instant::now() + Duration::from_millis(1999)] {
        let refused = lease("10.0.0.56", Some(until)).acquire(patience()).await;
        assert!(matches!(refused, Err(AddressError::TooLate)), "{refused:?}");
        assert!(entry("eth0", "10.0.0.56").is_none());
    }
}

/// A process that holds 10.0.0.56 and renews it.
struct Holder {
    process: Child,
    told: BufReader<std::process::ChildStdout>,
}

impl Holder {
    fn start() -> Self {
        let mut holder = Command::new(std::env::current_exe().unwrap());
        holder
            .args(["--exact", "the_holder", "--nocapture"])
            .env(HOLDER, "1");
        let mut process = holder.stdout(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        let mut holder = Self { process, told };
        holder.until_it_says("held");
        holder
    }

    fn until_it_says(&mut self, word: &str) {
        let mut line = String::new();
        while !line.trim_end().ends_with(word) {
            line.clear();
            assert!(
                self.told.read_line(&mut line).unwrap() > 0,
                "the holder ended"
            );
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.process.id().try_into().unwrap());
        kill(pid, signal).unwrap();
    }
}

/// Not a test of its own: what the holder runs.
#[tokio::test]
async fn the_holder() {
    if std::env::var_os(HOLDER).is_none() {
        return;
    }
    let lease = lease("10.0.0.56", later(LEASE));
    lease.acquire(patience()).await.unwrap();
    println!("held");
    let mut evidence = interval(Duration::from_millis(100));
    while lease.renew(Instant::now() + LEASE).await == Renewal::Renewed {
        evidence.tick().await;
    }
    println!("lost");
}

/// Takes the process from a held address by a signal; the kernel does the rest.
async fn the_address_goes_after(signal: Signal) -> Holder {
    let address = "10.0.0.56".parse().unwrap();
    let mut tables = follow().await.unwrap();
    let holder = Holder::start();
    until(&mut tables, address, "eth0 has it").await;
    let held = entry("eth0", "10.0.0.56").unwrap();
    assert!(
        held["valid_life_time"].as_u64().unwrap() < LEASE.as_secs(),
        "{held}"
    );
    let last = Instant::now();
    holder.signal(signal);
    until(&mut tables, address, "no interface has it").await;
    println!(
        "{signal}: gone after {:?} of a lease of {LEASE:?}",
        last.elapsed()
    );
    holder
}

#[tokio::test]
async fn a_stopped_process_loses_its_address_and_does_not_bring_it_back() {
    if !inside("a_stopped_process_loses_its_address_and_does_not_bring_it_back") {
        return;
    }
    let _host = Host::beyond_eth0();
    let mut holder = the_address_goes_after(Signal::SIGSTOP).await;
    holder.signal(Signal::SIGCONT);
    holder.until_it_says("lost");
    assert!(entry("eth0", "10.0.0.56").is_none());
    assert!(holder.process.wait().unwrap().success());
}

#[tokio::test]
async fn a_killed_process_loses_its_address_and_the_next_one_may_take_it() {
    if !inside("a_killed_process_loses_its_address_and_the_next_one_may_take_it") {
        return;
    }
    let _host = Host::beyond_eth0();
    let mut holder = the_address_goes_after(Signal::SIGKILL).await;
    holder.process.wait().unwrap();
    let next = lease("10.0.0.56", None);
    next.acquire(patience()).await.unwrap();
    next.release().await.unwrap();
}

#[tokio::test]
async fn what_a_killed_process_left_is_taken_over_before_it_goes() {
    if !inside("what_a_killed_process_left_is_taken_over_before_it_goes") {
        return;
    }
    let _host = Host::beyond_eth0();
    let mut holder = Holder::start();
    holder.signal(Signal::SIGKILL);
    holder.process.wait().unwrap();
    let next = lease("10.0.0.56", None);
    next.acquire(patience()).await.unwrap();
    let held = entry("eth0", "10.0.0.56").unwrap();
    assert_eq!(held["valid_life_time"], u32::MAX);
}

#[tokio::test]
async fn foreign_addresses_are_left_alone() {
    if !inside("foreign_addresses_are_left_alone") {
        return;
    }
    let _host = Host::beyond_eth0();
    ip("address add 10.0.0.56/24 dev eth0");
    let lease = lease("10.0.0.56", None);
    let refused = lease.acquire(patience()).await.unwrap_err();
    let expected = "eth0 has 10.0.0.56 already, and not by ringwright: it is left alone";
    assert_eq!(refused.to_string(), expected);
    lease.release().await.unwrap();
    assert!(entry("eth0", "10.0.0.56").is_some());
}

#[tokio::test]
async fn the_first_address_of_a_network_takes_no_other_with_it() {
    if !inside("the_first_address_of_a_network_takes_no_other_with_it") {
        return;
    }
    ip("link add eth0 type bridge");
    let mut spec = AddressSpec::new("10.0.0.56".parse().unwrap());
    (spec.link, spec.prefix_len) = (Some("eth0".into()), Some(24));
    let lease = AddressLease::new(spec, None);
    lease.acquire(patience()).await.unwrap();
    ip("address add 10.0.0.1/24 dev eth0");
    assert_eq!(entry("eth0", "10.0.0.1").unwrap()["secondary"], true);
    lease.release().await.unwrap();
    assert!(entry("eth0", "10.0.0.56").is_none());
    assert!(entry("eth0", "10.0.0.1").is_some());
}

#[tokio::test]
async fn an_address_of_another_machine_is_not_taken() {
    if !inside("an_address_of_another_machine_is_not_taken") {
        return;
    }
    let host = Host::beyond_eth0();
    host.ip("link set eth0 address 02:00:00:00:00:02");
    host.ip("address add 10.0.0.56/24 dev eth0");
    host.ip("address add fd00::56/64 dev eth0 nodad");
    let refused = lease("10.0.0.56", later(LEASE)).acquire(patience()).await;
    let expected = "10.0.0.56 is in use on eth0's network by 02:00:00:00:00:02";
    assert_eq!(refused.unwrap_err().to_string(), expected);
    ip("address add fd00::1/64 dev eth0");
    for until in [None, later(LEASE * 2)] {
        let refused = lease("fd00::56", until).acquire(patience()).await;
        let expected = "fd00::56 is in use on eth0's network";
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    for ip in ["10.0.0.56", "fd00::56"] {
        assert!(entry("eth0", ip).is_none(), "nothing of {ip} is left");
    }
    host.ip("address flush dev eth0");
    lease("10.0.0.56", later(LEASE))
        .acquire(patience())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    if !inside("what_cannot_be_done_is_said") {
        return;
    }
    assert!(Privileges::probe().unwrap().suffice());
    let mut spec = AddressSpec::new("10.0.0.56".parse().unwrap());
    let nowhere = AddressLease::new(spec.clone(), None)
        .acquire(patience())
        .await;
    let expected = "no route of this host leads to 10.0.0.56: give nic and cidr_netmask";
    assert_eq!(nowhere.unwrap_err().to_string(), expected);
    spec.link = Some("eth9".into());
    let missing = AddressLease::new(spec, None).acquire(patience()).await;
    assert_eq!(
        missing.unwrap_err().to_string(),
        "this host has no interface eth9"
    );
}

#[tokio::test]
async fn without_a_carrier_an_ipv6_address_cannot_be_known_to_be_free() {
    if !inside("without_a_carrier_an_ipv6_address_cannot_be_known_to_be_free") {
        return;
    }
    let host = Host::beyond_eth0();
    ip("address add fd00::1/64 dev eth0 nodad");
    host.ip("link set eth0 down");
    let deadline = Instant::now() + Duration::from_millis(500);
    let unsure = lease("fd00::56", None).acquire(deadline).await;
    let expected = "whether fd00::56 is free on eth0's network could not be found out in time";
    assert_eq!(unsure.unwrap_err().to_string(), expected);
    assert!(entry("eth0", "fd00::56").is_none());
    let alone = lease("10.0.0.56", None);
    alone.acquire(patience()).await.unwrap();
    std::fs::write("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "1").unwrap();
    let mut spec = AddressSpec::new("fd00::56".parse().unwrap());
    (spec.link, spec.prefix_len) = (Some("eth0".into()), Some(64));
    let off = AddressLease::new(spec, None).acquire(patience()).await;
    let off = off.unwrap_err().to_string();
    assert!(off.starts_with("the kernel refused: "), "{off}");
}

#[tokio::test]
async fn a_process_without_capabilities_says_so() {
    const WITHOUT: &str = "RINGWRIGHT_WITHOUT";
    if !inside("a_process_without_capabilities_says_so") {
        return;
    }
    if std::env::var_os(WITHOUT).is_none() {
        let _host = Host::beyond_eth0();
        for without in ["net_admin", "net_raw"] {
            let mut again = Command::new("setpriv");
            again.arg(format!("--bounding-set=-{without}"));
            again.arg(std::env::current_exe().unwrap());
            again.args([
                "--exact",
                "a_process_without_capabilities_says_so",
                "--nocapture",
            ]);
            assert!(again.env(WITHOUT, without).status().unwrap().success());
        }
        return;
    }
    let without = std::env::var(WITHOUT).unwrap().to_uppercase();
    let said = Privileges::probe().unwrap().to_string();
    assert!(said.ends_with(&format!("lacks CAP_{without}")), "{said}");
    let refused = lease("10.0.0.56", None).acquire(patience()).await;
    let refused = refused.unwrap_err().to_string();
    assert_eq!(refused, format!("this process lacks CAP_{without}"));
    assert!(entry("eth0", "10.0.0.56").is_none());
}
