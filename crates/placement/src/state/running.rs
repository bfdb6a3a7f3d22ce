//! What follows from where a resource runs: what its node's loss, its failures and several copies ask for.

use alloc::format;

use super::cluster::Cluster;
use super::history::Walk;
use super::operation::OnFail;
use super::{Kind, Multiple, Role};
use crate::arena::{NodeId, RscId};
use crate::reason::Cause;
use crate::score::INFINITY;

impl<'a> Cluster<'a> {
    pub(super) fn state_after(&mut self, walk: &Walk<'a>) {
        let (rsc, node) = (walk.rsc, walk.node);
        if self.rscs[rsc].role != Role::Unknown {
            self.note_known(rsc, node);
        }
        let r = &self.rscs[rsc];
        let n = &self.nodes[node];
        if r.role > Role::Stopped && !n.online && !n.maintenance && r.managed {
            self.active_on_lost_node(rsc, node);
        }
        let on_fail = if self.nodes[node].unclean {
            OnFail::Ignore
        } else {
            walk.on_fail
        };
        self.react(rsc, node, on_fail);
        if self.rscs[rsc].failed
            && let Some(remote) = self.rscs[rsc]
                .remote_node
                .filter(|n| self.nodes[*n].unclean)
        {
            self.nodes[remote].unseen = false;
        }
        let active = self.rscs[rsc].role > Role::Stopped;
        if active {
            self.add_running(rsc, node, walk.on_fail != OnFail::Ignore);
            match on_fail {
                OnFail::Ignore => {}
                OnFail::Demote | OnFail::Block => self.rscs[rsc].failed = true,
                _ => {
                    self.rscs[rsc].failed = true;
                    self.rscs[rsc].must_stop = true;
                }
            }
        } else if self.rscs[rsc]
            .history_name
            .as_deref()
            .is_some_and(|n| n.contains(':'))
        {
            self.rscs[rsc].history_name = None;
        } else {
            self.stops_optional(rsc, node);
        }
        let r = &mut self.rscs[rsc];
        if r.role == Role::Stopped
            && r.migrating.is_some_and(|(s, _)| s == node)
            && !r.running_on.is_empty()
        {
            r.role = Role::Started;
        }
    }

    pub(super) fn note_known(&mut self, rsc: RscId, node: NodeId) {
        let mut at = Some(rsc);
        while let Some(r) = at {
            self.rscs[r].known_on.insert(node);
            at = if self.rscs[r].unique {
                None
            } else {
                self.rscs[r].parent
            };
        }
    }

    pub(super) fn active_on_lost_node(&mut self, rsc: RscId, node: NodeId) {
        if self.is_guest(node) {
            self.rscs[rsc].failed = true;
            self.rscs[rsc].must_stop = true;
        } else if self.config.stonith {
            if let Some(remote) = self.nodes[node].remote_rsc.filter(|_| self.is_remote(node))
                && !self.rscs[remote].failed
            {
                self.nodes[node].unseen = true;
            }
        } else {
            return;
        }
        let reason = if self.nodes[node].is_remote() && !self.is_guest(node) {
            format!(
                "{} is active there (fencing will be revoked if remote connection can be re-established elsewhere)",
                self.rscs[rsc].id
            )
        } else {
            super::node_state::thought_active(&self.rscs[rsc].id)
        };
        self.fence_node(node, &reason);
    }

    pub(super) fn react(&mut self, rsc: RscId, node: NodeId, on_fail: OnFail) {
        match on_fail {
            OnFail::Ignore => {}
            OnFail::Demote => {
                self.rscs[rsc].failed = true;
                self.demote_action(rsc, node, false);
            }
            OnFail::Fence => {
                let reason = super::node_state::failed_there(&self.rscs[rsc].id);
                self.fence_node(node, &reason);
            }
            OnFail::Standby => {
                self.nodes[node].standby = true;
                self.nodes[node].standby_onfail = true;
            }
            OnFail::Block => {
                self.rscs[rsc].managed = false;
                self.rscs[rsc].blocked = true;
            }
            OnFail::Migrate => self.add_location_score(rsc, node, -INFINITY),
            OnFail::Stop => self.rscs[rsc].next_role = Role::Stopped,
            OnFail::Restart => {
                if self.rscs[rsc].role > Role::Stopped {
                    self.fail_and_stop(rsc, node);
                }
            }
            OnFail::RestartContainer => {
                self.rscs[rsc].failed = true;
                self.rscs[rsc].must_stop = true;
                match self.rscs[rsc].container {
                    Some(c) if self.is_bundled(rsc) => self.stop_needed.push((c, node)),
                    Some(c) => {
                        self.stop_action(c, node, false);
                    }
                    None => {
                        if self.rscs[rsc].role > Role::Stopped {
                            self.stop_action(rsc, node, false);
                        }
                    }
                }
            }
            OnFail::ResetRemote => self.reset_remote(rsc, node),
        }
    }

