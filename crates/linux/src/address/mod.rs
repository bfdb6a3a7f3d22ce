//! Floating addresses: added, renewed and removed by netlink, looked for and announced on the network.
//!
//! [`AddressLease`] is one of them; [`AddressSpec`] says which. [`lifetime`](self::LEASE_MIN) turns the end of a lease into
//! the kernel's seconds.

mod announce;
mod arp;
mod error;
mod kernel;
mod lease;
mod lifetime;
mod neighbour;
mod packet;
mod place;
mod resource;
mod route;
mod spec;

pub use arp::Mac;
pub use error::AddressError;
pub use kernel::PROTOCOL;
pub use lease::AddressLease;
pub use lifetime::{KERNEL_SLACK, LEASE_MIN};
pub use resource::AddressExecutor;
pub use spec::{AddressSpec, Broadcast, Frames, SpecError};
