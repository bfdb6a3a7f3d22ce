//! What floating addresses ask of the kernel, in single requests. All of it blocks for as long as the kernel works.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressScope, CacheInfo,
};
use rtnetlink::packet_route::link::{LinkFlags, LinkMessage};
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteScope, RouteType,
};
use rtnetlink::packet_route::{AddressFamily, RouteNetlinkMessage};
use tokio::time::Instant;
use tracing::warn;

use super::lifetime::{FOREVER, kept, seconds};
use super::place::Place;
use super::route::Route;
use super::spec::AddressSpec;
use crate::follow;
use crate::interfaces::{Address, Interfaces};
use crate::netlink::Netlink;

/// What marks an address as added by ringwright (`IFA_PROTO`): `r`.
pub const PROTOCOL: u8 = b'r';

/// The kernel's routing table of this host's own addresses.
const TABLE_LOCAL: u8 = 255;

/// What became of a request for a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// The address is there, and gone by the end asked for.
    Done,
    /// Too little was left, or the clock ran past it meanwhile: the address is not there, or not longer than before.
    TooLate,
}

fn family(ip: IpAddr) -> AddressFamily {
    match ip {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

/// The interfaces and addresses of this moment.
pub(crate) fn interfaces() -> io::Result<Interfaces> {
    let netlink = Netlink::open()?;
    let links = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let links = netlink.dump(links, |entry| match entry {
        RouteNetlinkMessage::NewLink(message) => Some(follow::link(&message)),
        _ => None,
    })?;
    Ok(Interfaces {
        links: links.into_iter().collect(),
        addresses: addresses(&netlink)?,
    })
}

fn addresses(netlink: &Netlink) -> io::Result<Vec<Address>> {
    let all = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    netlink.dump(all, |entry| match entry {
        RouteNetlinkMessage::NewAddress(message) => follow::address(&message),
        _ => None,
    })
}

/// The entries of this IP, whoever added them.
pub(crate) fn entries(ip: IpAddr) -> io::Result<Vec<Address>> {
    let mut entries = addresses(&Netlink::open()?)?;
    entries.retain(|address| address.ip == ip);
    Ok(entries)
}

/// The broadcast address of an address of this host.
pub(crate) fn broadcast_of(ip: IpAddr) -> io::Result<Option<Ipv4Addr>> {
    let all = RouteNetlinkMessage::GetAddress(AddressMessage::default());
    let found = Netlink::open()?.dump(all, |entry| match entry {
        RouteNetlinkMessage::NewAddress(message)
            if follow::address(&message).is_some_and(|address| address.ip == ip) =>
        {
            message
                .attributes
                .iter()
                .find_map(|attribute| match attribute {
                    AddressAttribute::Broadcast(broadcast) => Some(*broadcast),
                    _ => None,
                })
        }
        _ => None,
    })?;
    Ok(found.first().copied())
}

/// The routes that say on which interface a network is: of IPv4 the connected ones, of IPv6 all, and those of loopback.
pub(crate) fn routes(ip: IpAddr) -> io::Result<Vec<Route>> {
    let mut message = RouteMessage::default();
    message.header.address_family = family(ip);
    let loopback = ip.is_ipv4() && ip.is_loopback();
    Netlink::open()?.dump(
        RouteNetlinkMessage::GetRoute(message),
        |entry| match entry {
            RouteNetlinkMessage::NewRoute(message) => route(&message, ip, loopback),
            _ => None,
        },
    )
}

fn route(message: &RouteMessage, ip: IpAddr, loopback: bool) -> Option<Route> {
    let header = &message.header;
    let wanted = if loopback {
        header.table == TABLE_LOCAL && header.scope == RouteScope::Host
    } else {
        header.table == RouteHeader::RT_TABLE_MAIN
            && header.kind == RouteType::Unicast
            && (ip.is_ipv6() || header.scope == RouteScope::Link)
    };
    if !wanted {
        return None;
    }
    let (mut network, mut link, mut source) = (None, None, None);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(address) => network = plain(address),
            RouteAttribute::PrefSource(address) => source = plain(address),
            RouteAttribute::Oif(index) => link = Some(*index),
            _ => {}
        }
    }
    Some(Route {
        network: network?,
        prefix_len: header.destination_prefix_length,
        link: link?,
        source,
    })
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(ip) => Some((*ip).into()),
        RouteAddress::Inet6(ip) => Some((*ip).into()),
        _ => None,
    }
}

/// Switches an interface on.
pub(crate) fn set_up(link: u32) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = link;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    Netlink::open()?.change(RouteNetlinkMessage::SetLink(message), 0)
}

