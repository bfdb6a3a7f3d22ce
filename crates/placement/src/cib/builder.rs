//! A cluster information base made in Rust.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::construct::{CONTROLLER, add};
use super::{
    Cib, Constraint, FencingLevel, HistoryEntry, HistoryResource, Node, NodeState, Primitive,
    Resource, ResourceSet, Tag, TicketState, ids,
};
use crate::xml::{Attrs, Text};

/// The schema that is written: the newest of Pacemaker 2.1.
const SCHEMA: &str = "pacemaker-3.9";

/// The feature set of Pacemaker 2.1.5.
const FEATURE_SET: &str = "3.16.1";

/// Makes a [`Cib`] part by part; see [`Cib::builder`].
#[derive(Clone, Debug)]
pub struct CibBuilder {
    cib: Cib,
}

/// Why parts make no cluster information base. Nothing is made then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// An id that XML does not allow: it starts with a letter or `_`, and has letters, digits, `-`, `_` and `.`.
    InvalidId(String),
    /// Two elements have the same id.
    DuplicateId(String),
    /// A constraint, a tag or a history is about a resource that is not there.
    UnknownResource(String),
    /// A constraint, a state or a history is about a node that is not there.
    UnknownNode(String),
    /// An agent that is not written `CLASS:TYPE` or `CLASS:PROVIDER:TYPE`; the resource is named.
    InvalidAgent(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidId(id) => write!(f, "`{id}` cannot be an id in XML"),
            Self::DuplicateId(id) => write!(f, "the id `{id}` is used twice"),
            Self::UnknownResource(id) => write!(f, "there is no resource `{id}`"),
            Self::UnknownNode(name) => write!(f, "there is no node `{name}`"),
            Self::InvalidAgent(id) => {
                write!(
                    f,
                    "the agent of `{id}` is not CLASS:TYPE or CLASS:PROVIDER:TYPE"
                )
            }
        }
    }
}

impl core::error::Error for BuildError {}

impl Default for CibBuilder {
    fn default() -> Self {
        let mut cib = Cib::default();
        for (name, value) in [
            ("crm_feature_set", FEATURE_SET),
            ("validate-with", SCHEMA),
            ("epoch", "1"),
            ("num_updates", "0"),
            ("admin_epoch", "0"),
            ("have-quorum", "1"),
        ] {
            cib.attrs.set(name, value);
        }
        Self { cib }
    }
}

