//! Totem single-ring membership and total order, service synchronisation, process groups and votequorum,
//! byte for byte as corosync 3.1 speaks them, without a clock, a socket or a thread.
//!
//! [`Engine`] is a fold over timed inputs: feed it datagrams, expiries and commands by [`Engine::handle_input`], carry
//! out what [`Engine::poll_output`] returns, in order, and call again at [`Engine::poll_timeout`]. Everything random
//! derives from the seed given at construction; two engines fed the same inputs give the same outputs.
//!
//! Two nodes, a network that is a loop, and a message that both deliver:
//!
//! ```
//! use bytes::Bytes;
//! use ringwright_totem::wire::service::cpg::GroupName;
//! use ringwright_totem::{Config, Engine, Input, Instant, NodeId, Output, Stable, group};
//!
//! let ids = [NodeId(1), NodeId(2)];
//! let mut now = Instant::ZERO;
//! let mut nodes =
//!     ids.map(|me| Engine::new(Config::of(me, &ids), Stable::default(), 7, now).unwrap());
//! let chat = GroupName::try_from("chat").unwrap();
//! let (mut asked, mut delivered) = (false, Vec::new());
//! while delivered.len() < 2 {
//!     let mut quiet = true;
//!     for me in 0..2 {
//!         while let Some(output) = nodes[me].poll_output() {
//!             quiet = false;
//!             match output {
//!                 Output::Transmit { bytes, .. } => {
//!                     nodes[1 - me].handle_input(now, Input::Datagram(bytes)).unwrap();
//!                 }
//!                 Output::Group(group::Event::Message { payload, .. }) => delivered.push(payload),
//!                 _ => {} // what to store, and what happened
//!             }
//!         }
//!     }
//!     if !asked && nodes.iter().all(|node| node.ring().members() == ids && node.is_synchronised()) {
//!         asked = true;
//!         for node in &mut nodes {
//!             node.handle_input(now, Input::JoinGroup { pid: 1, group: chat.clone() }).unwrap();
//!         }
//!         let payload = Bytes::from_static(b"hello");
//!         nodes[0].handle_input(now, Input::Multicast { pid: 1, group: chat.clone(), payload }).unwrap();
//!     } else if quiet {
//!         now = nodes.iter().filter_map(Engine::poll_timeout).min().unwrap().max(now);
//!         nodes.iter_mut().for_each(|node| node.handle_input(now, Input::Timeout).unwrap());
//!     }
//! }
//! assert_eq!(delivered, ["hello", "hello"]);
//! ```
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod engine;
pub mod group;
mod id;
pub mod quorum;
pub mod ring;
pub mod sync;
mod time;
pub mod wire;

pub use engine::{
    Config, ConfigError, DeviceCall, Engine, Event, Input, NET_MTU_DEFAULT, NET_MTU_RANGE, Output,
    PAYLOAD_MAX, QuorumCall, Rejected, Stable, Target,
};
pub use id::{NodeId, RingId};
pub use ring::Sign;
pub use time::Instant;
