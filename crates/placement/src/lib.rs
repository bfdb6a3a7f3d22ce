//! Where resources run and what leads there: a cluster information base in, the placement and the actions out, decided as
//! Pacemaker 2.1's scheduler decides.
//!
//! Pure and deterministic: no IO and no clock but the `now` of [`Options`].
#![no_std]
#![expect(
    clippy::many_single_char_names,
    reason = "a comparison names its two sides and their values by letters"
)]
extern crate alloc;

mod action;
mod arena;
mod assign;
pub mod cib;
mod constraint;
mod diagnostic;
mod flow;
mod graph;
mod outcome;
mod overview;
mod placement;
mod reason;
mod rule;
mod score;
mod state;
mod summary;
mod xml;

/// The examples of the guide are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/PLACEMENT.md")]
struct Guide;

pub use cib::Cib;
pub use diagnostic::{Diagnostic, Severity};
pub use graph::{Graph, Order, Step};
pub use overview::{NodeOverview, Overview, ResourceKind, ResourceOverview, overview};
pub use placement::{Active, Change, Options, Placement, Refused, ScoreEntry, Verb, active, place};
pub use reason::{Cause, Reason};
pub use score::{INFINITY, Score};
pub use state::Role;
pub use xml::{Attrs, Element, Place, Text};
