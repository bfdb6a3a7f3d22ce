//! The status section: nodes, tickets and the history of operations.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::nvset::NvSet;
use crate::xml::{Attrs, Text};

/// What is known at the moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// A state for each node that was ever seen, in the order of the document.
    pub nodes: Vec<NodeState>,
    /// Tickets.
    pub tickets: Vec<TicketState>,
}

/// A `ticket_state` (or the older `instance_attributes` form, turned into this one).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketState {
    /// `id`, `granted`, `standby`, `last-granted` …
    pub attrs: Attrs,
}

/// A `node_state`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeState {
    /// `id`, `uname`, `in_ccm`, `crmd`, `join`, `expected`, `remote_node`, `node_fenced` …
    pub attrs: Attrs,
    /// Attributes that last until the node leaves.
    pub transient: Vec<NvSet>,
    /// What resource agents did on the node.
    pub history: Vec<HistoryResource>,
}

/// An `lrm_resource`: the history of one resource on one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryResource {
    /// Name; for instances of anonymous clones with or without a number.
    pub id: Text,
    /// `class` of the agent.
    pub class: Text,
    /// `provider` of the agent.
    pub provider: Option<Text>,
    /// `type` of the agent.
    pub kind: Text,
    /// Any other attribute: `container`, `shutdown-lock`.
    pub extra: Attrs,
    /// Operations in the order of the document.
    pub ops: Vec<HistoryEntry>,
}

/// An `lrm_rsc_op`: the last outcome of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// `id`.
    pub id: Text,
    /// `operation`.
    pub operation: Text,
    /// `operation_key`, if written.
    pub key: Option<Text>,
    /// `interval` in milliseconds.
    pub interval_ms: u32,
    /// `call-id`; −1 while pending.
    pub call_id: i32,
    /// `rc-code`, as OCF defines it.
    pub rc: i32,
    /// `op-status`: −1 pending, 0 done, 4 error ….
    pub status: i32,
    /// `transition-key`: ACTION:TRANSITION:EXPECTED:UUID.
    pub transition_key: Option<Text>,
    /// `last-rc-change`, seconds since the epoch.
    pub last_rc_change: Option<i64>,
    /// `exec-time`, milliseconds.
    pub exec_time: Option<u32>,
    /// `queue-time`, milliseconds.
    pub queue_time: Option<u32>,
    /// `on_node`.
    pub on_node: Option<Text>,
    /// `op-digest`.
    pub digest: Option<Text>,
    /// `crm_feature_set`.
    pub feature_set: Option<Text>,
    /// What few entries have.
    pub seldom: Option<Box<Seldom>>,
    /// Any other attribute, and where the element starts.
    pub extra: Attrs,
}

/// What few entries of a history have: entries are many, and this keeps them small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seldom {
    /// `transition-magic`, if it is not STATUS:RC;KEY of the entry's fields.
    pub transition_magic: Option<Text>,
    /// `exit-reason`.
    pub exit_reason: Option<Text>,
    /// `migrate_source`.
    pub migrate_source: Option<Text>,
    /// `migrate_target`.
    pub migrate_target: Option<Text>,
    /// `op-restart-digest`.
    pub restart_digest: Option<Text>,
    /// `op-force-restart`: blank-separated names of parameters.
    pub force_restart: Option<Text>,
}

impl Default for HistoryEntry {
    fn default() -> Self {
        Self::empty(&Text::default())
    }
}

impl HistoryEntry {
    /// Nothing is known; texts are shared with `empty`.
    pub(super) fn empty(empty: &Text) -> Self {
        Self {
            id: Text::clone(empty),
            operation: Text::clone(empty),
            key: None,
            interval_ms: 0,
            call_id: 0,
            rc: 0,
            status: 0,
            transition_key: None,
            last_rc_change: None,
            exec_time: None,
            queue_time: None,
            on_node: None,
            digest: None,
            feature_set: None,
            seldom: None,
            extra: Attrs::default(),
        }
    }

    /// What few entries have, to be set.
    pub fn seldom_mut(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    /// `migrate_source`.
    pub fn migrate_source(&self) -> Option<&str> {
        self.seldom.as_ref()?.migrate_source.as_deref()
    }

    /// `migrate_target`.
    pub fn migrate_target(&self) -> Option<&str> {
        self.seldom.as_ref()?.migrate_target.as_deref()
    }

    /// `op-restart-digest`.
    pub fn restart_digest(&self) -> Option<&str> {
        self.seldom.as_ref()?.restart_digest.as_deref()
    }

    /// `op-force-restart`: blank-separated names of parameters.
    pub fn force_restart(&self) -> Option<&str> {
        self.seldom.as_ref()?.force_restart.as_deref()
    }

    /// What `transition-magic` says.
    pub fn magic(&self) -> Option<String> {
        let written = self
            .seldom
            .as_ref()
            .and_then(|s| s.transition_magic.as_ref());
        match (written, &self.transition_key) {
            (Some(magic), _) => Some((**magic).into()),
            (None, Some(key)) => Some(format!("{}:{};{key}", self.status, self.rc)),
            (None, None) => None,
        }
    }

    /// Transition number, expected code and the controller's uuid out of `transition-key`.
    pub(crate) fn transition(&self) -> Option<(i32, i32, &str)> {
        let (_action, rest) = number_and_rest(self.transition_key.as_deref()?)?;
        let (number, rest) = number_and_rest(rest)?;
        let (expected, uuid) = number_and_rest(rest)?;
        Some((number, expected, uuid))
    }
}

/// The number before a colon, and what comes after.
fn number_and_rest(text: &str) -> Option<(i32, &str)> {
    let colon = text.bytes().position(|b| b == b':')?;
    Some((text[..colon].parse().ok()?, &text[colon + 1..]))
}
