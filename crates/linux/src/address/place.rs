//! Where an address goes on this host.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use super::error::AddressError;
use super::kernel;
use super::route::{Route, best};
use super::spec::{AddressSpec, Broadcast};
use crate::interfaces::Interfaces;

/// The interface, and what goes with the address there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The interface's number.
    pub(crate) link: u32,
    /// Its name.
    pub(crate) name: String,
    /// The bits of the address that are its network.
    pub(crate) prefix_len: u8,
    /// The broadcast address, of IPv4 if there is one.
    pub(crate) broadcast: Option<Ipv4Addr>,
}

impl Place {
    /// Finds it by what is given and by this host's routes. Blocks for as long as the kernel works.
    pub(crate) fn find(spec: &AddressSpec, table: &Interfaces) -> Result<Self, AddressError> {
        let given = spec.link.as_deref();
        let link = given.map(|name| table.link(name).ok_or_else(|| missing(name)));
        let link = link.transpose()?;
        let routes = kernel::routes(spec.ip)?;
        let route = best(&routes, spec.ip, spec.prefix_len, link);
        let link = link.or(route.map(|route| route.link));
        let prefix_len = spec.prefix_len.or(route.map(|route| route.prefix_len));
        let (Some(link), Some(prefix_len)) = (link, prefix_len) else {
            return Err(AddressError::NoRoute(spec.ip));
        };
        let name = table.links.get(&link).map(|link| link.name.clone());
        let name = name.ok_or_else(|| missing("the route's interface"))?;
        spec.check_label(&name)?;
        Ok(Self {
            link,
            name,
            prefix_len,
            broadcast: broadcast(spec, prefix_len, route)?,
        })
    }
}

fn missing(name: &str) -> AddressError {
    AddressError::NoInterface(name.to_owned())
}

fn broadcast(
    spec: &AddressSpec,
    prefix_len: u8,
    route: Option<Route>,
) -> io::Result<Option<Ipv4Addr>> {
    let IpAddr::V4(ip) = spec.ip else {
        return Ok(None);
    };
    let source = route.and_then(|route| route.source);
    Ok(match (spec.broadcast, source) {
        (Broadcast::Inherited, None) => None,
        (Broadcast::Inherited, Some(source)) => kernel::broadcast_of(source)?,
        (Broadcast::Given(broadcast), _) => Some(broadcast),
        (derived, _) => Some(with_host_bits(
            ip,
            prefix_len,
            derived == Broadcast::HostBitsSet,
        )),
    })
}

fn with_host_bits(ip: Ipv4Addr, prefix_len: u8, set: bool) -> Ipv4Addr {
    let host = u32::MAX.checked_shr(prefix_len.into()).unwrap_or(0);
    let bits = if set {
        ip.to_bits() | host
    } else {
        ip.to_bits() & !host
    };
    Ipv4Addr::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_address_is_the_network_with_its_host_bits() {
        let of = |ip: &str, len, set| with_host_bits(ip.parse().unwrap(), len, set).to_string();
        assert_eq!(of("192.168.56.56", 24, true), "192.168.56.255");
        assert_eq!(of("192.168.56.56", 24, false), "192.168.56.0");
        assert_eq!(of("10.1.2.3", 20, true), "10.1.15.255");
        assert_eq!(of("10.1.2.3", 32, true), "10.1.2.3");
    }
}
