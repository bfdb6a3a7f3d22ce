//! Assigning a bundle: its containers like instances, then what belongs to each of them.

use alloc::vec::Vec;

use super::Colocation;
use crate::arena::{ColocationId, RscId};
use crate::score::INFINITY;
use crate::state::{Cluster, Replica, Role};

impl Cluster<'_> {
    pub(super) fn assign_bundle(&mut self, bundle: RscId) {
        if !self.rscs[bundle].provisional || self.rscs[bundle].allocating {
            return;
        }
        self.rscs[bundle].allocating = true;
        self.note_scores("pcmk__bundle_allocate", bundle);
        let containers = self.containers(bundle);
        let containers = self.sorted_instances(bundle, containers);
        let max = i32::try_from(containers.len()).unwrap_or(i32::MAX);
        let per_host = self.rscs[bundle].per_host;
        self.distribute(bundle, &containers, max, per_host);
        for replica in self.rscs[bundle].replicas.clone() {
            self.assign_replica(&replica);
        }
        if let Some(child) = self.contained(bundle) {
            // It is at home on the nodes of the replicas only.
            for node in self.rscs[child].allowed.nodes() {
                let own = |r: &Replica| r.node == Some(node);
                let score = if self.rscs[bundle].replicas.iter().any(own) {
                    0
                } else {
                    -INFINITY
                };
                self.rscs[child].allowed.set(node, score);
            }
            self.assign(child, None);
        }
        self.rscs[bundle].allocating = false;
        self.rscs[bundle].provisional = false;
    }

    fn assign_replica(&mut self, replica: &Replica) {
        if let Some(ip) = replica.ip {
            self.assign(ip, None);
        }
        if let Some(remote) = replica.remote {
            let host = self.rscs[replica.container].assigned;
            // One host holds all connections to containers on one remote node.
            let nested = host.and_then(|h| self.nodes[h].remote_rsc);
            if let Some(primary) = nested {
                self.new_colocation(Colocation {
                    id: None,
                    attribute: None,
                    score: INFINITY,
                    dependent: remote,
                    primary,
                    dependent_role: Role::Unknown,
                    primary_role: Role::Unknown,
                    influence: true,
                });
            }
            self.assign(remote, None);
        }
        let (Some(child), Some(own)) = (replica.child, replica.node) else {
            return;
        };
        for node in self.rscs[child].allowed.nodes() {
            if node != own {
                self.rscs[child].allowed.set(node, -INFINITY);
            } else if self.over_threshold(child, node).is_none() {
                self.rscs[child].allowed.set(node, INFINITY);
            }
        }
        let clone = self.rscs[child].parent.expect("an instance");
        self.rscs[clone].allocating = true;
        self.assign(child, Some(own));
        self.rscs[clone].allocating = false;
    }

    pub(super) fn apply_bundle_as_primary(
        &mut self,
        dependent: RscId,
        primary: RscId,
        id: ColocationId,
    ) {
        if self.rscs[primary].provisional {
            return;
        }
        let c = &self.colocations[id];
        let mandatory = c.score >= INFINITY;
        if self.rscs[c.dependent].is_collective() {
            match self.partner(dependent, primary, Role::Unknown, false) {
                Some(partner) => self.apply_colocation(dependent, partner, id, true),
                None if mandatory => self.settle(dependent, None),
                None => {}
            }
            return;
        }
        let promoted = c.primary_role >= Role::Promoted;
        let mut nodes = Vec::new();
        for replica in self.rscs[primary].replicas.clone() {
            if !mandatory {
                self.apply_colocation(dependent, replica.container, id, false);
                continue;
            }
            let inside = replica.child.map(|c| self.rscs[c].next_role);
            if promoted && inside.is_none_or(|role| role < Role::Promoted) {
                continue;
            }
            if !self.blocked_deep(replica.container) {
                nodes.extend(self.location(replica.container, false));
            }
        }
        if mandatory {
            self.ban_others(dependent, &nodes);
        }
    }
}
