//! Rules: whether they pass for a node, a resource, an operation, at a time.

mod attribute;
pub(crate) mod date;
pub(crate) mod duration;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

use crate::cib::{Expression, NvSet, Rule};
use crate::xml::{Attrs, Text};
pub(crate) use attribute::versions;

/// Names and values that hold after all rules.
pub(crate) type Values = BTreeMap<Text, Text>;

/// What a rule is asked about; what is absent is not known, and comparisons with it fail.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    /// Seconds since the epoch.
    pub(crate) now: i64,
    /// Attributes of the node.
    pub(crate) node: Option<&'a Values>,
    /// Class, provider and type of the resource.
    pub(crate) agent: Option<(&'a str, Option<&'a str>, &'a str)>,
    /// Name and interval (ms) of the operation.
    pub(crate) op: Option<(&'a str, u32)>,
    /// Parameters of the resource, for `value-source="param"`.
    pub(crate) params: Option<&'a Values>,
    /// Meta attributes of the resource, for `value-source="meta"`.
    pub(crate) meta: Option<&'a Values>,
    /// What the groups of a location's `rsc-pattern` matched; `%0` is the whole.
    pub(crate) matched: &'a [String],
}

impl Asked<'_> {
    pub(crate) fn passes(&self, rule: &Rule) -> bool {
        let any = rule.attrs.get("boolean-op") == Some("or");
        let mut tests = rule.expressions.iter().map(|e| self.test(e));
        if any {
            tests.any(|t| t)
        } else {
            tests.all(|t| t)
        }
    }

    fn test(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Rule(rule) => self.passes(rule),
            Expression::Attribute(e) => attribute::test(self, e),
            Expression::Date(e) => date::test(self.now, e),
            Expression::Resource(e) => self.agent.is_some_and(|(class, provider, kind)| {
                fits(e, "class", Some(class))
                    && fits(e, "provider", provider)
                    && fits(e, "type", Some(kind))
            }),
            Expression::Operation(e) => self.op.is_some_and(|(name, interval)| {
                fits(e, "name", Some(name))
                    && e.get("interval")
                        .is_none_or(|i| crate::cib::value::parse_ms(i) == Some(i64::from(interval)))
            }),
        }
    }

    /// Puts in what the pattern of the location matched: `%1` is the first group.
    pub(crate) fn expand(&self, s: &str) -> String {
        if self.matched.is_empty() || !s.contains('%') {
            return s.to_string();
        }
        let mut out = String::new();
        let mut chars = s.chars().peekable();
        while let Some(c) = chars.next() {
            match chars.peek().and_then(|d| d.to_digit(10)) {
                Some(d) if c == '%' => {
                    chars.next();
                    out.push_str(self.matched.get(d as usize).map_or("", |m| m));
                }
                _ => out.push(c),
            }
        }
        out
    }

    /// Adds the pairs of several sets to `values`: the sets whose rule passes, highest score first, of equal ones the later
    /// first; `first_id` before all. A name that is already there keeps its value, unless it is overwritten on purpose.
    pub(crate) fn merge(&self, values: &mut Values, sets: &[NvSet], first_id: Option<&str>) {
        for set in sorted(sets, first_id) {
            if set.rule.as_ref().is_some_and(|r| !self.passes(r)) {
                continue;
            }
            for pair in &set.pairs {
                let (Some(name), Some(value)) = (pair.text("name"), pair.text("value")) else {
                    continue;
                };
                if &**value == "#default" {
                    values.remove(name);
                } else {
                    values.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    }
}

fn sorted<'s>(sets: &'s [NvSet], first_id: Option<&str>) -> impl Iterator<Item = &'s NvSet> {
    let mut order: alloc::vec::Vec<&NvSet> = sets.iter().rev().collect();
    order.sort_by_key(|set| {
        let first = first_id.is_some_and(|id| set.attrs.id() == id);
        let score = set
            .attrs
            .get("score")
            .map_or(0, crate::cib::value::parse_score);
        (!first, core::cmp::Reverse(score))
    });
    order.into_iter()
}

fn fits(e: &Attrs, key: &str, actual: Option<&str>) -> bool {
    match e.get(key) {
        None => true,
        Some(want) => actual.is_some_and(|a| a.eq_ignore_ascii_case(want)),
    }
}

#[cfg(test)]
mod tests;
