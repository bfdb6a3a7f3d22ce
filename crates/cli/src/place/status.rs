//! How a cluster stands, as tables.

use std::io::{self, Write};

use ringwright_placement::{NodeOverview, Overview, ResourceKind, ResourceOverview, Role};

use super::{BAD, CAREFUL, FAINT, GOOD, TITLE};

/// Nodes, then resources as a tree.
pub(super) fn tables(out: &mut dyn Write, title: &str, overview: &Overview) -> io::Result<()> {
    writeln!(out, "{TITLE}{title}{TITLE:#}")?;
    let width = overview
        .nodes
        .iter()
        .map(|n| n.name.chars().count())
        .max()
        .unwrap_or(0);
    if overview.nodes.is_empty() {
        writeln!(out, "  no nodes")?;
    }
    for node in &overview.nodes {
        let (style, words) = condition(node);
        writeln!(out, "  {:width$}  {style}{words}{style:#}", node.name)?;
    }
    if overview.resources.is_empty() {
        return writeln!(out, "  no resources");
    }
    writeln!(out)?;
    let mut rows = Vec::new();
    for resource in &overview.resources {
        collect(resource, 0, false, &mut rows);
    }
    let widths = |cell: fn(&Row) -> &str| {
        rows.iter()
            .map(|r| cell(r).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (name, role) = (widths(|r| &r.name), widths(|r| r.role));
    for row in &rows {
        let line = format!(
            "  {:name$}  {:role$}  {}",
            row.name,
            row.role,
            row.nodes.join(" ")
        );
        let gap = if row.flags.is_empty() { "" } else { "  " };
        let Row {
            style, flags, kind, ..
        } = row;
        writeln!(
            out,
            "{style}{}{style:#}{gap}{CAREFUL}{flags}{CAREFUL:#}{FAINT}{kind}{FAINT:#}",
            line.trim_end()
        )?;
    }
    Ok(())
}

fn condition(node: &NodeOverview) -> (anstyle::Style, String) {
    let mut words = vec![match (node.online, node.unclean) {
        (true, false) => "online",
        (true, true) => "online, unclean",
        (false, true) => "offline, unclean",
        (false, false) => "offline",
    }];
    for (word, is) in [
        ("coordinator", node.is_dc),
        ("pending", node.pending),
        ("standby by a failure", node.standby_by_failure),
        (
            "standby",
            node.standby && !node.standby_by_failure && !node.pending,
        ),
        ("maintenance", node.maintenance),
        ("shutting down", node.shutting_down),
        ("remote", node.remote),
    ] {
        if is {
            words.push(word);
        }
    }
    let style = match node {
        node if node.unclean => BAD,
        node if !node.online || node.standby || node.pending || node.shutting_down => CAREFUL,
        _ => GOOD,
    };
    (style, words.join(", "))
}

struct Row {
    name: String,
    role: &'static str,
    nodes: Vec<String>,
    flags: String,
    kind: String,
    style: anstyle::Style,
}

fn collect(r: &ResourceOverview, depth: usize, promotable: bool, rows: &mut Vec<Row>) {
    let indent = "  ".repeat(depth);
    let inside = promotable || r.promotable;
    let idle = r.children.len() - r.children.iter().filter(|c| is_shown(c)).count();
    let kind = match r.kind {
        ResourceKind::Primitive => None,
        ResourceKind::Group => Some("group".to_owned()),
        ResourceKind::Bundle => Some("bundle".to_owned()),
        ResourceKind::Clone => {
            let words = [(r.promotable, "promotable "), (r.unique, "unique ")];
            let words: String = words
                .iter()
                .filter(|(is, _)| *is)
                .map(|(_, word)| *word)
                .collect();
            let idle = match idle {
                0 => String::new(),
                n => format!(", {n} of {} not placed", r.children.len()),
            };
            Some(format!("{words}clone{idle}"))
        }
    };
    let alone = kind.is_none();
    rows.push(Row {
        name: format!("{indent}{}", r.id),
        role: if alone { role(r, promotable) } else { "" },
        nodes: if alone {
            r.nodes.iter().map(ToString::to_string).collect()
        } else {
            Vec::new()
        },
        flags: flags(r),
        kind: kind.map_or_else(String::new, |kind| format!("  {kind}")),
        style: match r.role {
            _ if r.failed && alone => BAD,
            _ => anstyle::Style::new(),
        },
    });
    let clone = r.kind == ResourceKind::Clone;
    for child in r.children.iter().filter(|child| !clone || is_shown(child)) {
        collect(child, depth + 1, inside, rows);
    }
}

/// An instance that runs nowhere is only counted, unless there is something to say of it.
fn is_shown(r: &ResourceOverview) -> bool {
    !r.nodes.is_empty() || r.failed || r.blocked || r.children.iter().any(is_shown)
}

fn role(r: &ResourceOverview, promotable: bool) -> &'static str {
    match r.role {
        Role::Unknown => Role::Stopped.name(),
        Role::Started if promotable => Role::Unpromoted.name(),
        role => role.name(),
    }
}

fn flags(r: &ResourceOverview) -> String {
    let mut words: Vec<String> = Vec::new();
    for (word, is) in [
        ("orphaned", r.orphan),
        ("failed", r.failed),
        ("failure ignored", r.failure_ignored),
        ("blocked", r.blocked),
        ("maintenance", r.maintenance),
        ("unmanaged", r.unmanaged && !r.maintenance),
        ("disabled", r.disabled),
    ] {
        if is {
            words.push(word.to_owned());
        }
    }
    words.extend(r.pending.as_ref().map(|task| format!("{task} under way")));
    words.join(", ")
}
