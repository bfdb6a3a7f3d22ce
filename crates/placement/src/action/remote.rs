//! Remote nodes and bundles: what depends on a connection.

use crate::arena::{NodeId, RscId};
use crate::state::Cluster;

impl Cluster<'_> {
    pub(crate) fn order_remote_connections(&mut self) {}

    pub(super) fn create_bundle_actions(&mut self, _rsc: RscId) {}

    pub(super) fn bundle_constraints(&mut self, _rsc: RscId) {}

    pub(super) fn probe_bundle(&mut self, _rsc: RscId, _node: NodeId) -> bool {
        false
    }
}
