//! The four parts: how it stands, what is planned, what is done in which order, how it stands then.

use std::io::{self, Write};

use ringwright_placement::{Change, Graph, Overview, Placement, Role, ScoreEntry, Verb};

use super::graph::{label, tasks};
use super::{BAD, CAREFUL, FAINT, GOOD, Placed, TITLE, status};

pub(super) fn whole(
    out: &mut dyn Write,
    placed: &Placed<'_>,
    before: &Overview,
    after: &Overview,
    scores: bool,
) -> io::Result<()> {
    status::tables(out, "Current status", before)?;
    writeln!(out)?;
    if scores {
        listed(out, &placed.placement.scores)?;
    }
    plan(out, placed.placement)?;
    writeln!(out)?;
    if !placed.placement.graph.steps.is_empty() {
        steps(out, &placed.placement.graph)?;
        writeln!(out)?;
    }
    status::tables(out, "Revised status", after)
}

/// One line a change.
pub(super) fn plan(out: &mut dyn Write, placement: &Placement) -> io::Result<()> {
    writeln!(out, "{TITLE}Planned actions{TITLE:#}")?;
    if placement.changes.is_empty() {
        return writeln!(out, "  none: everything is where it belongs");
    }
    let rows: Vec<[String; 3]> = placement.changes.iter().map(cells).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|r| r[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for (change, [verb, name, way]) in placement.changes.iter().zip(&rows) {
        let style = match change.verb {
            Verb::Fence => BAD,
            Verb::Stop | Verb::Recover | Verb::Demote => CAREFUL,
            Verb::Start | Verb::Promote => GOOD,
            _ => anstyle::Style::new(),
        };
        let told = told(change);
        let way = if told.is_empty() {
            way.clone()
        } else {
            format!("{way:w$}  ", w = widths[2])
        };
        let [v, n, _] = widths;
        writeln!(out, "  {style}{verb:v$}{style:#}  {name:n$}  {way}{told}")?;
    }
    Ok(())
}

/// Whether it is blocked, and why it happens.
fn told(change: &Change) -> String {
    let reason = change.reason.as_deref().unwrap_or_default();
    match (change.blocked, reason) {
        (false, reason) => reason.to_owned(),
        (true, "") => format!("{BAD}blocked{BAD:#}"),
        (true, reason) => format!("{BAD}blocked{BAD:#}: {reason}"),
    }
}

/// Verb, name, and from where to where.
fn cells(change: &Change) -> [String; 3] {
    let node = |text: &Option<_>| text.as_ref().map(ToString::to_string);
    let (source, dest) = (node(&change.source), node(&change.dest));
    if change.verb == Verb::Fence {
        return [
            "fence".into(),
            source.unwrap_or_default(),
            change.resource.to_string(),
        ];
    }
    let nodes = match (&source, &dest) {
        (Some(source), Some(dest)) if source != dest => format!("{source} -> {dest}"),
        (Some(node), _) | (None, Some(node)) => node.clone(),
        (None, None) => String::new(),
    };
    let roles = match (change.role, change.next_role) {
        (Some(from), Some(to)) if from != to => format!("{} -> {} ", from.name(), to.name()),
        (Some(role), _) if role != Role::Started => format!("{} ", role.name()),
        _ => String::new(),
    };
    [
        change.verb.name().into(),
        change.resource.to_string(),
        format!("{roles}{nodes}"),
    ]
}

/// What is carried out, in an order that keeps what each step waits for.
fn steps(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "{TITLE}Carried out{TITLE:#}")?;
    let sequence = graph.sequence();
    let mut numbers = vec![0; graph.steps.len()];
    for (number, place) in sequence.iter().enumerate() {
        numbers[*place] = number + 1;
    }
    let rows: Vec<_> = sequence
        .iter()
        .map(|place| tasks(&graph.steps[*place]))
        .collect();
    let width = |cell: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|r| cell(r).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (task, name, node) = (width(|r| &r[0]), width(|r| &r[1]), width(|r| &r[2]));
    let digits = sequence.len().to_string().len();
    for (index, (place, row)) in sequence.iter().zip(&rows).enumerate() {
        let step = &graph.steps[*place];
        let mut after: Vec<usize> = step.waits_for.iter().map(|w| numbers[*w]).collect();
        after.sort_unstable();
        let style = match () {
            () if step.fence.is_some() => BAD,
            () if step.pseudo => FAINT,
            () => anstyle::Style::new(),
        };
        let [what, of, at] = row;
        let line = format!(
            "{:>digits$}  {what:task$}  {of:name$}  {at:node$}",
            index + 1
        );
        if after.is_empty() {
            writeln!(out, "  {style}{}{style:#}", line.trim_end())?;
        } else {
            let after = ranges(&after);
            writeln!(
                out,
                "  {style}{line}{style:#}  {FAINT}after {after}{FAINT:#}"
            )?;
        }
    }
    Ok(())
}

/// Numbers in ascending order, those that follow each other as `3-5`.
fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let parts = parts.iter().map(|(from, to)| match to - from {
        0 => from.to_string(),
        1 => format!("{from}, {to}"),
        _ => format!("{from}-{to}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn listed(out: &mut dyn Write, scores: &[ScoreEntry]) -> io::Result<()> {
    writeln!(out, "{TITLE}Scores{TITLE:#}")?;
    for entry in scores {
        writeln!(out, "  {}", label::score(entry))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3, 5, 7, 8");
        assert_eq!(ranges(&[4]), "4");
    }
}
