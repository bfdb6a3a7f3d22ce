//! Asking the kernel, and hearing of changes, by rtnetlink.

use std::io;
use std::net::IpAddr;

use futures_util::{StreamExt, TryStreamExt};
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use rtnetlink::packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use rtnetlink::{Handle, MulticastGroup, new_multicast_connection};
use tokio::sync::watch as channel;
use tracing::{info, warn};

use crate::interfaces::{Address, Interfaces, Link};

/// Keeps a table of this network namespace's interfaces and addresses, on tokio's current runtime, until nobody looks
/// at it any more.
///
/// Whatever the kernel tells, the whole table is read again: nothing is missed when messages are lost, and a table is
/// never half of an old and half of a new one for long.
pub async fn follow() -> io::Result<channel::Receiver<Interfaces>> {
    let (connection, handle, mut changes) = new_multicast_connection(&[
        MulticastGroup::Link,
        MulticastGroup::Ipv4Ifaddr,
        MulticastGroup::Ipv6Ifaddr,
    ])?;
    let connection = tokio::spawn(connection);
    let table = read(&handle).await?;
    let (tables, receiver) = channel::channel(table);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = tables.closed() => break,
                change = changes.next() => if change.is_none() { break },
            }
            // One look for all changes that are there by now.
            while changes.try_recv().is_ok() {}
            match read(&handle).await {
                Ok(table) => {
                    tables.send_if_modified(|known| {
                        let differs = *known != table;
                        *known = table;
                        differs
                    });
                }
                Err(error) => warn!("the kernel does not tell its interfaces: {error}"),
            }
        }
        connection.abort();
    });
    Ok(receiver)
}

/// Whether an address can be bound, on tokio's current runtime, until nobody looks any more. Once its interface has had a
/// carrier, it counts as gone while that is lost; one that has not had any may get it later.
///
/// A change is told also when it was taken back before anybody looked: the value may be what it was.
#[must_use]
pub fn watch(ip: IpAddr, mut tables: channel::Receiver<Interfaces>) -> channel::Receiver<bool> {
    let mut state = tables.borrow_and_update().state(ip);
    info!("address {ip}: {state}");
    let mut plugged = state.has_carrier();
    let (usable, receiver) = channel::channel(state.is_usable());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = usable.closed() => return,
                changed = tables.changed() => if changed.is_err() { return },
            }
            let now = tables.borrow_and_update().state(ip);
            if now != state {
                info!("address {ip}: {now}");
            }
            plugged = now.is_usable() && (plugged || now.has_carrier());
            let is_there = now.is_usable() && (now.has_carrier() || !plugged);
            if is_there != *usable.borrow() {
                usable.send_replace(is_there);
            }
            state = now;
        }
    });
    receiver
}

async fn read(handle: &Handle) -> io::Result<Interfaces> {
    let links = handle
        .link()
        .get()
        .execute()
        .map_ok(|message| link(&message));
    let links = links.try_collect().await.map_err(io::Error::other)?;
    let addresses = handle.address().get().execute();
    let addresses = addresses.try_filter_map(async |message| Ok(address(&message)));
    let addresses = addresses.try_collect().await.map_err(io::Error::other)?;
    Ok(Interfaces { links, addresses })
}

pub(crate) fn link(message: &LinkMessage) -> (u32, Link) {
    let flags = message.header.flags;
    let name = message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            LinkAttribute::IfName(name) => Some(name.clone()),
            _ => None,
        });
    let link = Link {
        name: name.unwrap_or_default(),
        up: flags.contains(LinkFlags::Up),
        carrier: flags.contains(LinkFlags::LowerUp),
        loopback: flags.contains(LinkFlags::Loopback),
    };
    (message.header.index, link)
}

pub(crate) fn address(message: &AddressMessage) -> Option<Address> {
    let mut ip = None;
    let mut flags = AddressFlags::empty();
    let mut protocol = 0;
    for attribute in &message.attributes {
        match attribute {
            // Of a point-to-point link the other attribute is the peer's.
            AddressAttribute::Local(local) => ip = Some(*local),
            AddressAttribute::Address(address) => ip = ip.or(Some(*address)),
            AddressAttribute::Flags(all) => flags = *all,
            AddressAttribute::Protocol(by) => protocol = u8::from(*by),
            _ => {}
        }
    }
    Some(Address {
        link: message.header.index,
        ip: ip?,
        prefix_len: message.header.prefix_len,
        tentative: flags.intersects(AddressFlags::Tentative | AddressFlags::Dadfailed),
        duplicate: flags.contains(AddressFlags::Dadfailed),
        protocol,
    })
}
