//! A cluster node to embed in a program: ring membership, totally ordered messages, quorum and process groups.
//!
//! [`Node`] holds no clock, no socket and no thread. Its owner feeds it timed [`Input`]s and carries out its
//! [`Output`]s, in order; the crate `ringwright-driver` does that over UDP with tokio, `examples/three_in_memory.rs`
//! without any of it. Two nodes fed the same inputs at the same times give the same outputs.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod cmap;
mod config;
mod io;
pub mod manager;
mod member;
mod node;
pub mod resource;

pub use cmap::{Cmap, CmapValue};
pub use config::{Config, NodeEntry};
pub use io::{Input, Output};
pub use member::{Member, MemberState};
pub use node::Node;
pub use ringwright_totem::wire::Arena;
pub use ringwright_totem::wire::service::cpg::GroupName;
pub use ringwright_totem::wire::service::votequorum::DeviceName;
pub use ringwright_totem::{
    ConfigError, DeviceCall, Event, Instant, NET_MTU_DEFAULT, NET_MTU_RANGE, NodeId, PAYLOAD_MAX,
    QuorumCall, Rejected, RingId, Sign, Stable, Target, group, quorum, ring,
};
