//! A node that asked for it is shut down once nothing runs there any more.

use alloc::format;
use alloc::vec::Vec;

use super::{Action, Flow};
use crate::arena::{ActionId, NodeId};
use crate::state::Cluster;

impl Cluster<'_> {
    pub(super) fn shutdown_action(&mut self, node: NodeId) -> ActionId {
        let name = format!("do_shutdown-{}", self.nodes[node].uname);
        let id = self.actions.push(Action {
            task: "do_shutdown".into(),
            node: Some(node),
            name: Some(name.clone()),
            runnable: true,
            on_dc: true,
            ..Action::default()
        });
        self.actions_by_name.insert(name, id);
        let stops: Vec<ActionId> = self.nodes[node]
            .running
            .clone()
            .into_iter()
            .filter(|r| {
                !self.rscs[*r].maintenance && (self.rscs[*r].managed || !self.rscs[*r].blocked)
            })
            .flat_map(|r| self.actions_of(r, "stop", 0))
            .filter(|a| self.actions[*a].node == Some(node))
            .collect();
        for stop in stops {
            self.order_actions(stop, id, Flow::OPTIONAL | Flow::RUNNABLE_LEFT);
        }
        id
    }
}
