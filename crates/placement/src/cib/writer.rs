//! From the model back to elements: what was read is written again, but for comments and the order of elements of different
//! kinds beside each other.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::Cell;

use super::{
    Bundle, Cib, Constraint, DateExpression, Expression, HistoryEntry, HistoryResource, Node,
    NodeState, NvSet, Operation, Primitive, Resource, ResourceSet, Rule, Seldom,
};
use crate::xml::{Attrs, Element, Text};

/// The whole document, indented by two.
pub(super) fn write(cib: &Cib) -> String {
    let mut strays = Strays::new();
    for u in &cib.unknown {
        let key = (&*u.node, &*u.within, &*u.id);
        strays.entry(key).or_default().get_mut().push(&u.element);
    }
    let mut w = Writer {
        out: String::new(),
        depth: 0,
        node: "",
        strays: &strays,
    };
    w.element("cib", "", &cib.attrs, |w| {
        w.group("configuration", |w| configuration(w, cib));
        w.group("status", |w| status(w, cib));
    });
    w.out
}

/// Elements that are not known, by node, name and id of the element around them; taken when written, because without an id
/// several elements may be the one around.
type Strays<'a> = BTreeMap<(&'a str, &'a str, &'a str), Cell<Vec<&'a Element>>>;

struct Writer<'a> {
    out: String,
    depth: usize,
    /// The `id` of the `node_state` that is being written.
    node: &'a str,
    strays: &'a Strays<'a>,
}

impl<'a> Writer<'a> {
    /// An element and what is inside, the unknown elements of `name` and `id` included.
    fn element(&mut self, name: &str, id: &str, attrs: &Attrs, inside: impl FnOnce(&mut Self)) {
        self.start(name);
        self.attributes(attrs);
        self.content(name, id, inside);
    }

    /// An element without attributes.
    fn group(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.element(name, "", &Attrs::default(), inside);
    }

    /// A group of `items`, unless there is nothing to write.
    fn section<T>(&mut self, name: &str, items: &'a [T], each: impl Fn(&mut Self, &'a T)) {
        if !items.is_empty() || self.has_strays(name, "") {
            self.group(name, |w| items.iter().for_each(|item| each(w, item)));
        }
    }

    fn leaf(&mut self, name: &str, attrs: &Attrs) {
        self.element(name, attrs.id(), attrs, |_| ());
    }

    /// An element that stands for another one: its own attributes are not told from the copied ones any more.
    fn reference(&mut self, name: &str, id: &str, keep: &[(&str, Option<&str>)]) {
        self.start(name);
        self.attribute("id-ref", id);
        for (key, value) in keep {
            if let Some(value) = value {
                self.attribute(key, value);
            }
        }
        self.content(name, "", |_| ());
    }

    fn tree(&mut self, e: &Element) {
        self.start(&e.name);
        self.attributes(&e.attrs);
        self.body(&e.name, |w| {
            e.children.iter().for_each(|child| w.tree(child));
        });
    }

    fn start(&mut self, name: &str) {
        self.out.extend(core::iter::repeat_n("  ", self.depth));
        self.out.push('<');
        self.out.push_str(name);
    }

    fn attributes(&mut self, attrs: &Attrs) {
        for (name, value) in attrs.iter() {
            self.attribute(name, value);
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value);
        self.out.push('"');
    }

    fn optional(&mut self, name: &str, value: Option<&Text>) {
        if let Some(value) = value {
            self.attribute(name, value);
        }
    }

    fn number(&mut self, name: &str, value: &impl ToString) {
        self.attribute(name, &value.to_string());
    }

    fn has_strays(&self, name: &str, id: &str) -> bool {
        self.strays.contains_key(&(self.node, name, id))
    }

    fn content(&mut self, name: &str, id: &str, inside: impl FnOnce(&mut Self)) {
        self.body(name, |w| {
            inside(w);
            let strays: &Strays<'_> = w.strays;
            if let Some(within) = strays.get(&(w.node, name, id)) {
                within.take().into_iter().for_each(|e| w.tree(e));
            }
        });
    }

    /// Ends the start tag, writes what is inside, and the end tag; `/>` if there is nothing.
    fn body(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let tag = self.out.len();
        self.out.push_str(">\n");
        let empty = self.out.len();
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        if self.out.len() == empty {
            self.out.truncate(tag);
            self.out.push_str("/>\n");
        } else {
            self.out.extend(core::iter::repeat_n("  ", self.depth));
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push_str(">\n");
        }
    }
}

fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
}

