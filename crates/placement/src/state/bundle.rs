//! Bundles: a container, an address, a connection and what runs inside, for each replica.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::ToString;

use super::cluster::Cluster;
use super::container::Layout;
use super::resource::Replica;
use super::setup::expand;
use super::{Def, Discovery, Kind, NodeKind, Rsc, Table};
use crate::arena::{NodeId, RscId};
use crate::cib::{self, Primitive};
use crate::score::INFINITY;
use crate::xml::{Attrs, Text};

/// How much what runs inside prefers its own replica.
const OWN_REPLICA: i32 = 500;

impl<'a> Cluster<'a> {
    pub(super) fn unpack_bundle(&mut self, b: &'a cib::Bundle) -> RscId {
        let layout = Layout::of(b);
        let id = b.attrs.id();
        let bundle = self.common(
            Rsc::default(),
            Kind::Bundle,
            id,
            None,
            None,
            &b.attrs,
            &b.meta,
        );
        if b.primitive.is_some() && !layout.filled {
            let what = format!("bundle `{id}` with a resource but neither port nor addresses");
            self.refused.push(what);
        }
        let child = b
            .primitive
            .as_ref()
            .filter(|_| layout.filled)
            .map(|p| self.unpack_contained(bundle, p, &layout));
        for number in 0..layout.replicas {
            self.unpack_replica(bundle, child, number, &layout);
        }
        self.rscs[bundle].children.extend(child);
        self.rscs[bundle].unique = layout.per_host > 1;
        self.rscs[bundle].per_host = layout.per_host;
        bundle
    }

    /// What runs inside is a clone with an instance for each replica.
    fn unpack_contained(&mut self, bundle: RscId, p: &'a Primitive, layout: &Layout<'_>) -> RscId {
        let promotable = layout.promoted_max > 0;
        let kind = if promotable { "master" } else { "clone" };
        let id = format!("{}-{kind}", self.rscs[bundle].id);
        let mut meta = alloc::vec![
            ("ordered", "true".to_string()),
            ("clone-max", layout.replicas.to_string()),
            ("clone-node-max", layout.per_host.to_string()),
            ("globally-unique", (layout.per_host > 1).to_string()),
        ];
        if promotable {
            meta.push(("promotable", "true".to_string()));
            meta.push(("promoted-max", layout.promoted_max.to_string()));
        }
        let clone = self.common(
            Rsc::default(),
            Kind::Clone,
            &id,
            Some(bundle),
            None,
            &Attrs::default(),
            &[super::setup::nvset(&meta)],
        );
        self.clone_limits(clone);
        for number in 0..layout.replicas {
            let def = if p.attrs.get("template").is_some() {
                Def::Made(Rc::new(expand(p, &self.cib.templates)))
            } else {
                Def::Written(p)
            };
            let instance = self.unpack_primitive(def, p.attrs.id(), Some(clone), Some(number));
            self.rscs[clone].children.push(instance);
        }
        if let Some(data) = &mut self.rscs[clone].clone {
            data.total = layout.replicas;
        }
        clone
    }

    fn unpack_replica(
        &mut self,
        bundle: RscId,
        clone: Option<RscId>,
        number: u32,
        layout: &Layout<'_>,
    ) {
        let container = self.unpack_part(bundle, layout.container(number));
        let ip = layout
            .address(number)
            .map(|address| self.unpack_part(bundle, address));
        let child = clone.map(|c| self.rscs[c].children[number as usize]);
        let mut replica = Replica {
            number,
            container,
            ip,
            remote: None,
            child,
            node: None,
        };
        if let (Some(child), Some(clone)) = (child, clone) {
            let node = self.bundle_node(&layout.node(number));
            let container_id = self.rscs[container].id.clone();
            let remote = self.unpack_part(bundle, layout.connection(number, &container_id));
            for node in self.rscs[remote].allowed.nodes() {
                if self.nodes[node].is_remote() {
                    self.rscs[remote].allowed.set(node, -INFINITY);
                }
            }
            // It may connect to a container that is itself on a remote node.
            self.rscs[remote].allow_remote_remotes = true;
            self.rscs[clone].allowed.set(node, -INFINITY);
            let r = &mut self.rscs[child];
            r.allowed = Table::default();
            r.allowed.set(node, OWN_REPLICA);
            r.discovery.clear();
            r.discovery.insert(node, Discovery::Exclusive);
            r.discovery_exclusive = true;
            replica.remote = Some(remote);
            replica.node = Some(node);
        }
        self.rscs[bundle].replicas.push(replica);
    }

    fn unpack_part(&mut self, bundle: RscId, p: Primitive) -> RscId {
        let id = p.attrs.id().to_string();
        let part = self.unpack_primitive(Def::Made(Rc::new(p)), &id, Some(bundle), None);
        self.rscs[bundle].children.push(part);
        part
    }

    /// The guest node of a replica, which is for what runs inside only.
    fn bundle_node(&mut self, name: &str) -> NodeId {
        self.have_remote_nodes = true;
        let node = self
            .node_any(Some(name), Some(name))
            .unwrap_or_else(|| self.add_node(name, name, NodeKind::Remote));
        self.nodes[node].score = -INFINITY;
        self.nodes[node].of_bundle = true;
        for top in self.top.clone() {
            self.disallow(top, node);
        }
        let kind = Text::from("container");
        self.nodes[node].attrs.insert(Text::from("#kind"), kind);
        node
    }

    fn disallow(&mut self, rsc: RscId, node: NodeId) {
        for child in self.children(rsc) {
            self.disallow(child, node);
        }
        let r = &mut self.rscs[rsc];
        if r.allowed.get(node).is_some() {
            r.allowed.set(node, -INFINITY);
            r.discovery.insert(node, Discovery::Never);
        }
    }

    /// The clone inside a bundle.
    pub(crate) fn contained(&self, bundle: RscId) -> Option<RscId> {
        let last = self.rscs[bundle].children.last().copied();
        last.filter(|c| self.rscs[*c].kind == Kind::Clone)
    }

    /// The containers of a bundle.
    pub(crate) fn containers(&self, bundle: RscId) -> alloc::vec::Vec<RscId> {
        let replicas = &self.rscs[bundle].replicas;
        replicas.iter().map(|r| r.container).collect()
    }

    /// The instance inside a bundle that runs on a guest node.
    pub(super) fn replica_on(&self, bundle: RscId, node: NodeId) -> Option<RscId> {
        self.rscs[bundle]
            .replicas
            .iter()
            .find(|r| r.node == Some(node))
            .and_then(|r| r.child)
    }
}
