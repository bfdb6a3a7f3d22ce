//! The working set of one run.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Config, Discovery, Kind, Node, Role, Rsc, Table};
use crate::action::{Action, Ordering};
use crate::arena::{ActionId, Arena, ColocationId, NodeId, RscId};
use crate::assign::Colocation;
use crate::cib::Cib;
use crate::reason::ReasonLine;
use crate::score::Score;
use crate::xml::Text;

/// A ticket's state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TicketState {
    pub(crate) granted: bool,
    pub(crate) standby: bool,
}

/// A location, resolved.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) id: Text,
    pub(crate) rsc: RscId,
    pub(crate) role: Role,
    pub(crate) discovery: Discovery,
    pub(crate) nodes: Vec<(NodeId, Score)>,
}

/// One score as it stood at a step of the assignment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScoreLine {
    pub(crate) step: &'static str,
    pub(crate) rsc: Text,
    pub(crate) node: Option<NodeId>,
    pub(crate) score: Score,
}

/// Configuration and status, resolved, and everything that is decided.
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that are independent of each other"
)]
pub(crate) struct Cluster<'a> {
    pub(crate) cib: &'a Cib,
    pub(crate) now: i64,
    pub(crate) config: Config,
    pub(crate) nodes: Arena<NodeId, Node>,
    /// Nodes sorted by name.
    pub(crate) node_order: Vec<NodeId>,
    /// Nodes by id and by name.
    pub(crate) node_ids: BTreeMap<Text, NodeId>,
    pub(crate) node_names: BTreeMap<Text, NodeId>,
    pub(crate) dc: Option<NodeId>,
    pub(crate) rscs: Arena<RscId, Rsc<'a>>,
    /// Top-level resources, by priority.
    pub(crate) top: Vec<RscId>,
    /// Resources by id.
    pub(crate) rsc_ids: BTreeMap<Text, RscId>,
    /// The resource of each id that stood at this place in the history of the last node: that of the next one mostly names
    /// the same.
    pub(crate) named_last: Vec<(&'a Text, RscId)>,
    /// Resources by the name in histories, several for anonymous clones.
    pub(crate) history_names: BTreeMap<Text, RscId>,
    pub(crate) tickets: BTreeMap<Text, TicketState>,
    pub(crate) tags: BTreeMap<Text, Vec<Text>>,
    pub(crate) have_fence_device: bool,
    pub(crate) have_unfencing: bool,
    pub(crate) have_remote_nodes: bool,
    pub(crate) locations: Vec<Location>,
    pub(crate) colocations: Arena<ColocationId, Colocation>,
    pub(crate) orderings: Vec<Ordering>,
    pub(crate) ticket_constraints: Vec<crate::constraint::TicketConstraint>,
    pub(crate) actions: Arena<ActionId, Action>,
    pub(crate) actions_by_name: BTreeMap<String, ActionId>,
    pub(crate) fence_ops: BTreeMap<NodeId, Vec<ActionId>>,
    pub(crate) scores: Option<Vec<ScoreLine>>,
    pub(crate) reasons: Option<Vec<ReasonLine>>,
    /// Histories of resources that were matched: node, resource, entries by age.
    pub(crate) histories: Vec<(NodeId, RscId, usize, usize)>,
    /// Things that were configured and are not supported.
    pub(crate) refused: Vec<String>,
    pub(crate) stop_needed: Vec<(RscId, NodeId)>,
    pub(crate) assigned_all: bool,
}

