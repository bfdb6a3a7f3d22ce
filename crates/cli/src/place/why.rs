//! Why a resource runs where it does.

use std::io::{self, Write};

use ringwright_placement::ScoreEntry;

use super::graph::label;
use super::{GOOD, Placed, TITLE};
use crate::failure::Failure;

/// The scores of a resource, step by step and node by node, and what happens to it.
pub(super) fn explain(
    out: &mut dyn Write,
    placed: &Placed<'_>,
    resource: &str,
) -> Result<(), Failure> {
    let scores: Vec<&ScoreEntry> = placed
        .placement
        .scores
        .iter()
        .filter(|s| concerns(&s.resource, resource))
        .collect();
    if scores.is_empty() {
        return Err(Failure::new(format!(
            "{}: no scores are known for `{resource}`",
            placed.name
        )));
    }
    let active = ringwright_placement::active(placed.after, placed.options).unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    for entry in &scores {
        if !names.contains(&&*entry.resource) {
            names.push(&entry.resource);
        }
    }
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let homes: Vec<&str> = active
            .iter()
            .filter(|a| *a.resource == **name)
            .map(|a| &*a.node)
            .collect();
        let verdict = match homes[..] {
            [] => "runs nowhere".to_owned(),
            _ => format!("runs on {}", homes.join(", ")),
        };
        writeln!(out, "{TITLE}{name}{TITLE:#} {verdict}")?;
        let own: Vec<&ScoreEntry> = scores
            .iter()
            .copied()
            .filter(|s| *s.resource == **name)
            .collect();
        table(out, &own, &homes)?;
    }
    changes(out, placed, resource)?;
    Ok(())
}

/// A resource, or an instance of it.
fn concerns(name: &str, resource: &str) -> bool {
    name == resource
        || name
            .strip_prefix(resource)
            .is_some_and(|rest| rest.starts_with(':'))
}

fn table(out: &mut dyn Write, scores: &[&ScoreEntry], homes: &[&str]) -> io::Result<()> {
    let (mut nodes, mut steps): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for entry in scores {
        if !nodes.contains(&&*entry.node) {
            nodes.push(&entry.node);
        }
        if !steps.contains(&entry.step) {
            steps.push(entry.step);
        }
    }
    let last = |step: &str, node: &str| {
        let found = scores
            .iter()
            .rev()
            .find(|s| s.step == step && *s.node == *node);
        found.map_or_else(|| "-".to_owned(), |s| label::number(s.score))
    };
    let first = steps.iter().map(|s| s.len()).max().unwrap_or(0);
    write!(out, "  {:first$}", "")?;
    for node in &nodes {
        let style = if homes.contains(node) {
            GOOD
        } else {
            anstyle::Style::new()
        };
        write!(
            out,
            "  {style}{node:>width$}{style:#}",
            width = node.len().max(9)
        )?;
    }
    writeln!(out)?;
    for step in &steps {
        write!(out, "  {step:first$}")?;
        for node in &nodes {
            write!(
                out,
                "  {:>width$}",
                last(step, node),
                width = node.len().max(9)
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn changes(out: &mut dyn Write, placed: &Placed<'_>, resource: &str) -> io::Result<()> {
    for change in placed
        .placement
        .changes
        .iter()
        .filter(|c| concerns(&c.resource, resource))
    {
        let reason = change
            .reason
            .as_deref()
            .map_or_else(String::new, |reason| format!(" because of {reason}"));
        let blocked = if change.blocked {
            ", but it cannot"
        } else {
            ""
        };
        writeln!(
            out,
            "\n{}: {}{blocked}{reason}",
            change.resource,
            change.verb.name()
        )?;
    }
    Ok(())
}
