//! The one place that talks to the Linux kernel beyond its sockets, and to the programs of its host.
//!
//! - [`follow`] keeps a table of [`Interfaces`] up to date; [`watch`] reduces it to the one question that a node asks before
//!   it binds: can its address be used?
//! - [`address`]: floating addresses on leases that the kernel keeps, looked for and announced on the network.
//! - [`agent`]: resource agents (OCF, systemd, init scripts) and fence agents.
//! - [`LinuxExecutor`]: both, behind the driver's `Executor`. [`Privileges`] says at the start what this process may do.
#![cfg(target_os = "linux")]

pub mod address;
pub mod agent;
mod executor;
mod follow;
mod hostname;
mod interfaces;
mod netlink;
mod privileges;

pub use executor::{Addresses, DescribeError, LinuxExecutor};
pub use follow::{follow, watch};
pub use hostname::hostname;
pub use interfaces::{Address, AddressState, Interfaces, Link};
pub use privileges::Privileges;
