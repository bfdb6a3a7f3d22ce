//! What commands print, as pure functions of what the daemon tells.

mod cmap;
mod quorum;
mod status;

pub(crate) use cmap::cmap;
pub(crate) use quorum::quorum;
pub(crate) use status::{members, status};
