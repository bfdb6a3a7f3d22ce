//! What is known of each node: who it is, how it went, what runs there.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};

use ringwright_placement::Attrs;
use ringwright_placement::cib::{NodeState, NvSet};

use super::codec::{Reader, Writer};
use super::history::{History, decode_map, encode_map};
use crate::NodeId;

/// How a node takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Presence {
    /// It is a member.
    Member,
    /// It left in order, and holds nothing.
    Left,
    /// It is gone without a word: what it held it may hold still.
    Lost,
    /// It was fenced since: it holds nothing.
    Fenced,
}

impl Presence {
    const ALL: [Self; 4] = [Self::Member, Self::Left, Self::Lost, Self::Fenced];

    fn number(self) -> u8 {
        match self {
            Self::Member => 0,
            Self::Left => 1,
            Self::Lost => 2,
            Self::Fenced => 3,
        }
    }
}

/// What is known of a node. It alone says what its resources are; the others keep what it said last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeStatus {
    /// Its name in the CIB.
    pub name: String,
    /// The version of the messages that it understands.
    pub feature: u32,
    /// How it takes part.
    pub presence: Presence,
    /// Attributes that last until it leaves: `fail-count-ClusterIP#monitor_30000`, `shutdown`.
    pub attributes: BTreeMap<String, String>,
    /// What was done with each resource.
    pub resources: BTreeMap<String, History>,
}

impl NodeStatus {
    pub(super) fn new(name: &str, feature: u32) -> Self {
        Self {
            name: name.to_string(),
            feature,
            presence: Presence::Member,
            attributes: BTreeMap::new(),
            resources: BTreeMap::new(),
        }
    }

    /// The resources that it may hold.
    pub fn holdings(&self) -> impl Iterator<Item = &str> {
        let held = self.resources.iter().filter(|(_, h)| h.may_hold());
        held.map(|(id, _)| id.as_str())
    }

    /// Sets or takes away an attribute.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.attributes.insert(name.to_string(), value.to_string()),
            None => self.attributes.remove(name),
        };
    }

    /// Forgets what was done with a resource, or with all, and the failures counted.
    pub(super) fn clean(&mut self, resource: Option<&str>) {
        self.resources.retain(|id, _| !is_meant(id, resource));
        self.forgive(resource);
    }

    /// Forgets the failures of a resource, or of all.
    pub(super) fn forgive(&mut self, resource: Option<&str>) {
        self.attributes.retain(|name, _| {
            let counted = name
                .strip_prefix("fail-count-")
                .or_else(|| name.strip_prefix("last-failure-"));
            let id = counted.map(|rest| rest.split('#').next().unwrap_or(rest));
            !id.is_some_and(|id| is_meant(id, resource))
        });
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        w.text(&self.name);
        w.u32(self.feature);
        w.u8(self.presence.number());
        encode_map(&self.attributes, w);
        w.len(self.resources.len());
        for (id, history) in &self.resources {
            w.text(id);
            history.encode(w);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            name: r.text()?,
            feature: r.u32()?,
            presence: *Presence::ALL.get(usize::from(r.u8()?))?,
            attributes: decode_map(r)?,
            resources: r
                .list(|r| Some((r.text()?, History::decode(r)?)))?
                .into_iter()
                .collect(),
        })
    }

    /// As a CIB has it.
    pub(super) fn state(&self, id: NodeId) -> NodeState {
        let mut attrs = Attrs::default();
        let member = self.presence == Presence::Member;
        attrs.set("id", &id.to_string());
        attrs.set("uname", &self.name);
        attrs.set("in_ccm", if member { "true" } else { "false" });
        attrs.set("crmd", if member { "online" } else { "offline" });
        attrs.set("join", if member { "member" } else { "down" });
        let expected = matches!(self.presence, Presence::Member | Presence::Lost);
        attrs.set("expected", if expected { "member" } else { "down" });
        let history = self
            .resources
            .iter()
            .map(|(id, history)| history.resource(id));
        NodeState {
            attrs,
            transient: self.transient(id).into_iter().collect(),
            history: history.collect(),
        }
    }

    fn transient(&self, id: NodeId) -> Option<NvSet> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut set = NvSet::default();
        set.attrs.set("id", &format!("status-{id}"));
        for (name, value) in &self.attributes {
            let mut pair = Attrs::default();
            // What an XML id cannot hold stands as a dot.
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '.'
                }
            };
            let safe: String = name.chars().map(plain).collect();
            pair.set("id", &format!("status-{id}-{safe}"));
            pair.set("name", name);
            pair.set("value", value);
            set.pairs.push(pair);
        }
        Some(set)
    }
}

