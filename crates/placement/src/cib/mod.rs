//! The cluster information base: configuration and status, as they are written.
//!
//! Every element keeps its attributes as they were read ([`Attrs`], with the place) beside typed children, so that what is
//! not known here is kept, and what refers to another element (`id-ref`) holds a copy of the content.

mod builder;
mod constraint;
mod construct;
mod event;
mod history_reader;
mod ids;
mod nvset;
mod reader;
mod resource;
mod rule;
mod status;
mod status_reader;
mod upgrade;
pub(crate) mod value;
mod writer;

use alloc::string::String;
use alloc::vec::Vec;

pub use builder::{BuildError, CibBuilder};
pub use constraint::{
    Colocation, Constraint, FencingLevel, Location, Order, ResourceSet, Tag, Ticket,
};
pub use event::EventError;
pub use nvset::NvSet;
pub use resource::{Bundle, Clone, Group, Operation, Primitive, Resource};
pub use rule::{DateExpression, Expression, Rule};
pub use status::{HistoryEntry, HistoryResource, NodeState, Seldom, Status, TicketState};

use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Element, Text};

/// A cluster information base.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cib {
    /// Attributes of the root: `have-quorum`, `dc-uuid`, `execution-date`, `validate-with` …
    pub attrs: Attrs,
    /// Cluster options.
    pub crm_config: Vec<NvSet>,
    /// Nodes that are configured.
    pub nodes: Vec<Node>,
    /// Resources in the order of the document.
    pub resources: Vec<Resource>,
    /// Templates that primitives refer to.
    pub templates: Vec<Primitive>,
    /// Constraints of all kinds in the order of the document.
    pub constraints: Vec<Constraint>,
    /// Defaults of resource meta attributes.
    pub rsc_defaults: Vec<NvSet>,
    /// Defaults of operation meta attributes.
    pub op_defaults: Vec<NvSet>,
    /// Which device fences which node, level by level.
    pub fencing_topology: Vec<FencingLevel>,
    /// Named sets of ids.
    pub tags: Vec<Tag>,
    /// Access control; kept, without effect on placement.
    pub acls: Option<Element>,
    /// Alerts; kept, without effect on placement.
    pub alerts: Option<Element>,
    /// What is known of nodes and resources at the moment.
    pub status: Status,
    /// Elements that are not known here, by the element they stand in.
    pub unknown: Vec<Unknown>,
}

/// An element that is not known here.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// The name of the element around it.
    pub within: Text,
    /// The `id` of the element around it (of the primitive for `operations` without one, of the constraint for `lifetime`), or
    /// nothing if it has none.
    pub id: Text,
    /// The `id` of the `node_state` around it, or nothing outside of any.
    pub node: Text,
    /// The element.
    pub element: Element,
}

impl Unknown {
    pub(crate) fn within(name: &str, id: &str, element: Element) -> Self {
        Self {
            within: Text::from(name),
            id: Text::from(id),
            node: Text::default(),
            element,
        }
    }
}

/// A cluster information base that was read, and what is noteworthy about it.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What was read.
    pub cib: Cib,
    /// Warnings in the order of their places.
    pub warnings: Vec<Diagnostic>,
}

/// A node that is configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// `id`, `uname`, `type` (`member` if absent, or `remote`, `ping`), `score`.
    pub attrs: Attrs,
    /// Permanent attributes.
    pub attributes: Vec<NvSet>,
    /// Capacity.
    pub utilization: Vec<NvSet>,
}

impl Cib {
    /// Begins a cluster information base made in Rust.
    ///
    /// ```
    /// use ringwright_placement::Cib;
    /// use ringwright_placement::cib::{Clone, Colocation, HistoryEntry, Location, Order, Primitive};
    ///
    /// let cib = Cib::builder()
    ///     .option("stonith-enabled", "false")
    ///     .node("n1")
    ///     .node("n2")
    ///     .resource(Primitive::new("ip", "ocf:heartbeat:IPaddr2").param("ip", "192.0.2.7").monitor("10s"))
    ///     .resource(Clone::promotable("db-clone", Primitive::new("db", "ocf:pacemaker:Stateful")))
    ///     .constraint(Location::new("ip", "n1", 100))
    ///     .constraint(Colocation::new("ip", "db-clone", 1_000_000).set("with-rsc-role", "Promoted"))
    ///     .constraint(Order::new("db-clone", "ip").set("first-action", "promote"))
    ///     .history("n1", "ip", [HistoryEntry::ended("monitor", 0, 7)])
    ///     .build()?;
    /// let text = cib.to_xml();
    /// assert_eq!(Cib::parse("ours", &text).unwrap().cib, cib);
    /// # Ok::<(), ringwright_placement::cib::BuildError>(())
    /// ```
    pub fn builder() -> CibBuilder {
        CibBuilder::default()
    }

    /// Reads a whole `cib` element; `file` is only a name for messages.
    ///
    /// # Errors
    /// The text is no XML, or no cluster information base of a schema that is known here; the diagnostic points at the place.
    pub fn parse(file: &str, text: &str) -> Result<Parsed, Diagnostic> {
        reader::parse(file, text)
    }

    /// The document as XML, indented by two blanks; it is read as the same model again.
    ///
    /// Comments are not kept, and elements of different kinds come in the order of this model. What has an `id-ref` is
    /// written as such. `crm_verify` accepts it if it accepted what was read, or what [`Cib::builder`] made.
    pub fn to_xml(&self) -> String {
        writer::write(self)
    }
}
