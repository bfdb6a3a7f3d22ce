//! From the configuration to nodes and resources.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use super::cluster::{Cluster, TicketState};
use super::natural::natural;
use super::operation::Needs;
use super::remote::is_remote_agent;
use super::{CloneData, Config, Def, Kind, Multiple, NodeKind, NodeSet, Quorum, Role, Rsc, Table};
use crate::arena::{Arena, NodeId, RscId};
use crate::cib::value::{is_true, leading_integer, parse_bool, parse_ms, parse_score};
use crate::cib::{self, Cib, NvSet, Primitive, Resource};
use crate::rule::{Asked, Values};
use crate::score::INFINITY;
use crate::xml::Text;

/// More instances of a clone than this are refused.
pub(crate) const INSTANCES_MAX: i64 = 10_000;

impl<'a> Cluster<'a> {
    /// Reads configuration and status; nothing is decided yet.
    pub(crate) fn new(cib: &'a Cib, now: i64, scores: bool) -> Self {
        let mut cluster = Self::empty(cib, now, scores);
        cluster.unpack_nodes();
        cluster.unpack_remote_nodes();
        cluster.unpack_resources();
        cluster.note_node_scores();
        for tag in &cib.tags {
            cluster
                .tags
                .entry(Text::from(tag.attrs.id()))
                .or_default()
                .extend(tag.members.iter().cloned());
        }
        cluster.unpack_status();
        cluster
    }

    fn empty(cib: &'a Cib, now: i64, scores: bool) -> Self {
        let config = Config::read(cib, now);
        Self {
            cib,
            now,
            have_fence_device: config.have_watchdog || is_true(cib.attrs.get("have-watchdog")),
            config,
            nodes: Arena::default(),
            node_order: Vec::new(),
            node_ids: BTreeMap::new(),
            node_names: BTreeMap::new(),
            dc: None,
            rscs: Arena::default(),
            top: Vec::new(),
            rsc_ids: BTreeMap::new(),
            named_last: Vec::new(),
            history_names: BTreeMap::new(),
            tickets: BTreeMap::new(),
            tags: BTreeMap::new(),
            have_unfencing: false,
            have_remote_nodes: false,
            locations: Vec::new(),
            colocations: Arena::default(),
            orderings: Vec::new(),
            ticket_constraints: Vec::new(),
            actions: Arena::default(),
            actions_by_name: BTreeMap::new(),
            fence_ops: BTreeMap::new(),
            scores: scores.then(Vec::new),
            reasons: scores.then(Vec::new),
            histories: Vec::new(),
            refused: Vec::new(),
            stop_needed: Vec::new(),
            assigned_all: false,
        }
    }

    fn unpack_nodes(&mut self) {
        let cib = self.cib;
        for n in &cib.nodes {
            let id = n.attrs.id();
            let uname = n.attrs.get("uname").unwrap_or(id);
            let kind = match n.attrs.get("type") {
                None | Some("member" | "normal" | "") => NodeKind::Member,
                Some("remote") => NodeKind::Remote,
                _ => NodeKind::Ping,
            };
            if self.node_ids.contains_key(id) {
                continue;
            }
            let node = self.add_node(id, uname, kind);
            self.nodes[node].score = n.attrs.get("score").map_or(0, parse_score);
            self.startup_state(node);
            let asked = Asked {
                now: self.now,
                ..Asked::default()
            };
            let mut values = core::mem::take(&mut self.nodes[node].attrs);
            asked.merge(&mut values, &n.attributes, None);
            self.nodes[node].attrs = values;
            self.site_name(node);
            self.nodes[node].utilization = amounts(&asked, &n.utilization);
        }
    }