fn configuration<'a>(w: &mut Writer<'a>, cib: &'a Cib) {
    w.group("crm_config", |w| {
        nvsets(w, "cluster_property_set", &cib.crm_config);
    });
    w.group("nodes", |w| cib.nodes.iter().for_each(|n| node(w, n)));
    w.group("resources", |w| {
        for template in &cib.templates {
            primitive(w, "template", template);
        }
        cib.resources.iter().for_each(|r| resource(w, r));
    });
    w.group("constraints", |w| {
        cib.constraints.iter().for_each(|c| constraint(w, c));
    });
    let defaults = [
        ("rsc_defaults", &cib.rsc_defaults),
        ("op_defaults", &cib.op_defaults),
    ];
    for (name, sets) in defaults {
        w.section(name, sets, |w, set| nvset(w, "meta_attributes", set));
    }
    w.section("fencing-topology", &cib.fencing_topology, |w, level| {
        w.leaf("fencing-level", &level.attrs);
    });
    w.section("tags", &cib.tags, |w, tag| {
        w.element("tag", tag.attrs.id(), &tag.attrs, |w| {
            members(w, "obj_ref", &tag.members);
        });
    });
    let whole = [&cib.acls, &cib.alerts];
    whole.into_iter().flatten().for_each(|e| w.tree(e));
}

fn members(w: &mut Writer<'_>, name: &str, ids: &[Text]) {
    for id in ids {
        w.start(name);
        w.attribute("id", id);
        w.content(name, id, |_| ());
    }
}

fn nvsets<'a>(w: &mut Writer<'a>, name: &str, sets: &'a [NvSet]) {
    for set in sets {
        nvset(w, name, set);
    }
}

fn nvset(w: &mut Writer<'_>, name: &str, set: &NvSet) {
    if let Some(id) = set.attrs.get("id-ref") {
        w.reference(name, id, &[]);
        return;
    }
    w.element(name, set.attrs.id(), &set.attrs, |w| {
        set.rule.iter().for_each(|r| rule(w, r));
        for pair in &set.pairs {
            match pair.get("id-ref") {
                Some(id) => w.reference("nvpair", id, &[("name", pair.get("name"))]),
                None => w.leaf("nvpair", pair),
            }
        }
    });
}

fn rule(w: &mut Writer<'_>, r: &Rule) {
    if let Some(id) = r.attrs.get("id-ref") {
        w.reference("rule", id, &[]);
        return;
    }
    w.element("rule", r.attrs.id(), &r.attrs, |w| {
        for e in &r.expressions {
            match e {
                Expression::Rule(inner) => rule(w, inner),
                Expression::Attribute(attrs) => expression(w, "expression", attrs),
                Expression::Resource(attrs) => expression(w, "rsc_expression", attrs),
                Expression::Operation(attrs) => expression(w, "op_expression", attrs),
                Expression::Date(date) => date_expression(w, date),
            }
        }
    });
}

fn expression(w: &mut Writer<'_>, name: &str, attrs: &Attrs) {
    match attrs.get("id-ref") {
        Some(id) => w.reference(name, id, &[]),
        None => w.leaf(name, attrs),
    }
}

fn date_expression(w: &mut Writer<'_>, date: &DateExpression) {
    if date.attrs.get("id-ref").is_some() {
        expression(w, "date_expression", &date.attrs);
        return;
    }
    w.element("date_expression", date.attrs.id(), &date.attrs, |w| {
        date.duration.iter().for_each(|d| w.leaf("duration", d));
        date.spec.iter().for_each(|s| w.leaf("date_spec", s));
    });
}

fn node(w: &mut Writer<'_>, node: &Node) {
    w.element("node", node.attrs.id(), &node.attrs, |w| {
        let sets = node.attributes.iter();
        sets.for_each(|set| nvset(w, "instance_attributes", set));
        let sets = node.utilization.iter();
        sets.for_each(|set| nvset(w, "utilization", set));
    });
}

fn resource<'a>(w: &mut Writer<'a>, r: &'a Resource) {
    let id = r.attrs().id();
    match r {
        Resource::Primitive(p) => primitive(w, "primitive", p),
        Resource::Group(g) => w.element("group", id, &g.attrs, |w| {
            nvsets(w, "meta_attributes", &g.meta);
            nvsets(w, "instance_attributes", &g.params);
            for member in &g.members {
                primitive(w, "primitive", member);
            }
        }),
        Resource::Clone(c) => {
            let name = if c.master { "master" } else { "clone" };
            w.element(name, id, &c.attrs, |w| {
                nvsets(w, "meta_attributes", &c.meta);
                nvsets(w, "instance_attributes", &c.params);
                resource(w, &c.child);
            });
        }
        Resource::Bundle(b) => bundle(w, b),
    }
}

fn primitive<'a>(w: &mut Writer<'a>, name: &str, p: &'a Primitive) {
    let id = p.attrs.id();
    w.element(name, id, &p.attrs, |w| {
        nvsets(w, "meta_attributes", &p.meta);
        nvsets(w, "instance_attributes", &p.params);
        nvsets(w, "utilization", &p.utilization);
        let id = p.operations_attrs.get("id").unwrap_or(id);
        if let Some(id) = p.operations_attrs.get("id-ref") {
            w.reference("operations", id, &[]);
        } else if !p.operations.is_empty()
            || !p.operations_attrs.is_empty()
            || w.has_strays("operations", id)
        {
            w.element("operations", id, &p.operations_attrs, |w| {
                p.operations.iter().for_each(|op| operation(w, op));
            });
        }
    });
}

fn operation<'a>(w: &mut Writer<'a>, op: &'a Operation) {
    w.element("op", op.attrs.id(), &op.attrs, |w| {
        nvsets(w, "meta_attributes", &op.meta);
        nvsets(w, "instance_attributes", &op.params);
    });
}

