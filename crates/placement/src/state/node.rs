//! A node.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::arena::RscId;
use crate::rule::Values;
use crate::score::Score;
use crate::xml::Text;

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NodeKind {
    #[default]
    Member,
    /// Reached by a connection resource; also guest nodes.
    Remote,
    Ping,
}

/// A node and its state.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the states of a node are independent of each other"
)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) id: Text,
    pub(crate) uname: Text,
    pub(crate) kind: NodeKind,
    /// Added to the score of each resource.
    pub(crate) score: Score,
    pub(crate) attrs: Values,
    /// What is left of the capacity.
    pub(crate) utilization: BTreeMap<Text, i64>,

    pub(crate) online: bool,
    pub(crate) unclean: bool,
    pub(crate) unseen: bool,
    pub(crate) standby: bool,
    pub(crate) standby_onfail: bool,
    pub(crate) pending: bool,
    pub(crate) shutdown: bool,
    pub(crate) expected_up: bool,
    pub(crate) is_dc: bool,
    pub(crate) maintenance: bool,
    /// Its history has been read.
    pub(crate) unpacked: bool,
    pub(crate) no_discovery: bool,
    pub(crate) remote_requires_reset: bool,
    pub(crate) remote_was_fenced: bool,
    pub(crate) remote_maintenance: bool,

    /// The connection resource of a remote node.
    pub(crate) remote_rsc: Option<RscId>,
    /// Resources that are active here.
    pub(crate) running: Vec<RscId>,
    /// Resources assigned to it in this run.
    pub(crate) assigned: u32,
    pub(crate) priority: i32,
    /// The first reason to fence it.
    pub(crate) fence_reason: Option<String>,
}

impl Node {
    pub(crate) fn is_remote(&self) -> bool {
        self.kind == NodeKind::Remote
    }

    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        self.attrs.get(name).map(|v| &**v)
    }
}
