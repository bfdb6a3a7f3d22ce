//! XML as a cluster information base uses it: elements and attributes, read in one pass with their places.

mod element;
mod intern;
mod reader;

pub use element::{Attrs, Element, Place, Text};
pub(crate) use intern::Interner;
pub(crate) use reader::{Event, Reader};
