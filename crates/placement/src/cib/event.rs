//! What if: events put into the status, as `crm_simulate` injects them.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::construct::add;
use super::{Cib, HistoryEntry, HistoryResource, NodeState, NvSet, Primitive, Seldom, value};
use crate::xml::{Attrs, Text};

/// Why an event cannot happen. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventError {
    /// There is no node of this name.
    UnknownNode(String),
    /// There is no resource of this name with operations of its own: a primitive, or a member of a group or clone.
    UnknownResource(String),
    /// The resource runs nowhere, or not on the node that was named.
    NotRunning(String),
    /// The resource runs on several nodes, and none was named.
    Ambiguous {
        /// The resource.
        resource: String,
        /// Where it runs.
        nodes: Vec<String>,
    },
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownNode(name) => write!(f, "there is no node `{name}`"),
            Self::UnknownResource(id) => write!(f, "there is no primitive `{id}`"),
            Self::NotRunning(id) => write!(f, "`{id}` does not run there"),
            Self::Ambiguous { resource, nodes } => {
                let nodes = nodes.join(", ");
                write!(f, "`{resource}` runs on {nodes}: say `{resource}@NODE`")
            }
        }
    }
}

impl core::error::Error for EventError {}

const UP: [(&str, &str); 4] = [
    ("in_ccm", "true"),
    ("crmd", "online"),
    ("join", "member"),
    ("expected", "member"),
];

const DOWN: [(&str, &str); 4] = [
    ("in_ccm", "false"),
    ("crmd", "offline"),
    ("join", "down"),
    ("expected", "down"),
];

const LOST: [(&str, &str); 4] = [
    ("in_ccm", "false"),
    ("crmd", "online"),
    ("join", "member"),
    ("expected", "member"),
];

impl Cib {
    /// Whether there is quorum.
    pub fn set_quorum(&mut self, quorum: bool) {
        let value = if quorum { "1" } else { "0" };
        self.attrs.set("have-quorum", value);
    }

    /// A node is there: online and a member.
    ///
    /// # Errors
    /// There is no such node.
    pub fn node_up(&mut self, name: &str) -> Result<(), EventError> {
        set(&mut self.state_of(name)?.attrs, &UP);
        Ok(())
    }

    /// A node left in good order; what was known of it is forgotten.
    ///
    /// # Errors
    /// There is no such node.
    pub fn node_down(&mut self, name: &str) -> Result<(), EventError> {
        let state = self.state_of(name)?;
        set(&mut state.attrs, &DOWN);
        state.transient.clear();
        state.history.clear();
        let id = state.attrs.id().to_string();
        self.unknown.retain(|u| *u.node != *id);
        Ok(())
    }

    /// A node vanished: what ran there may run there still, and with fencing enabled it has to be fenced.
    ///
    /// # Errors
    /// There is no such node.
    pub fn node_lost(&mut self, name: &str) -> Result<(), EventError> {
        set(&mut self.state_of(name)?.attrs, &LOST);
        Ok(())
    }

    /// A node is put on standby until it leaves.
    ///
    /// # Errors
    /// There is no such node.
    pub fn standby(&mut self, name: &str) -> Result<(), EventError> {
        remember(self.state_of(name)?, "standby", "on");
        Ok(())
    }

