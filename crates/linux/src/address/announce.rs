//! Looking for the owner of an address, and telling the network of a new one.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

use super::arp::Arp;
use super::error::AddressError;
use super::neighbour::advertise;
use super::packet::{ArpSocket, Hardware};
use super::place::Place;
use super::spec::Frames;

/// Asks the network for an owner of `ip` (RFC 5227 section 2.1.1, with shorter times). An interface that is no Ethernet has
/// nobody to ask.
pub(super) async fn probe(ip: Ipv4Addr, place: &Place, probes: Frames) -> Result<(), AddressError> {
    let Some(hardware) = Hardware::of(&place.name)?.filter(|_| probes.count > 0) else {
        return Ok(());
    };
    let socket = ArpSocket::open(&hardware).map_err(raw)?;
    for _ in 0..probes.count {
        if let Err(error) = socket.send(&Arp::probe(hardware.mac, ip)).await {
            // An interface without a carrier, or just switched on: the address is nobody's behind it.
            debug!("{ip}: cannot be looked for on {}: {error}", place.name);
        }
        let next = Instant::now() + probes.interval;
        while let Ok(arp) = timeout_at(next, socket.receive()).await {
            let mac = match arp {
                Ok(arp) => arp.rival(hardware.mac, ip),
                Err(error) if error.raw_os_error() == Some(nix::libc::ENETDOWN) => None,
                Err(error) => return Err(error.into()),
            };
            if mac.is_some() {
                return Err(AddressError::Duplicate {
                    ip: ip.into(),
                    link: place.name.clone(),
                    mac,
                });
            }
        }
    }
    Ok(())
}

/// Tells the network `count` times that `ip` is here, as long as it is `wanted`.
pub(super) async fn announce(
    ip: IpAddr,
    place: &Place,
    count: u32,
    interval: Duration,
    wanted: impl Fn() -> bool,
) -> Result<(), AddressError> {
    let Some(hardware) = Hardware::of(&place.name)? else {
        return Ok(());
    };
    let socket = match ip {
        IpAddr::V4(_) => Some(ArpSocket::open(&hardware).map_err(raw)?),
        IpAddr::V6(_) => None,
    };
    for number in 0..count {
        if number > 0 {
            sleep(interval).await;
        }
        if !wanted() {
            break;
        }
        let sent = match (ip, &socket) {
            (IpAddr::V4(ip), Some(socket)) => {
                let [request, reply] = Arp::announcements(hardware.mac, ip);
                match socket.send(&request).await {
                    Ok(()) => socket.send(&reply).await,
                    error => error,
                }
            }
            (IpAddr::V6(ip), _) => advertise(place.link, hardware.mac, ip),
            (IpAddr::V4(_), None) => Ok(()),
        };
        match sent {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(raw(error));
            }
            // The interface may have no carrier now and one at the next.
            Err(error) => debug!("{ip}: cannot be announced on {}: {error}", place.name),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// What packet and raw sockets are refused for.
fn raw(error: io::Error) -> AddressError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => AddressError::NotPermitted("CAP_NET_RAW"),
        _ => error.into(),
    }
}
