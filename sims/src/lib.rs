//! Simulated ringwright clusters in virtual time.
//!
//! A [`World`] is an engine that runs nodes: [`Step`] is an event queue over [`ringwright::Node`]s, [`turmoil::Turmoil`]
//! runs the production loop on simulated hosts. What is done to a cluster is a [`script`] of few verbs, written by hand in a [`Cluster`] or drawn from a seed by [`schedule`]; what
//! happens is a [`History`], and [`check`] judges it, a file a property. Everything random derives from one seed: a seed
//! run twice gives the same [`History::digest`].

pub mod check;
mod cluster;
mod digest;
pub mod fuzz;
mod history;
pub mod narrate;
mod rng;
pub mod run;
pub mod schedule;
pub mod script;
mod step;
pub mod turmoil;
mod world;

pub use cluster::Cluster;
pub use digest::Digest;
pub use history::{History, Life, MessageId, PAYLOAD_MIN, Record, Sent, What, payload};
pub use rng::Rng;
pub use step::Step;
pub use world::{Settings, Status, World};