impl CibBuilder {
    /// Sets a cluster option, such as `no-quorum-policy`.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        add(&mut self.cib.crm_config, name, value);
        self
    }

    /// Sets an attribute of the element `cib` itself, such as `dc-uuid`.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.cib.attrs.set(name, value);
        self
    }

    /// Whether there is quorum; there is if nothing is said.
    #[must_use]
    pub fn quorum(self, quorum: bool) -> Self {
        self.attribute("have-quorum", if quorum { "1" } else { "0" })
    }

    /// The time that it is placed for, in seconds since the epoch.
    #[must_use]
    pub fn at(self, seconds: i64) -> Self {
        self.attribute("execution-date", &seconds.to_string())
    }

    /// Sets a default of all resources' meta attributes, such as `resource-stickiness`.
    #[must_use]
    pub fn rsc_default(mut self, name: &str, value: &str) -> Self {
        add(&mut self.cib.rsc_defaults, name, value);
        self
    }

    /// Sets a default of all operations, such as `timeout`.
    #[must_use]
    pub fn op_default(mut self, name: &str, value: &str) -> Self {
        add(&mut self.cib.op_defaults, name, value);
        self
    }

    /// Adds a node that is there: online and a member.
    #[must_use]
    pub fn node(self, node: impl Into<Node>) -> Self {
        let state = [
            ("in_ccm", "true"),
            ("crmd", "online"),
            ("join", "member"),
            ("expected", "member"),
        ];
        self.node_in(node, &state)
    }

    /// Adds a node that left in good order.
    #[must_use]
    pub fn offline(self, node: impl Into<Node>) -> Self {
        let state = [
            ("in_ccm", "false"),
            ("crmd", "offline"),
            ("join", "down"),
            ("expected", "down"),
        ];
        self.node_in(node, &state)
    }

    /// Adds a node that vanished: with fencing enabled it has to be fenced.
    #[must_use]
    pub fn lost(self, node: impl Into<Node>) -> Self {
        let state = [
            ("in_ccm", "false"),
            ("crmd", "offline"),
            ("join", "down"),
            ("expected", "member"),
        ];
        self.node_in(node, &state)
    }

    /// Adds a node that was never seen.
    #[must_use]
    pub fn unseen(mut self, node: impl Into<Node>) -> Self {
        self.add_node(node.into());
        self
    }

    /// Adds a node whose `node_state` has these attributes.
    #[must_use]
    pub fn node_in(mut self, node: impl Into<Node>, state: &[(&str, &str)]) -> Self {
        let (id, name) = self.add_node(node.into());
        let mut attrs = Attrs::default();
        attrs.set("id", &id);
        attrs.set("uname", &name);
        for (name, value) in state {
            attrs.set(name, value);
        }
        self.cib.status.nodes.push(NodeState {
            attrs,
            ..NodeState::default()
        });
        self
    }

    fn add_node(&mut self, mut node: Node) -> (String, String) {
        if node.attrs.get("id").is_none() {
            let id = (self.cib.nodes.len() + 1).to_string();
            node.attrs.lead("id", &id);
        }
        let name = node.attrs.get("uname").unwrap_or_default().to_string();
        let id = node.attrs.id().to_string();
        self.cib.nodes.push(node);
        (id, name)
    }

    /// Adds a transient attribute of a node, such as `standby`, `fail-count-ip#monitor_10000` or `master-db`.
    #[must_use]
    pub fn transient(mut self, node: &str, name: &str, value: &str) -> Self {
        add(&mut self.state(node).transient, name, value);
        self
    }

    /// Adds a resource.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<Resource>) -> Self {
        self.cib.resources.push(resource.into());
        self
    }

    /// Adds a template that primitives can refer to by `template`.
    #[must_use]
    pub fn template(mut self, template: Primitive) -> Self {
        self.cib.templates.push(template);
        self
    }

    /// Adds a constraint.
    #[must_use]
    pub fn constraint(mut self, constraint: impl Into<Constraint>) -> Self {
        self.cib.constraints.push(constraint.into());
        self
    }

    /// Gives a set of resources a name.
    #[must_use]
    pub fn tag<'a>(mut self, id: &str, members: impl IntoIterator<Item = &'a str>) -> Self {
        let mut attrs = Attrs::default();
        attrs.set("id", id);
        self.cib.tags.push(Tag {
            attrs,
            members: members.into_iter().map(Text::from).collect(),
        });
        self
    }

    /// Lets these devices fence a node, after those of lower levels failed.
    #[must_use]
    pub fn fencing_level(mut self, target: &str, index: u32, devices: &[&str]) -> Self {
        let mut attrs = Attrs::default();
        attrs.set("target", target);
        attrs.set("index", &index.to_string());
        attrs.set("devices", &devices.join(","));
        self.cib.fencing_topology.push(FencingLevel { attrs });
        self
    }

    /// Whether a ticket is granted.
    #[must_use]
    pub fn ticket(mut self, id: &str, granted: bool) -> Self {
        let mut attrs = Attrs::default();
        attrs.set("id", id);
        attrs.set("granted", if granted { "true" } else { "false" });
        self.cib.status.tickets.push(TicketState { attrs });
        self
    }

    /// What a resource (an instance, by its own name) did on a node, oldest first.
    #[must_use]
    pub fn history(
        mut self,
        node: &str,
        resource: &str,
        entries: impl IntoIterator<Item = HistoryEntry>,
    ) -> Self {
        let agent = self.agent(resource);
        let state = self.state(node);
        let calls: usize = state.history.iter().map(|r| r.ops.len()).sum();
        let mut history = HistoryResource {
            id: Text::from(resource),
            ..agent
        };
        for (index, entry) in entries.into_iter().enumerate() {
            let entry = completed(entry, resource, node, calls + index + 1);
            // As in a real history, of entries with the same id the newest is kept.
            history.ops.retain(|op| op.id != entry.id);
            history.ops.push(entry);
        }
        state.history.push(history);
        self
    }

    /// The agent of a resource as its history names it; one of an unknown resource is a stand-in.
    fn agent(&self, resource: &str) -> HistoryResource {
        let name = resource.split(':').next().unwrap_or_default();
        let found = self.cib.resources.iter().find_map(|r| primitive(r, name));
        let attrs = found.map(|p| match p.attrs.get("template") {
            Some(id) => self.cib.templates.iter().find(|t| t.attrs.id() == id),
            None => Some(p),
        });
        let text = |name, default| {
            let attrs = attrs.flatten().map(|p| &p.attrs);
            let found = attrs.map(|a| a.text(name).cloned());
            found.unwrap_or_else(|| Some(Text::from(default)))
        };
        HistoryResource {
            class: text("class", "ocf").unwrap_or_default(),
            provider: text("provider", "pacemaker"),
            kind: text("type", "Dummy").unwrap_or_default(),
            ..HistoryResource::default()
        }
    }

    /// The state of a node; of one without any, a state without attributes.
    fn state(&mut self, name: &str) -> &mut NodeState {
        let states = &mut self.cib.status.nodes;
        let known = states
            .iter()
            .position(|s| s.attrs.get("uname") == Some(name));
        let index = known.unwrap_or_else(|| {
            let nodes = &self.cib.nodes;
            let node = nodes.iter().find(|n| n.attrs.get("uname") == Some(name));
            let mut attrs = Attrs::default();
            attrs.set("id", node.map_or(name, |n| n.attrs.id()));
            attrs.set("uname", name);
            states.push(NodeState {
                attrs,
                ..NodeState::default()
            });
            states.len() - 1
        });
        &mut states[index]
    }

    /// The whole. Elements without an id are given one.
    ///
    /// # Errors
    /// An id is invalid or used twice, or a part is about a resource or node that is not there.
    pub fn build(mut self) -> Result<Cib, BuildError> {
        ids::assign(&mut self.cib)?;
        self.check_nodes()?;
        self.check_references()?;
        Ok(self.cib)
    }

    fn check_nodes(&self) -> Result<(), BuildError> {
        let names = |n: &Node| n.attrs.get("uname").map(ToString::to_string);
        let names: BTreeSet<String> = self.cib.nodes.iter().filter_map(names).collect();
        let states = self.cib.status.nodes.iter().map(|s| &s.attrs);
        let states = states.filter(|a| a.get("remote_node").is_none());
        let known = states.filter_map(|a| a.get("uname"));
        let located = self.cib.constraints.iter().filter_map(|c| match c {
            Constraint::Location(location) => location.attrs.get("node"),
            _ => None,
        });
        for name in known.chain(located) {
            if !names.contains(name) {
                return Err(BuildError::UnknownNode(name.to_string()));
            }
        }
        Ok(())
    }

    fn check_references(&self) -> Result<(), BuildError> {
        let mut known = BTreeSet::new();
        for resource in &self.cib.resources {
            resource.visit(&mut |attrs| {
                known.insert(attrs.id());
            });
        }
        known.extend(self.cib.tags.iter().map(|t| t.attrs.id()));
        known.extend(self.cib.templates.iter().map(|t| t.attrs.id()));
        let mut named: Vec<&str> = Vec::new();
        for constraint in &self.cib.constraints {
            let (attrs, sets): (&Attrs, &[ResourceSet]) = match constraint {
                Constraint::Location(c) => (&c.attrs, &c.sets),
                Constraint::Colocation(c) => (&c.attrs, &c.sets),
                Constraint::Order(c) => (&c.attrs, &c.sets),
                Constraint::Ticket(c) => (&c.attrs, &c.sets),
            };
            named.extend(
                ["rsc", "with-rsc", "first", "then"]
                    .map(|name| attrs.get(name))
                    .iter()
                    .flatten(),
            );
            named.extend(sets.iter().flat_map(|set| &set.members).map(|m| &**m));
        }
        match named.into_iter().find(|id| !known.contains(id)) {
            Some(id) => Err(BuildError::UnknownResource(id.to_string())),
            None => Ok(()),
        }
    }
}

