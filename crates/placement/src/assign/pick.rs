//! The choice of a node among those allowed.

use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use crate::arena::{NodeId, RscId};
use crate::score::{INFINITY, Score};
use crate::state::{Cluster, Role, Strategy, Table};

impl Cluster<'_> {
    /// Nodes of a table, the best first.
    pub(crate) fn sorted_nodes(
        &self,
        table: &Table,
        current: Option<NodeId>,
    ) -> Vec<(NodeId, Score)> {
        let mut nodes: Vec<(NodeId, Score)> = table.iter().collect();
        nodes.sort_by(|a, b| self.compare_nodes(*a, *b, current));
        nodes
    }

    fn compare_nodes(
        &self,
        a: (NodeId, Score),
        b: (NodeId, Score),
        current: Option<NodeId>,
    ) -> Ordering {
        let effective = |(n, s): (NodeId, Score)| if self.available(n) { s } else { -INFINITY };
        let by_score = effective(b).cmp(&effective(a));
        let by_name = || self.nodes[a.0].uname.cmp(&self.nodes[b.0].uname);
        if self.config.strategy == Strategy::Minimal {
            return by_score.then_with(by_name);
        }
        let capacity = || {
            if self.config.strategy == Strategy::Balanced {
                self.compare_capacity(a.0, b.0)
            } else {
                Ordering::Equal
            }
        };
        by_score
            .then_with(capacity)
            .then_with(|| self.nodes[a.0].assigned.cmp(&self.nodes[b.0].assigned))
            .then_with(|| {
                let away = |n: NodeId| current != Some(n);
                away(a.0).cmp(&away(b.0))
            })
            .then_with(by_name)
    }

    /// The nodes that are strictly best come first; see [`Self::sorted_nodes`].
    pub(super) fn pick_node(&mut self, rsc: RscId, prefer: Option<NodeId>) {
        let most_free = self.ban_full_nodes(rsc);
        let prefer = prefer.or(most_free);
        let current = self.current_node(rsc);
        let best = self.best_node(rsc, current);
        let mut chosen = None;
        if let (Some(p), Some((_, best_score))) = (prefer, best) {
            let score = self.rscs[rsc].allowed.get(p);
            chosen = score
                .filter(|s| *s >= best_score && *s >= 0 && self.available(p))
                .map(|s| (p, s));
        }
        if let (None, Some((node, score))) = (chosen, best) {
            chosen = Some((node, score));
            let unique_instance = self.rscs[rsc]
                .parent
                .is_some_and(|p| self.rscs[p].clone.is_some() && self.rscs[p].unique);
            if !unique_instance && score > 0 && self.available(node) {
                // What runs already stays, if its node is as good.
                let stays = current.filter(|c| {
                    self.available(*c) && self.rscs[rsc].allowed.get(*c) == Some(score)
                });
                if let Some(c) = stays {
                    chosen = Some((c, score));
                }
            }
        }
        self.settle_scored(rsc, chosen);
    }

    fn best_node(&self, rsc: RscId, current: Option<NodeId>) -> Option<(NodeId, Score)> {
        self.rscs[rsc]
            .allowed
            .iter()
            .min_by(|a, b| self.compare_nodes(*a, *b, current))
    }

    fn settle_scored(&mut self, rsc: RscId, chosen: Option<(NodeId, Score)>) {
        let node = match chosen {
            Some((node, score)) => {
                let usable = score >= 0 && (self.available(node) || self.is_guest(node));
                if !usable {
                    self.set_next_role(rsc, Role::Stopped);
                }
                usable.then_some(node)
            }
            None => None,
        };
        self.settle(rsc, node);
        if let (Some(_), Some((_, score))) = (node, chosen) {
            self.rscs[rsc].assigned_score = score;
        }
    }

    /// Assigns a primitive (or all within) to a node, or to none.
    pub(crate) fn settle(&mut self, rsc: RscId, node: Option<NodeId>) {
        let children = self.children(rsc);
        if !children.is_empty() {
            for child in children {
                self.settle(child, node);
            }
            return;
        }
        self.unassign(rsc);
        self.rscs[rsc].provisional = false;
        let Some(node) = node else {
            self.set_next_role(rsc, Role::Stopped);
            for a in self.rscs[rsc].actions.clone() {
                let action = &mut self.actions[a];
                if action.is("stop") {
                    action.optional = false;
                } else if action.is("start") || action.interval_ms != 0 && action.expects != Some(7)
                {
                    action.runnable = false;
                }
            }
            return;
        };
        self.rscs[rsc].assigned = Some(node);
        self.nodes[node].assigned += 1;
        self.consume_capacity(rsc, node);
    }

    pub(crate) fn unassign(&mut self, rsc: RscId) {
        if let Some(old) = self.rscs[rsc].assigned.take() {
            self.rscs[rsc].provisional = true;
            self.nodes[old].assigned -= 1;
            self.release_capacity(rsc, old);
        }
    }

    /// The order in which resources are assigned when capacity counts.
    pub(super) fn sort_by_scores(&mut self) {
        let nodes = self.node_order.clone();
        let mut keyed: Vec<(RscId, Score, Option<Score>, Vec<Score>)> = Vec::new();
        let mut by_node = nodes.clone();
        by_node.sort_by(|a, b| {
            self.compare_nodes((*a, self.nodes[*a].score), (*b, self.nodes[*b].score), None)
        });
        for rsc in self.top.clone() {
            let table = self.merged_scores(rsc);
            let current = {
                let running = &self.rscs[rsc].running_on;
                running.first().map(|n| table.get(*n).unwrap_or(-INFINITY))
            };
            let scores = by_node
                .iter()
                .map(|n| table.get(*n).unwrap_or(-INFINITY))
                .collect();
            keyed.push((rsc, self.rscs[rsc].priority, current, scores));
        }
        keyed.sort_by(|a, b| {
            Reverse(a.1)
                .cmp(&Reverse(b.1))
                .then_with(|| b.2.unwrap_or(-INFINITY).cmp(&a.2.unwrap_or(-INFINITY)))
                .then_with(|| b.3.cmp(&a.3))
        });
        self.top = keyed.into_iter().map(|k| k.0).collect();
    }
}