    /// A recurring monitor of a primitive fails at `now` (seconds since the epoch) on the node where it runs, or on the one
    /// that is named, and is counted as a failure.
    ///
    /// # Errors
    /// There is no such primitive or node, it does not run there, or it runs on several nodes and none is named.
    pub fn fail(&mut self, resource: &str, node: Option<&str>, now: i64) -> Result<(), EventError> {
        let interval_ms = self.monitored(resource)?;
        let name = match node {
            Some(name) => name.to_string(),
            None => self.only_home(resource)?,
        };
        if !self
            .nodes
            .iter()
            .any(|n| n.attrs.get("uname") == Some(&name))
        {
            return Err(EventError::UnknownNode(name));
        }
        let states = &mut self.status.nodes;
        let Some(state) = states
            .iter_mut()
            .find(|s| s.attrs.get("uname") == Some(&name))
        else {
            return Err(EventError::NotRunning(format!("{resource}@{name}")));
        };
        let call = state
            .history
            .iter()
            .flat_map(|r| &r.ops)
            .map(|op| op.call_id)
            .max();
        let call = call.unwrap_or(0).max(0).saturating_add(1);
        let history = state
            .history
            .iter_mut()
            .find(|r| is(&r.id, resource) && runs(r));
        let Some(history) = history else {
            return Err(EventError::NotRunning(format!("{resource}@{name}")));
        };
        let recurring = history
            .ops
            .iter()
            .map(|op| op.interval_ms)
            .filter(|ms| *ms > 0)
            .min();
        let interval_ms = recurring.unwrap_or(interval_ms);
        history
            .ops
            .push(failure(&history.id, interval_ms, call, now));
        let base = base(&history.id).to_string();
        let operation = format!("{base}#monitor_{interval_ms}");
        let count = format!("fail-count-{operation}");
        let pairs = state.transient.iter().find_map(|set| set.get(&count));
        let failures = pairs.map_or(0, value::leading_integer).saturating_add(1);
        let failures = match pairs {
            Some("INFINITY") => "INFINITY".to_string(),
            _ => failures.to_string(),
        };
        remember(state, &count, &failures);
        remember(
            state,
            &format!("last-failure-{operation}"),
            &now.to_string(),
        );
        Ok(())
    }

    /// The shortest interval at which a primitive is monitored, in milliseconds; 10 s if it is not.
    fn monitored(&self, resource: &str) -> Result<u32, EventError> {
        let mut found: Option<&Primitive> = None;
        for r in &self.resources {
            let mut show = |p| {
                if is_named(p, resource) {
                    found = Some(p);
                }
            };
            r.visit_primitives(&mut show);
        }
        let Some(primitive) = found else {
            return Err(EventError::UnknownResource(resource.to_string()));
        };
        let monitors = primitive
            .operations
            .iter()
            .filter(|op| op.attrs.get("name") == Some("monitor"));
        let intervals = monitors.map(|op| value::interval_ms(op.attrs.get("interval")));
        Ok(intervals.filter(|ms| *ms > 0).min().unwrap_or(10_000))
    }

    fn only_home(&self, resource: &str) -> Result<String, EventError> {
        let here = |s: &&NodeState| s.history.iter().any(|r| is(&r.id, resource) && runs(r));
        let homes = self.status.nodes.iter().filter(here);
        let homes: Vec<String> = homes
            .filter_map(|s| s.attrs.get("uname"))
            .map(String::from)
            .collect();
        match &homes[..] {
            [] => Err(EventError::NotRunning(resource.to_string())),
            [home] => Ok(home.clone()),
            _ => Err(EventError::Ambiguous {
                resource: resource.to_string(),
                nodes: homes,
            }),
        }
    }

    /// The state of a node; of one that was never seen, a new one.
    fn state_of(&mut self, name: &str) -> Result<&mut NodeState, EventError> {
        let states = &mut self.status.nodes;
        if let Some(index) = states
            .iter()
            .position(|s| s.attrs.get("uname") == Some(name))
        {
            return Ok(&mut states[index]);
        }
        let node = self
            .nodes
            .iter()
            .find(|n| n.attrs.get("uname") == Some(name));
        let Some(node) = node else {
            return Err(EventError::UnknownNode(name.to_string()));
        };
        let mut attrs = Attrs::default();
        attrs.set("id", node.attrs.id());
        attrs.set("uname", name);
        states.push(NodeState {
            attrs,
            ..NodeState::default()
        });
        let last = states.len() - 1;
        Ok(&mut states[last])
    }
}

fn set(attrs: &mut Attrs, values: &[(&str, &str)]) {
    for (name, value) in values {
        attrs.set(name, value);
    }
}

/// Sets a transient attribute, in the place of an earlier value.
fn remember(state: &mut NodeState, name: &str, value: &str) {
    let pairs = state.transient.iter_mut().flat_map(|set| &mut set.pairs);
    if let Some(pair) = pairs.into_iter().find(|p| p.get("name") == Some(name)) {
        pair.set("value", value);
        return;
    }
    let id = format!("status-{}", state.attrs.id());
    if state.transient.is_empty() {
        let mut set = NvSet::default();
        set.attrs.set("id", &id);
        state.transient.push(set);
    }
    add(&mut state.transient, name, value);
    if let Some(pair) = state
        .transient
        .last_mut()
        .and_then(|set| set.pairs.last_mut())
    {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        pair.lead("id", &format!("{id}-{name}").replace(|c| !allowed(c), "."));
    }
}

