//! Changes of a configuration, pure: a cluster information base in, the changed one out, or why not and nothing changed.

pub(crate) mod constraint;
pub(crate) mod create;
mod find;
mod ids;
pub(crate) mod node;
pub(crate) mod pairs;
pub(crate) mod property;
pub(crate) mod resource;
#[cfg(test)]
mod tests;

use crate::failure::Failure;

/// Why a change is not made.
pub(crate) type Edited<T = ()> = Result<T, Failure>;

fn refuse<T>(why: impl std::fmt::Display) -> Edited<T> {
    Err(Failure::new(why))
}
