//! A resource, as configured and as it is.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::Deref;

use super::clone::CloneData;
use super::role::Role;
use super::table::{NodeSet, Table};
use crate::arena::{ActionId, ColocationId, NodeId, RscId};
use crate::cib::Primitive;
use crate::rule::Values;
use crate::score::Score;
use crate::xml::Text;

/// The definition of a primitive: as written, or made from several elements.
#[derive(Clone, Debug)]
pub(crate) enum Def<'a> {
    Written(&'a Primitive),
    Made(Rc<Primitive>),
}

impl Deref for Def<'_> {
    type Target = Primitive;
    fn deref(&self) -> &Primitive {
        match self {
            Self::Written(p) => p,
            Self::Made(p) => p,
        }
    }
}

/// What kind of resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    #[default]
    Primitive,
    Group,
    Clone,
    Bundle,
}

/// What happens to a resource that is active more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Multiple {
    #[default]
    StopStart,
    StopOnly,
    Block,
    StopUnexpected,
}

/// Where a resource is probed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Discovery {
    #[default]
    Always,
    Never,
    Exclusive,
}

/// One replica of a bundle.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) number: u32,
    pub(crate) container: RscId,
    pub(crate) ip: Option<RscId>,
    pub(crate) remote: Option<RscId>,
    pub(crate) child: Option<RscId>,
    /// The guest node that it is.
    pub(crate) node: Option<NodeId>,
}

/// A resource of any kind, also an instance of a clone or a member of a group.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of a resource are independent of each other"
)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Rsc<'a> {
    pub(crate) id: Text,
    /// The name in a history that was read, if it is another one.
    pub(crate) history_name: Option<Text>,
    pub(crate) kind: Kind,
    pub(crate) def: Option<Def<'a>>,
    pub(crate) class: Text,
    pub(crate) provider: Option<Text>,
    pub(crate) agent: Text,
    pub(crate) parent: Option<RscId>,
    pub(crate) children: Vec<RscId>,
    pub(crate) meta: Values,
    /// What was set explicitly here or further up; children inherit it before the defaults.
    pub(crate) explicit: Values,
    pub(crate) utilization: BTreeMap<Text, i64>,

    pub(crate) priority: Score,
    pub(crate) stickiness: Score,
    pub(crate) migration_threshold: Score,
    /// Seconds.
    pub(crate) failure_timeout: i64,
    pub(crate) multiple: Multiple,
    pub(crate) requires: super::operation::Needs,
    pub(crate) discovery_exclusive: bool,

    pub(crate) managed: bool,
    pub(crate) maintenance: bool,
    pub(crate) blocked: bool,
    pub(crate) critical: bool,
    pub(crate) orphan: bool,
    pub(crate) notify: bool,
    pub(crate) unique: bool,
    pub(crate) promotable: bool,
    pub(crate) allow_migrate: bool,
    pub(crate) fence_device: bool,
    pub(crate) restart_type: bool,
    pub(crate) needs_fencing: bool,
    pub(crate) needs_unfencing: bool,
    pub(crate) needs_quorum: bool,
    pub(crate) is_container: bool,
    /// A remote connection that may run on remote nodes.
    pub(crate) allow_remote_remotes: bool,

    pub(crate) failed: bool,
    pub(crate) failure_ignored: bool,
    pub(crate) must_stop: bool,
    pub(crate) start_pending: bool,
    pub(crate) stop_unexpected: bool,
    pub(crate) reload: bool,
    pub(crate) provisional: bool,
    pub(crate) allocating: bool,
    pub(crate) merging: bool,

    pub(crate) role: Role,
    pub(crate) next_role: Role,
    pub(crate) running_on: Vec<NodeId>,
    pub(crate) known_on: NodeSet,
    pub(crate) dangling: Vec<NodeId>,
    pub(crate) migrating: Option<(NodeId, NodeId)>,
    /// A migration was under way and is given up.
    pub(crate) was_migrating: bool,
    pub(crate) pending_node: Option<NodeId>,
    pub(crate) pending_task: Option<Text>,
    pub(crate) lock_node: Option<NodeId>,
    pub(crate) lock_time: i64,

    pub(crate) allowed: Table,
    pub(crate) discovery: BTreeMap<NodeId, Discovery>,
    pub(crate) assigned: Option<NodeId>,
    /// The score of that node when it was chosen.
    pub(crate) assigned_score: Score,
    pub(crate) sort_index: Score,
    /// "This with another", in the order of evaluation.
    pub(crate) this_with: Vec<ColocationId>,
    /// "Another with this".
    pub(crate) with_this: Vec<ColocationId>,
    /// Locations that count for the promoted role only.
    pub(crate) promoted_locations: Vec<usize>,
    pub(crate) tickets: Vec<usize>,
    pub(crate) actions: Vec<ActionId>,

    /// Instances placed on each node so far, of a clone.
    pub(crate) counts: BTreeMap<NodeId, i32>,
    pub(crate) clone: Option<Box<CloneData>>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) group_ordered: bool,
    pub(crate) group_colocated: bool,
    /// The container of an implicit remote connection (or of another filler).
    pub(crate) container: Option<RscId>,
    pub(crate) fillers: Vec<RscId>,
    /// The node that a remote connection makes.
    pub(crate) remote_node: Option<NodeId>,
}

impl Rsc<'_> {
    pub(crate) fn meta(&self, name: &str) -> Option<&str> {
        self.meta.get(name).map(|v| &**v)
    }

    /// A clone or bundle: something with instances.
    pub(crate) fn is_collective(&self) -> bool {
        self.kind >= Kind::Clone
    }

    /// The name in histories.
    pub(crate) fn history(&self) -> &str {
        self.history_name.as_deref().unwrap_or(&self.id)
    }

    pub(crate) fn is_primitive(&self) -> bool {
        self.kind == Kind::Primitive
    }
}
