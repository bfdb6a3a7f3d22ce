//! Which nodes are up, clean and usable.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::cluster::Cluster;
use super::{NodeKind, Quorum, Role};
use crate::arena::NodeId;
use crate::cib::NodeState;
use crate::cib::value::{is_true, parse_bool};
use crate::rule::Asked;
use crate::xml::Text;

impl Cluster<'_> {
    /// Node states first, then histories as far as nodes can be trusted, then what depends on them.
    pub(super) fn unpack_status(&mut self) {
        self.unpack_tickets();
        let cib = self.cib;
        for state in &cib.status.nodes {
            if let Some(node) = self.node_any(Some(state.attrs.id()), state.attrs.get("uname")) {
                self.unpack_node_state(node, state);
            }
        }
        while self.unpack_histories(false) {}
        self.stop_failed_containers();
        self.unpack_histories(self.config.stonith);
        self.remote_states();
    }

    fn unpack_node_state(&mut self, node: NodeId, state: &NodeState) {
        if self.nodes[node].is_remote() {
            let fenced = state.attrs.get("node_fenced").is_some_and(|v| v != "0");
            self.nodes[node].remote_was_fenced |= fenced;
            self.remote_attributes(node, state);
            return;
        }
        self.nodes[node].unclean = false;
        self.nodes[node].unseen = false;
        self.transient(node, state);
        let n = &mut self.nodes[node];
        n.standby |= is_true(n.attrs.get("standby").map(|v| &**v));
        n.maintenance |= is_true(n.attrs.get("maintenance").map(|v| &**v));
        self.online(node, state);
        if self.config.quorum_policy == Quorum::Suicide
            && !self.config.have_quorum
            && self.nodes[node].online
        {
            self.fence_node(node, "cluster does not have quorum");
        }
    }

    fn transient(&mut self, node: NodeId, state: &NodeState) {
        let asked = Asked {
            now: self.now,
            ..Asked::default()
        };
        let mut values = crate::rule::Values::new();
        asked.merge(&mut values, &state.transient, None);
        self.nodes[node].attrs.extend(values);
    }

    fn remote_attributes(&mut self, node: NodeId, state: &NodeState) {
        self.transient(node, state);
        let maintenance = state.attrs.get("node_in_maintenance");
        self.nodes[node].remote_maintenance = maintenance.is_some_and(|v| v != "0" && v != "false");
    }

    /// What standby, maintenance and discovery attributes say about a remote node.
    fn remote_flags(&mut self, node: NodeId) {
        let shutdown = self.nodes[node]
            .attr("shutdown")
            .is_some_and(|v| v != "0" && !v.is_empty());
        let n = &mut self.nodes[node];
        n.unclean = false;
        n.unseen = false;
        if shutdown {
            n.shutdown = true;
        }
        if is_true(n.attr("standby")) {
            n.standby = true;
        }
        let guest_unmanaged = n.remote_rsc.is_some_and(|r| {
            let r = &self.rscs[r];
            r.container.is_some() && !r.managed
        });
        let n = &mut self.nodes[node];
        if is_true(n.attr("maintenance")) || guest_unmanaged {
            n.maintenance = true;
        }
        if n.attr("resource-discovery-enabled").and_then(parse_bool) == Some(false) {
            n.no_discovery = true;
        }
    }

    fn online(&mut self, node: NodeId, state: &NodeState) {
        let shutdown = self.nodes[node]
            .attr("shutdown")
            .is_some_and(|v| v != "0" && !v.is_empty());
        let expected = state.attrs.get("expected");
        let n = &mut self.nodes[node];
        n.shutdown = shutdown;
        n.expected_up = expected.is_some_and(|e| e.eq_ignore_ascii_case("member")) && !shutdown;
        if n.kind == NodeKind::Ping {
            return;
        }
        if self.config.stonith {
            self.online_with_fencing(node, state);
        } else {
            self.online_without_fencing(node, state);
        }
    }

    fn online_without_fencing(&mut self, node: NodeId, state: &NodeState) {
        let member = in_ccm(state).unwrap_or(false);
        let process = is_up(state);
        let joined = state.attrs.get("join") == Some("member");
        let n = &mut self.nodes[node];
        if member && process && joined {
            n.online = true;
        } else if member && n.expected_up {
            n.unclean = true;
        }
    }

    /// The first rule that fits decides.
    fn online_with_fencing(&mut self, node: NodeId, state: &NodeState) {
        let member = in_ccm(state);
        let process = is_up(state);
        let join = state.attrs.get("join").unwrap_or("down");
        let terminate = self.terminate(node);
        let expected_down = state
            .attrs
            .get("expected")
            .is_none_or(|e| !e.eq_ignore_ascii_case("member"));
        let here = member.unwrap_or(false);
        let mut online = here;
        let mut fence: Option<&str> = None;
        let mut pending = false;
        if self.nodes[node].shutdown {
            online = process;
        } else if member.is_none() {
            fence = Some("peer has not been seen by the cluster");
        } else if join == "banned" {
            fence = Some("peer failed Pacemaker membership criteria");
        } else if !terminate && expected_down {
            if here || process {
                pending = true;
            }
        } else if terminate && join == "down" && !here && !process {
            online = false;
        } else if !here {
            fence = Some("peer is no longer part of the cluster");
        } else if !process {
            fence = Some("peer process is no longer available");
        } else if terminate {
            fence = Some("termination was requested");
        } else if join == "pending" || join == "down" {
            pending = true;
        } else if join != "member" {
            fence = Some("peer was in an unknown state");
        }
        let n = &mut self.nodes[node];
        n.online = online;
        if pending {
            n.standby = true;
            n.pending = true;
        }
        if let Some(reason) = fence {
            self.fence_node(node, reason);
        }
    }

    fn terminate(&self, node: NodeId) -> bool {
        let Some(v) = self.nodes[node].attr("terminate") else {
            return false;
        };
        parse_bool(v).unwrap_or_else(|| {
            v.as_bytes()
                .first()
                .is_some_and(|c| c.is_ascii_digit() && *c != b'0')
        })
    }

    /// Whether a node could be fenced, if it must be.
    pub(crate) fn can_fence(&self, node: NodeId) -> bool {
        if self.is_guest(node) {
            // It is fenced by stopping its container, which must be possible.
            let container = self.nodes[node]
                .remote_rsc
                .and_then(|r| self.rscs[r].container);
            return container.is_some_and(|c| {
                let r = &self.rscs[c];
                r.running_on.iter().all(|host| {
                    self.nodes[*host].online && !self.nodes[*host].unclean || self.can_fence(*host)
                })
            });
        }
        if !self.config.stonith || !self.have_fence_device {
            return false;
        }
        self.config.have_quorum
            || self.config.quorum_policy == Quorum::Ignore
            || self.nodes[node].online
    }

    /// Marks a node to be fenced; the first reason stays.
    pub(crate) fn fence_node(&mut self, node: NodeId, reason: &str) {
        if self.is_guest(node) {
            self.fence_guest(node);
            return;
        }
        if self.is_dangling_guest(node) {
            self.nodes[node].remote_requires_reset = true;
            return;
        }
        let give = |slot: &mut Option<String>| {
            if slot.is_none() {
                *slot = Some(reason.into());
            }
        };
        if self.nodes[node].is_remote() {
            let unmanaged = self.nodes[node]
                .remote_rsc
                .is_some_and(|r| !self.rscs[r].managed);
            let n = &mut self.nodes[node];
            if !unmanaged {
                n.remote_requires_reset = true;
            }
            n.unclean = true;
            give(&mut n.fence_reason);
            return;
        }
        let n = &mut self.nodes[node];
        if !n.unclean {
            n.unclean = true;
            give(&mut n.fence_reason);
        }
    }

    fn fence_guest(&mut self, node: NodeId) {
        let Some(container) = self.nodes[node]
            .remote_rsc
            .and_then(|r| self.rscs[r].container)
        else {
            return;
        };
        if self.rscs[container].failed {
            return;
        }
        if self.rscs[container].managed {
            self.nodes[node].remote_requires_reset = true;
            self.rscs[container].failed = true;
            self.rscs[container].must_stop = true;
        }
    }

    /// A guest node whose connection is an orphan and whose container is gone.
    fn is_dangling_guest(&self, node: NodeId) -> bool {
        self.nodes[node].is_remote()
            && self.nodes[node].remote_rsc.is_some_and(|r| {
                let r = &self.rscs[r];
                r.container.is_none() && r.orphan && r.meta("container").is_some()
            })
    }

    /// Reads histories of nodes that can be trusted by now; whether any was read.
    fn unpack_histories(&mut self, all: bool) -> bool {
        let mut any = false;
        for index in 0..self.cib.status.nodes.len() {
            let state = &self.cib.status.nodes[index];
            let Some(node) = self.node_any(Some(state.attrs.id()), state.attrs.get("uname")) else {
                continue;
            };
            if self.nodes[node].unpacked {
                continue;
            }
            let ready = if all {
                true
            } else if self.is_guest(node) {
                self.nodes[node].remote_rsc.is_some_and(|r| {
                    let r = &self.rscs[r];
                    r.role == Role::Started
                        && r.container
                            .is_some_and(|c| self.rscs[c].role == Role::Started)
                })
            } else if self.nodes[node].is_remote() {
                self.nodes[node]
                    .remote_rsc
                    .is_some_and(|r| self.rscs[r].role == Role::Started)
            } else {
                self.config.stonith || self.config.shutdown_lock || self.nodes[node].online
            };
            if !ready {
                continue;
            }
            if self.nodes[node].is_remote() {
                self.remote_online(node);
                self.remote_flags_keep(node);
            }
            self.nodes[node].unpacked = true;
            self.unpack_history(node, index);
            any = true;
        }
        any
    }

    fn remote_flags_keep(&mut self, node: NodeId) {
        let (unclean, unseen) = (self.nodes[node].unclean, self.nodes[node].unseen);
        self.remote_flags(node);
        if !self.nodes[node].online {
            self.nodes[node].unclean = unclean;
            self.nodes[node].unseen = unseen;
        }
    }

    /// Remote nodes without any history.
    fn remote_states(&mut self) {
        for node in self.nodes.ids().collect::<Vec<_>>() {
            if !self.nodes[node].is_remote() {
                continue;
            }
            if self.nodes[node].shutdown
                && let Some(r) = self.nodes[node].remote_rsc
            {
                self.set_next_role(r, Role::Stopped);
            }
            if !self.nodes[node].unpacked {
                self.remote_online(node);
            }
        }
    }

    /// Whether a remote or guest node is up: its connection (and container) must be.
    fn remote_online(&mut self, node: NodeId) {
        let Some(rsc) = self.nodes[node].remote_rsc else {
            self.nodes[node].online = false;
            return;
        };
        let r = &self.rscs[rsc];
        let container = r.container;
        let host = match r.running_on[..] {
            [one] => Some(one),
            _ => None,
        };
        let mut online = r.role == Role::Started && r.next_role != Role::Stopped;
        let mut reset = self.nodes[node].remote_requires_reset;
        let mut shutdown = self.nodes[node].shutdown;
        if r.role == Role::Started && r.next_role == Role::Stopped {
            shutdown = true;
            online = true;
        }
        let down_host = host.is_some_and(|h| self.nodes[h].unclean || !self.nodes[h].online);
        if container.is_some_and(|c| self.rscs[c].failed) {
            online = false;
            reset = true;
        } else if r.failed {
            online = false;
        } else if r.role == Role::Stopped
            || container.is_some_and(|c| self.rscs[c].role == Role::Stopped)
        {
            online = false;
            reset = false;
        } else if host.is_some_and(|h| self.nodes[h].unclean) && container.is_some() && down_host {
            online = false;
            reset = true;
        }
        let n = &mut self.nodes[node];
        n.online = online;
        n.remote_requires_reset = reset;
        n.shutdown = shutdown;
    }

    fn stop_failed_containers(&mut self) {
        for (container, _) in core::mem::take(&mut self.stop_needed) {
            if let Some(node) = self.current_node(container) {
                self.stop_action(container, node, false);
            }
        }
    }
}

/// `in_ccm`: whether the node is a member; newer versions write the time when it became one.
fn in_ccm(state: &NodeState) -> Option<bool> {
    let v = state.attrs.get("in_ccm")?;
    Some(parse_bool(v).unwrap_or_else(|| {
        v.bytes()
            .next()
            .is_some_and(|c| c.is_ascii_digit() && c != b'0')
    }))
}

fn is_up(state: &NodeState) -> bool {
    state
        .attrs
        .get("crmd")
        .is_some_and(|v| v == "online" || v.parse::<i64>().is_ok_and(|n| n > 0))
}

/// A name for messages: of an instance without its number.
pub(crate) fn failed_there(history: &str) -> String {
    format!("{history} failed there")
}

/// See [`failed_there`].
pub(crate) fn thought_active(id: &Text) -> String {
    format!("{id} is thought to be active there")
}
