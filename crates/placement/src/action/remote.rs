//! What runs on remote and guest nodes depends on the connection to them.

use alloc::vec::Vec;

use super::{End, Flow};
use crate::arena::{ActionId, NodeId, RscId};
use crate::state::{Cluster, Role};

/// What can be said of a connection to a remote node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    Alive,
    /// Its host is lost, or it is being migrated: it comes up elsewhere first.
    Resting,
    Unknown,
    Stopped,
    Failed,
}

/// How an action bears on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// start, promote
    Up,
    /// stop, and both sides of a migration
    Stop,
    Demote,
    /// monitors and whatever else there is
    Other,
}

impl Need {
    fn of(task: &str) -> Self {
        match task {
            "start" | "promote" => Self::Up,
            "stop" | "migrate_to" | "migrate_from" => Self::Stop,
            "demote" => Self::Demote,
            _ => Self::Other,
        }
    }
}

impl Cluster<'_> {
    /// Orders all actions on remote and guest nodes relative to the connections. May mark nodes to be fenced.
    pub(crate) fn order_remote_actions(&mut self) {
        if !self.have_remote_nodes {
            return;
        }
        for id in self.actions.ids().rev().collect::<Vec<_>>() {
            let a = &self.actions[id];
            let Some(rsc) = a.rsc else {
                continue;
            };
            if self.is_connection(rsc) && a.is("clear_failcount") {
                let start = End::task(rsc, "start".into());
                self.order(End::Action(id), start, Flow::OPTIONAL);
                continue;
            }
            let Some(node) = a.node.filter(|n| self.nodes[*n].is_remote() && !a.pseudo) else {
                continue;
            };
            let Some(connection) = self.nodes[node].remote_rsc else {
                continue;
            };
            self.connect_before_leaving(rsc, id, connection);
            match self.rscs[connection].container {
                Some(container) => self.order_in_guest(id, node, connection, container),
                None => self.order_on_remote(id, node, connection),
            }
        }
    }

    /// What moves to a remote node stays where it is until the connection is there.
    fn connect_before_leaving(&mut self, rsc: RscId, action: ActionId, connection: RscId) {
        if !self.actions[action].is("start") {
            return;
        }
        let node = self.actions[action].node;
        for stop in self.rscs[rsc].actions.clone() {
            let a = &self.actions[stop];
            if a.is("stop") && a.node.is_some() && a.node != node {
                let start = End::task(connection, "start".into());
                self.order(start, End::Action(stop), Flow::OPTIONAL);
            }
        }
    }

    fn start_first(&mut self, rsc: RscId, action: ActionId, more: Flow) {
        let flow = Flow::PRESERVE | Flow::RUNNABLE_LEFT | more;
        self.order(End::task(rsc, "start".into()), End::Action(action), flow);
    }

    fn stop_after(&mut self, action: ActionId, rsc: RscId, more: Flow) {
        let stop = End::task(rsc, "stop".into());
        self.order(End::Action(action), stop, Flow::PRESERVE | more);
    }

    fn order_in_guest(&mut self, id: ActionId, node: NodeId, connection: RscId, container: RscId) {
        let failed = self.rscs[container].failed;
        if failed {
            self.fence_node(node, "container failed");
        }
        match Need::of(&self.actions[id].task) {
            Need::Up => {
                self.start_first(container, id, Flow::IMPLIES_THEN);
                self.start_first(connection, id, Flow::NONE);
            }
            Need::Demote | Need::Stop if self.actions[id].task.starts_with("migrate") => {
                self.start_first(connection, id, Flow::NONE);
            }
            // A failed container takes with it what runs there.
            Need::Demote | Need::Stop if failed => {}
            Need::Demote | Need::Stop => self.stop_after(id, connection, Flow::NONE),
            Need::Other if self.actions[id].interval_ms > 0 => {
                self.start_first(connection, id, Flow::IMPLIES_THEN);
            }
            Need::Other => self.start_first(connection, id, Flow::NONE),
        }
    }

    fn order_on_remote(&mut self, id: ActionId, node: NodeId, connection: RscId) {
        let state = self.connection_state(node, connection);
        match Need::of(&self.actions[id].task) {
            Need::Up if state == Connection::Failed => {
                self.start_first(connection, id, Flow::IMPLIES_THEN);
            }
            Need::Up => self.start_first(connection, id, Flow::NONE),
            Need::Stop if state == Connection::Failed => {
                self.fence_node(node, "resources are active but connection is unrecoverable");
            }
            Need::Stop => {
                let goes = self.rscs[connection].next_role == Role::Stopped;
                if state == Connection::Alive || goes {
                    self.stop_after(id, connection, Flow::IMPLIES_FIRST);
                } else {
                    self.start_first(connection, id, Flow::NONE);
                }
            }
            Need::Demote => {
                if matches!(state, Connection::Resting | Connection::Unknown) {
                    self.start_first(connection, id, Flow::NONE);
                }
            }
            Need::Other if self.actions[id].interval_ms > 0 => {
                self.start_first(connection, id, Flow::IMPLIES_THEN);
            }
            Need::Other => self.order_check(id, node, connection, state),
        }
    }

    /// A probe, or what else is done once.
    fn order_check(&mut self, id: ActionId, node: NodeId, connection: RscId, state: Connection) {
        if self.actions[id].is("monitor") && state == Connection::Failed {
            let reason = "resources are in unknown state and connection is unrecoverable";
            self.fence_node(node, reason);
        }
        if state == Connection::Stopped && self.current_node(connection).is_some() {
            self.stop_after(id, connection, Flow::RUNNABLE_LEFT);
        } else {
            self.start_first(connection, id, Flow::NONE);
        }
    }

    fn connection_state(&self, node: NodeId, connection: RscId) -> Connection {
        let r = &self.rscs[connection];
        let host = self.current_node(connection).map(|n| &self.nodes[n]);
        if r.next_role == Role::Stopped || r.assigned.is_none() {
            let n = &self.nodes[node];
            let lost = host.is_some_and(|h| h.unclean);
            let again = r.next_role == Role::Stopped
                && self.reconnect_interval(connection) != 0
                && n.remote_was_fenced
                && n.attr("shutdown").is_none_or(|v| v == "0");
            return match (lost, r.failed) {
                (false, false) => Connection::Stopped,
                (false, true) if again => Connection::Unknown,
                _ => Connection::Failed,
            };
        }
        match host {
            None => Connection::Unknown,
            Some(h) => {
                let migrates = r.running_on.len() > 1 && r.migrating.is_some();
                if h.unclean || !h.online || migrates {
                    Connection::Resting
                } else {
                    Connection::Alive
                }
            }
        }
    }
}
