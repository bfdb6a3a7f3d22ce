//! Remote nodes and guests: resources that are nodes.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::cluster::Cluster;
use super::setup::{expand, nvset};
use super::{Def, NodeKind};
use crate::arena::RscId;
use crate::cib::{self, Primitive, Resource};
use crate::rule::{Asked, Values};
use crate::xml::Text;

impl Cluster<'_> {
    /// Nodes that exist because of a connection resource or a guest.
    pub(super) fn unpack_remote_nodes(&mut self) {
        let cib = self.cib;
        let templates = &cib.templates;
        let mut names: Vec<String> = Vec::new();
        let mut look = |p: &Primitive| {
            let p = &expand(p, templates);
            if is_remote_agent(p) {
                names.push(p.attrs.id().to_string());
            }
            names.extend(guest_of(p, self.now).map(|s| s.to_string()));
        };
        for r in &cib.resources {
            match r {
                Resource::Primitive(p) => look(p),
                Resource::Group(g) => g.members.iter().for_each(&mut look),
                _ => {}
            }
        }
        for name in names {
            self.have_remote_nodes = true;
            if self.node_any(Some(&name), Some(&name)).is_none() {
                self.add_node(&name, &name, NodeKind::Remote);
            }
        }
    }

    /// The implicit connection of a guest: `remote-node` among the meta attributes of its host resource.
    pub(super) fn unpack_guest(&mut self, host: RscId) {
        let Some(name) = self.rscs[host].meta.get("remote-node").cloned() else {
            return;
        };
        let meta = |n: &str| self.rscs[host].meta(n).map(ToString::to_string);
        let mut pairs = alloc::vec![
            ("container", self.rscs[host].id.to_string()),
            ("resource-stickiness", "0".to_string()),
        ];
        // A guest that is not managed keeps its connection as it is.
        for key in ["is-managed"] {
            if let Some(v) = meta(key) {
                pairs.push((key, v));
            }
        }
        if let Some(v) = meta("remote-allow-migrate") {
            pairs.push(("allow-migrate", v));
        }
        let mut params = Vec::new();
        if let Some(v) = meta("remote-addr") {
            params.push(("addr", v));
        }
        if let Some(v) = meta("remote-port") {
            params.push(("port", v));
        }
        let timeout = meta("remote-connect-timeout");
        let p = connection(&name, &pairs, &params, timeout.as_deref());
        let rsc = self.unpack_primitive(Def::Made(Rc::new(p)), &name, None, None);
        self.top.push(rsc);
    }

    /// Joins a connection with the node that it makes.
    pub(super) fn link_remote(&mut self, rsc: RscId) {
        if !self.rscs[rsc].is_primitive()
            || !self.rscs[rsc].def.as_deref().is_some_and(is_remote_agent)
        {
            return;
        }
        let id = self.rscs[rsc].id.clone();
        let Some(node) = self.node_any(Some(&id), Some(&id)) else {
            return;
        };
        self.rscs[rsc].remote_node = Some(node);
        self.nodes[node].remote_rsc = Some(rsc);
        if self.rscs[rsc].meta("container").is_none() {
            self.startup_state(node);
        } else {
            self.nodes[node]
                .attrs
                .insert(Text::from("#kind"), Text::from("container"));
        }
    }
}

/// A connection to a remote node.
pub(super) fn is_remote_agent(p: &Primitive) -> bool {
    p.attrs.get("class") == Some("ocf")
        && p.attrs.get("provider") == Some("pacemaker")
        && p.attrs.get("type") == Some("remote")
}

/// The guest node that a resource is the host of.
pub(super) fn guest_of(p: &Primitive, now: i64) -> Option<Text> {
    let asked = Asked {
        now,
        ..Asked::default()
    };
    let mut meta = Values::new();
    asked.merge(&mut meta, &p.meta, None);
    meta.get("remote-node").cloned()
}

/// An implicit connection resource.
pub(super) fn connection(
    id: &str,
    meta: &[(&str, String)],
    params: &[(&str, String)],
    timeout: Option<&str>,
) -> Primitive {
    let mut p = Primitive::default();
    for (k, v) in [
        ("id", id),
        ("class", "ocf"),
        ("provider", "pacemaker"),
        ("type", "remote"),
    ] {
        p.attrs.set(k, v);
    }
    p.meta.push(nvset(meta));
    p.params.push(nvset(params));
    let op = |name: &str, interval: &str, timeout: &str| {
        let mut op = cib::Operation::default();
        op.attrs.set("name", name);
        op.attrs.set("interval", interval);
        op.attrs.set("timeout", timeout);
        op
    };
    p.operations.push(op("monitor", "30s", "30s"));
    if let Some(t) = timeout {
        p.operations.push(op("start", "0", t));
    }
    p
}