fn bundle<'a>(w: &mut Writer<'a>, b: &'a Bundle) {
    w.element("bundle", b.attrs.id(), &b.attrs, |w| {
        nvsets(w, "meta_attributes", &b.meta);
        w.tree(&b.container);
        let parts = [&b.network, &b.storage];
        parts.into_iter().flatten().for_each(|e| w.tree(e));
        if let Some(inner) = &b.primitive {
            primitive(w, "primitive", inner);
        }
    });
}

fn constraint(w: &mut Writer<'_>, c: &Constraint) {
    let (name, attrs, sets, lifetime) = match c {
        Constraint::Location(c) => ("rsc_location", &c.attrs, &c.sets, &c.lifetime),
        Constraint::Colocation(c) => ("rsc_colocation", &c.attrs, &c.sets, &c.lifetime),
        Constraint::Order(c) => ("rsc_order", &c.attrs, &c.sets, &c.lifetime),
        Constraint::Ticket(c) => ("rsc_ticket", &c.attrs, &c.sets, &None),
    };
    w.element(name, attrs.id(), attrs, |w| {
        for set in sets {
            resource_set(w, set);
        }
        if let Constraint::Location(location) = c {
            location.rules.iter().for_each(|r| rule(w, r));
        }
        if lifetime.is_some() || w.has_strays("lifetime", attrs.id()) {
            w.element("lifetime", attrs.id(), &Attrs::default(), |w| {
                if let Some(passing) = lifetime {
                    rule(w, passing);
                }
            });
        }
    });
}

fn resource_set(w: &mut Writer<'_>, set: &ResourceSet) {
    match set.attrs.get("id-ref") {
        Some(id) => w.reference("resource_set", id, &[]),
        None => w.element("resource_set", set.attrs.id(), &set.attrs, |w| {
            members(w, "resource_ref", &set.members);
        }),
    }
}

fn status<'a>(w: &mut Writer<'a>, cib: &'a Cib) {
    for node in &cib.status.nodes {
        w.node = node.attrs.id();
        w.element("node_state", "", &node.attrs, |w| node_state(w, node));
        w.node = "";
    }
    w.section("tickets", &cib.status.tickets, |w, ticket| {
        w.leaf("ticket_state", &ticket.attrs);
    });
}

fn node_state<'a>(w: &mut Writer<'a>, state: &'a NodeState) {
    let id = state.attrs.id();
    let mut attrs = Attrs::default();
    attrs.set("id", id);
    if !state.transient.is_empty() || w.has_strays("transient_attributes", "") {
        w.element("transient_attributes", "", &attrs, |w| {
            nvsets(w, "instance_attributes", &state.transient);
        });
    }
    let strays = w.has_strays("lrm", "") || w.has_strays("lrm_resources", "");
    if !state.history.is_empty() || strays {
        w.element("lrm", "", &attrs, |w| {
            w.section("lrm_resources", &state.history, history);
        });
    }
}

fn history<'a>(w: &mut Writer<'a>, r: &'a HistoryResource) {
    w.start("lrm_resource");
    w.attribute("id", &r.id);
    w.attribute("class", &r.class);
    w.optional("provider", r.provider.as_ref());
    w.attribute("type", &r.kind);
    w.attributes(&r.extra);
    w.content("lrm_resource", &r.id, |w| {
        r.ops.iter().for_each(|op| entry(w, op));
    });
}

fn entry(w: &mut Writer<'_>, op: &HistoryEntry) {
    let seldom = |field: fn(&Seldom) -> &Option<Text>| {
        let seldom = op.seldom.as_deref();
        seldom.and_then(|s| field(s).as_ref())
    };
    w.start("lrm_rsc_op");
    w.attribute("id", &op.id);
    w.optional("operation_key", op.key.as_ref());
    w.attribute("operation", &op.operation);
    w.optional("crm_feature_set", op.feature_set.as_ref());
    w.optional("transition-key", op.transition_key.as_ref());
    if let Some(magic) = op.magic() {
        w.attribute("transition-magic", &magic);
    }
    w.optional("exit-reason", seldom(|s| &s.exit_reason));
    w.optional("on_node", op.on_node.as_ref());
    w.number("call-id", &op.call_id);
    w.number("rc-code", &op.rc);
    w.number("op-status", &op.status);
    w.number("interval", &op.interval_ms);
    if let Some(time) = op.last_rc_change {
        w.number("last-rc-change", &time);
    }
    for (name, time) in [("exec-time", op.exec_time), ("queue-time", op.queue_time)] {
        if let Some(time) = time {
            w.number(name, &time);
        }
    }
    w.optional("migrate_source", seldom(|s| &s.migrate_source));
    w.optional("migrate_target", seldom(|s| &s.migrate_target));
    w.optional("op-digest", op.digest.as_ref());
    w.optional("op-force-restart", seldom(|s| &s.force_restart));
    w.optional("op-restart-digest", seldom(|s| &s.restart_digest));
    w.attributes(&op.extra);
    w.content("lrm_rsc_op", &op.id, |_| ());
}