/// The name without the number of an instance.
fn base(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, number)) if number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => id,
    }
}

/// Whether a history is that of a resource, given by its name or that of an instance.
fn is(history: &str, resource: &str) -> bool {
    history == resource || base(history) == resource
}

fn is_named(p: &Primitive, resource: &str) -> bool {
    p.attrs.id() == resource || p.attrs.id() == base(resource)
}

/// Whether the newest operation leaves it running; a failed monitor does.
fn runs(r: &HistoryResource) -> bool {
    let newest = r.ops.iter().max_by_key(|op| op.call_id);
    newest.is_some_and(|op| match &*op.operation {
        "stop" => false,
        "monitor" if op.interval_ms > 0 => op.rc != 7,
        _ => matches!(op.rc, 0 | 8),
    })
}

fn failure(id: &str, interval_ms: u32, call: i32, now: i64) -> HistoryEntry {
    let key = format!("{id}_monitor_{interval_ms}");
    HistoryEntry {
        id: Text::from(format!("{id}_last_failure_0")),
        key: Some(Text::from(key)),
        call_id: call,
        seldom: Some(Box::new(Seldom {
            exit_reason: Some(Text::from("what if")),
            ..Seldom::default()
        })),
        feature_set: Some(Text::from("3.16.1")),
        ..HistoryEntry::ended("monitor", interval_ms, 1)
            .expecting(0)
            .at(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::{Clone, Primitive};
    use alloc::vec;

    fn cib() -> Cib {
        let started = || {
            [
                HistoryEntry::ended("start", 0, 0),
                HistoryEntry::ended("monitor", 7000, 0),
            ]
        };
        Cib::builder()
            .node("n1")
            .node("n2")
            .unseen("n3")
            .resource(Primitive::new("a", "ocf:pacemaker:Dummy").monitor("7s"))
            .resource(Clone::new("c", Primitive::new("b", "ocf:pacemaker:Dummy")))
            .history("n1", "a", started())
            .history("n1", "b", started())
            .history("n2", "b", started())
            .build()
            .unwrap()
    }

    #[test]
    fn a_failure_is_in_the_history_and_counted() {
        let mut cib = cib();
        cib.fail("a", None, 5).unwrap();
        cib.fail("a", Some("n1"), 6).unwrap();
        let state = &cib.status.nodes[0];
        let last = state.history[0].ops.last().unwrap();
        assert_eq!(
            (last.interval_ms, last.rc, last.last_rc_change),
            (7000, 1, Some(6))
        );
        assert_eq!(
            state.transient[0].get("fail-count-a#monitor_7000"),
            Some("2")
        );
        assert_eq!(
            state.transient[0].get("last-failure-a#monitor_7000"),
            Some("6")
        );
    }

    #[test]
    fn events_that_cannot_happen_change_nothing() {
        let mut cib = cib();
        let before = cib.clone();
        assert_eq!(cib.node_down("x"), Err(EventError::UnknownNode("x".into())));
        assert_eq!(
            cib.fail("x", None, 0),
            Err(EventError::UnknownResource("x".into()))
        );
        assert_eq!(
            cib.fail("a", Some("n2"), 0),
            Err(EventError::NotRunning("a@n2".into()))
        );
        let nodes = vec!["n1".into(), "n2".into()];
        let resource = "b".into();
        assert_eq!(
            cib.fail("b", None, 0),
            Err(EventError::Ambiguous { resource, nodes })
        );
        assert_eq!(cib, before);
    }

    #[test]
    fn a_node_that_was_never_seen_can_come() {
        let mut cib = cib();
        cib.node_up("n3").unwrap();
        assert_eq!(cib.status.nodes[2].attrs.get("crmd"), Some("online"));
        cib.node_down("n1").unwrap();
        assert!(cib.status.nodes[0].history.is_empty());
        cib.standby("n2").unwrap();
        assert_eq!(cib.status.nodes[1].transient[0].get("standby"), Some("on"));
    }
}
