//! Bundles: a container, an address, a connection and what runs inside, for each replica.

use alloc::format;

use super::cluster::Cluster;
use super::{Kind, Rsc};
use crate::arena::{NodeId, RscId};
use crate::cib;

impl<'a> Cluster<'a> {
    pub(super) fn unpack_bundle(&mut self, b: &'a cib::Bundle) -> RscId {
        self.refused.push(format!("bundle `{}`", b.attrs.id()));
        self.common(
            Rsc::default(),
            Kind::Bundle,
            b.attrs.id(),
            None,
            None,
            &b.attrs,
            &b.meta,
        )
    }

    /// The instance inside a bundle that runs on a guest node.
    pub(super) fn replica_on(&self, bundle: RscId, node: NodeId) -> Option<RscId> {
        self.rscs[bundle]
            .replicas
            .iter()
            .find(|r| r.node == Some(node))
            .and_then(|r| r.child)
    }
}
