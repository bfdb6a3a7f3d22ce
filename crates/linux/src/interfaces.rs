//! The machine's interfaces and addresses, and what follows from them. Pure: the kernel is asked elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its name, such as `eth0`.
    pub name: String,
    /// It is switched on (`IFF_UP`).
    pub up: bool,
    /// It has a carrier: a cable with somebody at the other end (`IFF_LOWER_UP`).
    pub carrier: bool,
    /// It is the loopback interface.
    pub loopback: bool,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The number of its interface.
    pub link: u32,
    /// The address.
    pub ip: IpAddr,
    /// The bits that it shares with its network.
    pub prefix_len: u8,
    /// IPv6 is still finding out whether another machine has it, or has found one: it cannot be bound.
    pub tentative: bool,
    /// IPv6 has found another machine that has it.
    pub duplicate: bool,
    /// Who added it (`IFA_PROTO`, since Linux 5.18); 0 if nobody said.
    pub protocol: u8,
}

/// All interfaces and addresses of this machine's network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// The interfaces by their numbers.
    pub links: BTreeMap<u32, Link>,
    /// Their addresses, in the kernel's order.
    pub addresses: Vec<Address>,
}

/// Whether an address can be bound and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressState {
    /// No interface has it.
    Missing,
    /// The interface that has it is switched off.
    Down {
        /// The interface's name.
        link: String,
    },
    /// IPv6 is still finding out whether it is free.
    Tentative {
        /// The interface's name.
        link: String,
    },
    /// It can be bound. Without a carrier nothing leaves, yet.
    Usable {
        /// The interface's name.
        link: String,
        /// Whether the interface has a carrier.
        carrier: bool,
    },
}

impl AddressState {
    /// Whether a socket can be bound to the address.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        matches!(self, Self::Usable { .. })
    }

    /// Whether what is sent from the address leaves the machine.
    #[must_use]
    pub fn has_carrier(&self) -> bool {
        matches!(self, Self::Usable { carrier: true, .. })
    }
}

impl fmt::Display for AddressState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no interface has it"),
            Self::Down { link } => write!(f, "{link} has it, and is down"),
            Self::Tentative { link } => {
                write!(f, "{link} has it, and is finding out whether it is free")
            }
            Self::Usable {
                link,
                carrier: true,
            } => write!(f, "{link} has it"),
            Self::Usable {
                link,
                carrier: false,
            } => write!(f, "{link} has it, without a carrier"),
        }
    }
}

impl Interfaces {
    /// The number of the interface of this name.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<u32> {
        let mut links = self.links.iter();
        links.find_map(|(index, link)| (link.name == name).then_some(*index))
    }

    /// All addresses of interfaces that are up, in the kernel's order.
    #[must_use]
    pub fn usable_addresses(&self) -> Vec<IpAddr> {
        let usable = self
            .addresses
            .iter()
            .filter(|a| self.state_of(a).is_usable());
        usable.map(|address| address.ip).collect()
    }

    /// What can be done with an address. Of several interfaces that have it, the one with which most can be done counts.
    #[must_use]
    pub fn state(&self, ip: IpAddr) -> AddressState {
        let having = self
            .addresses
            .iter()
            .filter(|address| self.covers(address, ip));
        let states = having.map(|address| self.state_of(address));
        states.max_by_key(rank).unwrap_or(AddressState::Missing)
    }

    /// Every address of the loopback interface's networks is this machine's.
    fn covers(&self, address: &Address, ip: IpAddr) -> bool {
        let loopback = self
            .links
            .get(&address.link)
            .is_some_and(|link| link.loopback);
        address.ip == ip || loopback && same_network(address.ip, ip, address.prefix_len)
    }

    fn state_of(&self, address: &Address) -> AddressState {
        match self.links.get(&address.link) {
            None => AddressState::Missing,
            Some(Link {
                name, up: false, ..
            }) => AddressState::Down { link: name.clone() },
            Some(Link { name, .. }) if address.tentative => {
                AddressState::Tentative { link: name.clone() }
            }
            Some(Link { name, carrier, .. }) => AddressState::Usable {
                link: name.clone(),
                carrier: *carrier,
            },
        }
    }
}