    pub(super) fn add_node(&mut self, id: &str, uname: &str, kind: NodeKind) -> NodeId {
        let id: Text = Text::from(id);
        let uname: Text = Text::from(uname);
        let is_dc = self.cib.attrs.get("dc-uuid") == Some(&*id);
        let mut attrs = Values::new();
        let mut set = |k: &str, v: &str| attrs.insert(Text::from(k), Text::from(v));
        set("#uname", &uname);
        set("#id", &id);
        set(
            "#kind",
            if kind == NodeKind::Remote {
                "remote"
            } else {
                "cluster"
            },
        );
        set("#is_dc", if is_dc { "true" } else { "false" });
        if let Some(name) = self.config.values.get("cluster-name") {
            set("#cluster-name", name);
        }
        let node = self.nodes.push(super::Node {
            id: id.clone(),
            uname: uname.clone(),
            kind,
            attrs,
            is_dc,
            ..super::Node::default()
        });
        if is_dc {
            self.dc = Some(node);
        }
        self.node_ids.insert(id, node);
        self.node_names.insert(uname, node);
        let nodes = &self.nodes;
        let at = self.node_order.partition_point(|n| {
            natural(&nodes[*n].uname, &nodes[node].uname) != Ordering::Greater
        });
        self.node_order.insert(at, node);
        node
    }

    fn site_name(&mut self, node: NodeId) {
        let site = self.nodes[node]
            .attrs
            .get("site-name")
            .or_else(|| self.config.values.get("cluster-name"))
            .cloned();
        if let Some(site) = site {
            self.nodes[node]
                .attrs
                .insert(Text::from("#site-name"), site);
        }
    }

    /// Nodes that were never seen are unclean, if fencing is to make sure.
    pub(super) fn startup_state(&mut self, node: NodeId) {
        let n = &mut self.nodes[node];
        if n.kind == NodeKind::Remote && n.remote_rsc.is_none() {
            return;
        }
        n.unclean = self.config.stonith && self.config.startup_fencing;
        n.unseen = true;
    }

    fn unpack_resources(&mut self) {
        let cib = self.cib;
        for r in &cib.resources {
            let made = self.unpack_resource(r, None, None);
            self.top.push(made);
            let guests = match r {
                Resource::Primitive(_) => alloc::vec![made],
                Resource::Group(_) => self.children(made),
                _ => Vec::new(),
            };
            for g in guests {
                self.unpack_guest(g);
            }
        }
        for r in self.rscs.ids().collect::<Vec<_>>() {
            self.link_remote(r);
            self.link_container(r);
        }
        let rscs = &self.rscs;
        self.top.sort_by_key(|r| Reverse(rscs[*r].priority));
    }

    fn link_container(&mut self, rsc: RscId) {
        let Some(name) = self.rscs[rsc].meta("container") else {
            return;
        };
        let Some(&container) = self.rsc_ids.get(name) else {
            return;
        };
        if container == rsc || self.rscs[rsc].container.is_some() {
            return;
        }
        self.rscs[rsc].container = Some(container);
        self.rscs[container].is_container = true;
        self.rscs[container].fillers.push(rsc);
    }

    /// Makes a resource and what is within; `number` is that of the instance around it.
    pub(super) fn unpack_resource(
        &mut self,
        r: &'a Resource,
        parent: Option<RscId>,
        number: Option<u32>,
    ) -> RscId {
        match r {
            Resource::Primitive(p) => {
                let def = if p.attrs.get("template").is_some() {
                    Def::Made(Rc::new(expand(p, &self.cib.templates)))
                } else {
                    Def::Written(p)
                };
                self.unpack_primitive(def, p.attrs.id(), parent, number)
            }
            Resource::Group(g) => self.unpack_group(g, parent, number),
            Resource::Clone(c) => self.unpack_clone(c, parent),
            Resource::Bundle(b) => self.unpack_bundle(b),
        }
    }

    pub(super) fn unpack_primitive(
        &mut self,
        def: Def<'a>,
        id: &str,
        parent: Option<RscId>,
        number: Option<u32>,
    ) -> RscId {
        let mut rsc = Rsc {
            class: Text::from(def.attrs.get("class").unwrap_or("")),
            provider: def.attrs.text("provider").cloned(),
            agent: Text::from(def.attrs.get("type").unwrap_or("")),
            ..Rsc::default()
        };
        let asked = Asked {
            now: self.now,
            ..Asked::default()
        };
        rsc.utilization = amounts(&asked, &def.utilization);
        let own = def.clone();
        rsc.def = Some(def);
        self.common(
            rsc,
            Kind::Primitive,
            id,
            parent,
            number,
            &own.attrs,
            &own.meta,
        )
    }

