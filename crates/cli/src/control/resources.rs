//! What the daemon tells of resources, and what it may be asked to change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ringwright::manager::{self, Manager, Presence};
use ringwright::{Instant, Node, NodeId};
use ringwright_placement::{Options, active};
use serde::{Deserialize, Serialize};

/// Process groups by which a Pacemaker shows.
const PACEMAKER: [&[u8]; 5] = [b"pacemakerd", b"crmd", b"cib", b"attrd", b"stonith-ng"];

/// The cluster's resources as the members agree on them.
#[expect(
    clippy::struct_field_names,
    reason = "the list is what the whole is about"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resources {
    /// The node that tells.
    pub(crate) node: String,
    /// Whether the members agree on one state; all else is this node's alone until then.
    pub(crate) settled: bool,
    pub(crate) quorate: bool,
    /// The name of the member that drives and reports.
    pub(crate) dc: Option<String>,
    /// `admin_epoch.epoch.num_updates`.
    pub(crate) version: String,
    /// The agreed time, seconds since 1970.
    pub(crate) now: u64,
    /// Every node of the nodelist, and of the configuration, by id.
    pub(crate) nodes: Vec<ClusterNode>,
    /// Every resource that is configured, in the order of the configuration: groups and clones by their instances.
    pub(crate) resources: Vec<Resource>,
    /// Actions that failed, the latest outcome of each.
    pub(crate) failures: Vec<Failure>,
    /// The lease that addresses are held on, milliseconds; `None` without leases.
    pub(crate) lease_ms: Option<u64>,
    /// What this node holds on a lease.
    pub(crate) leases: Vec<Lease>,
    /// What is being done: the steps that run.
    pub(crate) running: Vec<String>,
    /// What an operator should know of the configuration.
    pub(crate) warnings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClusterNode {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) state: NodeState,
    pub(crate) standby: bool,
    pub(crate) maintenance: bool,
    /// Fail counts and other attributes that last until it leaves.
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NodeState {
    /// A member that may run resources.
    Online,
    /// On the ring without a resource manager: it votes.
    VotingOnly,
    /// On the ring with a Pacemaker, which manages resources of its own.
    Pacemaker,
    /// It left in order, or was never seen.
    #[default]
    Offline,
    /// Gone without a word.
    Lost,
    /// Fenced since.
    Fenced,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) id: String,
    /// `ocf:heartbeat:IPaddr2`; empty if it is configured no more.
    pub(crate) agent: String,
    /// `Started`, `Promoted` …; `Stopped` without a node.
    pub(crate) role: String,
    pub(crate) nodes: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) resource: String,
    /// `monitor_30000`.
    pub(crate) operation: String,
    pub(crate) node: String,
    /// Exit code and `op-status`, as in a CIB.
    pub(crate) code: u8,
    pub(crate) status: u8,
    pub(crate) call: u32,
    pub(crate) reason: String,
    /// When, seconds since 1970.
    pub(crate) at: u64,
    pub(crate) took_ms: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) resource: String,
    /// How long it still runs, milliseconds; `None` before its first renewal.
    pub(crate) left_ms: Option<u64>,
}

/// The cluster information base.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cib {
    /// `admin_epoch.epoch.num_updates`.
    pub(crate) version: String,
    /// `admin_epoch` and `epoch`: what a change made from this is based on.
    pub(crate) base: (u64, u64),
    /// The whole document, with status, as XML.
    pub(crate) xml: String,
}

/// What may be changed; the answer is the new version, once every member has stored it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Another configuration. With `base` only if the present one is still that: else the answer is an error, and one reads
    /// again.
    Replace {
        xml: String,
        base: Option<(u64, u64)>,
    },
    /// Forget histories and failures.
    Cleanup {
        resource: Option<String>,
        node: Option<String>,
    },
    /// Set an attribute that lasts until the node leaves, or take it away.
    Attribute {
        node: String,
        name: String,
        value: Option<String>,
    },
    /// A node that is gone does nothing any more: the operator has made sure.
    ConfirmFenced { node: String },
}

impl From<Change> for manager::Change {
    fn from(change: Change) -> Self {
        match change {
            Change::Replace { xml, base } => Self::Replace {
                text: xml.into(),
                base,
            },
            Change::Cleanup { resource, node } => Self::Cleanup { resource, node },
            Change::Attribute { node, name, value } => Self::Attribute { node, name, value },
            Change::ConfirmFenced { node } => Self::ConfirmFenced { node },
        }
    }
}

