//! From elements to the model.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;

use super::{
    Bundle, Cib, Clone, Colocation, Constraint, DateExpression, Expression, FencingLevel, Group,
    Location, Node, NvSet, Operation, Order, Parsed, Primitive, Resource, ResourceSet, Rule, Tag,
    Ticket, Unknown, status_reader, upgrade,
};
use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Element, Event, Place, Reader, Text};

/// `id-ref` chains and rules within rules end here.
const NESTING_MAX: usize = 20;

/// Elements that `id-ref`s copy, all together: references within what is referred to would multiply without end.
const COPIES_MAX: usize = 1_000_000;

pub(crate) fn parse(file: &str, text: &str) -> Result<Parsed, Diagnostic> {
    let mut reader = Reader::new(file, text);
    reader.next()?;
    if reader.name != "cib" {
        let message = format!("expected <cib>, found <{}>", reader.name);
        return Err(reader.error_at(reader.place, "not-a-cib", message));
    }
    let mut cib = Cib {
        attrs: reader.leaf().attrs,
        ..Cib::default()
    };
    let mut configuration = None;
    let mut stray = Vec::new();
    while reader.next()? == Event::Start {
        match reader.name {
            "configuration" if configuration.is_none() => configuration = Some(reader.element()?),
            "status" => status_reader::read(&mut reader, &mut cib, &mut stray)?,
            _ => {
                let element = reader.element()?;
                stray.push(Unknown::within("cib", "", element));
            }
        }
    }
    reader.next()?;
    let Some(mut configuration) = configuration else {
        return Err(reader.error_at(
            cib.attrs.place,
            "no-configuration",
            "<cib> has no <configuration>",
        ));
    };
    let warnings = upgrade::upgrade(file, &mut cib.attrs, &mut configuration)?;
    let mut model = ModelReader::new(file, &configuration);
    model.warnings = warnings;
    for unknown in stray {
        model.keep(unknown);
    }
    model.configuration(&mut cib, &configuration)?;
    cib.unknown = model.unknown;
    model.warnings.sort_by_key(|w| w.place);
    Ok(Parsed {
        cib,
        warnings: model.warnings,
    })
}

pub(super) struct ModelReader<'a> {
    file: &'a str,
    configuration: &'a Element,
    /// Its elements by name and id, as an `id-ref` stands for one of its own kind; nothing before the first.
    ids: Option<BTreeMap<(&'a str, &'a str), &'a Element>>,
    unknown: Vec<Unknown>,
    /// Where the unknown ones start: what an `id-ref` stands for is read more than once.
    seen: BTreeSet<Place>,
    /// Elements copied so far.
    copies: Cell<usize>,
    warnings: Vec<Diagnostic>,
}

impl<'a> ModelReader<'a> {
    pub(super) fn new(file: &'a str, configuration: &'a Element) -> Self {
        Self {
            file,
            configuration,
            ids: None,
            unknown: Vec::new(),
            seen: BTreeSet::new(),
            copies: Cell::new(0),
            warnings: Vec::new(),
        }
    }

