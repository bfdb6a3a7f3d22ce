//! How a cluster stands: nodes and resources as the status section tells.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::arena::RscId;
use crate::cib::Cib;
use crate::placement::{Options, Refused};
use crate::state::{Cluster, Kind, NodeKind, Role};
use crate::xml::Text;

/// Nodes and resources of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Nodes, by name.
    pub nodes: Vec<NodeOverview>,
    /// Resources at the top, by priority.
    pub resources: Vec<ResourceOverview>,
}

/// A node and its state.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of a node are independent of each other"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOverview {
    /// Its name.
    pub name: Text,
    /// Its id.
    pub id: Text,
    /// It is reached by a connection resource: a remote or guest node.
    pub remote: bool,
    /// It takes part.
    pub online: bool,
    /// What runs there is not known for sure; it has to be fenced, if that is enabled.
    pub unclean: bool,
    /// It keeps nothing running.
    pub standby: bool,
    /// It is on standby because of a failure.
    pub standby_by_failure: bool,
    /// It has joined the ring, but not the cluster yet.
    pub pending: bool,
    /// It leaves, once everything has been stopped there.
    pub shutting_down: bool,
    /// What runs there is left alone.
    pub maintenance: bool,
    /// It coordinates.
    pub is_dc: bool,
}

/// What kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// One agent's resource.
    Primitive,
    /// Primitives that run together, in order.
    Group,
    /// Instances of a primitive or group.
    Clone,
    /// A containerized service.
    Bundle,
}

/// A resource, or an instance, and its state.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of a resource are independent of each other"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceOverview {
    /// Its name, of an instance with its number.
    pub id: Text,
    /// What kind it is.
    pub kind: ResourceKind,
    /// CLASS:PROVIDER:TYPE, of a primitive.
    pub agent: Option<String>,
    /// What it does.
    pub role: Role,
    /// Where it is active.
    pub nodes: Vec<Text>,
    /// Its last operation failed.
    pub failed: bool,
    /// A failure is told, but not reacted to.
    pub failure_ignored: bool,
    /// It can be neither started nor stopped, because of a failure.
    pub blocked: bool,
    /// It is left as it is.
    pub unmanaged: bool,
    /// It is left as it is, and not monitored.
    pub maintenance: bool,
    /// It runs, but is not configured.
    pub orphan: bool,
    /// The configuration wants it stopped.
    pub disabled: bool,
    /// Its instances differ, of a clone.
    pub unique: bool,
    /// Its instances can be promoted, of a clone.
    pub promotable: bool,
    /// Operation under way.
    pub pending: Option<Text>,
    /// Members, instances, or what is inside.
    pub children: Vec<ResourceOverview>,
}

/// Nodes and resources by the status section.
///
/// # Errors
/// As [`crate::place`].
pub fn overview(cib: &Cib, options: &Options) -> Result<Overview, Refused> {
    let cluster = Cluster::new(cib, options.time(cib), false);
    if !cluster.refused.is_empty() {
        return Err(Refused {
            features: cluster.refused,
        });
    }
    Ok(cluster.overview())
}

impl Cluster<'_> {
    fn overview(&self) -> Overview {
        let nodes = self.node_order.iter().map(|id| &self.nodes[*id]);
        let nodes = nodes.filter(|n| n.kind != NodeKind::Ping);
        Overview {
            nodes: nodes
                .map(|n| NodeOverview {
                    name: n.uname.clone(),
                    id: n.id.clone(),
                    remote: n.is_remote(),
                    online: n.online,
                    unclean: n.unclean,
                    standby: n.standby,
                    standby_by_failure: n.standby_onfail,
                    pending: n.pending,
                    shutting_down: n.shutdown,
                    maintenance: n.maintenance,
                    is_dc: n.is_dc,
                })
                .collect(),
            resources: self
                .top
                .iter()
                .map(|id| self.resource_overview(*id))
                .collect(),
        }
    }

    fn resource_overview(&self, id: RscId) -> ResourceOverview {
        let r = &self.rscs[id];
        let children: Vec<RscId> = if r.kind == Kind::Bundle {
            let parts = r.replicas.iter().flat_map(|replica| {
                [
                    replica.ip,
                    Some(replica.container),
                    replica.remote,
                    replica.child,
                ]
            });
            parts.flatten().collect()
        } else {
            r.children.clone()
        };
        let (kind, agent) = match r.kind {
            Kind::Primitive => (ResourceKind::Primitive, Some(self.agent_of(id))),
            Kind::Group => (ResourceKind::Group, None),
            Kind::Clone => (ResourceKind::Clone, None),
            Kind::Bundle => (ResourceKind::Bundle, None),
        };
        ResourceOverview {
            id: r.id.clone(),
            kind,
            agent,
            role: r.role,
            nodes: r
                .running_on
                .iter()
                .map(|n| self.nodes[*n].uname.clone())
                .collect(),
            failed: r.failed,
            failure_ignored: r.failure_ignored,
            blocked: r.blocked,
            unmanaged: !r.managed,
            maintenance: r.maintenance,
            orphan: r.orphan,
            disabled: r
                .meta("target-role")
                .is_some_and(|role| role.eq_ignore_ascii_case("Stopped")),
            unique: r.unique,
            promotable: r.promotable,
            pending: r.pending_task.clone(),
            children: children
                .into_iter()
                .map(|child| self.resource_overview(child))
                .collect(),
        }
    }

    fn agent_of(&self, id: RscId) -> String {
        let r = &self.rscs[id];
        match &r.provider {
            Some(provider) => format!("{}:{provider}:{}", r.class, r.agent),
            None => format!("{}:{}", r.class, r.agent),
        }
    }
}
