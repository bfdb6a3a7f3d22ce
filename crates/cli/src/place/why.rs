//! Why a resource runs where it does.

use std::io::{self, Write};

use ringwright_placement::{
    INFINITY, NodeOverview, Overview, Reason, ResourceKind, ResourceOverview, Score, Verb,
};

use super::graph::{label, tasks};
use super::status::condition;
use super::{BAD, CAREFUL, FAINT, GOOD, Placed, TITLE};
use crate::failure::Failure;

/// For a resource and all within: each node's score and what made it, how the node was chosen, and what each action waits for.
pub(super) fn explain(
    out: &mut dyn Write,
    placed: &Placed<'_>,
    before: &Overview,
    resource: &str,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    for r in &before.resources {
        find(r, resource, false, &mut found);
    }
    if found.is_empty() {
        return Err(Failure::new(format!(
            "{}: there is no resource `{resource}`",
            placed.name
        )));
    }
    for (index, r) in found.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let homes = homes(placed, r);
        one(out, placed, before, r, &homes)?;
    }
    Ok(())
}

/// Where it will run.
fn homes<'a>(placed: &'a Placed<'_>, r: &'a ResourceOverview) -> Vec<&'a str> {
    let changes = &placed.placement.changes;
    let change = changes.iter().find(|c| c.resource == r.id && !c.blocked);
    match change.map(|c| (c.verb, c.dest.as_ref().or(c.source.as_ref()))) {
        Some((Verb::Stop, _)) => Vec::new(),
        Some((_, Some(node))) => vec![&**node],
        _ => r.nodes.iter().map(|n| &**n).collect(),
    }
}

/// The resources of a name, or of which it is an instance, each followed by all within.
fn find<'a>(
    r: &'a ResourceOverview,
    name: &str,
    within: bool,
    found: &mut Vec<&'a ResourceOverview>,
) {
    let is_instance = || {
        let rest = r.id.strip_prefix(name).and_then(|r| r.strip_prefix(':'));
        rest.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    let within = within || *r.id == *name || is_instance();
    if within {
        found.push(r);
    }
    for child in &r.children {
        find(child, name, within, found);
    }
}

fn one(
    out: &mut dyn Write,
    placed: &Placed<'_>,
    before: &Overview,
    r: &ResourceOverview,
    homes: &[&str],
) -> io::Result<()> {
    let primitive = r.kind == ResourceKind::Primitive;
    match homes {
        _ if !primitive => writeln!(out, "{TITLE}{}{TITLE:#}", r.id)?,
        [] => writeln!(out, "{TITLE}{}{TITLE:#} will not run", r.id)?,
        _ => {
            let homes = homes.join(", ");
            writeln!(
                out,
                "{TITLE}{}{TITLE:#} will run on {GOOD}{homes}{GOOD:#}",
                r.id
            )?;
        }
    }
    let rows = rows(placed, before, r);
    table(out, &rows, homes)?;
    if primitive {
        writeln!(out, "  {}", choice(&rows, r, homes))?;
        changes(out, placed, r)?;
        steps(out, placed, r)?;
    }
    Ok(())
}

struct Row<'a> {
    node: &'a NodeOverview,
    score: Option<Score>,
    reasons: Vec<&'a Reason>,
}

impl Row<'_> {
    fn usable(&self) -> bool {
        let n = self.node;
        n.online && !n.unclean && !n.standby && !n.pending && !n.shutting_down && !n.maintenance
    }
}

/// What is known of each node: the last change of its score is its score.
fn rows<'a>(placed: &'a Placed<'_>, before: &'a Overview, r: &ResourceOverview) -> Vec<Row<'a>> {
    let (scores, reasons) = (&placed.placement.scores, &placed.placement.reasons);
    let row = |node: &'a NodeOverview| {
        let reasons: Vec<&Reason> = reasons
            .iter()
            .filter(|s| s.resource == r.id && s.node == node.name)
            .collect();
        let listed = scores
            .iter()
            .rev()
            .find(|s| s.resource == r.id && s.node == node.name)
            .map(|s| s.score);
        Row {
            node,
            score: reasons.last().map_or(listed, |reason| reason.after),
            reasons,
        }
    };
    before.nodes.iter().map(row).collect()
}