fn rank(state: &AddressState) -> u8 {
    match state {
        AddressState::Missing => 0,
        AddressState::Down { .. } => 1,
        AddressState::Tentative { .. } => 2,
        AddressState::Usable { carrier: false, .. } => 3,
        AddressState::Usable { carrier: true, .. } => 4,
    }
}

pub(crate) fn same_network(one: IpAddr, other: IpAddr, prefix_len: u8) -> bool {
    let (one, other, bits): (u128, u128, u8) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u32::from(one).into(), u32::from(other).into(), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.into(), other.into(), 128),
        _ => return false,
    };
    let host = u32::from(bits.saturating_sub(prefix_len));
    // A shift by all 128 bits leaves nothing to compare.
    (one ^ other).checked_shr(host).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, up: bool, carrier: bool) -> Link {
        let loopback = name == "lo";
        Link {
            name: name.into(),
            up,
            carrier,
            loopback,
        }
    }

    fn address(link: u32, ip: &str, prefix_len: u8) -> Address {
        Address {
            link,
            ip: ip.parse().unwrap(),
            prefix_len,
            tentative: false,
            duplicate: false,
            protocol: 0,
        }
    }

    fn machine() -> Interfaces {
        let links = [
            (1, link("lo", true, true)),
            (2, link("eth0", true, true)),
            (3, link("eth1", false, false)),
            (4, link("eth2", true, false)),
        ];
        let addresses = vec![
            address(1, "127.0.0.1", 8),
            address(1, "::1", 128),
            address(2, "192.168.56.2", 24),
            Address {
                tentative: true,
                ..address(2, "fd00::2", 64)
            },
            address(3, "10.0.0.2", 24),
            address(4, "10.0.1.2", 24),
        ];
        Interfaces {
            links: links.into(),
            addresses,
        }
    }

    fn state(ip: &str) -> String {
        machine().state(ip.parse().unwrap()).to_string()
    }

    #[test]
    fn an_address_is_usable_on_an_interface_that_is_up() {
        assert_eq!(state("192.168.56.2"), "eth0 has it");
        assert_eq!(state("10.0.0.2"), "eth1 has it, and is down");
        assert_eq!(state("10.0.1.2"), "eth2 has it, without a carrier");
        assert_eq!(
            state("fd00::2"),
            "eth0 has it, and is finding out whether it is free"
        );
        assert!(machine().state("10.0.1.2".parse().unwrap()).is_usable());
        assert!(!machine().state("10.0.0.2".parse().unwrap()).is_usable());
    }

    #[test]
    fn the_network_of_an_address_is_this_machines_on_loopback_only() {
        assert_eq!(state("127.0.7.9"), "lo has it");
        assert_eq!(state("192.168.56.3"), "no interface has it");
        assert_eq!(state("::2"), "no interface has it");
    }

    #[test]
    fn an_address_of_two_interfaces_is_as_usable_as_the_better_one() {
        let mut machine = machine();
        machine.addresses.push(address(2, "10.0.0.2", 24));
        assert!(machine.state("10.0.0.2".parse().unwrap()).is_usable());
    }

    #[test]
    fn addresses_that_cannot_be_bound_are_not_the_hosts() {
        let usable: Vec<_> = machine()
            .usable_addresses()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(usable, ["127.0.0.1", "::1", "192.168.56.2", "10.0.1.2"]);
    }

    #[test]
    fn networks_are_compared_by_their_prefix() {
        let same = |one: &str, other: &str, len| {
            same_network(one.parse().unwrap(), other.parse().unwrap(), len)
        };
        assert!(same("10.1.2.3", "10.1.9.9", 16));
        assert!(!same("10.1.2.3", "10.2.2.3", 16));
        assert!(same("10.1.2.3", "77.2.2.3", 0));
        assert!(same("::1", "ff::2", 0));
        assert!(!same("::1", "::2", 128));
        assert!(!same("::1", "0.0.0.1", 0));
    }
}
