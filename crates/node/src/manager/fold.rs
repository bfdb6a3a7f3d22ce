//! The state that all members share: what the ordered messages make of it, the same everywhere.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use ringwright_placement::cib::{Cib, Node};

use super::base::{Base, Version};
use super::change::{Change, ChangeError};
use super::codec::{Reader, Writer, fnv};
use super::history::History;
use super::message::Report;
use super::status::{Doubt, NodeStatus, Presence};
use crate::NodeId;

/// The state that all members of a settled membership share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Fold {
    /// The configuration.
    pub base: Base,
    /// Every node that is or was a member.
    pub nodes: BTreeMap<NodeId, NodeStatus>,
    /// What absent nodes may hold.
    pub doubt: Doubt,
    /// The longest lease that a member gives by itself, unless an option says otherwise.
    pub lease: Duration,
    /// The time that all agree on, seconds since 1970.
    pub now: u64,
    /// The number of the last transition.
    pub transition: u32,
}

impl Fold {
    /// What tells two states apart.
    pub(super) fn digest(&self) -> u64 {
        fnv(&self.encode())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let Version {
            admin_epoch,
            epoch,
            num_updates,
        } = self.base.version();
        w.u64(self.base.term());
        w.u64(admin_epoch);
        w.u64(epoch);
        w.u64(num_updates);
        w.text(self.base.text());
        w.len(self.nodes.len());
        for (id, node) in &self.nodes {
            w.u32(id.0);
            node.encode(&mut w);
        }
        self.doubt.encode(&mut w);
        w.u64(u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX));
        w.u64(self.now);
        w.u32(self.transition);
        w.finish()
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let term = r.u64()?;
        let version = Version {
            admin_epoch: r.u64()?,
            epoch: r.u64()?,
            num_updates: r.u64()?,
        };
        let base = Base::parse("cib.xml", &r.text()?).ok()?;
        let nodes = r.list(|r| Some((NodeId(r.u32()?), NodeStatus::decode(r)?)))?;
        Some(Self {
            base: base.stamped(term, version),
            nodes: nodes.into_iter().collect(),
            doubt: Doubt::decode(r)?,
            lease: Duration::from_millis(r.u64()?),
            now: r.u64()?,
            transition: r.u32()?,
        })
    }

    /// The node of this name.
    #[must_use]
    pub fn node_of(&self, name: &str) -> Option<NodeId> {
        let mut nodes = self.nodes.iter();
        nodes.find(|(_, node)| node.name == name).map(|(id, _)| *id)
    }

    /// The whole cluster information base: configuration and status.
    #[must_use]
    pub fn cib(&self, quorate: bool, dc: Option<NodeId>) -> Cib {
        let mut cib = self.base.cib();
        cib.attrs
            .set("have-quorum", if quorate { "1" } else { "0" });
        if let Some(dc) = dc {
            cib.attrs.set("dc-uuid", &dc.to_string());
        }
        for (id, status) in &self.nodes {
            let id_text = id.to_string();
            let is_there = |node: &Node| {
                node.attrs.get("id") == Some(&id_text)
                    || node.attrs.get("uname") == Some(&status.name)
            };
            if !cib.nodes.iter().any(is_there) {
                let mut node = Node::default();
                node.attrs.set("id", &id_text);
                node.attrs.set("uname", &status.name);
                cib.nodes.push(node);
            }
            cib.status.nodes.push(status.state(*id));
        }
        cib
    }

    /// Everything that changes the status counts.
    fn count_update(&mut self) {
        let version = self.base.version();
        let version = Version {
            num_updates: version.num_updates + 1,
            ..version
        };
        self.base = self.base.stamped(self.base.term(), version);
    }

    /// Takes what a member says of itself; whether that was not to be expected.
    pub(super) fn report(&mut self, from: NodeId, report: &Report) -> bool {
        self.count_update();
        let Some(node) = self.nodes.get_mut(&from) else {
            return false;
        };
        for (name, value) in &report.attributes {
            node.set(name, value.as_deref());
        }
        let Some(done) = &report.done else {
            return true;
        };
        let new = || History::new(done.agent.clone());
        let history = node
            .resources
            .entry(done.resource.clone())
            .or_insert_with(new);
        history.keep(done.record.clone());
        if history.may_hold() {
            if !done.record.failed() || done.record.code == 0 {
                self.doubt.settled(&done.resource);
            }
        } else {
            self.doubt.not_held(from, &done.resource);
        }
        done.record.failed()
    }

    /// A member is gone. `held` is what it was doing besides what its status says.
    pub(super) fn departed<'a>(
        &mut self,
        node: NodeId,
        orderly: bool,
        held: impl Iterator<Item = &'a str>,
    ) {
        let Some(status) = self.nodes.get_mut(&node) else {
            return;
        };
        let holds: Vec<_> = status.holdings().map(ToString::to_string).collect();
        status.presence = if orderly && holds.is_empty() {
            Presence::Left
        } else {
            Presence::Lost
        };
        status.attributes.clear();
        let lost = status.presence == Presence::Lost;
        self.doubt.lost(node, holds.iter().map(String::as_str));
        self.doubt.lost(node, held);
        if lost {
            self.doubt.unknown(self.held_by_members());
        }
    }

    fn held_by_members(&self) -> BTreeSet<String> {
        let members = self
            .nodes
            .values()
            .filter(|n| n.presence == Presence::Member);
        members
            .flat_map(NodeStatus::holdings)
            .map(ToString::to_string)
            .collect()
    }

    /// A node was made sure to do nothing.
    pub(super) fn fenced(&mut self, node: NodeId) {
        self.count_update();
        self.doubt.fenced(node);
        if let Some(status) = self.nodes.get_mut(&node) {
            status.presence = Presence::Fenced;
            status.resources.clear();
            status.attributes.clear();
        }
    }

    /// Makes a change, or says why not and changes nothing. `me` is told which of its own state was changed by others.
    pub(super) fn change(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Replace { text, base } => self.replace(text, *base)?,
            Change::Cleanup { resource, node } => {
                let only = node.as_deref().map(|name| self.known(name)).transpose()?;
                let nodes = self.nodes.iter_mut();
                for (_, node) in nodes.filter(|(id, _)| only.is_none_or(|only| only == **id)) {
                    node.clean(resource.as_deref());
                }
                self.count_update();
            }
            Change::Attribute { node, name, value } => {
                let id = self.known(node)?;
                if let Some(node) = self.nodes.get_mut(&id) {
                    node.set(name, value.as_deref());
                }
                self.count_update();
            }
            Change::ConfirmFenced { node } => {
                let id = self.known(node)?;
                if self.nodes[&id].presence == Presence::Member {
                    return Err(ChangeError::IsMember(node.clone()));
                }
                self.fenced(id);
            }
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<NodeId, ChangeError> {
        let unknown = || ChangeError::UnknownNode(name.to_string());
        self.node_of(name).ok_or_else(unknown)
    }

    fn replace(&mut self, text: &str, base: Option<(u64, u64)>) -> Result<(), ChangeError> {
        let current = self.base.version();
        if base.is_some_and(|base| base != current.configured()) {
            return Err(ChangeError::Stale { current });
        }
        let new = Base::parse("cib.xml", text).map_err(ChangeError::Malformed)?;
        let next = Version {
            admin_epoch: current.admin_epoch,
            epoch: current.epoch + 1,
            num_updates: 0,
        };
        self.base = new.stamped(self.base.term(), next.max(new.version()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold() -> Fold {
        let mut fold = Fold::default();
        fold.nodes.insert(NodeId(1), NodeStatus::new("primary", 1));
        fold
    }

    #[test]
    fn a_fold_survives_the_wire() {
        let fold = fold();
        assert_eq!(Fold::decode(&mut Reader::new(&fold.encode())), Some(fold));
    }

    #[test]
    fn a_change_made_from_an_older_configuration_is_refused() {
        let mut fold = fold();
        let text = fold
            .base
            .text()
            .replace("<crm_config/>", "<crm_config></crm_config>");
        let replace = |base| Change::Replace {
            text: text.as_str().into(),
            base,
        };
        assert_eq!(fold.change(&replace(Some((0, 0)))), Ok(()));
        let current = fold.base.version();
        assert_eq!(current.to_string(), "0.1.0");
        let refused = fold.change(&replace(Some((0, 0))));
        assert_eq!(refused, Err(ChangeError::Stale { current }));
        assert_eq!(fold.change(&replace(None)), Ok(()));
        assert_eq!(fold.base.version().epoch, 2);
    }

    #[test]
    fn a_document_with_a_higher_version_keeps_it() {
        let mut fold = fold();
        let text = fold
            .base
            .text()
            .replace("admin_epoch=\"0\"", "admin_epoch=\"3\"");
        let change = Change::Replace {
            text: text.as_str().into(),
            base: None,
        };
        assert_eq!(fold.change(&change), Ok(()));
        assert_eq!(fold.base.version().to_string(), "3.0.0");
    }

    #[test]
    fn only_a_node_that_is_gone_is_confirmed_to_do_nothing() {
        let mut fold = fold();
        let confirm = |name: &str| Change::ConfirmFenced { node: name.into() };
        let refused = fold.change(&confirm("primary")).unwrap_err();
        assert_eq!(refused.to_string(), "primary is a member of the cluster");
        fold.departed(NodeId(1), false, ["ClusterIP"].into_iter());
        assert_eq!(fold.doubt.held.len(), 1);
        assert_eq!(fold.change(&confirm("primary")), Ok(()));
        assert!(fold.doubt.held.is_empty());
        let unknown = fold.change(&confirm("quartary")).unwrap_err();
        assert_eq!(unknown.to_string(), "no node is called 'quartary'");
    }
}
