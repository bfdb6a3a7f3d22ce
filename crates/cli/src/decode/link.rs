//! What stands around datagrams: who sent a frame to whom on the link, ARP, and refusals by ICMP.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use etherparse::{ArpOperation, ArpPacketSlice, Icmpv4Slice, IpNumber, LinkSlice};

/// An Ethernet address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mac(pub(crate) [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
    }
}

/// A frame's way over the link, as far as the capture tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) from: Option<Mac>,
    pub(crate) to: Option<Mac>,
}

impl Hop {
    pub(super) fn of(link: Option<&LinkSlice<'_>>) -> Self {
        match link {
            Some(LinkSlice::Ethernet2(frame)) => Self {
                from: Some(Mac(frame.source())),
                // A frame to all says nothing of an address' owner.
                to: Some(Mac(frame.destination())).filter(|mac| mac.0[0] & 1 == 0),
            },
            Some(LinkSlice::LinuxSll(frame)) => Self {
                from: frame.sender_address().try_into().ok().map(Mac),
                to: None,
            },
            _ => Self::default(),
        }
    }
}

/// A question for the owner of an address, or the owner's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arp {
    pub(crate) reply: bool,
    /// Whether it goes to everybody: an owner that is known already is asked alone.
    pub(crate) to_all: bool,
    /// Who says so; 0.0.0.0 in a probe.
    pub(crate) from: Ipv4Addr,
    pub(crate) mac: Mac,
    pub(crate) target: Ipv4Addr,
}

impl Arp {
    pub(super) fn of(arp: &ArpPacketSlice<'_>, link: Hop) -> Option<Self> {
        let address = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from);
        Some(Self {
            reply: match arp.operation() {
                ArpOperation::REQUEST => false,
                ArpOperation::REPLY => true,
                _ => return None,
            },
            to_all: link.from.is_some() && link.to.is_none(),
            from: address(arp.sender_protocol_addr())?,
            mac: arp.sender_hw_addr().try_into().ok().map(Mac)?,
            target: address(arp.target_protocol_addr())?,
        })
    }
}

/// A host says that a datagram could not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable {
    /// Who says so.
    pub(crate) by: IpAddr,
    /// Whether the host was reached and nobody listened; otherwise the host itself was not found.
    pub(crate) port: bool,
    /// Where the datagram came from, and where it went.
    pub(crate) from: IpAddr,
    pub(crate) to: IpAddr,
    pub(crate) to_port: u16,
}

impl Unreachable {
    /// Destination unreachable: host (1) or port (3), about a UDP datagram whose headers it holds.
    pub(super) fn of_v4(by: IpAddr, icmp: &Icmpv4Slice<'_>) -> Option<Self> {
        let (3, code @ (1 | 3)) = (icmp.type_u8(), icmp.code_u8()) else {
            return None;
        };
        let inner = icmp.payload();
        let header = usize::from(inner.first()? & 0x0f) * 4;
        let address = |at: usize| {
            let bytes = inner.get(at..at + 4)?;
            Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?))
        };
        if *inner.get(9)? != IpNumber::UDP.0 {
            return None;
        }
        let port = inner.get(header + 2..header + 4)?;
        Some(Self {
            by,
            port: code == 3,
            from: address(12)?,
            to: address(16)?,
            to_port: u16::from_be_bytes(port.try_into().ok()?),
        })
    }
}
