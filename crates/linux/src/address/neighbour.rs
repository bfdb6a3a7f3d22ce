//! Unsolicited neighbour advertisements (RFC 4861 section 4.4).

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};

use super::arp::Mac;

/// Every node on the link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// A router forwards nothing with this hop limit, and receivers take nothing with another (RFC 4861 section 7.1.2).
const HOP_LIMIT: u32 = 255;

/// The message: override, not solicited, the target's link-layer address as its option. The kernel writes the checksum.
pub(crate) fn advertisement(mac: Mac, ip: Ipv6Addr) -> Vec<u8> {
    let header = [136, 0, 0, 0, 0x20, 0, 0, 0];
    [&header[..], &ip.octets(), &[2, 1], &mac].concat()
}

/// Tells all nodes of a link that `ip` is at `mac`. Fails when this host does not have `ip`.
pub(crate) fn advertise(link: u32, mac: Mac, ip: Ipv6Addr) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))?;
    socket.set_nonblocking(true)?;
    socket.set_multicast_if_v6(link)?;
    socket.set_multicast_hops_v6(HOP_LIMIT)?;
    socket.bind(&SocketAddrV6::new(ip, 0, 0, link).into())?;
    let all = SocketAddrV6::new(ALL_NODES, 0, 0, link);
    socket.send_to(&advertisement(mac, ip), &all.into())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertisement_has_these_bytes() {
        let bytes = advertisement([2, 0, 0, 0, 0, 1], "fd00::56".parse().unwrap());
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = "88000000 20000000 fd000000000000000000000000000056 0201 020000000001";
        assert_eq!(hex.concat(), expected.replace(' ', ""));
    }
}
