//! Assigning a primitive.

use alloc::vec::Vec;

use super::colocation::{Adding, fraction};
use crate::arena::{ColocationId, NodeId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Quorum, Role, Table};

impl Cluster<'_> {
    pub(super) fn assign_primitive(
        &mut self,
        rsc: RscId,
        prefer: Option<NodeId>,
    ) -> Option<NodeId> {
        if let Some(parent) = self.rscs[rsc].parent.filter(|p| !self.rscs[*p].allocating) {
            self.assign(parent, prefer);
        }
        if !self.rscs[rsc].provisional {
            return self.rscs[rsc].assigned;
        }
        if self.rscs[rsc].allocating {
            return None;
        }
        self.rscs[rsc].allocating = true;
        self.apply_this_with(rsc);
        self.add_with_this(rsc, false);
        self.limit_next_role(rsc);
        self.note_scores("pcmk__primitive_assign", rsc);
        if self.config.stonith && !self.have_fence_device {
            self.rscs[rsc].managed = false;
        }
        if !self.rscs[rsc].managed {
            let role = self.rscs[rsc].role;
            self.set_next_role(rsc, role);
            let node = self.current_node(rsc);
            self.settle(rsc, node);
        } else if self.config.stop_all {
            self.settle(rsc, None);
        } else if self.rscs[rsc].provisional {
            self.pick_node(rsc, prefer);
        }
        self.rscs[rsc].allocating = false;
        if self.rscs[rsc].remote_node.is_some() {
            self.connection_assigned(rsc);
        }
        self.rscs[rsc].assigned
    }

    /// Assigns what this one depends on, and applies the colocations.
    fn apply_this_with(&mut self, rsc: RscId) {
        let list: Vec<ColocationId> = self.rscs[rsc].this_with.clone();
        for id in list {
            let c = &self.colocations[id];
            let primary = c.primary;
            let advisory = c.score < 0 && c.score > -INFINITY;
            let saved: Option<Table> = (c.dependent_role >= Role::Promoted || advisory)
                .then(|| self.rscs[rsc].allowed.clone());
            self.assign(primary, None);
            self.apply_colocation(rsc, primary, id, true);
            if let Some(saved) = saved
                && !self.any_available(&self.rscs[rsc].allowed)
            {
                self.rscs[rsc].allowed = saved;
            }
        }
    }

    /// Adds the preferences of what depends on this one.
    pub(super) fn add_with_this(&mut self, rsc: RscId, nonnegative: bool) {
        let list: Vec<ColocationId> = self.rscs[rsc].with_this.clone();
        if list.is_empty() {
            return;
        }
        let mut table = self.rscs[rsc].allowed.clone();
        for id in list {
            let c = &self.colocations[id];
            let who = if nonnegative { None } else { Some(rsc) };
            if !self.has_influence(c, who) {
                continue;
            }
            let (dependent, attribute, factor) =
                (c.dependent, c.attribute.clone(), fraction(c.score));
            self.add_preferences(
                dependent,
                &mut table,
                attribute.as_ref(),
                factor,
                Adding {
                    nonnegative,
                    revocable: true,
                },
            );
        }
        self.rscs[rsc].allowed = table;
    }

    fn limit_next_role(&mut self, rsc: RscId) {
        let r = &self.rscs[rsc];
        if r.next_role == Role::Stopped {
            for node in self.nodes_all() {
                self.rscs[rsc].allowed.set(node, -INFINITY);
            }
        } else if r.next_role > r.role
            && !self.config.have_quorum
            && self.config.quorum_policy == Quorum::Freeze
        {
            let role = r.role;
            self.set_next_role(rsc, role);
        }
    }

    /// A remote node comes or goes with its connection.
    fn connection_assigned(&mut self, rsc: RscId) {
        let Some(node) = self.rscs[rsc].remote_node else {
            return;
        };
        let up = self.rscs[rsc].assigned.is_some() && self.rscs[rsc].next_role != Role::Stopped;
        let n = &mut self.nodes[node];
        if up {
            n.online = true;
            if n.unseen {
                n.unclean = false;
            }
            n.shutdown = false;
        } else {
            n.shutdown = true;
        }
    }
}
