//! What was decided, in JSON: current state to planned actions, one case a document.

use std::fmt::Write as _;

use ringwright_placement::{Active, Change, Placement, Verb};

pub(crate) fn json(name: &str, placement: &Placement, placed: &[Active], scores: bool) -> String {
    let placements: Vec<String> = placed.iter().map(active_json).collect();
    let actions: Vec<String> = placement.changes.iter().map(change_json).collect();
    let mut out = format!(
        "{{\"case\":{},\n\"placements\":[{}],\n\"actions\":[{}]",
        quote(name),
        placements.join(",\n"),
        actions.join(",\n")
    );
    if scores {
        let lines: Vec<String> = placement
            .scores
            .iter()
            .map(|s| {
                let score = match s.score {
                    n if n >= 1_000_000 => "INFINITY".to_string(),
                    n if n <= -1_000_000 => "-INFINITY".to_string(),
                    n => n.to_string(),
                };
                quote(&format!(
                    "{}: {} allocation score on {}: {score}",
                    s.step, s.resource, s.node
                ))
            })
            .collect();
        let _ = write!(out, ",\n\"scores\":[{}]", lines.join(",\n"));
    }
    let label = |i: usize| {
        let s = &placement.graph.steps[i];
        match (&s.fence, &s.node) {
            (Some(how), Some(node)) => format!("stonith-{how} {node}"),
            (None, Some(node)) if s.resource.is_none() => format!("{} {node}", s.task),
            (_, Some(node)) => format!("{} {node}", s.key),
            _ => s.key.clone(),
        }
    };
    if std::env::var_os("GRAPH").is_some() {
        let steps: Vec<String> = (0..placement.graph.steps.len())
            .map(|i| quote(&label(i)))
            .collect();
        let edges: Vec<String> = placement
            .graph
            .steps
            .iter()
            .enumerate()
            .flat_map(|(i, s)| s.waits_for.iter().map(move |w| (*w, i)))
            .map(|(a, b)| format!("[{},{}]", quote(&label(a)), quote(&label(b))))
            .collect();
        let _ = write!(
            out,
            ",\n\"graph\":{{\"actions\":[{}],\"edges\":[{}]}}",
            steps.join(",\n"),
            edges.join(",\n")
        );
    }
    out.push_str("}\n");
    out
}

fn active_json(a: &Active) -> String {
    let instance = a.instance.map_or("null".to_string(), |n| n.to_string());
    format!(
        "{{\"resource\":{},\"instance\":{instance},\"role\":{},\"node\":{}}}",
        quote(&a.resource),
        quote(a.role.name()),
        quote(&a.node)
    )
}

fn change_json(c: &Change) -> String {
    let maybe = |t: Option<&str>| t.map_or("null".to_string(), quote);
    let reason = maybe(c.reason.as_deref());
    if c.verb == Verb::Fence {
        return format!(
            "{{\"action\":\"fence\",\"how\":{},\"node\":{},\"reason\":{reason}}}",
            quote(&c.resource),
            maybe(c.source.as_deref())
        );
    }
    format!(
        "{{\"action\":{},\"resource\":{},\"source\":{},\"dest\":{},\"role\":{},\"next_role\":{},\"blocked\":{},\"reason\":{reason}}}",
        quote(c.verb.name()),
        quote(&c.resource),
        maybe(c.source.as_deref()),
        maybe(c.dest.as_deref()),
        maybe(c.role.map(ringwright_placement::Role::name)),
        maybe(c.next_role.map(ringwright_placement::Role::name)),
        c.blocked
    )
}

fn quote(s: &str) -> String {
    let mut out = String::from('"');
    for c in s.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
