//! A machine's interface to the cluster's network.

use std::net::IpAddr;

/// An interface and the addresses that it has when it is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    addresses: Vec<IpAddr>,
    up: bool,
    flushed: bool,
}

impl Interface {
    /// An interface that is up and has these addresses.
    #[must_use]
    pub fn new(addresses: Vec<IpAddr>) -> Self {
        Self {
            addresses,
            up: true,
            flushed: false,
        }
    }

    /// It goes down; its addresses stay on it.
    pub fn down(&mut self) {
        self.up = false;
    }

    /// It loses its addresses.
    pub fn flush(&mut self) {
        self.flushed = true;
    }

    /// It is up with its addresses.
    pub fn up(&mut self) {
        (self.up, self.flushed) = (true, false);
    }

    /// Whether it is up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// The addresses that are on it now.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        if self.flushed { &[] } else { &self.addresses }
    }

    /// The addresses that it has when it is well.
    #[must_use]
    pub fn meant_addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Whether it is up and has this address: a socket can be bound to it, and neighbours are answered.
    #[must_use]
    pub fn is_usable(&self, address: IpAddr) -> bool {
        self.up && self.addresses().contains(&address)
    }
}
