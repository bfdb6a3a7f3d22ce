//! `ringwright sim`: stories of clusters by name or by script, run, told, swept over seeds and merged.

mod case;
mod list;
mod merge;
mod name;
mod run;
mod shard;
mod subject;
mod sweep;
mod tally;
pub(crate) mod text;

pub(crate) use list::{json as list_json, table as list};
pub(crate) use merge::merge;
pub(crate) use run::{Shown, run};
pub(crate) use shard::Shard;
pub(crate) use subject::{Given, Subject};
pub(crate) use sweep::{Request, sweep};
pub(crate) use tally::Form;

/// The exit status when something was not as expected.
const UNEXPECTED: u8 = 1;
/// The exit status for files that cannot be read, written or put together.
const UNUSABLE: u8 = 2;
/// The exit status of a sweep that was interrupted, as a shell has it for Ctrl-C.
const INTERRUPTED: u8 = 130;
