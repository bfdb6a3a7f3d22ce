//! Whose an operation history is: it has names, the configuration has instances.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Kind;
use super::cluster::Cluster;
use crate::arena::{NodeId, RscId};
use crate::cib::{HistoryResource, Primitive};
use crate::reason::Cause;
use crate::xml::Text;

impl<'a> Cluster<'a> {
    /// What `id`, which stands at place `index` of the node's history, stands for.
    pub(super) fn find_in_history(&mut self, node: NodeId, id: &'a Text, index: usize) -> Found {
        let rsc = match self.resource_of(id, index) {
            Some(r) if self.rscs[r].kind != Kind::Primitive => return Found::NotPrimitive,
            Some(r) => r,
            None => {
                let base = strip(id);
                let zero = self.rsc_ids.get(&*format!("{base}:0")).copied();
                match zero {
                    Some(r) if !self.rscs[r].unique => r,
                    _ => return Found::None,
                }
            }
        };
        let Some(clone) = self.clone_of(rsc).filter(|_| !self.rscs[rsc].unique) else {
            return Found::Is(rsc);
        };
        let base = strip(id).to_string();
        let bundle = self.rscs[clone].parent;
        let instance = match bundle {
            Some(b) => self
                .replica_on(b, node)
                .filter(|r| strip(&self.rscs[*r].id) == base),
            None => Some(self.anonymous_instance(node, clone, &base)),
        };
        let Some(instance) = instance else {
            return Found::None;
        };
        if self.rscs[instance].id != *id {
            self.rscs[instance].history_name = Some(id.clone());
        }
        Found::Is(instance)
    }

    /// The resource of this id, which stands at place `index` of a history.
    fn resource_of(&mut self, id: &'a Text, index: usize) -> Option<RscId> {
        if let Some(&(last, rsc)) = self.named_last.get(index)
            && last == id
        {
            return Some(rsc);
        }
        let rsc = *self.rsc_ids.get(id)?;
        if let Some(last) = self.named_last.get_mut(index) {
            *last = (id, rsc);
        } else if index == self.named_last.len() {
            self.named_last.push((id, rsc));
        }
        Some(rsc)
    }

    /// An instance for a history on a node: one that is there already, an inactive one, or a surplus one.
    pub(super) fn anonymous_instance(&mut self, node: NodeId, clone: RscId, base: &str) -> RscId {
        let mut found = None;
        let mut inactive = None;
        let mut skip_inactive = false;
        for child in self.children(clone) {
            let places = self.places(child);
            if places.contains(&node) {
                found = self.named_within(child, base);
                if found.is_some_and(|f| !self.rscs[f].running_on.is_empty()) {
                    skip_inactive = true;
                    found = None;
                }
                if found.is_some() {
                    break;
                }
            } else if places.is_empty()
                && !skip_inactive
                && inactive.is_none()
                && !self.rscs[child].blocked
            {
                inactive = self.named_within(child, base).filter(|i| {
                    let pending = self.rscs[*i].pending_node;
                    pending.is_none_or(|p| p == node)
                });
            }
        }
        if found.is_none() && !skip_inactive {
            found = inactive;
        }
        let n = &self.nodes[node];
        let lost = (!n.online || n.unclean) && !self.is_guest(node);
        let universal = {
            let max = self.rscs[clone].clone.as_ref().map_or(0, |c| c.max);
            usize::try_from(max).is_ok_and(|m| m == self.nodes.len())
        };
        match found {
            Some(f) if self.rscs[f].needs_fencing || !lost || universal => f,
            _ => self.surplus(clone, base),
        }
    }

    /// Where an instance is active or pending.
    pub(super) fn places(&self, child: RscId) -> Vec<NodeId> {
        let mut nodes = Vec::new();
        for p in self.primitives(child) {
            let r = &self.rscs[p];
            nodes.extend(r.running_on.iter().copied().chain(r.pending_node));
        }
        nodes
    }

    pub(super) fn named_within(&self, child: RscId, base: &str) -> Option<RscId> {
        self.primitives(child)
            .into_iter()
            .find(|p| strip(&self.rscs[*p].id) == base)
    }

    pub(super) fn surplus(&mut self, clone: RscId, base: &str) -> RscId {
        let child = self.clone_child(clone);
        let instance = self.new_instance(clone, child);
        self.rscs[instance].orphan = true;
        for c in self.children(instance) {
            self.rscs[c].orphan = true;
        }
        self.named_within(instance, base).unwrap_or(instance)
    }

    pub(super) fn clone_child(&self, clone: RscId) -> &'a crate::cib::Resource {
        let id = &self.rscs[clone].id;
        self.cib
            .resources
            .iter()
            .find_map(|r| match r {
                crate::cib::Resource::Clone(c) if c.attrs.id() == &**id => Some(&*c.child),
                _ => None,
            })
            .expect("clones come from the configuration")
    }

    /// A resource that is in a history only.
    pub(super) fn orphan(&mut self, history: &HistoryResource) -> RscId {
        let mut p = Primitive::default();
        p.attrs.set("id", &history.id);
        p.attrs.set("class", &history.class);
        if let Some(provider) = &history.provider {
            p.attrs.set("provider", provider);
        }
        p.attrs.set("type", &history.kind);
        if let Some(container) = history.extra.get("container") {
            p.meta
                .push(super::setup::nvset(&[("container", container.to_string())]));
        }
        let remote = super::remote::is_remote_agent(&p);
        let rsc = self.unpack_primitive(
            super::Def::Made(alloc::rc::Rc::new(p)),
            &history.id,
            None,
            None,
        );
        self.rscs[rsc].orphan = true;
        self.top.push(rsc);
        if let Some(container) = history.extra.get("container")
            && let Some(&c) = self.rsc_ids.get(container)
        {
            self.rscs[rsc].container = Some(c);
            self.rscs[c].fillers.push(rsc);
        }
        if remote {
            self.orphan_connection(rsc, &history.id);
        }
        if self.config.stop_orphans {
            self.noting(rsc, |_| Cause::Orphan, |c| c.ban_everywhere(rsc));
        } else {
            self.rscs[rsc].managed = false;
        }
        rsc
    }

    pub(super) fn orphan_connection(&mut self, rsc: RscId, id: &str) {
        self.have_remote_nodes = true;
        let node = self.node_any(Some(id), Some(id));
        let Some(node) = node else {
            return;
        };
        self.rscs[rsc].remote_node = Some(node);
        self.nodes[node].remote_rsc = Some(rsc);
        if self.rscs[rsc].container.is_some() {
            self.nodes[node].shutdown = true;
        }
        self.nodes[node].unseen = true;
    }
}

pub(super) enum Found {
    Is(RscId),
    /// It names a group or clone today.
    NotPrimitive,
    None,
}

/// A name without the number of an instance.
pub(crate) fn strip(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => id,
    }
}
