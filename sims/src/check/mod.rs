//! What must hold in every run, a file a property.
//!
//! [`safety`] judges any history at any time; [`settled`] what must have come true once the faults are over.

pub mod agreed_order;
pub mod at_most_once;
pub mod configuration;
pub mod groups;
pub mod lives;
pub mod one_side;
pub mod quorum;
pub mod ring_ids;
pub mod self_delivery;
pub mod settled;
pub mod virtual_synchrony;

use std::fmt;

use ringwright::Instant;

use crate::history::History;
use crate::world::Settings;

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The property: the checker's name.
    pub property: &'static str,
    /// When it was broken.
    pub at: Instant,
    /// How.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.property, self.at, self.what)
    }
}

/// Judges a history; the first violation is enough.
pub type Checker = fn(&History, &Settings) -> Result<(), Violation>;

/// Every property that holds at any time.
pub const SAFETY: [Checker; 9] = [
    at_most_once::check,
    configuration::check,
    ring_ids::check,
    agreed_order::check,
    virtual_synchrony::check,
    groups::check,
    one_side::check,
    quorum::check,
    lives::check,
];

/// Judges a history by all of [`SAFETY`].
pub fn safety(history: &History, settings: &Settings) -> Result<(), Violation> {
    SAFETY.iter().try_for_each(|check| check(history, settings))
}

fn ensure(
    holds: bool,
    property: &'static str,
    at: Instant,
    what: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds {
        return Ok(());
    }
    let what = what();
    Err(Violation { property, at, what })
}

#[cfg(test)]
mod forge;
