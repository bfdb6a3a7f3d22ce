//! Actions, orders and probes of bundles.

use super::{End, Flow};
use crate::arena::{NodeId, RscId};
use crate::assign::Colocation;
use crate::score::INFINITY;
use crate::state::{Cluster, Replica, Role};

impl Cluster<'_> {
    pub(super) fn create_bundle_actions(&mut self, bundle: RscId) {
        for replica in self.rscs[bundle].replicas.clone() {
            let parts = [replica.ip, Some(replica.container), replica.remote];
            for part in parts.into_iter().flatten() {
                self.create_actions(part);
            }
        }
        self.create_collective_actions(bundle, &self.containers(bundle));
        let Some(child) = self.contained(bundle) else {
            return;
        };
        self.create_actions(child);
        if self.rscs[child].promotable {
            for task in ["promote", "promoted", "demote", "demoted"] {
                self.collective(bundle, task, true, true);
            }
        }
    }

    pub(super) fn bundle_constraints(&mut self, bundle: RscId) {
        let (first, then) = (Flow::FIRST_PRINTED, Flow::THEN_PRINTED);
        let child = self.contained(bundle);
        if let Some(child) = child {
            self.order_known((bundle, "start"), (child, "start"), first);
            self.order_known((bundle, "stop"), (child, "stop"), first);
            self.order_known((child, "running"), (bundle, "running"), then);
            self.order_known((child, "stopped"), (bundle, "stopped"), then);
        }
        for replica in self.rscs[bundle].replicas.clone() {
            self.replica_constraints(bundle, &replica);
        }
        let Some(child) = child else {
            return;
        };
        self.internal_constraints(child);
        if !self.rscs[child].promotable {
            return;
        }
        let optional = Flow::OPTIONAL;
        self.order_known((bundle, "stopped"), (bundle, "start"), optional);
        self.order_known((bundle, "stopped"), (bundle, "promote"), optional);
        self.order_known((bundle, "demoted"), (bundle, "start"), optional);
        let runnable = Flow::RUNNABLE_LEFT;
        self.order_known((bundle, "running"), (bundle, "promote"), runnable);
        self.order_known((bundle, "demoted"), (bundle, "stop"), optional);
        self.order_known((bundle, "demote"), (bundle, "demoted"), optional);
        self.order_known((bundle, "demoted"), (bundle, "promote"), optional);
        self.order_known((child, "demoted"), (bundle, "demoted"), then);
        self.order_known((bundle, "demote"), (child, "demote"), first);
        self.order_known((child, "promoted"), (bundle, "promoted"), then);
        self.order_known((bundle, "promote"), (child, "promote"), first);
    }

    fn replica_constraints(&mut self, bundle: RscId, replica: &Replica) {
        let container = replica.container;
        let (first, then) = (Flow::FIRST_PRINTED, Flow::THEN_PRINTED);
        self.internal_constraints(container);
        let flow = Flow::RUNNABLE_LEFT | first;
        self.order_known((bundle, "start"), (container, "start"), flow);
        if let Some(child) = replica.child {
            self.order_known((bundle, "stop"), (child, "stop"), first);
        }
        self.order_known((bundle, "stop"), (container, "stop"), first);
        self.order_known((container, "start"), (bundle, "running"), then);
        self.order_known((container, "stop"), (bundle, "stopped"), then);
        if let Some(ip) = replica.ip {
            self.internal_constraints(ip);
            let flow = Flow::RUNNABLE_LEFT | Flow::PRESERVE;
            self.order_known((ip, "start"), (container, "start"), flow);
            let flow = Flow::IMPLIES_FIRST | Flow::PRESERVE;
            self.order_known((container, "stop"), (ip, "stop"), flow);
            self.new_colocation(Colocation {
                id: None,
                attribute: None,
                score: INFINITY,
                dependent: ip,
                primary: container,
                dependent_role: Role::Unknown,
                primary_role: Role::Unknown,
                influence: true,
            });
        }
        if let Some(remote) = replica.remote {
            self.internal_constraints(remote);
        }
    }

    pub(super) fn probe_bundle(&mut self, bundle: RscId, node: NodeId) -> bool {
        let mut any = false;
        let replicas = self.rscs[bundle].replicas.clone();
        for replica in &replicas {
            any |= replica.ip.is_some_and(|ip| self.create_probe(ip, node));
            if replica.node == Some(node) {
                any |= replica.child.is_some_and(|c| self.create_probe(c, node));
            }
            if self.create_probe(replica.container, node) {
                any = true;
                self.probe_before_peers(bundle, replica.container);
            }
            if let Some(remote) = replica.remote
                && self.create_probe(remote, node)
                && let Some(probe) = self.first_action(remote, "monitor", Some(node))
            {
                any = true;
                // Where it is has to be known before.
                let start = End::task(replica.container, "start".into());
                self.order(start, End::Action(probe), Flow::PROBE);
            }
        }
        any
    }

    /// With one replica for a host no other one starts there before it is known what runs.
    fn probe_before_peers(&mut self, bundle: RscId, container: RscId) {
        if self.rscs[bundle].per_host != 1 {
            return;
        }
        for other in self.containers(bundle) {
            if other != container {
                let flow = Flow::OPTIONAL | Flow::SAME_NODE;
                self.order_known((container, "monitor"), (other, "start"), flow);
            }
        }
    }
}
