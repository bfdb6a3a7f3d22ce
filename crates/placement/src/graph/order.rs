//! How an action is carried out: what its agent is told.

use alloc::collections::BTreeMap;
use alloc::string::ToString;

use crate::arena::ActionId;
use crate::cib::value::parse_ms;
use crate::state::{Cluster, digest};
use crate::xml::Text;

/// What an agent is told for one action; made if [`Options::orders`](crate::Options::orders) asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The resource's parameters for the node, rules evaluated.
    pub parameters: BTreeMap<Text, Text>,
    /// Meta attributes by their names in the base: those of the operation, and of the resource what an agent may ask for.
    pub meta: BTreeMap<Text, Text>,
    /// The operation's time-out, milliseconds; 20 s unless configured.
    pub timeout_ms: u32,
    /// What the history keeps as `op-digest`.
    pub digest: Text,
    /// The operation that a `cancel` ends.
    pub cancels: Option<Text>,
}

/// Meta attributes of the resource that its agent sees.
const SEEN: [&str; 9] = [
    "allow-migrate",
    "clone-max",
    "clone-node-max",
    "globally-unique",
    "interleave",
    "notify",
    "promotable",
    "target-role",
    "ringwright-lease",
];

impl Cluster<'_> {
    /// `None` for what no agent does.
    pub(super) fn order_of(&self, id: ActionId) -> Option<Order> {
        let a = &self.actions[id];
        let (rsc, node) = (a.rsc?, a.node?);
        let r = &self.rscs[rsc];
        if a.pseudo || !r.is_primitive() {
            return None;
        }
        if let Some((task, _)) = &a.cancel {
            return Some(Order {
                cancels: Some(Text::from(&**task)),
                ..Order::default()
            });
        }
        let spec = self.find_operation(rsc, &a.task, a.interval_ms);
        let index = spec.map(|s| s.index);
        // A probe takes over the time-out of the shortest configured monitor, as Pacemaker's does.
        let index = index.or_else(|| {
            let probe = a.is("monitor") && a.interval_ms == 0;
            let monitors = self
                .operations(rsc)
                .filter(|o| probe && &*o.name == "monitor");
            monitors.min_by_key(|o| o.interval_ms).map(|o| o.index)
        });
        let mut meta = self.operation_meta(rsc, index, &a.task, a.interval_ms);
        let timeout = meta.remove("timeout").as_deref().and_then(parse_ms);
        for name in [
            "name",
            "interval",
            "enabled",
            "start-delay",
            "interval-origin",
        ] {
            meta.remove(name);
        }
        for name in SEEN {
            if let Some(value) = r.meta(name) {
                meta.insert(Text::from(name), Text::from(value));
            }
        }
        if let Some(number) = r.id.rsplit_once(':').map(|(_, number)| number) {
            meta.insert(Text::from("clone"), Text::from(number));
        }
        self.add_clone_meta(rsc, &mut meta);
        let n = &self.nodes[node];
        meta.insert(Text::from("on_node"), n.uname.clone());
        meta.insert(Text::from("on_node_uuid"), n.id.clone());
        if let Some(notify) = &a.notify {
            let kind = notify
                .kind
                .strip_prefix("confirmed-")
                .unwrap_or(notify.kind);
            meta.insert(Text::from("notify_type"), Text::from(kind));
            meta.insert(Text::from("notify_operation"), Text::from(&*notify.of));
        }
        let (mut parameters, _) = self.operation_params(rsc, node, &a.task, a.interval_ms);
        let digest = Text::from(digest(&parameters));
        parameters.remove("CRM_meta_timeout");
        Some(Order {
            parameters,
            meta,
            timeout_ms: timeout
                .and_then(|ms| u32::try_from(ms).ok())
                .unwrap_or(20_000),
            digest,
            cancels: None,
        })
    }

    fn add_clone_meta(&self, rsc: crate::arena::RscId, meta: &mut BTreeMap<Text, Text>) {
        let mut at = self.rscs[rsc].parent;
        while let Some(parent) = at {
            if let Some(data) = &self.rscs[parent].clone {
                let mut put = |name: &str, value: i32| {
                    meta.insert(Text::from(name), Text::from(value.to_string()));
                };
                put("clone-max", data.max);
                put("clone-node-max", data.node_max);
                if self.rscs[parent].promotable {
                    put("promoted-max", data.promoted_max);
                    put("promoted-node-max", data.promoted_node_max);
                }
            }
            at = self.rscs[parent].parent;
        }
    }
}
