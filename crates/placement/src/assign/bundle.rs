//! Assigning the replicas of a bundle.

use crate::arena::{ColocationId, RscId};
use crate::state::Cluster;

impl Cluster<'_> {
    pub(super) fn assign_bundle(&mut self, rsc: RscId) {
        self.rscs[rsc].provisional = false;
    }

    pub(super) fn apply_bundle_as_primary(
        &mut self,
        _dependent: RscId,
        _primary: RscId,
        _id: ColocationId,
    ) {
    }
}
