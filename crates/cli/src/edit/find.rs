//! Resources and nodes by their names.

use ringwright_placement::Cib;
use ringwright_placement::cib::{Bundle, Clone, Group, NvSet, Primitive, Resource};

use super::{Edited, refuse};
use crate::near;

/// A resource of any kind, to be changed.
pub(super) enum Found<'a> {
    Primitive(&'a mut Primitive),
    Group(&'a mut Group),
    Clone(&'a mut Clone),
    Bundle(&'a mut Bundle),
}

impl<'a> Found<'a> {
    pub(super) fn meta(self) -> &'a mut Vec<NvSet> {
        match self {
            Self::Primitive(p) => &mut p.meta,
            Self::Group(g) => &mut g.meta,
            Self::Clone(c) => &mut c.meta,
            Self::Bundle(b) => &mut b.meta,
        }
    }

    /// The parameters; a bundle has none.
    pub(super) fn params(self) -> Option<&'a mut Vec<NvSet>> {
        match self {
            Self::Primitive(p) => Some(&mut p.params),
            Self::Group(g) => Some(&mut g.params),
            Self::Clone(c) => Some(&mut c.params),
            Self::Bundle(_) => None,
        }
    }
}

fn of(resource: &mut Resource) -> Found<'_> {
    match resource {
        Resource::Primitive(p) => Found::Primitive(p),
        Resource::Group(g) => Found::Group(g),
        Resource::Clone(c) => Found::Clone(c),
        Resource::Bundle(b) => Found::Bundle(b),
    }
}

/// The resource of an id, wherever it stands.
pub(super) fn resource<'a>(cib: &'a mut Cib, id: &str) -> Edited<Found<'a>> {
    known(cib, id)?;
    let found = cib.resources.iter_mut().find_map(|r| within(r, id));
    found.map_or_else(|| refuse(format!("no resource `{id}`")), Ok)
}

fn within<'a>(resource: &'a mut Resource, id: &str) -> Option<Found<'a>> {
    if resource.attrs().id() == id {
        return Some(of(resource));
    }
    match resource {
        Resource::Primitive(_) => None,
        Resource::Group(g) => {
            let member = g.members.iter_mut().find(|p| p.attrs.id() == id);
            member.map(Found::Primitive)
        }
        Resource::Clone(c) => within(&mut c.child, id),
        Resource::Bundle(b) => {
            let inner = b.primitive.as_mut().filter(|p| p.attrs.id() == id);
            inner.map(Found::Primitive)
        }
    }
}

/// The ids of all resources, those that hold others before these.
pub(super) fn ids(cib: &Cib) -> Vec<&str> {
    cib.resources.iter().flat_map(inside).collect()
}

/// The ids of a resource and of all inside.
pub(super) fn inside(resource: &Resource) -> Vec<&str> {
    let mut ids = vec![resource.attrs().id()];
    match resource {
        Resource::Primitive(_) => {}
        Resource::Group(g) => ids.extend(g.members.iter().map(|p| p.attrs.id())),
        Resource::Clone(c) => ids.extend(inside(&c.child)),
        Resource::Bundle(b) => ids.extend(b.primitive.iter().map(|p| p.attrs.id())),
    }
    ids
}

/// There is a resource of this id.
pub(super) fn known(cib: &Cib, id: &str) -> Edited {
    let ids = ids(cib);
    if ids.contains(&id) {
        return Ok(());
    }
    let near = near::told(id, ids);
    refuse(format!("no resource `{id}`{near}"))
}

/// There is a node of this name, as far as the configuration knows its nodes.
pub(super) fn node(cib: &Cib, name: &str) -> Edited {
    let names: Vec<&str> = cib
        .nodes
        .iter()
        .filter_map(|n| n.attrs.get("uname"))
        .collect();
    if names.is_empty() || names.contains(&name) {
        return Ok(());
    }
    let near = near::told(name, names);
    refuse(format!("no node is called `{name}`{near}"))
}

/// What a constraint about a resource names: the clone around it, if there is one.
pub(super) fn constrained(cib: &Cib, id: &str) -> String {
    let around = cib.resources.iter().find(|resource| {
        matches!(resource, Resource::Clone(_) | Resource::Bundle(_))
            && inside(resource).contains(&id)
    });
    around.map_or(id, |clone| clone.attrs().id()).to_owned()
}
