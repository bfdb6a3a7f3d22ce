//! Node health: attributes `#health…` as scores.

use crate::arena::NodeId;
use crate::score::{self, INFINITY, Score};
use crate::state::Cluster;

impl Cluster<'_> {
    pub(crate) fn apply_health(&mut self) {
        let strategy = self.config.health.to_ascii_lowercase();
        match strategy.as_str() {
            "migrate-on-red" | "only-green" => {
                self.config.health_red = -INFINITY;
                self.config.health_yellow = if strategy == "only-green" {
                    -INFINITY
                } else {
                    0
                };
                self.config.health_green = 0;
            }
            "progressive" | "custom" => {}
            _ => return,
        }
        for node in self.nodes_all() {
            let health = self.health(node, &strategy);
            if health == 0 {
                continue;
            }
            for top in self.top.clone() {
                self.apply_health_to(top, node, health);
            }
        }
    }

    fn apply_health_to(&mut self, rsc: crate::arena::RscId, node: NodeId, health: Score) {
        let unhealthy_allowed = self.rscs[rsc]
            .meta("allow-unhealthy-nodes")
            .and_then(crate::cib::value::parse_bool)
            .unwrap_or(false);
        if unhealthy_allowed {
            return;
        }
        self.add_location_score(rsc, node, health);
    }

    /// The worst or the sum of a node's health scores.
    fn health(&self, node: NodeId, strategy: &str) -> Score {
        let base = if strategy == "progressive" {
            self.config.health_base
        } else {
            0
        };
        self.nodes[node]
            .attrs
            .iter()
            .filter(|(name, _)| name.starts_with("#health"))
            .fold(base, |sum, (_, value)| {
                score::add(sum, self.score_word(value))
            })
    }
}
