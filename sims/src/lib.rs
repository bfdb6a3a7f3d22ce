//! Simulated ringwright clusters in virtual time.
//!
//! A [`World`] is an engine that runs nodes: [`Step`] is an event queue over [`ringwright::Node`]s, [`turmoil::Turmoil`]
//! runs the production loop on simulated hosts. What is done to a cluster is a [`script`] of few verbs, written by hand in a [`Cluster`] or drawn from a seed by [`schedule`]; what
//! happens is a [`History`], and [`check`] judges it, a file a property. Everything random derives from one seed: a seed
//! run twice gives the same [`History::digest`].

pub mod check;
mod cluster;
pub mod convergence;
mod digest;
pub mod explain;
pub mod fuzz;
mod history;
pub mod host;
pub mod narrate;
mod rng;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod script;
pub mod setup;
pub mod stability;
mod step;
pub mod sweep;
pub mod timeline;
pub mod turmoil;
mod vintage;
mod world;

pub use cluster::Cluster;
pub use digest::Digest;
pub use history::{History, Life, MessageId, PAYLOAD_MIN, Record, Sent, What, payload};
pub use rng::Rng;
pub use setup::{Machine, Setup};
pub use step::Step;
pub use timeline::Timeline;
pub use turmoil::Turmoil;
pub use vintage::{UnknownVintage, Vintage};
pub use world::{Settings, Status, Unsupported, World};
