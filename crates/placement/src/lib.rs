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
mod rule;
mod score;
mod state;
mod summary;
mod xml;

pub use cib::Cib;
pub use diagnostic::{Diagnostic, Severity};
pub use graph::{Graph, Order, Step};
pub use overview::{NodeOverview, Overview, ResourceKind, ResourceOverview, overview};
pub use placement::{Active, Change, Options, Placement, Refused, ScoreEntry, Verb, active, place};
pub use score::{INFINITY, Score};
pub use state::Role;
pub use xml::{Attrs, Element, Place, Text};
