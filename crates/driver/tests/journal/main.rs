//! Journals: what is written is read, a replay goes the recorded way, and damage is told with its place.

mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod files;
mod format;
mod replays;
