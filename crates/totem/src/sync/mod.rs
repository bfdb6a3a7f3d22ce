//! The barrier engine: after each configuration, every member's services exchange their state in the same order.
//!
//! Every member announces its services (service build); their union, ascending, is worked through one service at a
//! time: each member sends what the service has to say and then a barrier, and nobody goes on before everybody's
//! barrier has come. A service that only others have costs just the barrier.

mod config_version;

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use crate::{NodeId, RingId};
pub use config_version::{ConfigVersion, Verdict};

/// The most services in the union: more overflow corosync's table.
pub const SERVICES_MAX: usize = 64;

/// What the barrier engine wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// Multicast the list of our services.
    Build(RingId, Vec<u32>),
    /// Multicast a barrier.
    Barrier(RingId),
    /// Everybody has said everything about this service.
    Activate(u32),
    /// All services are synchronised.
    Complete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
enum Stage {
    /// No configuration waits for its services.
    Idle,
    /// Not everybody's services are known.
    Building,
    /// Our part of this service is not done.
    Processing(usize),
    /// Not everybody's barrier for this service has come.
    Barrier(usize),
}

/// The synchronisation of one node.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Sync {
    /// Our services, ascending.
    local: Vec<u32>,
    stage: Stage,
    ring_id: RingId,
    members: Vec<NodeId>,
    /// The services of all members, ascending.
    services: Vec<u32>,
    /// Who has sent what the stage waits for.
    received: BTreeSet<NodeId>,
    actions: VecDeque<Action>,
}

impl Sync {
    /// `local` are the ids of the services that take part here, ascending.
    #[must_use]
    pub fn new(local: Vec<u32>) -> Self {
        Self {
            services: local.clone(),
            local,
            stage: Stage::Idle,
            ring_id: RingId::default(),
            members: Vec::new(),
            received: BTreeSet::new(),
            actions: VecDeque::new(),
        }
    }

    /// A configuration was installed: an unfinished synchronisation is given up and a new one starts.
    pub fn start(&mut self, ring_id: RingId, members: &[NodeId]) {
        self.actions.clear();
        self.ring_id = ring_id;
        self.members = members.to_vec();
        self.services = self.local.clone();
        self.received.clear();
        self.stage = Stage::Building;
        self.actions
            .push_back(Action::Build(ring_id, self.local.clone()));
    }

    /// A configuration is about to change: late messages of the current one no longer count.
    pub fn abort(&mut self) {
        self.stage = Stage::Idle;
        self.actions.clear();
    }

    /// Whether a synchronisation is under way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.stage != Stage::Idle
    }

    /// The service that is to say what it has to say; [`Sync::processed`] tells that it is done.
    #[must_use]
    pub fn pending(&self) -> Option<u32> {
        match self.stage {
            Stage::Processing(index) => self.services.get(index).copied(),
            _ => None,
        }
    }

    /// A member announced its services.
    pub fn on_build(&mut self, from: NodeId, ring_id: RingId, services: &[u32]) {
        if self.stage != Stage::Building || !self.is_ours(from, ring_id) {
            return;
        }
        for &service in services {
            if let Err(place) = self.services.binary_search(&service)
                && self.services.len() < SERVICES_MAX
            {
                self.services.insert(place, service);
            }
        }
        if self.all_received(from) {
            self.begin(0);
        }
    }

    /// A member is done with the current service.
    pub fn on_barrier(&mut self, from: NodeId, ring_id: RingId) {
        let (Stage::Barrier(index) | Stage::Processing(index)) = self.stage else {
            return;
        };
        if self.is_ours(from, ring_id) && self.all_received(from) {
            self.actions
                .push_back(Action::Activate(self.services[index]));
            self.begin(index + 1);
        }
    }

    /// Our part of the current service is done.
    pub fn processed(&mut self) {
        if let Stage::Processing(index) = self.stage {
            self.stage = Stage::Barrier(index);
            self.actions.push_back(Action::Barrier(self.ring_id));
        }
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn is_ours(&self, from: NodeId, ring_id: RingId) -> bool {
        ring_id == self.ring_id && self.members.contains(&from)
    }

    fn all_received(&mut self, from: NodeId) -> bool {
        self.received.insert(from);
        self.received.len() == self.members.len()
    }

    fn begin(&mut self, index: usize) {
        self.received.clear();
        if index < self.services.len() {
            self.stage = Stage::Processing(index);
        } else {
            self.stage = Stage::Idle;
            self.actions.push_back(Action::Complete);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const RING: RingId = RingId::new(NodeId(1), 9);

    fn actions(sync: &mut Sync) -> Vec<Action> {
        core::iter::from_fn(|| sync.poll_action()).collect()
    }

    #[test]
    fn the_union_of_all_services_is_worked_through_a_barrier_each() {
        let (one, two) = (NodeId(1), NodeId(2));
        let mut sync = Sync::new(vec![2, 5]);
        sync.start(RING, &[one, two]);
        assert_eq!(actions(&mut sync), [Action::Build(RING, vec![2, 5])]);
        sync.on_build(one, RING, &[2, 5]);
        sync.on_build(two, RING, &[0]);
        for service in [0, 2, 5] {
            assert_eq!(sync.pending(), Some(service));
            sync.processed();
            assert_eq!(actions(&mut sync), [Action::Barrier(RING)]);
            sync.on_barrier(one, RING);
            assert_eq!(actions(&mut sync), []);
            sync.on_barrier(two, RING);
            assert_eq!(sync.poll_action(), Some(Action::Activate(service)));
        }
        assert_eq!(actions(&mut sync), [Action::Complete]);
        assert!(!sync.is_running());
    }

    #[test]
    fn messages_of_another_ring_or_of_strangers_do_not_count() {
        let mut sync = Sync::new(vec![5]);
        sync.start(RING, &[NodeId(1)]);
        sync.on_build(NodeId(1), RingId::new(NodeId(1), 5), &[5]);
        sync.on_build(NodeId(3), RING, &[5]);
        actions(&mut sync);
        assert_eq!(sync.pending(), None);
        sync.on_build(NodeId(1), RING, &[5]);
        assert_eq!(sync.pending(), Some(5));
    }

    #[test]
    fn without_any_service_it_is_complete_at_once() {
        let mut sync = Sync::new(vec![]);
        sync.start(RING, &[NodeId(1)]);
        sync.on_build(NodeId(1), RING, &[]);
        assert_eq!(
            actions(&mut sync),
            [Action::Build(RING, vec![]), Action::Complete]
        );
    }
}
