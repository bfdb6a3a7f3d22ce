//! This machine: its name, its addresses, and where names lead on it.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use ringwright_config::lint::Host;

/// Asks the kernel.
pub(super) fn this() -> io::Result<Host> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let interfaces = runtime.block_on(ringwright_linux::follow())?;
    let addresses = interfaces.borrow().usable_addresses();
    Ok(Host {
        name: ringwright_linux::hostname()?,
        addresses,
    })
}

/// Asks the system's resolver: /etc/hosts and whatever it is configured to ask.
pub(super) fn addresses_of(name: &str) -> Vec<IpAddr> {
    let Ok(found) = (name, 0).to_socket_addrs() else {
        return Vec::new();
    };
    found.map(|address| address.ip()).collect()
}