impl Cluster<'_> {
    pub(crate) fn node_by_name(&self, name: &str) -> Option<NodeId> {
        self.node_names.get(name).copied()
    }

    pub(crate) fn node_any(&self, id: Option<&str>, name: Option<&str>) -> Option<NodeId> {
        id.and_then(|i| self.node_ids.get(i))
            .or_else(|| name.and_then(|n| self.node_names.get(n)))
            .copied()
    }

    /// The topmost resource around it, bundles not counted unless asked for.
    pub(crate) fn uber_parent(&self, rsc: RscId) -> RscId {
        let mut at = rsc;
        while let Some(parent) = self.rscs[at].parent {
            if self.rscs[parent].kind == Kind::Bundle {
                break;
            }
            at = parent;
        }
        at
    }

    pub(crate) fn top_parent(&self, rsc: RscId) -> RscId {
        let mut at = rsc;
        while let Some(parent) = self.rscs[at].parent {
            at = parent;
        }
        at
    }

    pub(crate) fn is_inside(&self, rsc: RscId, ancestor: RscId) -> bool {
        let mut at = self.rscs[rsc].parent;
        while let Some(parent) = at {
            if parent == ancestor {
                return true;
            }
            at = self.rscs[parent].parent;
        }
        false
    }

    /// The clone that it is an instance (or a member of an instance) of.
    pub(crate) fn clone_of(&self, rsc: RscId) -> Option<RscId> {
        let mut at = Some(rsc);
        while let Some(r) = at {
            if self.rscs[r].kind == Kind::Clone {
                return Some(r);
            }
            at = self.rscs[r].parent;
        }
        None
    }

    /// Within (or itself) something with instances.
    pub(crate) fn in_collective(&self, rsc: RscId) -> bool {
        self.rscs[self.top_parent(rsc)].is_collective()
    }

    /// Online, clean and usable. With `score`, only if the score is not negative.
    pub(crate) fn available(&self, node: NodeId) -> bool {
        let n = &self.nodes[node];
        n.online && !n.shutdown && !n.unclean && !n.standby && !n.maintenance
    }

    pub(crate) fn any_available(&self, table: &Table) -> bool {
        table.iter().any(|(n, s)| s >= 0 && self.available(n))
    }

    pub(crate) fn is_guest(&self, node: NodeId) -> bool {
        let n = &self.nodes[node];
        n.is_remote()
            && n.remote_rsc
                .is_some_and(|r| self.rscs[r].container.is_some())
    }

    pub(crate) fn is_remote(&self, node: NodeId) -> bool {
        let n = &self.nodes[node];
        n.is_remote()
            && n.remote_rsc
                .is_none_or(|r| self.rscs[r].container.is_none())
    }

    /// The connection of a remote or guest node.
    pub(crate) fn is_connection(&self, rsc: RscId) -> bool {
        self.rscs[rsc].remote_node.is_some()
    }

    /// The node that a resource is active on; the first clean one if fencing is not required.
    pub(crate) fn current_node(&self, rsc: RscId) -> Option<NodeId> {
        let r = &self.rscs[rsc];
        if r.kind != Kind::Primitive && r.running_on.is_empty() {
            return None;
        }
        if let Some((source, _)) = r.migrating
            && (r.running_on.len() > 1 || r.running_on.first() == Some(&source))
        {
            return Some(source);
        }
        if r.needs_fencing {
            return r.running_on.first().copied();
        }
        r.running_on
            .iter()
            .find(|n| self.nodes[**n].online && !self.nodes[**n].unclean)
            .or(r.running_on.first())
            .copied()
    }

    /// Nodes with an active instance that counts: all of them, and those that are clean and online.
    pub(crate) fn active_counts(&self, rsc: RscId) -> (usize, usize) {
        let r = &self.rscs[rsc];
        let clean = r
            .running_on
            .iter()
            .filter(|n| self.nodes[**n].online && !self.nodes[**n].unclean)
            .count();
        (r.running_on.len(), clean)
    }

    pub(crate) fn active_on(&self, rsc: RscId, node: NodeId) -> bool {
        self.rscs[rsc].running_on.contains(&node)
    }

    pub(crate) fn children(&self, rsc: RscId) -> Vec<RscId> {
        self.rscs[rsc].children.clone()
    }

    /// Itself, or the primitives within.
    pub(crate) fn primitives(&self, rsc: RscId) -> Vec<RscId> {
        let mut out = Vec::new();
        self.collect_primitives(rsc, &mut out);
        out
    }

    fn collect_primitives(&self, rsc: RscId, out: &mut Vec<RscId>) {
        if self.rscs[rsc].kind == Kind::Primitive {
            out.push(rsc);
        }
        for child in &self.rscs[rsc].children {
            self.collect_primitives(*child, out);
        }
    }

    /// The role now, or the one planned.
    pub(crate) fn role(&self, rsc: RscId, current: bool) -> Role {
        let r = &self.rscs[rsc];
        if r.kind == Kind::Primitive {
            return if current { r.role } else { r.next_role };
        }
        r.children
            .iter()
            .map(|c| self.role(*c, current))
            .max()
            .unwrap_or(Role::Unknown)
    }

    /// Where it is (`current`) or will be; `None` unless it is exactly one node.
    pub(crate) fn location(&self, rsc: RscId, current: bool) -> Option<NodeId> {
        let mut nodes = Vec::new();
        self.collect_locations(rsc, current, &mut nodes);
        match nodes[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// All nodes where it is or will be.
    pub(crate) fn locations_of(&self, rsc: RscId, current: bool) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        self.collect_locations(rsc, current, &mut nodes);
        nodes
    }

    fn collect_locations(&self, rsc: RscId, current: bool, nodes: &mut Vec<NodeId>) {
        let r = &self.rscs[rsc];
        let mut add = |n: NodeId| {
            if !nodes.contains(&n) {
                nodes.push(n);
            }
        };
        if r.kind == Kind::Primitive {
            if current {
                r.running_on.iter().copied().for_each(&mut add);
            } else if let Some(n) = r.assigned {
                add(n);
            }
            return;
        }
        for child in &r.children {
            self.collect_locations(*child, current, nodes);
        }
    }

    /// The role that is wanted is limited; the reason is set once elsewhere.
    pub(crate) fn set_next_role(&mut self, rsc: RscId, role: Role) {
        self.rscs[rsc].next_role = role;
    }

    /// Whether a resource or any one around or within is blocked.
    pub(crate) fn blocked_deep(&self, rsc: RscId) -> bool {
        let r = &self.rscs[rsc];
        r.blocked || r.children.iter().any(|c| self.blocked_deep(*c))
    }

    pub(crate) fn note_scores(&mut self, step: &'static str, rsc: RscId) {
        let Some(lines) = &mut self.scores else {
            return;
        };
        let r = &self.rscs[rsc];
        if r.orphan {
            return;
        }
        for (node, score) in r.allowed.iter() {
            lines.push(ScoreLine {
                step,
                rsc: r.id.clone(),
                node: Some(node),
                score,
            });
        }
        // A whole is listed with its parts.
        if !r.is_primitive() {
            for child in self.children(rsc) {
                self.note_scores(step, child);
            }
        }
    }
}
