//! What commands print, as pure functions of what the daemon tells.

mod cluster;
mod cmap;
mod constraint;
mod difference;
mod quorum;
mod status;

pub(crate) use cluster::{Cluster, cluster, exit, resources};
pub(crate) use cmap::cmap;
pub(crate) use constraint::constraints;
pub(crate) use difference::difference;
pub(crate) use quorum::quorum;
pub(crate) use status::{members, status};
