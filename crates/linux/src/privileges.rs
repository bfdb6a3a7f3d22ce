//! Whether this process may do what floating addresses need.

use std::fmt;
use std::io;

use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::address::AddressMessage;
use socket2::{Domain, Protocol, Socket, Type};

use crate::netlink::Netlink;

/// What the kernel lets this process do, found out by calls that change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// Addresses can be added and removed (`CAP_NET_ADMIN`).
    pub net_admin: bool,
    /// Owners of addresses can be looked for, and addresses announced (`CAP_NET_RAW`).
    pub net_raw: bool,
}

impl Privileges {
    /// Asks the kernel. Blocks for the length of two system calls.
    pub fn probe() -> io::Result<Self> {
        // To remove an address of no interface: the right to is looked at first.
        let nothing = RouteNetlinkMessage::DelAddress(AddressMessage::default());
        let refused = Netlink::open()?.change(nothing, 0).err();
        let net_admin = refused.is_none_or(|error| error.raw_os_error() != Some(nix::libc::EPERM));
        let raw = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6));
        // A host without IPv6 has packet sockets only.
        let raw = match raw {
            Err(error) if error.raw_os_error() == Some(nix::libc::EAFNOSUPPORT) => {
                Socket::new(Domain::PACKET, Type::RAW, None)
            }
            other => other,
        };
        Ok(Self {
            net_admin,
            net_raw: raw.is_ok(),
        })
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn suffice(self) -> bool {
        self.net_admin && self.net_raw
    }
}

impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.net_admin, self.net_raw) {
            (true, true) => "floating addresses can be held",
            (false, true) => {
                "floating addresses cannot be held: this process lacks CAP_NET_ADMIN"
            }
            (true, false) => {
                "floating addresses cannot be announced: this process lacks CAP_NET_RAW"
            }
            (false, false) => {
                "floating addresses cannot be held: this process lacks CAP_NET_ADMIN and CAP_NET_RAW"
            }
        })
    }
}
