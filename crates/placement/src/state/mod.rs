//! The cluster as the scheduler sees it: options, nodes and resources, and what the history says about them.

mod bundle;
mod clone;
mod cluster;
mod container;
mod digest;
mod entry;
mod failcount;
mod history;
mod migration;
mod named;
mod natural;
mod node;
mod node_state;
mod operation;
mod options;
mod remote;
mod resource;
mod result;
mod role;
mod running;
pub(crate) mod setup;
mod table;

pub(crate) use clone::{CloneData, NotifyActions};
pub(crate) use cluster::{Cluster, Location, TicketState};
pub(crate) use digest::{Change, digest};
pub(crate) use entry::active_entries;
pub(crate) use named::strip;
pub(crate) use natural::natural;
pub(crate) use node::{Node, NodeKind};
pub(crate) use operation::{Needs, OpSpec};
pub(crate) use options::{Config, Quorum, Strategy};
pub(crate) use resource::{Def, Discovery, Kind, Multiple, Replica, Rsc};
pub use role::Role;
pub(crate) use table::{ABSENT, NodeSet, Table};
