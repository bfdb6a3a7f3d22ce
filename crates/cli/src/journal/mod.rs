//! Journals of nodes, played again and told.
//!
//! [`story`] turns a journal into what happened over time, an `Entry` a thing; everything that is shown of a journal is
//! made of these.

mod entry;
mod event;
mod input;
mod resource;
mod show;
mod story;
mod timeline;

pub(crate) use entry::{Detail, local};
pub(crate) use show::{Lines, json, outcome, outcome_json};
pub(crate) use story::story;
pub(crate) use timeline::{sentence, timeline};