    pub(super) fn unpack_group(
        &mut self,
        g: &'a cib::Group,
        parent: Option<RscId>,
        number: Option<u32>,
    ) -> RscId {
        let made = self.common(
            Rsc::default(),
            Kind::Group,
            g.attrs.id(),
            parent,
            number,
            &g.attrs,
            &g.meta,
        );
        let flag = |r: &Rsc<'_>, name: &str| r.meta(name).and_then(parse_bool).unwrap_or(true);
        let r = &mut self.rscs[made];
        r.group_ordered = flag(r, "ordered");
        r.group_colocated = flag(r, "collocated");
        for m in &g.members {
            let def = if m.attrs.get("template").is_some() {
                Def::Made(Rc::new(expand(m, &self.cib.templates)))
            } else {
                Def::Written(m)
            };
            let child = self.unpack_primitive(def, m.attrs.id(), Some(made), number);
            self.rscs[made].children.push(child);
        }
        made
    }

    fn unpack_clone(&mut self, c: &'a cib::Clone, parent: Option<RscId>) -> RscId {
        let rsc = Rsc {
            promotable: c.master,
            ..Rsc::default()
        };
        let made = self.common(
            rsc,
            Kind::Clone,
            c.attrs.id(),
            parent,
            None,
            &c.attrs,
            &c.meta,
        );
        self.clone_limits(made);
        let max = self.rscs[made].clone.as_ref().map_or(0, |c| c.max);
        // One instance even of none, for what is in the histories.
        for _ in 0..max.max(1) {
            self.new_instance(made, &c.child);
        }
        made
    }

    pub(super) fn clone_limits(&mut self, clone: RscId) {
        let nodes = i64::try_from(self.nodes.len()).unwrap_or(1).max(1);
        let r = &self.rscs[clone];
        let number = |names: [&str; 2], default: i64| {
            names
                .iter()
                .find_map(|n| r.meta(n))
                .map_or(default, leading_integer)
                .clamp(0, INSTANCES_MAX)
        };
        let small = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
        let flag = |name: &str| is_true(r.meta(name));
        let unique = flag("globally-unique");
        let promotable = r.promotable || flag("promotable");
        let data = CloneData {
            max: small(number(["clone-max", "clone-max"], nodes)),
            node_max: small(number(["clone-node-max", "clone-node-max"], 1)),
            promoted_max: if promotable {
                small(number(["promoted-max", "master-max"], 1))
            } else {
                0
            },
            promoted_node_max: if promotable {
                small(number(["promoted-node-max", "master-node-max"], 1))
            } else {
                0
            },
            interleave: flag("interleave"),
            ordered: flag("ordered"),
            ..CloneData::default()
        };
        let r = &mut self.rscs[clone];
        r.unique = unique;
        r.promotable = promotable;
        r.clone = Some(data.into());
        // Instances stay where they are, if nothing speaks against it.
        r.meta
            .entry(Text::from("resource-stickiness"))
            .or_insert_with(|| Text::from("1"));
        if promotable {
            r.meta.insert(Text::from("promotable"), Text::from("true"));
        }
    }

