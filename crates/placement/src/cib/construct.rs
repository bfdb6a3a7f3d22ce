//! The parts of a cluster information base, made in Rust.
//!
//! Ids of sets, pairs, operations, rules and constraints may be left out: [`CibBuilder::build`](super::CibBuilder::build)
//! gives them some.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::{
    Bundle, Clone, Colocation, Constraint, Expression, Group, HistoryEntry, Location, Node, NvSet,
    Operation, Order, Primitive, Resource, ResourceSet, Rule, Ticket,
};
use crate::score::{self, Score};
use crate::xml::{Attrs, Element, Text};

/// Attributes with these names and values.
fn attrs(pairs: &[(&str, &str)]) -> Attrs {
    let mut attrs = Attrs::default();
    for (name, value) in pairs {
        attrs.set(name, value);
    }
    attrs
}

/// The last set, or a first one.
pub(super) fn add(sets: &mut Vec<NvSet>, name: &str, value: &str) {
    if sets.is_empty() {
        sets.push(NvSet::default());
    }
    if let Some(set) = sets.last_mut() {
        set.pairs.push(attrs(&[("name", name), ("value", value)]));
    }
}

impl NvSet {
    /// A set of names and values.
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| attrs(&[("name", name), ("value", value)]));
        Self {
            pairs: pairs.collect(),
            ..Self::default()
        }
    }

    /// Counts only where `rule` passes.
    #[must_use]
    pub fn when(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

/// Chained setters of the element's own attributes.
macro_rules! attribute_setter {
    ($($type:ty),*) => {$(
        impl $type {
            /// Sets an attribute of the element itself.
            #[must_use]
            pub fn set(mut self, name: &str, value: &str) -> Self {
                self.attrs.set(name, value);
                self
            }
        }
    )*};
}

attribute_setter!(
    Node,
    Primitive,
    Operation,
    Group,
    Clone,
    Bundle,
    Location,
    Colocation,
    Order,
    Ticket,
    ResourceSet,
    Rule
);

/// Chained setters of meta attributes.
macro_rules! meta_setter {
    ($($type:ty),*) => {$(
        impl $type {
            /// Adds a meta attribute.
            #[must_use]
            pub fn meta(mut self, name: &str, value: &str) -> Self {
                add(&mut self.meta, name, value);
                self
            }
        }
    )*};
}

meta_setter!(Primitive, Operation, Group, Clone, Bundle);

impl Node {
    /// A member of the cluster.
    pub fn new(name: &str) -> Self {
        Self {
            attrs: attrs(&[("uname", name)]),
            ..Self::default()
        }
    }

    /// Adds a permanent attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        add(&mut self.attributes, name, value);
        self
    }

    /// Adds capacity.
    #[must_use]
    pub fn capacity(mut self, name: &str, amount: u32) -> Self {
        add(&mut self.utilization, name, &format!("{amount}"));
        self
    }
}

impl Primitive {
    /// A resource of an agent written `CLASS:TYPE` or `CLASS:PROVIDER:TYPE`, such as `ocf:heartbeat:IPaddr2`.
    pub fn new(id: &str, agent: &str) -> Self {
        let parts: Vec<&str> = agent.splitn(3, ':').collect();
        let attrs = match parts[..] {
            [class, provider, kind] => attrs(&[
                ("id", id),
                ("class", class),
                ("provider", provider),
                ("type", kind),
            ]),
            [class, kind] => attrs(&[("id", id), ("class", class), ("type", kind)]),
            _ => attrs(&[("id", id), ("class", agent)]),
        };
        Self {
            attrs,
            ..Self::default()
        }
    }

    /// Adds a parameter of the agent.
    #[must_use]
    pub fn param(mut self, name: &str, value: &str) -> Self {
        add(&mut self.params, name, value);
        self
    }

