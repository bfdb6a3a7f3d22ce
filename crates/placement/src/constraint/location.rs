//! Locations.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::arena::{NodeId, RscId};
use crate::cib::value::parse_score;
use crate::cib::{self, Expression, Rule};
use crate::rule::Asked;
use crate::score::{INFINITY, Score};
use crate::state::{Cluster, Discovery, Location, Role};
use crate::xml::Attrs;

impl Cluster<'_> {
    pub(super) fn unpack_location(&mut self, l: &cib::Location) {
        if let Some(name) = l.attrs.get("rsc") {
            match self.tagged(name) {
                Some(names) => {
                    for n in &names {
                        if let Some(rsc) = self.constraint_rsc(n) {
                            self.locate(l, &l.attrs, rsc, &[]);
                        }
                    }
                }
                None => {
                    if let Some(rsc) = self.constraint_rsc(name) {
                        self.locate(l, &l.attrs, rsc, &[]);
                    }
                }
            }
        }
        if let Some(pattern) = l.attrs.get("rsc-pattern") {
            self.locate_pattern(l, pattern);
        }
        for set in &l.sets {
            for rsc in self.set_members(set) {
                self.locate(l, &set.attrs, rsc, &[]);
            }
        }
    }

    fn locate_pattern(&mut self, l: &cib::Location, pattern: &str) {
        let (pattern, invert) = match pattern.strip_prefix('!') {
            Some(p) => (p, true),
            None => (pattern, false),
        };
        let Ok(regex) = regex::Regex::new(pattern) else {
            return;
        };
        for rsc in self.top.clone() {
            let id = self.rscs[rsc].id.clone();
            match (regex.captures(&id), invert) {
                (Some(found), false) => {
                    let groups: Vec<String> = found
                        .iter()
                        .map(|g| g.map_or_else(String::new, |m| m.as_str().to_string()))
                        .collect();
                    self.locate(l, &l.attrs, rsc, &groups);
                }
                (None, true) => self.locate(l, &l.attrs, rsc, &[]),
                _ => {}
            }
        }
    }

    /// `extra` is the set or the constraint itself: role and score may stand there.
    fn locate(&mut self, l: &cib::Location, extra: &Attrs, rsc: RscId, matched: &[String]) {
        let role = extra
            .get("role")
            .or_else(|| l.attrs.get("role"))
            .and_then(Role::parse)
            .unwrap_or(Role::Unknown);
        let discovery = match l.attrs.get("resource-discovery") {
            Some("never") => Discovery::Never,
            Some("exclusive") => Discovery::Exclusive,
            _ => Discovery::Always,
        };
        let score = extra.get("score").or_else(|| l.attrs.get("score"));
        if let (Some(name), Some(score)) = (l.attrs.get("node"), score) {
            if let Some(node) = self.node_any(None, Some(name)) {
                let nodes = vec![(node, self.score_word(score))];
                let role = if role == Role::Promoted {
                    role
                } else {
                    Role::Unknown
                };
                self.push_location(rsc, role, discovery, nodes);
            }
            return;
        }
        for rule in &l.rules {
            // Unlike the role of the constraint, that of a rule also limits to Started, which nothing is yet.
            let rule_role = match rule.attrs.get("role").and_then(Role::parse) {
                None | Some(Role::Unpromoted) => Role::Unknown,
                Some(role) => role,
            };
            let nodes = self.rule_nodes(rule, rsc, matched);
            if !nodes.is_empty() {
                self.push_location(rsc, rule_role, discovery, nodes);
            }
        }
    }

    /// Scores may be given by the names of health scores.
    pub(crate) fn score_word(&self, word: &str) -> Score {
        match word {
            "red" => self.config.health_red,
            "yellow" => self.config.health_yellow,
            "green" => self.config.health_green,
            _ => parse_score(word),
        }
    }

    fn rule_nodes(&self, rule: &Rule, rsc: RscId, matched: &[String]) -> Vec<(NodeId, Score)> {
        let by_params = asks_params(rule);
        let mut out = Vec::new();
        for &node in &self.node_order {
            let params = by_params.then(|| self.params(rsc, Some(node)));
            let asked = Asked {
                now: self.now,
                node: Some(&self.nodes[node].attrs),
                params: params.as_ref(),
                meta: Some(&self.rscs[rsc].meta),
                matched,
                ..Asked::default()
            };
            if !asked.passes(rule) {
                continue;
            }
            let score = match rule.attrs.get("score-attribute") {
                Some(name) if rule.attrs.get("score").is_none() => {
                    let name = asked.expand(name);
                    self.nodes[node]
                        .attr(&name)
                        .map_or(-INFINITY, |v| self.score_word(v))
                }
                _ => rule.attrs.get("score").map_or(0, |s| self.score_word(s)),
            };
            out.push((node, score));
        }
        out
    }

    fn push_location(
        &mut self,
        rsc: RscId,
        role: Role,
        discovery: Discovery,
        nodes: Vec<(NodeId, Score)>,
    ) {
        if discovery == Discovery::Exclusive {
            self.rscs[rsc].discovery_exclusive = true;
        }
        if role == Role::Promoted {
            let index = self.locations.len();
            self.rscs[rsc].promoted_locations.push(index);
        }
        self.locations.push(Location {
            rsc,
            role,
            discovery,
            nodes,
        });
    }
}

/// Whether a rule compares with a parameter, which may differ from node to node.
fn asks_params(rule: &Rule) -> bool {
    rule.expressions.iter().any(|e| match e {
        Expression::Rule(inner) => asks_params(inner),
        Expression::Attribute(e) => e.get("value-source") == Some("param"),
        _ => false,
    })
}
