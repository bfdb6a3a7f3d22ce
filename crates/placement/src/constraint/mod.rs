//! Constraints as configured, turned into locations, colocations, orderings and tickets.

mod colocation;
mod location;
mod order;
mod ticket;

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use crate::arena::RscId;
use crate::cib::{Constraint, Resource, ResourceSet, Rule};
use crate::rule::Asked;
use crate::state::Cluster;
use crate::xml::{Attrs, Text};

pub(crate) use ticket::TicketConstraint;

impl Cluster<'_> {
    /// In document order; the order matters for what is created first.
    pub(crate) fn unpack_constraints(&mut self) {
        let cib = self.cib;
        for c in &cib.constraints {
            match c {
                Constraint::Location(l) if self.in_force(l.lifetime.as_ref()) => {
                    self.unpack_location(l);
                }
                Constraint::Colocation(c) if self.in_force(c.lifetime.as_ref()) => {
                    self.unpack_colocation(c);
                }
                Constraint::Order(o) if self.in_force(o.lifetime.as_ref()) => self.unpack_order(o),
                Constraint::Ticket(t) => self.unpack_ticket(t),
                _ => {}
            }
        }
    }

    fn in_force(&self, lifetime: Option<&Rule>) -> bool {
        let asked = Asked {
            now: self.now,
            ..Asked::default()
        };
        lifetime.is_none_or(|rule| asked.passes(rule))
    }

    /// The resource that a constraint names; an instance of an anonymous clone stands for the clone.
    pub(crate) fn constraint_rsc(&self, id: &str) -> Option<RscId> {
        if let Some(&rsc) = self.rsc_ids.get(id) {
            if self.rscs[rsc].orphan && self.rscs[rsc].parent.is_none() {
                return Some(rsc);
            }
            return Some(self.constrained(rsc));
        }
        self.history_names
            .get(id)
            .or_else(|| self.rsc_ids.get(&*format!("{id}:0")))
            .map(|r| self.constrained(*r))
    }

    /// What is inside a clone or bundle is constrained by its outermost parent.
    fn constrained(&self, rsc: RscId) -> RscId {
        match self.rscs[rsc].parent {
            Some(_) if self.rscs[self.top_parent(rsc)].is_collective() => self.top_parent(rsc),
            _ => rsc,
        }
    }

    /// Names that a tag or template stands for.
    pub(crate) fn tagged(&self, id: &str) -> Option<Vec<Text>> {
        if self.constraint_rsc(id).is_some() {
            return None;
        }
        if let Some(members) = self.tags.get(id) {
            return Some(members.clone());
        }
        if !self.cib.templates.iter().any(|t| t.attrs.id() == id) {
            return None;
        }
        let mut users = Vec::new();
        for r in &self.cib.resources {
            users_of(r, id, &mut users);
        }
        Some(users)
    }

    /// The members of a set; tags and templates within are replaced by what they stand for.
    fn set_members(&self, set: &ResourceSet) -> Vec<RscId> {
        let mut out = Vec::new();
        for name in &set.members {
            match self.tagged(name) {
                Some(names) => out.extend(names.iter().filter_map(|n| self.constraint_rsc(n))),
                None => out.extend(self.constraint_rsc(name)),
            }
        }
        out
    }

    /// Sets that stand for two names of which at least one is a tag or template.
    fn tag_sets(
        &self,
        first: &str,
        first_extra: &Attrs,
        second: &str,
        second_extra: &Attrs,
    ) -> Option<Vec<ResourceSet>> {
        if self.tagged(first).is_none() && self.tagged(second).is_none() {
            return None;
        }
        Some(vec![
            self.tag_set(first, first_extra),
            self.tag_set(second, second_extra),
        ])
    }

    fn tag_set(&self, name: &str, extra: &Attrs) -> ResourceSet {
        let mut attrs = extra.clone();
        attrs.set("id", name);
        let members = self.tagged(name);
        if members.is_some() {
            attrs.set("sequential", "false");
        }
        ResourceSet {
            attrs,
            members: members.unwrap_or_else(|| vec![Text::from(name)]),
        }
    }
}

fn users_of(r: &Resource, template: &str, out: &mut Vec<Text>) {
    let mut look = |p: &crate::cib::Primitive| {
        if p.attrs.get("template") == Some(template) {
            out.push(Text::from(p.attrs.id()));
        }
    };
    match r {
        Resource::Primitive(p) => look(p),
        Resource::Group(g) => g.members.iter().for_each(look),
        Resource::Clone(c) => users_of(&c.child, template, out),
        Resource::Bundle(b) => b.primitive.iter().for_each(look),
    }
}
