//! Constraints between resources and nodes, tags and fencing levels.

use alloc::vec::Vec;

use super::rule::Rule;
use crate::xml::{Attrs, Text};

/// A constraint.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// `rsc_location`.
    Location(Location),
    /// `rsc_colocation`.
    Colocation(Colocation),
    /// `rsc_order`.
    Order(Order),
    /// `rsc_ticket`.
    Ticket(Ticket),
}

impl Constraint {
    /// The attributes of the element itself.
    pub fn attrs(&self) -> &Attrs {
        match self {
            Self::Location(c) => &c.attrs,
            Self::Colocation(c) => &c.attrs,
            Self::Order(c) => &c.attrs,
            Self::Ticket(c) => &c.attrs,
        }
    }
}

/// Where a resource may or should run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// `id`, `rsc` or `rsc-pattern`, `node`, `score`, `role`, `resource-discovery`.
    pub attrs: Attrs,
    /// Which nodes, instead of `node`.
    pub rules: Vec<Rule>,
    /// Which resources, instead of `rsc`.
    pub sets: Vec<ResourceSet>,
    /// The constraint counts only while this passes.
    pub lifetime: Option<Rule>,
}

/// Which resources run together, or apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Colocation {
    /// `id`, `rsc`, `with-rsc`, `score`, `rsc-role`, `with-rsc-role`, `node-attribute`, `influence`.
    pub attrs: Attrs,
    /// Sets instead of `rsc` and `with-rsc`.
    pub sets: Vec<ResourceSet>,
    /// The constraint counts only while this passes.
    pub lifetime: Option<Rule>,
}

/// What happens before what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Order {
    /// `id`, `first`, `then`, `first-action`, `then-action`, `kind` or `score`, `symmetrical`, `require-all`.
    pub attrs: Attrs,
    /// Sets instead of `first` and `then`.
    pub sets: Vec<ResourceSet>,
    /// The constraint counts only while this passes.
    pub lifetime: Option<Rule>,
}

/// Which resource needs which ticket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticket {
    /// `id`, `rsc`, `rsc-role`, `ticket`, `loss-policy`.
    pub attrs: Attrs,
    /// Sets instead of `rsc`.
    pub sets: Vec<ResourceSet>,
}

/// A `resource_set` of a constraint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceSet {
    /// `id`, `sequential`, `require-all`, `role`, `action`, `score`, `ordering`, `kind`.
    pub attrs: Attrs,
    /// Ids of its `resource_ref`s.
    pub members: Vec<Text>,
}

/// A named set of ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tag {
    /// `id`.
    pub attrs: Attrs,
    /// Ids of its `obj_ref`s.
    pub members: Vec<Text>,
}

/// A `fencing-level`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FencingLevel {
    /// `id`, `target` (or `target-pattern`, `target-attribute` and `target-value`), `index`, `devices`.
    pub attrs: Attrs,
}