fn table(out: &mut dyn Write, rows: &[Row<'_>], homes: &[&str]) -> io::Result<()> {
    let score = |row: &Row<'_>| row.score.map_or_else(|| "-".to_owned(), label::number);
    let width = |cell: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let name = width(&|r| r.node.name.chars().count());
    let number = width(&|r| score(r).len());
    let state = width(&|r| condition(r.node).1.len());
    for row in rows {
        let (style, words) = condition(row.node);
        let home = if homes.contains(&&*row.node.name) {
            GOOD
        } else {
            anstyle::Style::new()
        };
        let reasons: Vec<String> = row.reasons.iter().map(|r| told(r)).collect();
        let pad = if reasons.is_empty() { 0 } else { state };
        let gap = if reasons.is_empty() { "" } else { "  " };
        writeln!(
            out,
            "  {home}{:name$}  {:>number$}{home:#}  {style}{words:pad$}{style:#}{gap}{}",
            row.node.name,
            score(row),
            reasons.join(", ")
        )?;
    }
    Ok(())
}

/// `+100 location l1`.
fn told(reason: &Reason) -> String {
    let style = match reason.after {
        Some(score) if score <= -INFINITY => BAD,
        None => BAD,
        _ => FAINT,
    };
    format!("{} {style}{}{style:#}", reason.amount(), reason.cause)
}

/// How one was chosen among the nodes.
fn choice(rows: &[Row<'_>], r: &ResourceOverview, homes: &[&str]) -> String {
    let usable = || rows.iter().filter(|row| row.usable());
    let best = usable().filter_map(|row| row.score).max();
    let Some(best) = best.filter(|score| *score >= 0) else {
        return match homes {
            [] => "no node that can be used has a score of 0 or more".into(),
            _ => "it is left where it is".into(),
        };
    };
    let equal: Vec<&str> = usable()
        .filter(|row| row.score == Some(best))
        .map(|row| &*row.node.name)
        .collect();
    match (homes, &equal[..]) {
        ([], _) => "it is not wanted, or its start waits for what cannot be".into(),
        _ if r.unmanaged => "it is not managed, so it is left where it is".into(),
        ([home], _) if !equal.contains(home) => "it is left where it is".into(),
        ([home], [_]) => format!("{home} has the highest score"),
        ([home], _) if r.nodes.iter().any(|n| **n == **home) => {
            format!("{} are equally good: it stays", equal.join(", "))
        }
        _ => format!(
            "{} are equally good: the one with the fewest resources, then the first by name",
            equal.join(", ")
        ),
    }
}

fn changes(out: &mut dyn Write, placed: &Placed<'_>, r: &ResourceOverview) -> io::Result<()> {
    for change in placed
        .placement
        .changes
        .iter()
        .filter(|c| c.resource == r.id)
    {
        let reason = change.reason.as_deref();
        let reason = reason.map_or_else(String::new, |reason| format!(" because of {reason}"));
        let blocked = if change.blocked {
            format!(" is {CAREFUL}blocked{CAREFUL:#}")
        } else {
            String::new()
        };
        writeln!(out, "  {}{blocked}{reason}", change.verb.name())?;
    }
    Ok(())
}

/// What each action waits for, by name.
fn steps(out: &mut dyn Write, placed: &Placed<'_>, r: &ResourceOverview) -> io::Result<()> {
    let steps = &placed.placement.graph.steps;
    let name = |place: usize| {
        let parts = tasks(&steps[place]);
        let parts: Vec<&str> = parts
            .iter()
            .map(|p| &**p)
            .filter(|p| !p.is_empty())
            .collect();
        parts.join(" ")
    };
    let own = |place: &usize| steps[*place].resource.as_ref() == Some(&r.id);
    for place in placed.placement.graph.sequence().into_iter().filter(own) {
        let waits: Vec<String> = steps[place].waits_for.iter().map(|w| name(*w)).collect();
        let waits = match &waits[..] {
            [] => "at once".to_owned(),
            _ => format!("after {}", waits.join(", ")),
        };
        writeln!(out, "  {} {FAINT}{waits}{FAINT:#}", name(place))?;
    }
    Ok(())
}
