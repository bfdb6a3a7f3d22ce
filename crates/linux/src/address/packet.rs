//! ARP frames in and out of an interface.

use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, bind};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::arp::{Arp, ETHERTYPE, FRAME_BYTES, Mac};

/// The hardware type of Ethernet and of what behaves like it.
const ARPHRD_ETHER: u16 = 1;

/// The link-layer address of an interface, from which frames are sent and to which sockets are bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hardware {
    address: LinkAddr,
    /// Its MAC.
    pub(crate) mac: Mac,
}

impl Hardware {
    /// That of the interface of this name; `None` if it has none, or is no Ethernet: nobody needs to be told there.
    pub(crate) fn of(link: &str) -> io::Result<Option<Self>> {
        let addresses = getifaddrs()?.filter(|entry| entry.interface_name == link);
        let mut addresses = addresses.filter_map(|entry| entry.address?.as_link_addr().copied());
        Ok(addresses.find_map(|address| {
            let mac = address.addr()?;
            let ethernet = address.hatype() == ARPHRD_ETHER && mac != [0; 6];
            ethernet.then_some(Self { address, mac })
        }))
    }
}

/// A packet socket for ARP on one interface.
pub(crate) struct ArpSocket {
    /// tokio and std know no packet sockets; of a connected UDP socket they use `recv` and `send` alone, as here.
    socket: UdpSocket,
}

impl ArpSocket {
    /// Opens one; needs `CAP_NET_RAW`.
    pub(crate) fn open(hardware: &Hardware) -> io::Result<Self> {
        let protocol = Protocol::from(i32::from(ETHERTYPE.to_be()));
        let mut socket = Socket::new(Domain::PACKET, Type::RAW, Some(protocol))?;
        socket.set_nonblocking(true)?;
        bind(socket.as_raw_fd(), &hardware.address)?;
        // What other interfaces received before the bind.
        while socket.read(&mut [0; FRAME_BYTES]).is_ok() {}
        Ok(Self {
            socket: UdpSocket::from_std(OwnedFd::from(socket).into())?,
        })
    }

    /// Sends one frame.
    pub(crate) async fn send(&self, arp: &Arp) -> io::Result<()> {
        self.socket.send(&arp.encode()).await?;
        Ok(())
    }

    /// The next ARP frame, of others or our own. Cancel safe.
    pub(crate) async fn receive(&self) -> io::Result<Arp> {
        loop {
            let mut frame = [0; FRAME_BYTES];
            let length = self.socket.recv(&mut frame).await?;
            if let Some(arp) = frame.get(..length).and_then(Arp::decode) {
                return Ok(arp);
            }
        }
    }
}
