//! What the kernel really tells, in a network namespace made for the test.

mod support;

use std::net::IpAddr;

use ringwright_linux::{follow, watch};
use support::{PATIENCE, inside, ip, until};
use tokio::time::timeout;

#[tokio::test]
async fn an_addresss_way_is_followed() {
    if !inside("an_addresss_way_is_followed") {
        return;
    }
    let address: IpAddr = "192.168.56.2".parse().unwrap();
    let mut tables = follow().await.unwrap();
    until(&mut tables, address, "no interface has it").await;
    ip("link add eth0 type veth peer name far");
    ip("address add 192.168.56.2/24 dev eth0");
    until(&mut tables, address, "eth0 has it, and is down").await;
    ip("link set eth0 up");
    until(&mut tables, address, "eth0 has it, without a carrier").await;
    ip("link set far up");
    until(&mut tables, address, "eth0 has it").await;
    assert_eq!(tables.borrow().usable_addresses().first(), Some(&address));
    ip("link set far down");
    until(&mut tables, address, "eth0 has it, without a carrier").await;
    ip("link set eth0 down");
    until(&mut tables, address, "eth0 has it, and is down").await;
    ip("address flush dev eth0");
    until(&mut tables, address, "no interface has it").await;
    ip("address add 192.168.56.2/24 dev eth0");
    ip("link set eth0 up");
    until(&mut tables, address, "eth0 has it, without a carrier").await;
    ip("link delete eth0");
    until(&mut tables, address, "no interface has it").await;
}

#[tokio::test]
async fn a_watch_tells_when_an_address_can_be_bound() {
    if !inside("a_watch_tells_when_an_address_can_be_bound") {
        return;
    }
    let address: IpAddr = "192.168.56.2".parse().unwrap();
    let mut usable = watch(address, follow().await.unwrap());
    assert!(!*usable.borrow_and_update());
    ip("link add eth0 type veth peer name far");
    ip("link set eth0 up");
    for expected in [true, false, true] {
        let change = if expected { "add" } else { "delete" };
        ip(&format!("address {change} 192.168.56.2/24 dev eth0"));
        timeout(PATIENCE, usable.changed()).await.unwrap().unwrap();
        assert_eq!(*usable.borrow_and_update(), expected);
        assert_eq!(std::net::UdpSocket::bind((address, 5405)).is_ok(), expected);
    }
}

#[tokio::test]
async fn a_watch_tells_when_a_carrier_is_lost() {
    if !inside("a_watch_tells_when_a_carrier_is_lost") {
        return;
    }
    let address: IpAddr = "192.168.56.2".parse().unwrap();
    ip("link add eth0 type veth peer name far");
    ip("address add 192.168.56.2/24 dev eth0");
    ip("link set eth0 up");
    let mut tables = follow().await.unwrap();
    let mut usable = watch(address, tables.clone());
    // There has not been any yet.
    assert!(*usable.borrow_and_update());
    ip("link set far up");
    until(&mut tables, address, "eth0 has it").await;
    for (change, expected) in [("down", false), ("up", true)] {
        ip(&format!("link set far {change}"));
        timeout(PATIENCE, usable.changed()).await.unwrap().unwrap();
        assert_eq!(*usable.borrow_and_update(), expected);
    }
}

#[tokio::test]
async fn an_ipv6_address_is_usable_once_it_is_known_to_be_free() {
    if !inside("an_ipv6_address_is_usable_once_it_is_known_to_be_free") {
        return;
    }
    let address: IpAddr = "fd00::2".parse().unwrap();
    let mut tables = follow().await.unwrap();
    ip("link add eth0 type veth peer name far");
    ip("link set eth0 up");
    ip("link set far up");
    ip("address add fd00::2/64 dev eth0");
    until(&mut tables, address, "eth0 has it").await;
    std::net::UdpSocket::bind((address, 5405)).unwrap();
}

#[tokio::test]
async fn every_loopback_address_is_there_when_the_interface_is_up() {
    if !inside("every_loopback_address_is_there_when_the_interface_is_up") {
        return;
    }
    let address: IpAddr = "127.0.7.9".parse().unwrap();
    let mut tables = follow().await.unwrap();
    ip("link set lo up");
    until(&mut tables, address, "lo has it").await;
}
