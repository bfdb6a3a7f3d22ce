//! Ids for elements that were made without one.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};

use super::builder::BuildError;
use super::{
    Cib, Constraint, Expression, NvSet, Operation, Primitive, Resource, ResourceSet, Rule,
};
use crate::xml::Attrs;

/// Gives every element of the configuration and of the transient attributes an id, and checks those that are there.
pub(super) fn assign(cib: &mut Cib) -> Result<(), BuildError> {
    let mut ids = Ids::default();
    ids.collect(cib)?;
    ids.sets(&mut cib.crm_config, "cib-bootstrap-options", "");
    ids.sets(&mut cib.rsc_defaults, "rsc_defaults", "");
    ids.sets(&mut cib.op_defaults, "op_defaults", "");
    for node in &mut cib.nodes {
        let owner = format!("nodes-{}", node.attrs.id());
        ids.sets(&mut node.attributes, &owner, "");
        ids.sets(&mut node.utilization, &owner, "-utilization");
    }
    for template in &mut cib.templates {
        ids.primitive(template);
    }
    for resource in &mut cib.resources {
        ids.resource(resource);
    }
    for constraint in &mut cib.constraints {
        ids.constraint(constraint);
    }
    for level in &mut cib.fencing_topology {
        ids.give(&mut level.attrs, "fencing-level");
    }
    for state in &mut cib.status.nodes {
        let owner = format!("status-{}", state.attrs.id());
        ids.sets(&mut state.transient, &owner, "");
    }
    Ok(())
}

#[derive(Default)]
struct Ids {
    used: BTreeSet<String>,
}

impl Ids {
    /// The ids that are given already.
    fn collect(&mut self, cib: &Cib) -> Result<(), BuildError> {
        let mut wrong = None;
        let mut take = |attrs: &Attrs| {
            let id = attrs.id();
            if !valid(id) {
                wrong.get_or_insert(BuildError::InvalidId(id.to_string()));
            } else if !self.used.insert(id.to_string()) {
                wrong.get_or_insert(BuildError::DuplicateId(id.to_string()));
            }
        };
        for resource in &cib.resources {
            resource.visit(&mut take);
        }
        cib.templates.iter().for_each(|t| take(&t.attrs));
        cib.tags.iter().for_each(|t| take(&t.attrs));
        let constraints = cib.constraints.iter().map(Constraint::attrs);
        constraints
            .filter(|a| a.get("id").is_some())
            .for_each(&mut take);
        match wrong {
            Some(error) => Err(error),
            None => agents(cib),
        }
    }

    /// An id after `wish`, with a number if it is taken.
    fn fresh(&mut self, wish: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let wish = wish.replace(|c| !allowed(c), "_");
        let mut id = wish.clone();
        let mut number = 2;
        while !self.used.insert(id.clone()) {
            id = format!("{wish}-{number}");
            number += 1;
        }
        id
    }

    fn give(&mut self, attrs: &mut Attrs, wish: &str) {
        if attrs.get("id").is_none() && attrs.get("id-ref").is_none() {
            attrs.lead("id", &self.fresh(wish));
        }
    }

    fn sets(&mut self, sets: &mut [NvSet], owner: &str, suffix: &str) {
        for set in sets {
            self.give(&mut set.attrs, &format!("{owner}{suffix}"));
            let id = set.attrs.id().to_string();
            if let Some(rule) = &mut set.rule {
                self.rule(rule, &id);
            }
            for pair in &mut set.pairs {
                let wish = format!("{id}-{}", pair.get("name").unwrap_or("nvpair"));
                self.give(pair, &wish);
            }
        }
    }

    fn rule(&mut self, rule: &mut Rule, owner: &str) {
        self.give(&mut rule.attrs, &format!("{owner}-rule"));
        let id = rule.attrs.id().to_string();
        let wish = format!("{id}-expression");
        for expression in &mut rule.expressions {
            match expression {
                Expression::Rule(inner) => self.rule(inner, &id),
                Expression::Attribute(attrs)
                | Expression::Resource(attrs)
                | Expression::Operation(attrs) => self.give(attrs, &wish),
                Expression::Date(date) => {
                    self.give(&mut date.attrs, &wish);
                    let parts = [&mut date.duration, &mut date.spec];
                    for part in parts.into_iter().flatten() {
                        self.give(part, &wish);
                    }
                }
            }
        }
    }

    fn resource(&mut self, resource: &mut Resource) {
        let owner = resource.attrs().id().to_string();
        match resource {
            Resource::Primitive(p) => self.primitive(p),
            Resource::Group(g) => {
                self.sets(&mut g.meta, &owner, "-meta");
                self.sets(&mut g.params, &owner, "-params");
                g.members.iter_mut().for_each(|p| self.primitive(p));
            }
            Resource::Clone(c) => {
                self.sets(&mut c.meta, &owner, "-meta");
                self.sets(&mut c.params, &owner, "-params");
                self.resource(&mut c.child);
            }
            Resource::Bundle(b) => {
                self.sets(&mut b.meta, &owner, "-meta");
                b.primitive.iter_mut().for_each(|p| self.primitive(p));
            }
        }
    }

    fn primitive(&mut self, p: &mut Primitive) {
        let owner = p.attrs.id().to_string();
        self.sets(&mut p.meta, &owner, "-meta");
        self.sets(&mut p.params, &owner, "-params");
        self.sets(&mut p.utilization, &owner, "-utilization");
        for op in &mut p.operations {
            self.operation(op, &owner);
        }
    }

    fn operation(&mut self, op: &mut Operation, owner: &str) {
        let part = |name| op.attrs.get(name).unwrap_or("0").to_string();
        let wish = format!("{owner}-{}-{}", part("name"), part("interval"));
        self.give(&mut op.attrs, &wish);
        let id = op.attrs.id().to_string();
        self.sets(&mut op.meta, &id, "-meta");
        self.sets(&mut op.params, &id, "-params");
    }

    fn constraint(&mut self, constraint: &mut Constraint) {
        let (kind, attrs, sets): (_, _, &mut [ResourceSet]) = match constraint {
            Constraint::Location(c) => ("location", &mut c.attrs, &mut c.sets),
            Constraint::Colocation(c) => ("colocation", &mut c.attrs, &mut c.sets),
            Constraint::Order(c) => ("order", &mut c.attrs, &mut c.sets),
            Constraint::Ticket(c) => ("ticket", &mut c.attrs, &mut c.sets),
        };
        let about = ["rsc", "first"].iter().find_map(|name| attrs.get(name));
        let wish = format!("{kind}-{}", about.unwrap_or("set"));
        self.give(attrs, &wish);
        let id = attrs.id().to_string();
        for set in sets {
            self.give(&mut set.attrs, &format!("{id}-set"));
        }
        if let Constraint::Location(location) = constraint {
            for rule in &mut location.rules {
                self.rule(rule, &id);
            }
        }
    }
}

/// What XML Schema calls an `NCName`, of ASCII.
fn valid(id: &str) -> bool {
    let starts = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts
        && id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Every primitive has an agent or a template.
fn agents(cib: &Cib) -> Result<(), BuildError> {
    let mut wrong = None;
    for resource in &cib.resources {
        resource.visit_primitives(&mut |p| {
            let has = |name| p.attrs.get(name).is_some_and(|v| !v.is_empty());
            if !(has("template") || has("class") && has("type")) {
                wrong.get_or_insert(p.attrs.id().to_string());
            }
        });
    }
    wrong.map_or(Ok(()), |id| Err(BuildError::InvalidAgent(id)))
}
