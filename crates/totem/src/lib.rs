//! Totem single-ring membership and total order, service synchronisation, process groups and votequorum,
//! byte for byte as corosync 3.1 speaks them, without a clock, a socket or a thread.
//!
//! [`Engine`] is a fold over timed inputs: feed it datagrams, expiries and commands by
//! [`Engine::handle_input`], carry out what [`Engine::poll_output`] returns, in order, and call again at
//! [`Engine::poll_timeout`]. Everything random derives from the seed given at construction; two engines fed the same
//! inputs give the same outputs.
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
    Config, ConfigError, Engine, Event, Input, NET_MTU_DEFAULT, Output, PAYLOAD_MAX, QuorumCall,
    Rejected, Stable, Target,
};
pub use id::{NodeId, RingId};
pub use time::Instant;
