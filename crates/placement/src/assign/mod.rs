//! Which resource goes to which node.

mod base;
mod clone;
mod colocation;
mod group;
mod health;
mod instance;
mod pick;
mod primitive;
mod promotable;
mod utilization;

pub(crate) use colocation::Colocation;

use alloc::vec::Vec;

use crate::arena::{NodeId, RscId};
use crate::state::{Cluster, Kind, Strategy};

impl Cluster<'_> {
    /// Assigns all resources: remote connections first, then by priority.
    pub(crate) fn assign_all(&mut self) {
        if self.config.strategy != Strategy::Default {
            self.sort_by_scores();
        }
        let top: Vec<RscId> = self.top.clone();
        if self.have_remote_nodes {
            for &rsc in &top {
                if self.is_connection(rsc) {
                    let target = self.rscs[rsc].migrating.map(|(_, target)| target);
                    self.assign(rsc, target);
                }
            }
        }
        for &rsc in &top {
            if !self.is_connection(rsc) {
                self.assign(rsc, None);
            }
        }
    }

    /// Assigns a resource of any kind, and whatever it depends on. Returns its node, if it is one.
    pub(crate) fn assign(&mut self, rsc: RscId, prefer: Option<NodeId>) -> Option<NodeId> {
        match self.rscs[rsc].kind {
            Kind::Primitive => self.assign_primitive(rsc, prefer),
            Kind::Group => self.assign_group(rsc, prefer),
            Kind::Clone => {
                self.assign_clone(rsc);
                None
            }
            Kind::Bundle => {
                self.rscs[rsc].provisional = false;
                None
            }
        }
    }
}
