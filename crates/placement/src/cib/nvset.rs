//! Sets of names and values.

use alloc::vec::Vec;

use super::rule::Rule;
use crate::xml::Attrs;

/// `cluster_property_set`, `instance_attributes`, `meta_attributes` or `utilization`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NvSet {
    /// `id`, `score`, or `id-ref` (then the rest is a copy of that set).
    pub attrs: Attrs,
    /// The set counts only if this passes.
    pub rule: Option<Rule>,
    /// Pairs in the order of the document: `id`, `name`, `value` of each, or `id-ref` beside a copy.
    pub pairs: Vec<Attrs>,
}

impl NvSet {
    /// The value of a name within this set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|p| p.get("name") == Some(name))
            .and_then(|p| p.get("value"))
    }
}