    fn error(&self, e: &Element, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.file, e.attrs.place, code, message)
    }

    fn unknown(&mut self, within: &Element, e: &Element) {
        self.keep(Unknown::within(&within.name, within.attrs.id(), e.clone()));
    }

    fn keep(&mut self, unknown: Unknown) {
        let Unknown {
            within, element, ..
        } = &unknown;
        if !self.seen.insert(element.attrs.place) {
            return;
        }
        self.warnings.push(Diagnostic::warning(
            self.file,
            element.attrs.place,
            "unknown-element",
            format!(
                "<{}> is not known within <{within}>; it is kept, without effect",
                element.name
            ),
        ));
        self.unknown.push(unknown);
    }

    /// An element that is read for its attributes alone.
    fn leaf(&mut self, e: &Element) -> Attrs {
        e.children.iter().for_each(|child| self.unknown(e, child));
        e.attrs.clone()
    }

    /// The ids of the `name` elements within `e`.
    fn refs(&mut self, e: &Element, name: &str) -> Vec<Text> {
        let mut ids = Vec::new();
        for child in &e.children {
            match child.attrs.text("id") {
                Some(id) if *child.name == *name => {
                    ids.push(Text::clone(id));
                    self.leaf(child);
                }
                _ => self.unknown(e, child),
            }
        }
        ids
    }

    /// Each has an id that is not empty.
    fn need_id(&self, e: &Element) -> Result<(), Diagnostic> {
        if e.attrs.id().is_empty() {
            return Err(self.error(e, "no-id", format!("<{}> has no id", e.name)));
        }
        Ok(())
    }

    /// The element that `id-ref` stands for, or the element itself.
    fn referred(&mut self, e: &'a Element) -> Result<&'a Element, Diagnostic> {
        let mut at = e;
        for _ in 0..NESTING_MAX {
            let Some(id) = at.attrs.get("id-ref") else {
                if at.attrs.place != e.attrs.place {
                    self.leaf(e);
                }
                return Ok(at);
            };
            let configuration = self.configuration;
            let ids = self.ids.get_or_insert_with(|| {
                let mut ids = BTreeMap::new();
                index(configuration, &mut ids);
                ids
            });
            if let Some(target) = ids.get(&(&*e.name, id)) {
                at = target;
                let copies = self.copies.get() + 1 + at.children.len();
                self.copies.set(copies);
                if copies > COPIES_MAX {
                    let message = "id-refs stand for more than a million elements";
                    return Err(self.error(e, "too-many-references", message));
                }
            } else {
                let message = format!("id-ref `{id}` stands for nothing in this file");
                return Err(self.error(e, "dangling-reference", message));
            }
        }
        Err(self.error(e, "circular-reference", "id-refs refer to each other"))
    }

    fn configuration(
        &mut self,
        cib: &mut Cib,
        configuration: &'a Element,
    ) -> Result<(), Diagnostic> {
        for e in &configuration.children {
            match &*e.name {
                "crm_config" => cib
                    .crm_config
                    .extend(self.nvsets(e, "cluster_property_set")?),
                "rsc_defaults" => cib.rsc_defaults.extend(self.nvsets(e, "meta_attributes")?),
                "op_defaults" => cib.op_defaults.extend(self.nvsets(e, "meta_attributes")?),
                "nodes" => {
                    for n in &e.children {
                        match &*n.name {
                            "node" => cib.nodes.push(self.node(n)?),
                            _ => self.unknown(e, n),
                        }
                    }
                }
                "resources" => self.resources(cib, e)?,
                "constraints" => {
                    for c in &e.children {
                        self.constraint(cib, e, c)?;
                    }
                }
                "fencing-topology" => self.fencing(cib, e),
                "tags" => self.tags(cib, e)?,
                "acls" if cib.acls.is_none() => cib.acls = Some(e.clone()),
                "alerts" if cib.alerts.is_none() => cib.alerts = Some(e.clone()),
                _ => self.unknown(configuration, e),
            }
        }
        Ok(())
    }

    fn fencing(&mut self, cib: &mut Cib, e: &Element) {
        for level in &e.children {
            match &*level.name {
                "fencing-level" => cib.fencing_topology.push(FencingLevel {
                    attrs: self.leaf(level),
                }),
                _ => self.unknown(e, level),
            }
        }
    }

    fn tags(&mut self, cib: &mut Cib, e: &Element) -> Result<(), Diagnostic> {
        for tag in &e.children {
            if &*tag.name != "tag" {
                self.unknown(e, tag);
                continue;
            }
            self.need_id(tag)?;
            cib.tags.push(Tag {
                attrs: tag.attrs.clone(),
                members: self.refs(tag, "obj_ref"),
            });
        }
        Ok(())
    }

    /// The sets of a kind among the children of `e`.
    fn nvsets(&mut self, e: &'a Element, kind: &str) -> Result<Vec<NvSet>, Diagnostic> {
        let mut sets = Vec::new();
        for child in &e.children {
            if *child.name == *kind {
                sets.push(self.nvset(child)?);
            } else {
                self.unknown(e, child);
            }
        }
        Ok(sets)
    }

    fn nvset(&mut self, e: &'a Element) -> Result<NvSet, Diagnostic> {
        let content = self.referred(e)?;
        let mut set = NvSet {
            attrs: e.attrs.clone(),
            ..NvSet::default()
        };
        if let (Some(score), None) = (content.attrs.get("score"), e.attrs.get("score")) {
            set.attrs.set("score", score);
        }
        for child in &content.children {
            match &*child.name {
                "nvpair" => set.pairs.push(self.nvpair(child)?),
                "rule" if set.rule.is_none() => set.rule = Some(self.rule(child, 0)?),
                // The oldest schema wraps the pairs.
                "attributes" => {
                    for pair in &child.children {
                        match &*pair.name {
                            "nvpair" => set.pairs.push(self.nvpair(pair)?),
                            _ => self.unknown(content, pair),
                        }
                    }
                }
                _ => self.unknown(content, child),
            }
        }
        Ok(set)
    }

    fn nvpair(&mut self, e: &'a Element) -> Result<Attrs, Diagnostic> {
        let mut attrs = self.leaf(e);
        if attrs.get("id-ref").is_some() {
            let target = self.referred(e)?;
            for key in ["name", "value"] {
                if let (None, Some(v)) = (attrs.get(key), target.attrs.get(key)) {
                    attrs.set(key, v);
                }
            }
        }
        if attrs.get("name").is_none() {
            return Err(self.error(e, "no-name", "<nvpair> has no name"));
        }
        Ok(attrs)
    }

    fn rule(&mut self, e: &'a Element, depth: usize) -> Result<Rule, Diagnostic> {
        if depth >= NESTING_MAX {
            return Err(self.error(e, "too-deep", "rules are nested too deeply"));
        }
        let content = self.referred(e)?;
        let mut rule = Rule {
            attrs: completed(&e.attrs, &content.attrs),
            expressions: Vec::new(),
        };
        for child in &content.children {
            rule.expressions.push(match &*child.name {
                "rule" => Expression::Rule(self.rule(child, depth + 1)?),
                "expression" => Expression::Attribute(self.expression(child)?),
                "rsc_expression" => Expression::Resource(self.expression(child)?),
                "op_expression" => Expression::Operation(self.expression(child)?),
                "date_expression" => Expression::Date(self.date_expression(child)?),
                _ => {
                    self.unknown(content, child);
                    continue;
                }
            });
        }
        Ok(rule)
    }

    fn expression(&mut self, e: &'a Element) -> Result<Attrs, Diagnostic> {
        Ok(completed(&self.leaf(e), &self.referred(e)?.attrs))
    }

    fn date_expression(&mut self, e: &'a Element) -> Result<DateExpression, Diagnostic> {
        let content = self.referred(e)?;
        let mut date = DateExpression {
            attrs: completed(&e.attrs, &content.attrs),
            ..DateExpression::default()
        };
        for child in &content.children {
            match &*child.name {
                "duration" if date.duration.is_none() => date.duration = Some(self.leaf(child)),
                "date_spec" if date.spec.is_none() => date.spec = Some(self.leaf(child)),
                _ => self.unknown(content, child),
            }
        }
        Ok(date)
    }

    fn node(&mut self, e: &'a Element) -> Result<Node, Diagnostic> {
        let mut node = Node {
            attrs: e.attrs.clone(),
            ..Node::default()
        };
        for child in &e.children {
            match &*child.name {
                "instance_attributes" => node.attributes.push(self.nvset(child)?),
                "utilization" => node.utilization.push(self.nvset(child)?),
                _ => self.unknown(e, child),
            }
        }
        Ok(node)
    }

    fn resources(&mut self, cib: &mut Cib, e: &'a Element) -> Result<(), Diagnostic> {
        for child in &e.children {
            match &*child.name {
                "template" => cib.templates.push(self.primitive(child)?),
                "primitive" | "group" | "clone" | "master" | "bundle" => {
                    cib.resources.push(self.resource(child)?);
                }
                _ => self.unknown(e, child),
            }
        }
        Ok(())
    }

    fn resource(&mut self, e: &'a Element) -> Result<Resource, Diagnostic> {
        self.need_id(e)?;
        Ok(match &*e.name {
            "primitive" => Resource::Primitive(self.primitive(e)?),
            "group" => Resource::Group(self.group(e)?),
            "bundle" => Resource::Bundle(self.bundle(e)?),
            _ => Resource::Clone(self.clone_resource(e)?),
        })
    }

    fn primitive(&mut self, e: &'a Element) -> Result<Primitive, Diagnostic> {
        self.need_id(e)?;
        let mut rsc = Primitive {
            attrs: e.attrs.clone(),
            ..Primitive::default()
        };
        for child in &e.children {
            match &*child.name {
                "instance_attributes" => rsc.params.push(self.nvset(child)?),
                "meta_attributes" => rsc.meta.push(self.nvset(child)?),
                "utilization" => rsc.utilization.push(self.nvset(child)?),
                "operations" => self.operations(&mut rsc, child)?,
                _ => self.unknown(e, child),
            }
        }
        Ok(rsc)
    }

    fn operations(&mut self, rsc: &mut Primitive, e: &'a Element) -> Result<(), Diagnostic> {
        rsc.operations_attrs = e.attrs.clone();
        let content = self.referred(e)?;
        for op in &content.children {
            if &*op.name == "op" {
                rsc.operations.push(self.operation(op)?);
            } else {
                let id = content.attrs.get("id").unwrap_or(rsc.attrs.id());
                self.keep(Unknown::within("operations", id, op.clone()));
            }
        }
        Ok(())
    }

    fn operation(&mut self, e: &'a Element) -> Result<Operation, Diagnostic> {
        let content = self.referred(e)?;
        let mut op = Operation {
            attrs: content.attrs.clone(),
            ..Operation::default()
        };
        for child in &content.children {
            match &*child.name {
                "meta_attributes" => op.meta.push(self.nvset(child)?),
                "instance_attributes" => op.params.push(self.nvset(child)?),
                _ => self.unknown(content, child),
            }
        }
        Ok(op)
    }

    fn group(&mut self, e: &'a Element) -> Result<Group, Diagnostic> {
        let mut group = Group {
            attrs: e.attrs.clone(),
            ..Group::default()
        };
        for child in &e.children {
            match &*child.name {
                "instance_attributes" => group.params.push(self.nvset(child)?),
                "meta_attributes" => group.meta.push(self.nvset(child)?),
                "primitive" => group.members.push(self.primitive(child)?),
                _ => self.unknown(e, child),
            }
        }
        Ok(group)
    }

    fn clone_resource(&mut self, e: &'a Element) -> Result<Clone, Diagnostic> {
        let (mut params, mut meta, mut inner) = (Vec::new(), Vec::new(), None);
        for child in &e.children {
            match &*child.name {
                "instance_attributes" => params.push(self.nvset(child)?),
                "meta_attributes" => meta.push(self.nvset(child)?),
                "primitive" | "group" if inner.is_none() => inner = Some(self.resource(child)?),
                _ => self.unknown(e, child),
            }
        }
        let Some(child) = inner else {
            let message = format!(
                "<{}> `{}` holds neither primitive nor group",
                e.name,
                e.attrs.id()
            );
            return Err(self.error(e, "empty-clone", message));
        };
        Ok(Clone {
            attrs: e.attrs.clone(),
            master: &*e.name == "master",
            params,
            meta,
            child: child.into(),
        })
    }

    fn bundle(&mut self, e: &'a Element) -> Result<Bundle, Diagnostic> {
        let mut bundle = Bundle {
            attrs: e.attrs.clone(),
            ..Bundle::default()
        };
        let mut container = None;
        for child in &e.children {
            match &*child.name {
                "meta_attributes" => bundle.meta.push(self.nvset(child)?),
                "docker" | "podman" | "rkt" if container.is_none() => {
                    container = Some(child.clone());
                }
                "network" if bundle.network.is_none() => bundle.network = Some(child.clone()),
                "storage" if bundle.storage.is_none() => bundle.storage = Some(child.clone()),
                "primitive" if bundle.primitive.is_none() => {
                    bundle.primitive = Some(self.primitive(child)?);
                }
                _ => self.unknown(e, child),
            }
        }
        let Some(container) = container else {
            let message = format!(
                "bundle `{}` has none of <docker>, <podman> and <rkt>",
                e.attrs.id()
            );
            return Err(self.error(e, "empty-bundle", message));
        };
        bundle.container = container;
        Ok(bundle)
    }

    fn constraint(
        &mut self,
        cib: &mut Cib,
        around: &'a Element,
        e: &'a Element,
    ) -> Result<(), Diagnostic> {
        let (mut rules, mut sets, mut lifetime) = (Vec::new(), Vec::new(), None);
        if !matches!(
            &*e.name,
            "rsc_location" | "rsc_colocation" | "rsc_order" | "rsc_ticket"
        ) {
            self.unknown(around, e);
            return Ok(());
        }
        self.need_id(e)?;
        for child in &e.children {
            match &*child.name {
                "rule" if &*e.name == "rsc_location" => rules.push(self.rule(child, 0)?),
                "resource_set" => {
                    let set = self.referred(child)?;
                    sets.push(ResourceSet {
                        attrs: completed(&child.attrs, &set.attrs),
                        members: self.refs(set, "resource_ref"),
                    });
                }
                "lifetime" if lifetime.is_none() && &*e.name != "rsc_ticket" => {
                    lifetime = self.lifetime(e, child)?;
                }
                _ => self.unknown(e, child),
            }
        }
        let attrs = e.attrs.clone();
        cib.constraints.push(match &*e.name {
            "rsc_location" => Constraint::Location(Location {
                attrs,
                rules,
                sets,
                lifetime,
            }),
            "rsc_colocation" => Constraint::Colocation(Colocation {
                attrs,
                sets,
                lifetime,
            }),
            "rsc_order" => Constraint::Order(Order {
                attrs,
                sets,
                lifetime,
            }),
            _ => Constraint::Ticket(Ticket { attrs, sets }),
        });
        Ok(())
    }

    fn lifetime(
        &mut self,
        constraint: &Element,
        e: &'a Element,
    ) -> Result<Option<Rule>, Diagnostic> {
        let mut lifetime = None;
        for child in &e.children {
            match &*child.name {
                "rule" if lifetime.is_none() => lifetime = Some(self.rule(child, 0)?),
                _ => self.keep(Unknown::within(
                    &e.name,
                    constraint.attrs.id(),
                    child.clone(),
                )),
            }
        }
        Ok(lifetime)
    }
}

