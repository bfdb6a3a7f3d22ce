//! Assigning a group: its members in order.

use crate::arena::{ColocationId, NodeId, RscId};
use crate::score::INFINITY;
use crate::state::Cluster;

impl Cluster<'_> {
    pub(super) fn assign_group(&mut self, rsc: RscId, prefer: Option<NodeId>) -> Option<NodeId> {
        if !self.rscs[rsc].provisional {
            return self.group_node(rsc);
        }
        if self.rscs[rsc].allocating {
            return None;
        }
        let members = self.children(rsc);
        let (Some(&first), Some(&last)) = (members.first(), members.last()) else {
            self.rscs[rsc].provisional = false;
            return None;
        };
        self.rscs[rsc].allocating = true;
        self.rscs[rsc].role = self.rscs[first].role;
        // What is colocated with the group, or the other way round, is so with its ends.
        for id in self.rscs[rsc].this_with.clone() {
            self.rscs[first].this_with.push(id);
        }
        for id in self.rscs[rsc].with_this.clone() {
            self.rscs[last].with_this.push(id);
        }
        self.extend_to_managed(rsc, &members);
        self.note_scores("pcmk__group_assign", rsc);
        let mut node = None;
        for &m in &members {
            let at = self.assign(m, prefer);
            node = node.or(at);
        }
        let role = self.rscs[first].next_role;
        self.set_next_role(rsc, role);
        self.rscs[rsc].allocating = false;
        self.rscs[rsc].provisional = false;
        if self.rscs[rsc].group_colocated {
            node
        } else {
            None
        }
    }

    /// An unmanaged member stays where it is, so what must be where something else is falls to the next one.
    fn extend_to_managed(&mut self, group: RscId, members: &[RscId]) {
        let unmanaged = members
            .iter()
            .take_while(|m| !self.rscs[**m].managed)
            .count();
        for &m in members.iter().take(unmanaged + 1).skip(1) {
            for id in self.rscs[group].this_with.clone() {
                if self.colocations[id].score >= INFINITY {
                    self.insert_this_with(m, id);
                }
            }
        }
    }

    fn group_node(&self, rsc: RscId) -> Option<NodeId> {
        let first = *self.rscs[rsc].children.first()?;
        self.rscs[first].assigned
    }

    pub(super) fn apply_group_as_dependent(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        let members = self.children(dependent);
        if self.rscs[dependent].group_colocated {
            if let Some(&first) = members.first() {
                self.apply_colocation(first, primary, id, true);
            }
        } else if self.colocations[id].score < INFINITY {
            for m in members {
                self.apply_colocation(m, primary, id, true);
            }
        }
    }

    pub(super) fn apply_group_as_primary(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        if self.rscs[primary].provisional {
            return;
        }
        let members = self.children(primary);
        let mandatory = self.colocations[id].score >= INFINITY;
        if self.rscs[primary].group_colocated {
            // All of the group must be up for a mandatory dependent; a part is good enough for others.
            let end = if mandatory {
                members.last()
            } else {
                members.first()
            };
            if let Some(&m) = end {
                self.apply_colocation(dependent, m, id, false);
            }
        } else if !mandatory {
            for m in members {
                self.apply_colocation(dependent, m, id, false);
            }
        }
    }
}