/// Lets the other addresses of a network stay when the first one goes: without, the kernel removes them with it.
pub(crate) fn keep_secondaries(link: &str) {
    let path = format!("/proc/sys/net/ipv4/conf/{link}/promote_secondaries");
    if fs::read_to_string(&path).is_ok_and(|value| value.trim() == "1") {
        return;
    }
    if let Err(error) = fs::write(&path, "1") {
        warn!("{path} cannot be set: {error}; other addresses of the network may go with this one");
    }
}

/// Adds an address, or sets the lifetime of the one that is there.
///
/// `fresh`: there is none of this IP yet; the kernel refuses if somebody else was quicker (`EEXIST`). `until`: see
/// [`super::lifetime`]; `None` for ever.
pub(crate) fn set(
    spec: &AddressSpec,
    place: &Place,
    until: Option<Instant>,
    fresh: bool,
) -> io::Result<Set> {
    let netlink = Netlink::open()?;
    let flags = if fresh { NLM_F_EXCL } else { NLM_F_REPLACE } | NLM_F_CREATE;
    let request = |valid| {
        let message = message(spec, place, valid);
        netlink.change(RouteNetlinkMessage::NewAddress(message), flags)
    };
    let Some(until) = until else {
        return request(FOREVER).map(|()| Set::Done);
    };
    let Some(valid) = seconds(Instant::now(), until) else {
        return Ok(Set::TooLate);
    };
    request(valid)?;
    if kept(Instant::now(), valid, until) {
        return Ok(Set::Done);
    }
    // This process was stopped, or the kernel busy, in between: what was granted is taken back.
    shorten(spec, place, &netlink, until)
}

/// Makes up for a request that took too long: the address gets what is left, or goes.
fn shorten(
    spec: &AddressSpec,
    place: &Place,
    netlink: &Netlink,
    until: Instant,
) -> io::Result<Set> {
    // A second less than there is: this request may take long as well.
    let before = Instant::now() + Duration::from_secs(1);
    if let Some(valid) = seconds(before, until) {
        let message = message(spec, place, valid);
        netlink.change(RouteNetlinkMessage::NewAddress(message), NLM_F_REPLACE)?;
        if kept(Instant::now(), valid, until) {
            return Ok(Set::Done);
        }
    }
    remove(spec.ip, place.link, place.prefix_len)?;
    Ok(Set::TooLate)
}

fn message(spec: &AddressSpec, place: &Place, valid: u32) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family(spec.ip);
    message.header.prefix_len = place.prefix_len;
    message.header.index = place.link;
    if spec.ip.is_ipv4() && spec.ip.is_loopback() {
        message.header.scope = AddressScope::Host;
    }
    let mut flags = AddressFlags::empty();
    flags.set(AddressFlags::Nodad, spec.no_dad && spec.ip.is_ipv6());
    flags.set(AddressFlags::Noprefixroute, spec.no_prefix_route);
    let mut lifetimes = CacheInfo::default();
    lifetimes.ifa_valid = valid;
    lifetimes.ifa_preferred = match spec.preferred {
        Some(preferred) if spec.ip.is_ipv6() => preferred.min(valid),
        _ => valid,
    };
    message.attributes = vec![
        AddressAttribute::Local(spec.ip),
        AddressAttribute::Address(spec.ip),
        AddressAttribute::Flags(flags),
        AddressAttribute::CacheInfo(lifetimes),
        AddressAttribute::Protocol(PROTOCOL.into()),
    ];
    let broadcast = place.broadcast.map(AddressAttribute::Broadcast);
    let label = spec.full_label(&place.name).map(AddressAttribute::Label);
    message.attributes.extend(broadcast);
    message.attributes.extend(label);
    message
}

/// Removes one address; whether it was there.
pub(crate) fn remove(ip: IpAddr, link: u32, prefix_len: u8) -> io::Result<bool> {
    let mut message = AddressMessage::default();
    message.header.family = family(ip);
    message.header.prefix_len = prefix_len;
    message.header.index = link;
    message.attributes = vec![AddressAttribute::Local(ip), AddressAttribute::Address(ip)];
    let message = RouteNetlinkMessage::DelAddress(message);
    match Netlink::open()?.change(message, 0) {
        Ok(()) => Ok(true),
        // The address, or its interface, is gone already.
        Err(error)
            if [nix::libc::EADDRNOTAVAIL, nix::libc::ENODEV]
                .map(Some)
                .contains(&error.raw_os_error()) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
