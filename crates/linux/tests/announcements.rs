//! What the network hears of a floating address: frames as a packet socket at the other end of the cable sees them.

mod support;

use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::bind;
use ringwright_linux::address::{AddressLease, AddressSpec, Frames};
use socket2::{Domain, Socket, Type};
use support::{PATIENCE, inside, ip};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

/// Every Ethernet type (`ETH_P_ALL`).
const ALL: u16 = 0x0003;

/// Lays a cable from eth0 to `far` and listens there.
fn listen() -> UdpSocket {
    ip("link add eth0 address 02:00:00:00:00:01 type veth peer name far");
    ip("address add 10.0.0.1/24 dev eth0");
    ip("address add fd00::1/64 dev eth0 nodad");
    ip("link set eth0 up");
    ip("link set far up");
    let socket = Socket::new(
        Domain::PACKET,
        Type::RAW,
        Some(i32::from(ALL.to_be()).into()),
    );
    let socket = socket.unwrap();
    socket.set_nonblocking(true).unwrap();
    let far = getifaddrs()
        .unwrap()
        .filter(|entry| entry.interface_name == "far");
    let far = far.filter_map(|entry| entry.address?.as_link_addr().copied());
    bind(socket.as_raw_fd(), far.last().as_ref().unwrap()).unwrap();
    UdpSocket::from_std(OwnedFd::from(socket).into()).unwrap()
}

/// The next frame that `wanted` makes something of.
async fn hear<T>(socket: &UdpSocket, wanted: impl Fn(&[u8]) -> Option<T>) -> T {
    let heard = timeout(PATIENCE, async {
        let mut frame = [0; 2048];
        loop {
            let length = socket.recv(&mut frame).await.unwrap();
            if let Some(heard) = wanted(&frame[..length]) {
                return heard;
            }
        }
    });
    heard.await.expect("nothing more was heard")
}

/// What an ARP frame about 10.0.0.56 is.
fn arp(frame: &[u8]) -> Option<&'static str> {
    let about = frame[12..14] == [8, 6] && frame[38..42] == [10, 0, 0, 56];
    assert!(!about || frame[..12] == *b"\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01");
    let sender = &frame[28..32.min(frame.len())];
    match (about, frame[21], sender) {
        (true, 1, [0, 0, 0, 0]) => Some("probe"),
        (true, 1, [10, 0, 0, 56]) => Some("request"),
        (true, 2, [10, 0, 0, 56]) => Some("reply"),
        _ => None,
    }
}

fn spec(ip: &str) -> AddressSpec {
    let mut spec = AddressSpec::new(ip.parse::<IpAddr>().unwrap());
    let interval = Duration::from_millis(20);
    spec.announcements = Frames { count: 3, interval };
    spec.probes = Frames { count: 2, interval };
    spec
}

#[tokio::test]
async fn an_ipv4_address_is_probed_for_and_announced_as_often_as_asked() {
    if !inside("an_ipv4_address_is_probed_for_and_announced_as_often_as_asked") {
        return;
    }
    let socket = listen();
    let lease = AddressLease::new(spec("10.0.0.56"), None);
    lease.acquire(Instant::now() + PATIENCE).await.unwrap();
    let mut heard = Vec::new();
    for _ in 0..8 {
        heard.push(hear(&socket, arp).await);
    }
    let announced = ["request", "reply"].repeat(3);
    assert_eq!(heard, [vec!["probe"; 2], announced].concat());
    // The one more that is asked for is the next that is heard.
    lease.announce_again(1).await.unwrap();
    assert_eq!(hear(&socket, arp).await, "request");
    assert_eq!(hear(&socket, arp).await, "reply");
    lease.release().await.unwrap();
    lease.announce_again(1).await.unwrap();
    let again = AddressLease::new(spec("10.0.0.56"), None);
    again.acquire(Instant::now() + PATIENCE).await.unwrap();
    assert_eq!(
        hear(&socket, arp).await,
        "probe",
        "what is released is announced no more"
    );
}

#[tokio::test]
async fn an_ipv6_address_is_advertised_as_often_as_asked() {
    if !inside("an_ipv6_address_is_advertised_as_often_as_asked") {
        return;
    }
    let socket = listen();
    let lease = AddressLease::new(spec("fd00::56"), None);
    lease.acquire(Instant::now() + PATIENCE).await.unwrap();
    let own: IpAddr = "fd00::56".parse().unwrap();
    let IpAddr::V6(own) = own else { unreachable!() };
    let advertisement = |frame: &[u8]| {
        let icmp = frame.get(54..86)?;
        let is = frame[12..14] == [0x86, 0xdd] && frame[20] == 58 && icmp[0] == 136;
        (is && icmp[8..24] == own.octets()).then(|| frame.to_vec())
    };
    for _ in 0..3 {
        let frame = hear(&socket, advertisement).await;
        assert_eq!(frame[..6], [0x33, 0x33, 0, 0, 0, 1], "to all nodes");
        assert_eq!(frame[21], 255, "hop limit");
        assert_eq!(frame[22..38], own.octets(), "from the address itself");
        assert_eq!(frame[58], 0x20, "override, not solicited");
        assert_eq!(frame[78..86], [2, 1, 2, 0, 0, 0, 0, 1], "the MAC");
    }
}
