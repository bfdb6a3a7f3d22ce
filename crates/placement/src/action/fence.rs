//! Fencing, and what it implies for resources on the fenced node.

use alloc::format;
use alloc::vec::Vec;

use super::{Action, Flow};
use crate::arena::{ActionId, NodeId, RscId};
use crate::state::{Cluster, Needs};

impl Cluster<'_> {
    /// Fences nodes and shuts nodes down.
    pub(crate) fn schedule_fencing_and_shutdowns(&mut self) {
        let managed = self.top.clone().into_iter().any(|r| self.any_managed(r));
        let mut fences: Vec<ActionId> = Vec::new();
        let mut shutdowns: Vec<ActionId> = Vec::new();
        let mut dc_down = None;
        for node in self.node_order.clone() {
            if self.is_guest(node)
                || self.nodes[node]
                    .remote_rsc
                    .is_some_and(|r| self.rscs[r].container.is_some())
            {
                if self.nodes[node].remote_requires_reset && managed && self.can_fence(node) {
                    self.fence_guest_node(node);
                }
                continue;
            }
            let n = &self.nodes[node];
            let dc = n.is_dc;
            if managed && n.unclean && self.can_fence(node) {
                let fence = self.schedule_fence(node);
                if dc {
                    dc_down = Some(fence);
                } else {
                    if let Some(&last) = fences.last().filter(|_| !self.config.concurrent_fencing) {
                        self.order_actions(last, fence, Flow::OPTIONAL);
                    }
                    fences.push(fence);
                }
            } else if n.online && n.shutdown && !n.is_remote() {
                let down = self.shutdown_action(node);
                if dc {
                    dc_down = Some(down);
                } else {
                    shutdowns.push(down);
                }
            }
        }
        if let Some(dc) = dc_down {
            for s in shutdowns {
                self.order_actions(s, dc, Flow::OPTIONAL);
            }
            if self.config.concurrent_fencing {
                for f in fences {
                    self.order_actions(f, dc, Flow::OPTIONAL);
                }
            } else if let Some(last) = fences.last() {
                self.order_actions(*last, dc, Flow::OPTIONAL);
            }
        }
    }

    fn any_managed(&self, rsc: RscId) -> bool {
        self.rscs[rsc].managed || self.rscs[rsc].children.iter().any(|c| self.any_managed(*c))
    }

    fn schedule_fence(&mut self, node: NodeId) -> ActionId {
        let fence = self.fence_op(node, false);
        let reason = self.nodes[node].fence_reason.clone();
        self.set_reason(fence, reason.as_deref().unwrap_or("node is unclean"));
        for rsc in self.top.clone() {
            self.order_vs_fence(rsc, fence, node);
        }
        fence
    }

    /// The action that fences a node.
    pub(crate) fn fence_op(&mut self, node: NodeId, pseudo: bool) -> ActionId {
        let how = self.config.stonith_action.clone();
        let name = format!("stonith-{}-{how}", self.nodes[node].uname);
        if let Some(&id) = self.actions_by_name.get(&name) {
            return id;
        }
        let id = self.actions.push(Action {
            task: "stonith".into(),
            node: Some(node),
            name: Some(name.clone()),
            runnable: true,
            on_dc: true,
            pseudo,
            fence_how: Some(how),
            ..Action::default()
        });
        self.actions_by_name.insert(name, id);
        self.fence_ops.entry(node).or_default().push(id);
        id
    }

    fn order_vs_fence(&mut self, rsc: RscId, fence: ActionId, target: NodeId) {
        let children = self.children(rsc);
        if !children.is_empty() {
            for c in children {
                self.order_vs_fence(c, fence, target);
            }
            return;
        }
        if !self.rscs[rsc].managed {
            return;
        }
        self.order_starts_vs_fence(rsc, fence, target);
        self.order_stops_vs_fence(rsc, fence, target);
    }

    fn order_starts_vs_fence(&mut self, rsc: RscId, fence: ActionId, target: NodeId) {
        let r = &self.rscs[rsc];
        let unknown = r.allowed.get(target).is_some() && !r.known_on.contains(target);
        for a in r.actions.clone() {
            match self.actions[a].needs {
                Needs::Fencing | Needs::Unfencing => {
                    self.order_actions(fence, a, Flow::OPTIONAL);
                }
                Needs::Quorum if unknown && self.actions[a].is("start") => {
                    self.order_actions(fence, a, Flow::OPTIONAL | Flow::RUNNABLE_LEFT);
                }
                _ => {}
            }
        }
    }

    fn order_stops_vs_fence(&mut self, rsc: RscId, fence: ActionId, target: NodeId) {
        let implicit = self.rscs[rsc].needs_fencing || self.is_guest(target);
        let bundled = self.is_bundled(rsc);
        let on_target = |c: &Self, task: &str| -> Vec<ActionId> {
            c.actions_of(rsc, task, 0)
                .into_iter()
                .filter(|a| c.actions[*a].node == Some(target))
                .collect()
        };
        let stops = on_target(self, "stop");
        let top = self.top_parent(rsc);
        let parent_stop = if implicit && !stops.is_empty() {
            self.first_action(top, "stop", None)
        } else {
            None
        };
        for stop in stops {
            self.actions[stop].pseudo = true;
            self.actions[stop].runnable = true;
            if implicit {
                if !bundled {
                    self.order_actions(fence, stop, Flow::PRESERVE);
                }
                if let Some(p) = parent_stop {
                    self.order_actions(fence, p, Flow::PRESERVE);
                }
            }
        }
        for demote in on_target(self, "demote") {
            let n = &self.nodes[target];
            if n.online && !n.unclean && !self.rscs[rsc].failed {
                continue;
            }
            self.actions[demote].pseudo = true;
            self.actions[demote].runnable = true;
            if !bundled && implicit {
                self.order_actions(fence, demote, Flow::PRESERVE | Flow::OPTIONAL);
            }
        }
    }

    /// A guest is fenced by stopping its container.
    fn fence_guest_node(&mut self, node: NodeId) {
        let container = self.nodes[node]
            .remote_rsc
            .and_then(|r| self.rscs[r].container);
        let stop = container.and_then(|c| self.first_action(c, "stop", None));
        let fence = self.fence_op(node, true);
        let a = &mut self.actions[fence];
        a.pseudo = true;
        a.runnable = true;
        a.optional = false;
        self.set_reason(fence, "guest is unclean");
        let flow = Flow::RUNNABLE_LEFT | Flow::IMPLIES_THEN;
        if let (Some(c), Some(stop)) = (container, stop) {
            // The guest's host may have to be fenced first.
            let host = self.actions[stop].node;
            let parent = host
                .and_then(|h| self.fence_ops.get(&h))
                .and_then(|f| f.first().copied());
            match parent.filter(|_| self.actions[stop].pseudo) {
                Some(p) => self.order_actions(p, fence, flow),
                None => self.order_actions(stop, fence, flow),
            };
            let _ = c;
        }
        for rsc in self.top.clone() {
            self.order_vs_fence(rsc, fence, node);
        }
    }

    /// The action that lets a node use its shared devices.
    pub(crate) fn unfence_op(&mut self, node: NodeId) -> ActionId {
        let name = format!("stonith-{}-on", self.nodes[node].uname);
        if let Some(&id) = self.actions_by_name.get(&name) {
            return id;
        }
        let id = self.actions.push(Action {
            task: "stonith".into(),
            node: Some(node),
            name: Some(name.clone()),
            optional: true,
            runnable: true,
            on_dc: true,
            fence_how: Some("on".into()),
            ..Action::default()
        });
        self.actions_by_name.insert(name, id);
        id
    }

    /// Whether a node has been unfenced since it came up.
    fn is_unfenced(&self, node: NodeId) -> bool {
        self.nodes[node]
            .attr("#node-unfenced")
            .is_some_and(|v| v != "0")
    }

    pub(super) fn unfencing_constraints(&mut self, rsc: RscId) {
        for node in self.rscs[rsc].allowed.nodes() {
            let unfence = self.unfence_op(node);
            if !self.is_unfenced(node) && self.nodes[node].online && !self.nodes[node].unclean {
                self.actions[unfence].optional = false;
            }
            let flow = Flow::OPTIONAL | Flow::SAME_NODE;
            self.order(
                super::End::task(rsc, "stop".into()),
                super::End::Action(unfence),
                flow,
            );
            let flow = Flow::IMPLIES_THEN_ON_NODE | Flow::SAME_NODE;
            self.order(
                super::End::Action(unfence),
                super::End::task(rsc, "start".into()),
                flow,
            );
        }
    }

    /// What a device must be unfenced for waits for that.
    pub(super) fn order_vs_unfence(
        &mut self,
        rsc: RscId,
        node: NodeId,
        action: ActionId,
        flow: Flow,
    ) {
        let needed =
            self.have_unfencing && self.rscs[rsc].needs_unfencing && !self.rscs[rsc].fence_device;
        if !needed {
            return;
        }
        let unfence = self.unfence_op(node);
        self.order_actions(unfence, action, flow);
        if !self.is_unfenced(node) {
            self.actions[unfence].optional = false;
        }
    }
}
