//! The classes of fault, a file a kind.

mod files;
mod interface;
mod path;
mod rest;
mod twin;

use super::Fault;

pub(super) const ALL: [&[Fault]; 5] = [interface::ALL, twin::ALL, path::ALL, files::ALL, rest::ALL];
