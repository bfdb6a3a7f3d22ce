//! From captured frames to UDP datagrams: link layers, IP, fragments.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use etherparse::defrag::IpDefragPool;
use etherparse::{EtherType, IpNumber, NetSlice, SlicedPacket, TransportSlice, UdpSlice};
use pcap_file::DataLink;

use super::link::{Arp, Hop, Unreachable};

/// How long fragments wait for the rest of their datagram, as Linux has it.
const FRAGMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// The length of a Linux cooked v2 header, bytes; its first two are the ether type.
const SLL2_LEN: usize = 20;

/// What a captured frame carries.
pub(super) enum Seen {
    Datagram {
        from: SocketAddr,
        to: SocketAddr,
        link: Hop,
        payload: Bytes,
    },
    Fragment,
    Arp(Arp),
    Unreachable(Unreachable),
    Other,
}

/// The link layers that are understood.
#[derive(Clone, Copy, Debug)]
enum Link {
    Ethernet,
    LinuxSll,
    LinuxSll2,
    Ip,
}

/// Takes captured frames apart and puts fragments together.
#[derive(Debug)]
pub(super) struct Packets {
    link: Link,
    fragments: IpDefragPool<Duration>,
    pruned: Duration,
}

impl Packets {
    pub(super) fn of(link: DataLink) -> Result<Self, String> {
        let link = match link {
            DataLink::ETHERNET => Link::Ethernet,
            DataLink::LINUX_SLL => Link::LinuxSll,
            DataLink::LINUX_SLL2 => Link::LinuxSll2,
            DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => Link::Ip,
            other => {
                return Err(format!(
                    "link type {other:?} is not understood; Ethernet, Linux cooked and raw IP are"
                ));
            }
        };
        Ok(Self {
            link,
            fragments: IpDefragPool::new(),
            pruned: Duration::ZERO,
        })
    }

    /// Takes the next frame; an error names what contradicts itself.
    pub(super) fn push(&mut self, time: Duration, frame: &[u8]) -> Result<Seen, String> {
        let sliced = self.link.slice(frame)?;
        let link = Hop::of(sliced.link.as_ref());
        let (from, to, fragment) = match &sliced.net {
            Some(NetSlice::Ipv4(ip)) => (
                IpAddr::from(ip.header().source_addr()),
                IpAddr::from(ip.header().destination_addr()),
                ip.is_payload_fragmented(),
            ),
            Some(NetSlice::Ipv6(ip)) => (
                IpAddr::from(ip.header().source_addr()),
                IpAddr::from(ip.header().destination_addr()),
                ip.is_payload_fragmented(),
            ),
            Some(NetSlice::Arp(arp)) => {
                return Ok(Arp::of(arp, link).map_or(Seen::Other, Seen::Arp));
            }
            None => return Ok(Seen::Other),
        };
        if !fragment {
            return Ok(match &sliced.transport {
                Some(TransportSlice::Udp(udp)) => datagram(from, to, link, udp),
                Some(TransportSlice::Icmpv4(icmp)) => {
                    let told = Unreachable::of_v4(from, icmp);
                    told.map_or(Seen::Other, Seen::Unreachable)
                }
                _ => Seen::Other,
            });
        }
        self.prune(time);
        let whole = self
            .fragments
            .process_sliced_packet(&sliced, time, ())
            .map_err(|error| format!("IP fragment: {error}"))?;
        match whole {
            None => Ok(Seen::Fragment),
            Some(whole) if whole.ip_number != IpNumber::UDP => Ok(Seen::Other),
            Some(whole) => {
                let udp = UdpSlice::from_slice(&whole.payload).map_err(|e| e.to_string())?;
                Ok(datagram(from, to, link, &udp))
            }
        }
    }

    fn prune(&mut self, now: Duration) {
        if now.saturating_sub(self.pruned) > FRAGMENT_TIMEOUT {
            self.pruned = now;
            self.fragments
                .retain(|seen| now.saturating_sub(*seen) <= FRAGMENT_TIMEOUT);
        }
    }
}

impl Link {
    fn slice(self, frame: &[u8]) -> Result<SlicedPacket<'_>, String> {
        match self {
            Self::Ethernet => SlicedPacket::from_ethernet(frame),
            Self::LinuxSll => SlicedPacket::from_linux_sll(frame),
            Self::LinuxSll2 => {
                let short = || "shorter than a Linux cooked header".to_owned();
                let (header, rest) = frame.split_at_checked(SLL2_LEN).ok_or_else(short)?;
                let (ether_type, _) = header.split_first_chunk().ok_or_else(short)?;
                SlicedPacket::from_ether_type(EtherType(u16::from_be_bytes(*ether_type)), rest)
            }
            Self::Ip => SlicedPacket::from_ip(frame),
        }
        .map_err(|error| error.to_string())
    }
}

fn datagram(from: IpAddr, to: IpAddr, link: Hop, udp: &UdpSlice<'_>) -> Seen {
    Seen::Datagram {
        from: SocketAddr::new(from, udp.source_port()),
        to: SocketAddr::new(to, udp.destination_port()),
        link,
        payload: Bytes::copy_from_slice(udp.payload()),
    }
}
