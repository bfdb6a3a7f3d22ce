//! One object a case.

use ringwright_placement::{Active, Change, Refused, Verb, active};
use serde_json::{Value, json};

use super::graph::label;
use super::{Placed, input};

/// Placements, actions, graph, and scores if they are asked for.
pub(super) fn object(placed: &Placed<'_>, scores: bool) -> Result<Value, Refused> {
    let active = active(placed.after, placed.options)?;
    let case = input::case(std::path::Path::new(placed.name));
    let steps = &placed.placement.graph.steps;
    let labels: Vec<String> = steps.iter().map(label::step).collect();
    let edges = steps.iter().enumerate();
    let edges = edges.flat_map(|(then, s)| s.waits_for.iter().map(move |first| (*first, then)));
    let edges: Vec<Value> = edges
        .map(|(first, then)| json!([labels[first], labels[then]]))
        .collect();
    let mut object = json!({
        "case": case,
        "placements": active.iter().map(place).collect::<Vec<_>>(),
        "actions": placed.placement.changes.iter().map(change).collect::<Vec<_>>(),
    });
    if scores {
        let lines = placed.placement.scores.iter().map(label::score);
        object["scores"] = lines.map(Value::from).collect();
    }
    object["graph"] = json!({"actions": labels, "edges": edges});
    Ok(object)
}

fn place(active: &Active) -> Value {
    json!({
        "resource": &*active.resource,
        "instance": active.instance,
        "role": active.role.name(),
        "node": &*active.node,
    })
}

fn change(change: &Change) -> Value {
    let node = |node: &Option<ringwright_placement::Text>| node.as_ref().map(ToString::to_string);
    if change.verb == Verb::Fence {
        return json!({
            "action": "fence",
            "how": &*change.resource,
            "node": node(&change.source),
            "reason": change.reason,
        });
    }
    json!({
        "action": change.verb.name(),
        "resource": &*change.resource,
        "source": node(&change.source),
        "dest": node(&change.dest),
        "role": change.role.map(ringwright_placement::Role::name),
        "next_role": change.next_role.map(ringwright_placement::Role::name),
        "blocked": change.blocked,
        "reason": change.reason,
    })
}
