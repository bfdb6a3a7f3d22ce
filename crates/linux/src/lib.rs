//! The one place that talks to the Linux kernel beyond its sockets: which addresses this machine has, and when that
//! changes.
//!
//! [`follow`] keeps a table of [`Interfaces`] up to date; [`watch`] reduces it to the one question that a node asks before
//! it binds: can its address be used?
#![cfg(target_os = "linux")]

pub mod address;
mod follow;
mod hostname;
mod interfaces;
mod netlink;
mod privileges;

pub use follow::{follow, watch};
pub use hostname::hostname;
pub use interfaces::{Address, AddressState, Interfaces, Link};
pub use privileges::Privileges;