impl Cib {
    pub(crate) fn of(manager: &Manager) -> Self {
        let version = manager.fold().base.version();
        Self {
            version: version.to_string(),
            base: (version.admin_epoch, version.epoch),
            xml: manager.cib().to_xml(),
        }
    }
}

impl Resources {
    /// `now` is the node's time.
    pub(crate) fn of(node: &Node, manager: &Manager, now: Instant) -> Self {
        let fold = manager.fold();
        let name = |id: NodeId| node.config().name_of(id);
        let running = manager.transition().into_iter().flat_map(|transition| {
            let steps = transition.steps();
            steps.filter(|(_, progress)| matches!(progress, manager::Progress::Running(_)))
        });
        Self {
            node: name(node.config().me),
            settled: manager.is_settled(),
            quorate: manager.is_quorate(),
            dc: manager.dc().map(name),
            version: fold.base.version().to_string(),
            now: fold.now,
            nodes: nodes(node, manager),
            resources: resources(manager),
            failures: failures(manager),
            lease_ms: manager.lease().map(millis),
            leases: manager
                .leases()
                .map(|(resource, until)| Lease {
                    resource: resource.to_owned(),
                    left_ms: until.map(|until| millis(until.since(now))),
                })
                .collect(),
            running: running
                .map(|(step, _)| describe(&step.work, &name))
                .collect(),
            warnings: manager.warnings(),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn describe(work: &manager::Work, name: &impl Fn(NodeId) -> String) -> String {
    use manager::Work;
    match work {
        Work::Point(point) => point.clone(),
        Work::Agent { node, action, .. } => {
            let every = action.interval.as_millis();
            format!(
                "{} {}_{every} on {}",
                action.resource,
                action.operation,
                name(*node)
            )
        }
        Work::Cancel {
            node,
            resource,
            key,
        } => format!("{resource} cancel {key} on {}", name(*node)),
        Work::Forgive { node, resource } => format!("{resource} forgive on {}", name(*node)),
        Work::Forget { node, resource } => format!("{resource} forget on {}", name(*node)),
        Work::Fence {
            target, operation, ..
        } => format!("fence {} ({operation})", name(*target)),
    }
}

fn nodes(node: &Node, manager: &Manager) -> Vec<ClusterNode> {
    let fold = manager.fold();
    let ring = node.engine().ring().members();
    let mut ids: BTreeSet<NodeId> = node.config().nodes.iter().map(|entry| entry.id).collect();
    ids.extend(fold.nodes.keys());
    let cib = fold.base.document();
    let switch = |id: NodeId, option: &str| {
        let id = id.to_string();
        let configured = cib.nodes.iter().find(|node| node.attrs.id() == id);
        let values = configured.into_iter().flat_map(|node| &node.attributes);
        let value = values.into_iter().find_map(|set| set.get(option));
        value.is_some_and(|value| matches!(value, "on" | "true" | "yes" | "1"))
    };
    let state = |id: NodeId| {
        if manager.members().contains(&id) {
            return NodeState::Online;
        }
        if ring.contains(&id) {
            return if has_pacemaker(node, id) {
                NodeState::Pacemaker
            } else {
                NodeState::VotingOnly
            };
        }
        match fold.nodes.get(&id).map(|status| status.presence) {
            Some(Presence::Lost | Presence::Member) => NodeState::Lost,
            Some(Presence::Fenced) => NodeState::Fenced,
            Some(Presence::Left) | None => NodeState::Offline,
        }
    };
    ids.into_iter()
        .map(|id| ClusterNode {
            id: id.0,
            name: fold
                .nodes
                .get(&id)
                .map_or_else(|| node.config().name_of(id), |status| status.name.clone()),
            state: state(id),
            standby: switch(id, "standby"),
            maintenance: switch(id, "maintenance"),
            attributes: fold
                .nodes
                .get(&id)
                .map(|status| status.attributes.clone())
                .unwrap_or_default(),
        })
        .collect()
}

fn has_pacemaker(node: &Node, id: NodeId) -> bool {
    node.engine().groups().all().any(|(group, members)| {
        // Its names end with the NUL that ends them in C.
        let name = group.as_bytes();
        let is_its = PACEMAKER.contains(&name.strip_suffix(&[0]).unwrap_or(name));
        is_its && members.iter().any(|process| process.node == id)
    })
}

fn resources(manager: &Manager) -> Vec<Resource> {
    let cib = manager.cib_to_place();
    let options = Options {
        now: i64::try_from(manager.fold().now).ok(),
        ..Options::default()
    };
    let mut list: Vec<Resource> = Vec::new();
    for (id, agent) in configured(&cib.resources) {
        list.push(Resource {
            id,
            agent,
            role: "Stopped".to_owned(),
            nodes: Vec::new(),
        });
    }
    for found in active(&cib, &options).unwrap_or_default() {
        let id = found.resource.to_string();
        let plain = id.split(':').next().unwrap_or(&id);
        let place = list.iter().position(|r| r.id == id || r.id == plain);
        let place = place.unwrap_or_else(|| {
            list.push(Resource {
                id: id.clone(),
                ..Resource::default()
            });
            list.len() - 1
        });
        found.role.name().clone_into(&mut list[place].role);
        list[place].nodes.push(found.node.to_string());
    }
    list
}

/// Every primitive with its agent, in the order of the document.
fn configured(resources: &[ringwright_placement::cib::Resource]) -> Vec<(String, String)> {
    use ringwright_placement::cib::{Primitive, Resource};
    fn of(primitive: &Primitive) -> (String, String) {
        let parts = ["class", "provider", "type"].map(|name| primitive.attrs.get(name));
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (primitive.attrs.id().to_owned(), parts.join(":"))
    }
    let mut list = Vec::new();
    for resource in resources {
        match resource {
            Resource::Primitive(primitive) => list.push(of(primitive)),
            Resource::Group(group) => list.extend(group.members.iter().map(of)),
            Resource::Clone(clone) => {
                list.extend(configured(std::slice::from_ref(&*clone.child)));
            }
            Resource::Bundle(bundle) => list.extend(bundle.primitive.iter().map(of)),
        }
    }
    list
}

fn failures(manager: &Manager) -> Vec<Failure> {
    let nodes = manager.fold().nodes.values();
    let mut failures = Vec::new();
    for node in nodes {
        for (resource, history) in &node.resources {
            let record = history.records.get("last_failure_0");
            // A probe that found it running has not failed.
            if let Some(record) = record.filter(|r| r.expected != 7 || r.code != 0) {
                failures.push(Failure {
                    resource: resource.clone(),
                    operation: record.key(),
                    node: node.name.clone(),
                    code: record.code,
                    status: record.status,
                    call: record.call,
                    reason: record.reason.clone(),
                    at: record.changed,
                    took_ms: record.took_ms,
                });
            }
        }
    }
    failures
}

/// What happens to resources, as `events` follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Settled {
        members: Vec<u32>,
        quorate: bool,
        version: String,
        dc: u32,
    },
    Configured {
        version: String,
    },
    Planned {
        transition: u32,
        steps: usize,
    },
    Ended {
        transition: u32,
        abandoned: Option<String>,
    },
    Done {
        node: u32,
        resource: String,
        operation: String,
        interval_ms: u64,
        status: u8,
        code: u8,
        expected: u8,
        reason: String,
    },
    Waits {
        resource: String,
        holders: Vec<u32>,
    },
    Lapsed {
        resource: String,
    },
    NotRenewed {
        resource: String,
        why: String,
    },
    Fenced {
        node: u32,
        failure: Option<String>,
    },
    NotPlaced {
        why: String,
    },
    Other {
        what: String,
    },
    /// The reader was too slow.
    Missed {
        count: u64,
    },
}

impl From<manager::Event> for Event {
    fn from(event: manager::Event) -> Self {
        use manager::Event as E;
        match event {
            E::Settled {
                members,
                quorate,
                version,
                dc,
            } => Self::Settled {
                members: members.into_iter().map(|node| node.0).collect(),
                quorate,
                version: version.to_string(),
                dc: dc.0,
            },
            E::Configured(version) => Self::Configured {
                version: version.to_string(),
            },
            E::Planned { transition, steps } => Self::Planned { transition, steps },
            E::Ended {
                transition,
                abandoned,
            } => Self::Ended {
                transition,
                abandoned: abandoned.map(|why| why.to_string()),
            },
            E::Done {
                node,
                resource,
                operation,
                interval,
                result: (status, code),
                expected,
                reason,
            } => Self::Done {
                node: node.0,
                resource,
                operation: operation.to_string(),
                interval_ms: millis(interval),
                status,
                code,
                expected,
                reason,
            },
            E::Waits {
                resource, holders, ..
            } => Self::Waits {
                resource,
                holders: holders.into_iter().map(|node| node.0).collect(),
            },
            E::Lapsed { resource } => Self::Lapsed { resource },
            E::NotRenewed { resource, renewal } => Self::NotRenewed {
                resource,
                why: renewal.to_string(),
            },
            E::Fenced { node, failure } => Self::Fenced {
                node: node.0,
                failure,
            },
            E::NotPlaced(why) => Self::NotPlaced { why },
            other => Self::Other {
                what: format!("{other:?}"),
            },
        }
    }
}
