//! tokio around one [`ringwright::Node`]: sockets, timers, a store that survives crashes, process group sessions.
//!
//! [`Driver::start`] spawns the loop and returns a [`Handle`]; a program joins process groups with [`Handle::join`],
//! follows the cluster with [`Handle::events`] and asks the node anything with [`Handle::query`].
//!
//! - [`Transport`] and [`Socket`]: how datagrams travel. [`Udp`] speaks corosync's `udpu` and `udp`; a simulation brings
//!   its own.
//! - [`Store`]: what survives a restart. [`FileStore`] keeps corosync's own files.
//! - [`Executor`]: how resources are started, watched and stopped.
//! - A channel of `bool` tells whether the node's address is on this machine: see [`Driver::start`].
//! - [`journal`]: what a node was told, kept in files and played again.
//! - [`from_conf`]: all of it from a corosync.conf.
//!
//! Time is tokio's alone, so the loop runs under a paused or simulated clock as well.

mod clock;
mod driver;
mod ended;
mod executor;
pub mod from_conf;
mod handle;
mod jobs;
pub mod journal;
mod log;
mod request;
mod session;
mod sessions;
mod socket;
mod store;
mod udp;

pub use driver::{Driver, StartError};
pub use ended::Ended;
pub use executor::{Executor, NoExecutor};
pub use handle::{Handle, Refused};
pub use ringwright;
pub use session::{
    GroupSender, GroupSession, SESSION_BYTES_MAX, SESSION_EVENTS_MAX, SendError, SessionEnded,
};
pub use socket::{BATCH_MAX, Batch, Counters, DATAGRAM_MAX, Socket, Transport};
pub use store::{FileStore, MemoryStore, Store};
pub use udp::{Group, Udp, UdpSocket};
