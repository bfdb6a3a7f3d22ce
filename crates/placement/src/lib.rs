//! Where resources run and what leads there: a cluster information base in, the placement and the actions out, decided as
//! Pacemaker 2.1's scheduler decides.
//!
//! Pure and deterministic: no IO and no clock but the `now` of [`Options`].
#![no_std]
extern crate alloc;

pub mod cib;
mod diagnostic;
mod rule;
mod score;
mod xml;

pub use cib::Cib;
pub use diagnostic::{Diagnostic, Severity};
pub use score::{INFINITY, Score};
pub use xml::{Attrs, Element, Place, Text};
