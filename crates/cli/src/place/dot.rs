//! The graph of actions in graphviz' language.

use std::io::{self, Write};

use ringwright_placement::{Graph, Step};

use super::graph::tasks;

/// A box for each step and an arrow from what it waits for. Nothing is executed for dashed ones; fencing is red.
pub(super) fn graph(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "digraph placement {{")?;
    writeln!(out, "  rankdir=LR;")?;
    writeln!(
        out,
        "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=11, fillcolor=white];"
    )?;
    writeln!(out, "  edge [color=\"#666666\", arrowsize=0.7];")?;
    for (place, step) in graph.steps.iter().enumerate() {
        writeln!(
            out,
            "  a{place} [label={}{}];",
            quoted(&lines(step)),
            look(step)
        )?;
    }
    for (place, step) in graph.steps.iter().enumerate() {
        for first in &step.waits_for {
            writeln!(out, "  a{first} -> a{place};")?;
        }
    }
    writeln!(out, "}}")
}

fn lines(step: &Step) -> String {
    let parts = tasks(step);
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("\n")
}

fn look(step: &Step) -> &'static str {
    match &*step.task {
        _ if step.fence.is_some() => ", color=\"#b00020\", fillcolor=\"#fde7ea\"",
        _ if step.pseudo => ", style=\"rounded,dashed\", color=\"#999999\", fontcolor=\"#666666\"",
        "start" | "promote" | "migrate_from" => ", color=\"#1b7f3b\", fillcolor=\"#e6f4ea\"",
        "stop" | "demote" | "migrate_to" => ", color=\"#a86200\", fillcolor=\"#fdf1e0\"",
        _ => "",
    }
}

/// A string of the language; line ends become its own.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