    pub(crate) fn is_bundled(&self, rsc: RscId) -> bool {
        self.rscs[self.top_parent(rsc)].kind == Kind::Bundle
    }

    pub(super) fn fail_and_stop(&mut self, rsc: RscId, node: NodeId) {
        self.rscs[rsc].failed = true;
        self.rscs[rsc].must_stop = true;
        self.stop_action(rsc, node, false);
    }

    pub(super) fn reset_remote(&mut self, rsc: RscId, node: NodeId) {
        self.rscs[rsc].failed = true;
        self.rscs[rsc].must_stop = true;
        if self.config.stonith
            && let Some(remote) = self.rscs[rsc].remote_node
            && self.is_remote(remote)
            && !self.nodes[remote].remote_was_fenced
        {
            self.fence_node(remote, "remote connection is unrecoverable");
        }
        if self.rscs[rsc].role > Role::Stopped {
            self.stop_action(rsc, node, false);
        }
        if self.reconnect_interval(rsc) != 0 {
            self.rscs[rsc].next_role = Role::Stopped;
        }
    }

    /// Notes that a resource (and what it is within) is active on a node.
    pub(super) fn add_running(&mut self, rsc: RscId, node: NodeId, failed: bool) {
        if self.rscs[rsc].running_on.contains(&node) {
            return;
        }
        self.rscs[rsc].running_on.push(node);
        let primitive = self.rscs[rsc].is_primitive();
        if primitive {
            self.nodes[node].running.push(rsc);
            let promoted = i32::from(self.rscs[rsc].role == Role::Promoted);
            if self.rscs[rsc].priority != 0 && !failed {
                self.nodes[node].priority += self.rscs[rsc].priority + promoted;
            }
            if self.nodes[node].maintenance {
                self.rscs[rsc].managed = false;
            }
        }
        if !self.rscs[rsc].managed {
            self.add_location_score(rsc, node, INFINITY);
            let mut at = self.rscs[rsc].parent;
            // Once for each part: what is active more often is looked at later.
            while let Some(p) = at.filter(|_| self.nodes[node].online) {
                self.rscs[p].running_on.push(node);
                at = self.rscs[p].parent;
            }
            return;
        }
        if primitive && self.multiply_active(rsc) {
            self.recover_multiple(rsc);
        }
        if let Some(parent) = self.rscs[rsc].parent {
            self.add_running(parent, node, false);
        }
    }

    /// Active on more than one node; what is unclean counts only if it would have to be fenced.
    pub(crate) fn multiply_active(&self, rsc: RscId) -> bool {
        let (all, clean) = self.active_counts(rsc);
        if self.rscs[rsc].needs_fencing {
            all > 1
        } else {
            clean > 1
        }
    }

    pub(super) fn recover_multiple(&mut self, rsc: RscId) {
        match self.rscs[rsc].multiple {
            Multiple::StopOnly => {
                self.noting(rsc, |_| Cause::MultipleActive, |c| c.ban_everywhere(rsc));
            }
            Multiple::Block => {
                let mut set = alloc::vec![rsc];
                if let Some(p) = self.rscs[rsc].parent {
                    let whole = &self.rscs[p];
                    if matches!(whole.kind, Kind::Group | Kind::Bundle)
                        && whole.multiple == Multiple::Block
                    {
                        set.extend(whole.children.iter().copied());
                    }
                }
                for r in set {
                    self.rscs[r].managed = false;
                    self.rscs[r].blocked = true;
                }
            }
            Multiple::StopStart | Multiple::StopUnexpected => {}
        }
    }
}
