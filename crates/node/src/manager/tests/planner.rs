//! A planner of few words: each primitive on its holder, else on the lowest member that has not failed it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use core::time::Duration;

use ringwright_placement::cib::{Primitive, Resource};

use crate::NodeId;
use crate::manager::{Graph, NodeStatus, Situation, Step, Work};
use crate::resource::{Action, Agent, AttemptId, Operation};

pub(super) fn plan(situation: &Situation<'_>) -> Result<Graph, String> {
    let mut graph = Graph::default();
    for resource in &situation.fold.base.document().resources {
        if let Resource::Primitive(primitive) = resource {
            place(situation, primitive, &mut graph);
        }
    }
    Ok(graph)
}

fn push(
    graph: &mut Graph,
    primitive: &Primitive,
    node: NodeId,
    operation: Operation,
    interval: u64,
    after: BTreeSet<u32>,
) -> u32 {
    let id = u32::try_from(graph.steps.len()).unwrap() + 1;
    let kind = primitive.attrs.get("type").unwrap();
    let provider = primitive.attrs.get("provider").unwrap();
    let probe = operation == Operation::Monitor && interval == 0;
    let work = Work::Agent {
        node,
        action: Action {
            attempt: AttemptId(0),
            resource: primitive.attrs.id().to_string(),
            agent: Agent::ocf(provider, kind),
            operation,
            interval: Duration::from_secs(interval),
            timeout: Duration::from_secs(20),
            parameters: BTreeMap::new(),
            meta: BTreeMap::new(),
            lease: None,
        },
        expected: if probe { 7 } else { 0 },
        digests: BTreeMap::new(),
    };
    graph.steps.push(Step { id, work, after });
    id
}

fn place(situation: &Situation<'_>, primitive: &Primitive, graph: &mut Graph) {
    let id = primitive.attrs.id();
    let nodes = &situation.fold.nodes;
    let members = || situation.members.iter().copied();
    let history = |node: &NodeId| nodes[node].resources.get(id);
    let mut before = BTreeSet::new();
    for node in members().filter(|node| history(node).is_none()) {
        before.insert(push(
            graph,
            primitive,
            node,
            Operation::Monitor,
            0,
            BTreeSet::new(),
        ));
    }
    let failed = |status: &NodeStatus| {
        let count = alloc::format!("fail-count-{id}#");
        status
            .attributes
            .iter()
            .any(|(name, value)| name.starts_with(&count) && value == "INFINITY")
    };
    let fit = |node: &NodeId| {
        let status = &nodes[node];
        situation.quorate && !status.attributes.contains_key("shutdown") && !failed(status)
    };
    let holds = |node: &NodeId| history(node).is_some_and(super::super::History::may_hold);
    let ill = |node: &NodeId| {
        history(node).is_some_and(|h| {
            let last = h.records.values().max_by_key(|record| record.call);
            last.is_some_and(|last| last.failed() && last.expected == 0)
        })
    };
    let holder = members().find(|node| holds(node) && fit(node) && !ill(node));
    let to = holder.or_else(|| members().find(|node| fit(node)));
    for node in members().filter(|node| holds(node) && Some(*node) != holder) {
        before.insert(push(
            graph,
            primitive,
            node,
            Operation::Stop,
            0,
            BTreeSet::new(),
        ));
    }
    let Some(to) = to else {
        return;
    };
    let watched = history(&to).is_some_and(|h| h.records.contains_key("monitor_10000"));
    if holder.is_none() {
        before = BTreeSet::from([push(graph, primitive, to, Operation::Start, 0, before)]);
    }
    if (holder.is_none() || !watched) && !primitive.operations.is_empty() {
        push(graph, primitive, to, Operation::Monitor, 10, before);
    }
}
