//! Why an address is not held.

use std::fmt;
use std::io;
use std::net::IpAddr;

use super::arp::{Mac, mac_text};
use super::spec::SpecError;

/// Why an address was not taken. Nothing was left on the host.
#[derive(Debug)]
pub enum AddressError {
    /// The parameters describe none.
    Spec(SpecError),
    /// This host has no such interface.
    NoInterface(String),
    /// No interface, or no prefix, is given and no route of this host tells it.
    NoRoute(IpAddr),
    /// This host has the address, and ringwright did not add it: it is left alone.
    Foreign {
        /// The address.
        ip: IpAddr,
        /// The interface that has it.
        link: String,
    },
    /// Another machine on the network has the address, or is about to take it.
    Duplicate {
        /// The address.
        ip: IpAddr,
        /// The interface behind which it is.
        link: String,
        /// The other machine's MAC, if it is known.
        mac: Option<Mac>,
    },
    /// IPv6 could not find out in time whether the address is free.
    Tentative {
        /// The address.
        ip: IpAddr,
        /// The interface, which may have no carrier.
        link: String,
    },
    /// It was not taken in the time that there was.
    TimedOut(IpAddr),
    /// The lease is over, or shorter than [`super::LEASE_MIN`].
    TooLate,
    /// The process may not: the missing capability.
    NotPermitted(&'static str),
    /// The kernel refused, for this reason.
    Kernel(io::Error),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(error) => error.fmt(f),
            Self::NoInterface(name) => write!(f, "this host has no interface {name}"),
            Self::NoRoute(ip) => write!(
                f,
                "no route of this host leads to {ip}: give nic and cidr_netmask"
            ),
            Self::Foreign { ip, link } => write!(
                f,
                "{link} has {ip} already, and not by ringwright: it is left alone"
            ),
            Self::Duplicate {
                ip,
                link,
                mac: Some(mac),
            } => write!(
                f,
                "{ip} is in use on {link}'s network by {}",
                mac_text(*mac)
            ),
            Self::Duplicate { ip, link, .. } => write!(f, "{ip} is in use on {link}'s network"),
            Self::Tentative { ip, link } => write!(
                f,
                "whether {ip} is free on {link}'s network could not be found out in time"
            ),
            Self::TimedOut(ip) => write!(f, "to take {ip} took longer than it may"),
            Self::TooLate => f.write_str("the lease is over, or too short to be given"),
            Self::NotPermitted(what) => write!(f, "this process lacks {what}"),
            Self::Kernel(error) => write!(f, "the kernel refused: {error}"),
        }
    }
}

impl std::error::Error for AddressError {}

impl From<SpecError> for AddressError {
    fn from(error: SpecError) -> Self {
        Self::Spec(error)
    }
}

impl From<io::Error> for AddressError {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            // Not EACCES, which is IPv6 that is switched off.
            Some(nix::libc::EPERM) => Self::NotPermitted("CAP_NET_ADMIN"),
            _ => Self::Kernel(error),
        }
    }
}