    /// One more instance of a clone.
    pub(super) fn new_instance(&mut self, clone: RscId, child: &'a Resource) -> RscId {
        let data = self.rscs[clone].clone.as_mut().expect("a clone");
        let number = data.total;
        data.total += 1;
        let surplus = i64::from(number) >= i64::from(data.max);
        let instance = self.unpack_resource(child, Some(clone), Some(number));
        self.rscs[clone].children.push(instance);
        if surplus {
            self.rscs[instance].orphan = true;
            for c in self.children(instance) {
                self.rscs[c].orphan = true;
            }
        }
        instance
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what the kinds of resources have in common"
    )]
    pub(super) fn common(
        &mut self,
        mut rsc: Rsc<'a>,
        kind: Kind,
        id: &str,
        parent: Option<RscId>,
        number: Option<u32>,
        attrs: &crate::xml::Attrs,
        meta: &[NvSet],
    ) -> RscId {
        rsc.kind = kind;
        rsc.parent = parent;
        rsc.provisional = true;
        rsc.unique = parent.is_none_or(|p| self.rscs[p].unique);
        rsc.id = match number {
            Some(n) => Text::from(format!("{id}:{n}")),
            None => Text::from(id),
        };
        let anonymous = number.is_some() && !rsc.unique;
        self.meta(&mut rsc, attrs, meta);
        self.rsc_flags(&mut rsc);
        rsc.known_on = NodeSet::default();
        // A guest's connection goes where its container may go.
        let opted_in =
            rsc.meta("container").is_some() && rsc.def.as_deref().is_some_and(is_remote_agent);
        rsc.allowed = if self.config.symmetric || opted_in {
            let mut t = Table::filled(self.nodes.len(), 0);
            for n in self.nodes.ids() {
                let node = &self.nodes[n];
                t.set(
                    n,
                    if node.of_bundle {
                        super::ABSENT
                    } else {
                        node.score
                    },
                );
            }
            t
        } else {
            Table::filled(self.nodes.len(), super::ABSENT)
        };
        rsc.role = Role::Stopped;
        let made = self.rscs.push(rsc);
        self.rscs[made].next_role = self.target_role(made).unwrap_or(Role::Unknown);
        let name = self.rscs[made].id.clone();
        self.rsc_ids.entry(name).or_insert(made);
        if anonymous {
            self.history_names.entry(Text::from(id)).or_insert(made);
        }
        made
    }

    /// Meta attributes: own, what is explicit further up, defaults, whatever else the parent has.
    fn meta(&self, rsc: &mut Rsc<'a>, attrs: &crate::xml::Attrs, sets: &[NvSet]) {
        let class = rsc.class.clone();
        let (provider, agent) = (rsc.provider.clone(), rsc.agent.clone());
        let asked = Asked {
            now: self.now,
            agent: (!class.is_empty()).then_some((&*class, provider.as_deref(), &*agent)),
            ..Asked::default()
        };
        let mut explicit = Values::new();
        asked.merge(&mut explicit, sets, None);
        for (name, value) in attrs.iter() {
            if matches!(
                name,
                "is-managed" | "priority" | "target-role" | "maintenance"
            ) {
                explicit.insert(Text::from(name), Text::from(value));
            }
        }
        if let Some(parent) = rsc.parent {
            for (k, v) in &self.rscs[parent].explicit {
                explicit.entry(k.clone()).or_insert_with(|| v.clone());
            }
        }
        let mut meta = explicit.clone();
        if !self.cib.rsc_defaults.is_empty() {
            asked.merge(&mut meta, &self.cib.rsc_defaults, None);
        }
        if let Some(parent) = rsc.parent {
            for (k, v) in &self.rscs[parent].meta {
                meta.entry(k.clone()).or_insert_with(|| v.clone());
            }
        }
        rsc.explicit = explicit;
        rsc.meta = meta;
    }

    fn rsc_flags(&mut self, rsc: &mut Rsc<'a>) {
        let score = |r: &Rsc<'_>, name: &str, default| r.meta(name).map_or(default, parse_score);
        let flag =
            |r: &Rsc<'_>, name: &str, default| r.meta(name).and_then(parse_bool).unwrap_or(default);
        rsc.priority = score(rsc, "priority", 0);
        rsc.stickiness = score(rsc, "resource-stickiness", 0);
        rsc.migration_threshold = match score(rsc, "migration-threshold", INFINITY) {
            n if n < 0 => 1,
            n => n,
        };
        rsc.failure_timeout = rsc.meta("failure-timeout").and_then(parse_ms).unwrap_or(0) / 1000;
        rsc.critical = flag(rsc, "critical", true);
        rsc.notify = flag(rsc, "notify", false);
        rsc.managed = flag(rsc, "is-managed", true);
        rsc.maintenance = flag(rsc, "maintenance", false) || self.config.maintenance;
        if rsc.maintenance {
            rsc.managed = false;
        }
        rsc.restart_type = rsc.meta("restart-type") == Some("restart");
        let remote = rsc.def.as_deref().is_some_and(is_remote_agent);
        rsc.allow_migrate = flag(rsc, "allow-migrate", remote);
        rsc.multiple = match rsc.meta("multiple-active") {
            Some("stop_only") => Multiple::StopOnly,
            Some("block") => Multiple::Block,
            Some("stop_unexpected") => Multiple::StopUnexpected,
            _ => Multiple::StopStart,
        };
        rsc.fence_device = &*rsc.class == "stonith";
        if rsc.fence_device {
            self.have_fence_device = true;
            self.note_unfencing(rsc);
        }
        self.requires(rsc);
    }

    /// A device that provides "on" automatically asks for unfencing.
    fn note_unfencing(&mut self, rsc: &Rsc<'a>) {
        let provides = rsc.meta("provides") == Some("unfencing");
        if provides {
            self.have_unfencing = true;
        }
    }

    fn requires(&self, rsc: &mut Rsc<'a>) {
        let default = if rsc.fence_device {
            Needs::Quorum
        } else if self.have_unfencing {
            Needs::Unfencing
        } else if self.config.stonith {
            Needs::Fencing
        } else if self.config.quorum_policy == Quorum::Ignore {
            Needs::Nothing
        } else {
            Needs::Quorum
        };
        let needs = match rsc.meta("requires").map(str::to_ascii_lowercase).as_deref() {
            Some("nothing") => Needs::Nothing,
            Some("fencing") if self.config.stonith => Needs::Fencing,
            Some("unfencing") if rsc.fence_device => Needs::Quorum,
            Some("unfencing") if self.config.stonith => Needs::Unfencing,
            Some("quorum" | "fencing" | "unfencing") => Needs::Quorum,
            _ => default,
        };
        rsc.requires = needs;
        rsc.needs_quorum = needs == Needs::Quorum;
        rsc.needs_fencing = needs >= Needs::Fencing;
        rsc.needs_unfencing = needs == Needs::Unfencing;
    }

    /// The limit that `target-role` sets.
    pub(crate) fn target_role(&self, rsc: RscId) -> Option<Role> {
        let value = self.rscs[rsc].meta("target-role")?;
        let role = Role::parse(value)?;
        match role {
            Role::Started | Role::Promoted | Role::Unknown => None,
            Role::Unpromoted => {
                let top = self.clone_of(rsc)?;
                self.rscs[top].promotable.then_some(role)
            }
            Role::Stopped => Some(role),
        }
    }

    pub(super) fn unpack_tickets(&mut self) {
        for t in &self.cib.status.tickets {
            let state = TicketState {
                granted: is_true(t.attrs.get("granted")),
                standby: is_true(t.attrs.get("standby")),
            };
            self.tickets.insert(Text::from(t.attrs.id()), state);
        }
    }
}