    /// Adds what it needs of a node's capacity.
    #[must_use]
    pub fn needs(mut self, name: &str, amount: u32) -> Self {
        add(&mut self.utilization, name, &format!("{amount}"));
        self
    }

    /// Adds a recurring monitor; `interval` is a duration such as `10s`.
    #[must_use]
    pub fn monitor(self, interval: &str) -> Self {
        self.operation(Operation::new("monitor", interval))
    }

    /// Adds an operation.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }
}

impl Operation {
    /// An operation; `interval` is a duration such as `10s`, `0` for one that does not recur.
    pub fn new(name: &str, interval: &str) -> Self {
        Self {
            attrs: attrs(&[("name", name), ("interval", interval)]),
            ..Self::default()
        }
    }
}

impl Group {
    /// Primitives that run on one node, started in this order.
    pub fn new(id: &str, members: impl IntoIterator<Item = Primitive>) -> Self {
        Self {
            attrs: attrs(&[("id", id)]),
            members: members.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Clone {
    /// A primitive or a group that runs more than once.
    pub fn new(id: &str, child: impl Into<Resource>) -> Self {
        Self {
            attrs: attrs(&[("id", id)]),
            master: false,
            params: Vec::new(),
            meta: Vec::new(),
            child: Box::new(child.into()),
        }
    }

    /// A clone whose instances may be promoted.
    pub fn promotable(id: &str, child: impl Into<Resource>) -> Self {
        Self::new(id, child).meta("promotable", "true")
    }
}

impl Bundle {
    /// A service in containers of a technology (`docker`, `podman` or `rkt`) and an image.
    pub fn new(id: &str, technology: &str, image: &str) -> Self {
        Self {
            attrs: attrs(&[("id", id)]),
            container: Element {
                name: Text::from(technology),
                attrs: attrs(&[("image", image)]),
                children: Vec::new(),
            },
            ..Self::default()
        }
    }

    /// How many containers there are.
    #[must_use]
    pub fn replicas(mut self, count: u32) -> Self {
        self.container.attrs.set("replicas", &format!("{count}"));
        self
    }

    /// Gives each container an address, from this one upwards.
    #[must_use]
    pub fn addresses_from(mut self, address: &str) -> Self {
        self.network = Some(Element {
            name: Text::from("network"),
            attrs: attrs(&[("ip-range-start", address)]),
            children: Vec::new(),
        });
        self
    }

    /// What runs inside; the containers then need addresses or a port.
    #[must_use]
    pub fn inside(mut self, primitive: Primitive) -> Self {
        self.primitive = Some(primitive);
        self
    }
}

impl Rule {
    /// Expressions that must all pass.
    pub fn all(expressions: impl IntoIterator<Item = Expression>) -> Self {
        Self {
            attrs: attrs(&[("boolean-op", "and")]),
            expressions: expressions.into_iter().collect(),
        }
    }

    /// Expressions of which one must pass.
    pub fn any(expressions: impl IntoIterator<Item = Expression>) -> Self {
        Self::all(expressions).set("boolean-op", "or")
    }

    /// The score of the nodes for which it passes.
    #[must_use]
    pub fn score(self, score: Score) -> Self {
        self.set("score", &score::text(score))
    }
}

impl Expression {
    /// Compares a node attribute: `operation` is `eq`, `ne`, `lt`, `lte`, `gt` or `gte`.
    pub fn compare(attribute: &str, operation: &str, value: &str) -> Self {
        let (name, parts) = (("attribute", attribute), ("operation", operation));
        Self::Attribute(attrs(&[name, parts, ("value", value)]))
    }

    /// Whether a node has an attribute.
    pub fn defined(attribute: &str) -> Self {
        let parts = [("attribute", attribute), ("operation", "defined")];
        Self::Attribute(attrs(&parts))
    }
}

impl Location {
    /// How much a resource likes a node.
    pub fn new(resource: &str, node: &str, score: Score) -> Self {
        let score = score::text(score);
        let parts = [("rsc", resource), ("node", node), ("score", &score)];
        Self {
            attrs: attrs(&parts),
            ..Self::default()
        }
    }

    /// How much a resource likes the nodes for which rules pass, by the score of each.
    pub fn by_rules(resource: &str, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            attrs: attrs(&[("rsc", resource)]),
            rules: rules.into_iter().collect(),
            ..Self::default()
        }
    }

    /// How much each member of a set likes a node.
    pub fn of_set(set: ResourceSet, node: &str, score: Score) -> Self {
        Self {
            attrs: attrs(&[("node", node), ("score", &score::text(score))]),
            sets: vec![set],
            ..Self::default()
        }
    }
}

impl Colocation {
    /// Places `resource` relative to where `with` is.
    pub fn new(resource: &str, with: &str, score: Score) -> Self {
        let score = score::text(score);
        let parts = [("rsc", resource), ("with-rsc", with), ("score", &score)];
        Self {
            attrs: attrs(&parts),
            ..Self::default()
        }
    }

    /// Places the members of sets relative to each other.
    pub fn of_sets(sets: impl IntoIterator<Item = ResourceSet>, score: Score) -> Self {
        Self {
            attrs: attrs(&[("score", &score::text(score))]),
            sets: sets.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Order {
    /// `first` starts before `then`, and stops after it.
    pub fn new(first: &str, then: &str) -> Self {
        Self {
            attrs: attrs(&[("first", first), ("then", then)]),
            ..Self::default()
        }
    }

    /// The members of sets start one after the other.
    pub fn of_sets(sets: impl IntoIterator<Item = ResourceSet>) -> Self {
        Self {
            sets: sets.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Ticket {
    /// `resource` runs only where `ticket` is granted.
    pub fn new(resource: &str, ticket: &str) -> Self {
        Self {
            attrs: attrs(&[("rsc", resource), ("ticket", ticket)]),
            ..Self::default()
        }
    }
}

impl ResourceSet {
    /// Resources in this order.
    pub fn of<'a>(members: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            attrs: Attrs::default(),
            members: members.into_iter().map(Text::from).collect(),
        }
    }
}

impl HistoryEntry {
    /// An operation that ended with an exit code of OCF, of a recurring one with its interval in milliseconds.
    pub fn ended(operation: &str, interval_ms: u32, rc: i32) -> Self {
        Self {
            operation: Text::from(operation),
            interval_ms,
            rc,
            ..Self::default()
        }
    }

    /// An operation whose outcome is not known yet.
    pub fn pending(operation: &str) -> Self {
        Self {
            status: -1,
            call_id: -1,
            ..Self::ended(operation, 0, 193)
        }
    }

    /// The exit code that was expected; by default 0, of probes 7 (not running).
    #[must_use]
    pub fn expecting(mut self, rc: i32) -> Self {
        self.transition_key = Some(Text::from(&*format!("1:1:{rc}:{CONTROLLER}")));
        self
    }

    /// When it ended, in seconds since the epoch.
    #[must_use]
    pub fn at(mut self, seconds: i64) -> Self {
        self.last_rc_change = Some(seconds);
        self
    }

    /// The digest of the parameters that it was given.
    #[must_use]
    pub fn digest(mut self, digest: &str) -> Self {
        self.digest = Some(Text::from(digest));
        self
    }
}

/// The uuid of the controller that asked for the operations of a built history.
pub(super) const CONTROLLER: &str = "00000000-0000-0000-0000-000000000000";

/// Conversions into the sum of the kinds.
macro_rules! kinds {
    ($sum:ident: $($kind:ident),*) => {$(
        impl From<$kind> for $sum {
            fn from(kind: $kind) -> Self {
                Self::$kind(kind)
            }
        }
    )*};
}

kinds!(Resource: Primitive, Group, Clone, Bundle);
kinds!(Constraint: Location, Colocation, Order, Ticket);
