//! Probes: what runs where is found out before anything is started.

use super::{End, Flow};
use crate::arena::{NodeId, RscId};
use crate::state::{Cluster, Discovery, Kind, Role, natural};

impl Cluster<'_> {
    pub(crate) fn schedule_probes(&mut self) {
        if !self.config.startup_probes {
            return;
        }
        for node in self.node_order.clone() {
            let n = &self.nodes[node];
            if !n.online || n.unclean || n.no_discovery {
                continue;
            }
            for rsc in self.top.clone() {
                self.create_probe(rsc, node);
            }
        }
    }

    /// Whether a probe was scheduled.
    fn create_probe(&mut self, rsc: RscId, node: NodeId) -> bool {
        match self.rscs[rsc].kind {
            Kind::Primitive => self.probe_primitive(rsc, node),
            Kind::Group => {
                let mut any = false;
                for member in self.children(rsc) {
                    any |= self.create_probe(member, node);
                }
                any
            }
            Kind::Clone => self.probe_clone(rsc, node),
            Kind::Bundle => false,
        }
    }

    fn probe_clone(&mut self, rsc: RscId, node: NodeId) -> bool {
        if self.rscs[rsc].discovery_exclusive {
            let mode = self.rscs[rsc].discovery.get(&node).copied();
            if self.rscs[rsc].allowed.get(node).is_some() && mode != Some(Discovery::Exclusive) {
                return false;
            }
        }
        let mut children = self.children(rsc);
        children.sort_by(|a, b| natural(&self.rscs[*a].id, &self.rscs[*b].id));
        if self.rscs[rsc].unique {
            let mut any = false;
            for c in children {
                any |= self.create_probe(c, node);
            }
            return any;
        }
        // The instance that was probed there, else the one that will be there, else the first.
        let chosen = children
            .iter()
            .copied()
            .find(|c| self.rscs[*c].known_on.contains(node))
            .or_else(|| {
                children
                    .iter()
                    .copied()
                    .find(|c| self.locations_of(*c, false).contains(&node))
            })
            .or(children.first().copied());
        chosen.is_some_and(|c| self.create_probe(c, node))
    }

    fn needs_probe(&self, rsc: RscId, node: NodeId) -> bool {
        let r = &self.rscs[rsc];
        if self.nodes[node].is_remote() {
            let guest = self.is_guest(node);
            if r.fence_device
                || r.remote_node.is_some()
                || guest && self.guest_connection(rsc).is_some()
            {
                return false;
            }
        }
        if r.container.is_some() && r.remote_node.is_none() || r.orphan || r.known_on.contains(node)
        {
            return false;
        }
        let mode = r.discovery.get(&node).copied().unwrap_or_default();
        let top = self.uber_parent(rsc);
        if (r.discovery_exclusive || self.rscs[top].discovery_exclusive)
            && (r.allowed.get(node).is_none() || mode != Discovery::Exclusive)
        {
            return false;
        }
        if mode == Discovery::Never {
            return false;
        }
        !self.is_guest(node) || self.guest_may_be_probed(rsc, node)
    }

    /// A guest that is down, or is going to be stopped, needs no probe.
    fn guest_may_be_probed(&self, rsc: RscId, node: NodeId) -> bool {
        let Some(container) = self.nodes[node]
            .remote_rsc
            .and_then(|r| self.rscs[r].container)
        else {
            return true;
        };
        if self.rscs[container].role == Role::Stopped {
            return false;
        }
        let stops = self.first_action(container, "stop", None);
        let required = stops.is_some_and(|s| !self.actions[s].optional);
        let _ = rsc;
        !required
    }

    fn probe_primitive(&mut self, rsc: RscId, node: NodeId) -> bool {
        if !self.needs_probe(rsc, node) {
            return false;
        }
        let probe = self.rsc_action(rsc, "monitor", 0, Some(node), false);
        self.actions[probe].optional = false;
        self.order_vs_unfence(rsc, node, probe, Flow::OPTIONAL);
        self.actions[probe].expects = if !self.rscs[rsc].running_on.contains(&node) {
            Some(7)
        } else if self.rscs[rsc].role == Role::Promoted {
            Some(8)
        } else {
            None
        };
        let mut flow = Flow::OPTIONAL;
        // What is active already is not stopped because a probe can't run.
        if !self.actions[probe].runnable && self.rscs[rsc].running_on.is_empty() {
            flow |= Flow::RUNNABLE_LEFT;
        }
        let top = self.uber_parent(rsc);
        self.order(End::Action(probe), End::task(top, "start".into()), flow);
        self.order(
            End::Action(probe),
            End::task(rsc, "reload-agent".into()),
            Flow::OPTIONAL,
        );
        true
    }
}
