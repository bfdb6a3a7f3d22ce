//! Locations.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::arena::{NodeId, RscId};
use crate::cib::value::parse_score;
use crate::cib::{self, Rule};
use crate::rule::Asked;
use crate::score::{INFINITY, Score};
use crate::state::{Cluster, Discovery, Location, Role};
use crate::xml::{Attrs, Text};

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
                self.push_location(l.attrs.id(), rsc, role, discovery, nodes);
            }
            return;
        }
        for rule in &l.rules {
            let rule_role = rule.attrs.get("role").and_then(Role::parse).unwrap_or(role);
            let nodes = self.rule_nodes(rule, rsc, matched);
            if !nodes.is_empty() {
                self.push_location(rule.attrs.id(), rsc, rule_role, discovery, nodes);
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
        let params = self.params(rsc, None);
        let mut out = Vec::new();
        for &node in &self.node_order {
            let asked = Asked {
                now: self.now,
                node: Some(&self.nodes[node].attrs),
                params: Some(&params),
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
        id: &str,
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
            id: Text::from(id),
            rsc,
            role,
            discovery,
            nodes,
        });
    }
}