/// An entry with what its place in the history says.
fn completed(mut entry: HistoryEntry, resource: &str, node: &str, call: usize) -> HistoryEntry {
    let key = format!("{resource}_{}_{}", entry.operation, entry.interval_ms);
    if entry.call_id == 0 {
        entry.call_id = i32::try_from(call).unwrap_or(i32::MAX);
    }
    if entry.transition_key.is_none() {
        let probe = &*entry.operation == "monitor" && entry.interval_ms == 0;
        let expected = if probe { 7 } else { 0 };
        entry.transition_key = Some(Text::from(&*format!("1:1:{expected}:{CONTROLLER}")));
    }
    let expected = entry.transition().map_or(0, |(_, expected, _)| expected);
    let failed = entry.status == 0 && entry.rc != expected;
    if entry.id.is_empty() {
        entry.id = Text::from(match entry.interval_ms {
            0 if failed => format!("{resource}_last_failure_0"),
            0 => format!("{resource}_last_0"),
            _ => key.clone(),
        });
    }
    entry.key = Some(Text::from(&*key));
    entry.on_node = Some(Text::from(node));
    entry.feature_set = Some(Text::from(FEATURE_SET));
    entry
}

/// The primitive of a name within a resource.
fn primitive<'a>(resource: &'a Resource, name: &str) -> Option<&'a Primitive> {
    match resource {
        Resource::Primitive(p) => (p.attrs.id() == name).then_some(p),
        Resource::Group(g) => g.members.iter().find(|p| p.attrs.id() == name),
        Resource::Clone(c) => primitive(&c.child, name),
        Resource::Bundle(b) => b.primitive.iter().find(|p| p.attrs.id() == name),
    }
}

impl From<&str> for Node {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}
