//! Resources as they are configured.

use alloc::vec::Vec;

use super::nvset::NvSet;
use crate::xml::{Attrs, Element};

/// A resource of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    /// One agent's resource.
    Primitive(Primitive),
    /// Primitives that run together, in order.
    Group(Group),
    /// A primitive or group that runs more than once.
    Clone(Clone),
    /// A containerized service.
    Bundle(Bundle),
}

impl Resource {
    /// The attributes of the element itself.
    pub fn attrs(&self) -> &Attrs {
        match self {
            Self::Primitive(r) => &r.attrs,
            Self::Group(r) => &r.attrs,
            Self::Clone(r) => &r.attrs,
            Self::Bundle(r) => &r.attrs,
        }
    }

    /// Its meta attributes.
    pub fn meta(&self) -> &[NvSet] {
        match self {
            Self::Primitive(r) => &r.meta,
            Self::Group(r) => &r.meta,
            Self::Clone(r) => &r.meta,
            Self::Bundle(r) => &r.meta,
        }
    }
}

impl Resource {
    /// Shows the attributes of this resource and of every one inside.
    pub(super) fn visit<'a>(&'a self, show: &mut dyn FnMut(&'a Attrs)) {
        if !matches!(self, Self::Primitive(_)) {
            show(self.attrs());
        }
        if let Self::Clone(c) = self
            && let Self::Group(group) = &*c.child
        {
            show(&group.attrs);
        }
        self.visit_primitives(&mut |p| show(&p.attrs));
    }

    /// Shows every primitive inside, or this one.
    pub(super) fn visit_primitives<'a>(&'a self, show: &mut dyn FnMut(&'a Primitive)) {
        match self {
            Self::Primitive(p) => show(p),
            Self::Group(g) => g.members.iter().for_each(show),
            Self::Clone(c) => c.child.visit_primitives(show),
            Self::Bundle(b) => b.primitive.iter().for_each(show),
        }
    }
}

/// A `primitive`, or a `template`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Primitive {
    /// `id`, `class`, `provider`, `type`, or `template`.
    pub attrs: Attrs,
    /// Parameters of the agent.
    pub params: Vec<NvSet>,
    /// Meta attributes.
    pub meta: Vec<NvSet>,
    /// What it needs of a node's capacity.
    pub utilization: Vec<NvSet>,
    /// Configured operations.
    pub operations: Vec<Operation>,
    /// Attributes of the element `operations`: `id`, or `id-ref` (then the operations are a copy).
    pub operations_attrs: Attrs,
}

/// An `op`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operation {
    /// `id`, `name`, `interval`, `timeout`, `role`, `on-fail`, `enabled`, `start-delay`, `interval-origin` …
    pub attrs: Attrs,
    /// Meta attributes.
    pub meta: Vec<NvSet>,
    /// Parameters for this operation alone.
    pub params: Vec<NvSet>,
}

/// A `group`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// `id`.
    pub attrs: Attrs,
    /// Parameters that members inherit.
    pub params: Vec<NvSet>,
    /// Meta attributes that members inherit.
    pub meta: Vec<NvSet>,
    /// Members in their order.
    pub members: Vec<Primitive>,
}

/// A `clone`, or the older `master`.
#[derive(Clone, Debug, PartialEq)]
pub struct Clone {
    /// `id`.
    pub attrs: Attrs,
    /// Written as `master`: promotable.
    pub master: bool,
    /// Parameters that instances inherit.
    pub params: Vec<NvSet>,
    /// Meta attributes.
    pub meta: Vec<NvSet>,
    /// The primitive or group that is cloned.
    pub child: alloc::boxed::Box<Resource>,
}

/// A `bundle`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// `id`.
    pub attrs: Attrs,
    /// Meta attributes.
    pub meta: Vec<NvSet>,
    /// `docker`, `podman` or `rkt`, with image, replicas and options.
    pub container: Element,
    /// `network` with its port mappings.
    pub network: Option<Element>,
    /// `storage` with its mappings.
    pub storage: Option<Element>,
    /// What runs inside.
    pub primitive: Option<Primitive>,
}