/// Whether `id` is the resource or an instance of it as a clone, `ping:0` of `ping`; without a resource all are.
fn is_meant(id: &str, resource: Option<&str>) -> bool {
    resource.is_none_or(|meant| {
        id.strip_prefix(meant)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// Which resources on leases nodes that are not members may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Doubt {
    /// Any resource but these may be held by any absent node: nobody here knows. Whoever goes without a word may have
    /// heard a last message that nobody here has.
    pub all_but: Option<BTreeSet<String>>,
    /// What nodes held when they went without a word, or were started again, until they say otherwise.
    pub held: BTreeMap<String, BTreeSet<NodeId>>,
}

impl Default for Doubt {
    fn default() -> Self {
        Self {
            all_but: Some(BTreeSet::new()),
            held: BTreeMap::new(),
        }
    }
}

impl Doubt {
    /// A node is gone, or has forgotten what it held.
    pub(super) fn lost<'a>(&mut self, node: NodeId, held: impl Iterator<Item = &'a str>) {
        for resource in held {
            let holders = self.held.entry(resource.to_string()).or_default();
            holders.insert(node);
        }
    }

    /// A node says that it does not hold the resource.
    pub(super) fn not_held(&mut self, node: NodeId, resource: &str) {
        if let Some(holders) = self.held.get_mut(resource) {
            holders.remove(&node);
            if holders.is_empty() {
                self.held.remove(resource);
            }
        }
    }

    /// A member holds it: nobody else does.
    pub(super) fn settled(&mut self, resource: &str) {
        self.held.remove(resource);
        if let Some(known) = &mut self.all_but {
            known.insert(resource.to_string());
        }
    }

    /// A node was fenced: it holds nothing.
    pub(super) fn fenced(&mut self, node: NodeId) {
        self.held.retain(|_, holders| {
            holders.remove(&node);
            !holders.is_empty()
        });
    }

    /// Nobody here knows what absent nodes hold, but that members hold these.
    pub(super) fn unknown(&mut self, known: BTreeSet<String>) {
        self.all_but = Some(known);
    }

    /// Who may hold the resource; `None`: any node that is absent.
    pub(super) fn holders(&self, resource: &str) -> Option<BTreeSet<NodeId>> {
        match &self.all_but {
            Some(known) if !known.contains(resource) => None,
            _ => Some(self.held.get(resource).cloned().unwrap_or_default()),
        }
    }

    pub(super) fn encode(&self, w: &mut Writer) {
        w.option(self.all_but.as_ref(), |w, known| {
            w.len(known.len());
            for resource in known {
                w.text(resource);
            }
        });
        w.len(self.held.len());
        for (resource, holders) in &self.held {
            w.text(resource);
            w.len(holders.len());
            for node in holders {
                w.u32(node.0);
            }
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let all_but = r.option(|r| r.list(Reader::text))?;
        let held = r.list(|r| {
            let resource = r.text()?;
            let holders = r.list(|r| r.u32().map(NodeId))?;
            Some((resource, holders.into_iter().collect()))
        })?;
        Some(Self {
            all_but: all_but.map(|known| known.into_iter().collect()),
            held: held.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::manager::history::tests::record;
    use crate::resource::{Agent, Operation};

    fn node() -> NodeStatus {
        let mut node = NodeStatus::new("primary", 1);
        for id in ["ClusterIP", "ping:0"] {
            let mut history = History::new(Agent::ocf("heartbeat", "IPaddr2"));
            history.keep(record(1, Operation::Start, 0));
            node.resources.insert(id.to_string(), history);
            let name = format!("fail-count-{id}#start_0");
            node.set(&name, Some("1"));
        }
        node
    }

    #[test]
    fn a_node_survives_the_wire() {
        let mut w = Writer::default();
        node().encode(&mut w);
        assert_eq!(
            NodeStatus::decode(&mut Reader::new(&w.finish())),
            Some(node())
        );
    }

    #[test]
    fn cleaning_a_resource_forgets_its_failures_and_those_of_its_instances() {
        let mut cleaned = node();
        cleaned.clean(Some("ping"));
        assert_eq!(cleaned.holdings().collect::<Vec<_>>(), ["ClusterIP"]);
        assert_eq!(
            cleaned.attributes.keys().collect::<Vec<_>>(),
            ["fail-count-ClusterIP#start_0"]
        );
        cleaned.clean(None);
        assert!(cleaned.resources.is_empty() && cleaned.attributes.is_empty());
    }

    #[test]
    fn doubt_ends_where_somebody_knows() {
        let n = NodeId;
        let mut doubt = Doubt::default();
        assert_eq!(doubt.holders("a"), None);
        doubt.settled("a");
        assert_eq!(doubt.holders("a"), Some(BTreeSet::new()));
        doubt.lost(n(1), ["a", "b"].into_iter());
        doubt.lost(n(2), ["a"].into_iter());
        assert_eq!(doubt.holders("a"), Some(BTreeSet::from([n(1), n(2)])));
        assert_eq!(doubt.holders("b"), None);
        let mut w = Writer::default();
        doubt.encode(&mut w);
        assert_eq!(
            Doubt::decode(&mut Reader::new(&w.finish())),
            Some(doubt.clone())
        );
        doubt.not_held(n(1), "a");
        doubt.fenced(n(2));
        assert_eq!(doubt.holders("a"), Some(BTreeSet::new()));
    }
}
