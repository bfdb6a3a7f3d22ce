//! The resulting state: all steps are carried out, and each has the outcome that is expected.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::cib::{Cib, HistoryEntry, HistoryResource, NodeState};
use crate::graph::Graph;
use crate::graph::Step;
use crate::xml::{Attrs, Text};

impl Graph {
    /// A copy of the base whose status is as after all steps.
    pub fn carry_out(&self, cib: &Cib) -> Cib {
        let mut after = cib.clone();
        let entries = || cib.status.nodes.iter().flat_map(|n| &n.history);
        // Whatever is carried out is newer than all that was.
        let latest = entries()
            .flat_map(|h| &h.ops)
            .filter_map(|o| o.last_rc_change)
            .max();
        let moment = latest.unwrap_or(0).saturating_add(1);
        for place in self.sequence() {
            let step = &self.steps[place];
            if step.fence.is_some() {
                fence(&mut after, step);
            } else if !step.pseudo && step.agent.is_some() {
                execute(&mut after, step, moment);
            }
        }
        after
    }
}

fn fence(cib: &mut Cib, step: &Step) {
    let Some(node) = step.node.as_deref() else {
        return;
    };
    if step.fence.as_deref() == Some("on") || step.pseudo {
        return;
    }
    let state = node_state(cib, node);
    for (name, value) in [
        ("in_ccm", "false"),
        ("crmd", "offline"),
        ("join", "down"),
        ("expected", "down"),
    ] {
        state.attrs.set(name, value);
    }
    state.history.clear();
    state.transient.clear();
}

fn node_state<'c>(cib: &'c mut Cib, node: &str) -> &'c mut NodeState {
    let id = cib
        .nodes
        .iter()
        .find(|n| n.attrs.get("uname") == Some(node))
        .map_or_else(|| node.to_string(), |n| n.attrs.id().to_string());
    let nodes = &mut cib.status.nodes;
    let found = nodes
        .iter()
        .position(|n| n.attrs.get("uname") == Some(node) || n.attrs.id() == id);
    let place = found.unwrap_or_else(|| {
        let mut attrs = Attrs::default();
        attrs.set("id", &id);
        attrs.set("uname", node);
        nodes.push(NodeState {
            attrs,
            ..NodeState::default()
        });
        nodes.len() - 1
    });
    &mut nodes[place]
}

fn execute(cib: &mut Cib, step: &Step, moment: i64) {
    let (Some(node), Some(known_as), Some(history)) = (&step.node, &step.known_as, &step.history)
    else {
        return;
    };
    if matches!(&*step.task, "delete" | "clear_failcount" | "notify") {
        return;
    }
    let state = node_state(cib, node);
    let found = state
        .history
        .iter()
        .position(|h| h.id == *known_as)
        .or_else(|| state.history.iter().position(|h| h.id == *history));
    let place = found.unwrap_or_else(|| {
        let (class, provider, kind) = step.agent.clone().expect("of a primitive");
        state.history.push(HistoryResource {
            id: history.clone(),
            class,
            provider,
            kind,
            extra: Attrs::default(),
            ops: Vec::new(),
        });
        state.history.len() - 1
    });
    // Calls count for each record; of several records for one resource none is looked at.
    let named = |h: &&HistoryResource| h.id == state.history[place].id;
    let one = state.history.iter().filter(named).nth(1).is_none();
    let ops = &mut state.history[place].ops;
    let last = ops.iter().filter(|_| one).map(|o| o.call_id).max();
    let entry = entry(step, history, last.unwrap_or(0).max(0) + 1, moment);
    match ops.iter().position(|o| o.id == entry.id) {
        Some(old) => ops[old] = entry,
        None => ops.push(entry),
    }
}

fn entry(step: &Step, history: &Text, call: i32, moment: i64) -> HistoryEntry {
    // A finished migration is recorded as what it means for the node.
    let task = match &*step.task {
        "migrate_to" => "stop",
        "migrate_from" | "reload-agent" => "start",
        other => other,
    };
    let id = if step.interval_ms > 0 {
        format!("{history}_{}_{}", step.task, step.interval_ms)
    } else {
        format!("{history}_last_0")
    };
    let text = |s: &str| Text::from(s);
    HistoryEntry {
        id: text(&id),
        operation: text(task),
        key: Some(text(&format!("{history}_{task}_{}", step.interval_ms))),
        interval_ms: step.interval_ms,
        call_id: call,
        rc: step.expects,
        transition_key: Some(text(&format!(
            "{call}:-1:{}:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            step.expects
        ))),
        on_node: step.node.clone(),
        digest: step.digest.clone(),
        last_rc_change: Some(moment),
        ..HistoryEntry::default()
    }
}