/// A template's content with what the primitive defines itself.
pub(super) fn expand(p: &Primitive, templates: &[Primitive]) -> Primitive {
    let template = p
        .attrs
        .get("template")
        .and_then(|name| templates.iter().find(|t| t.attrs.id() == name));
    let Some(t) = template else {
        return p.clone();
    };
    let mut made = t.clone();
    made.attrs.set("id", p.attrs.id());
    for (name, value) in p.attrs.iter().filter(|(n, _)| *n != "template") {
        made.attrs.set(name, value);
    }
    made.params.extend(p.params.iter().cloned());
    made.meta.extend(p.meta.iter().cloned());
    made.utilization.extend(p.utilization.iter().cloned());
    let key = |o: &cib::Operation| {
        (
            o.attrs.get("name").map(ToString::to_string),
            o.attrs.get("role").unwrap_or("Started").to_string(),
        )
    };
    let own: Vec<_> = p.operations.iter().map(key).collect();
    made.operations.retain(|o| !own.contains(&key(o)));
    made.operations.extend(p.operations.iter().cloned());
    made
}

pub(super) fn nvset(pairs: &[(&str, String)]) -> NvSet {
    let mut set = NvSet::default();
    for (name, value) in pairs {
        let mut pair = crate::xml::Attrs::default();
        pair.set("name", name);
        pair.set("value", value);
        set.pairs.push(pair);
    }
    set
}

fn amounts(asked: &Asked<'_>, sets: &[NvSet]) -> BTreeMap<Text, i64> {
    let mut values = Values::new();
    asked.merge(&mut values, sets, None);
    values
        .into_iter()
        .map(|(k, v)| (k, leading_integer(&v)))
        .collect()
}