/// The attributes of an element, and those of what it refers to, but for the `id`.
fn completed(own: &Attrs, content: &Attrs) -> Attrs {
    let mut attrs = own.clone();
    if attrs.get("id-ref").is_some() {
        for (name, value) in content.iter().filter(|(n, _)| *n != "id") {
            if attrs.get(name).is_none() {
                attrs.set(name, value);
            }
        }
    }
    attrs
}

fn index<'a>(e: &'a Element, ids: &mut BTreeMap<(&'a str, &'a str), &'a Element>) {
    if let Some(id) = e.attrs.get("id") {
        ids.entry((&*e.name, id)).or_insert(e);
    }
    for child in &e.children {
        index(child, ids);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn an_id_ref_holds_a_copy_and_what_is_unknown_is_named() {
        let text = "<cib><configuration><crm_config/><nodes/><resources>
<primitive id='a' class='ocf' type='x'><meta_attributes id='m'><nvpair id='m1' name='priority' value='3'/></meta_attributes></primitive>
<primitive id='b' class='ocf' type='x'><meta_attributes id-ref='m'/><spell id='s'/></primitive>
</resources><constraints/></configuration><status/></cib>";
        let parsed = Cib::parse("cib.xml", text).unwrap();
        assert_eq!(parsed.cib.resources[1].meta()[0].get("priority"), Some("3"));
        let warnings: Vec<_> = parsed.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                "cib.xml:3:69: warning: <spell> is not known within <primitive>; it is kept, without effect"
            ]
        );
        let broken = text.replace("id-ref='m'", "id-ref='n'");
        let error = Cib::parse("cib.xml", &broken).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cib.xml:3:40: error: id-ref `n` stands for nothing in this file"
        );
    }
}
