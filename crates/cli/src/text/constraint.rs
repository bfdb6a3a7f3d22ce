//! Constraints in the form of `pcs constraint`, each with its id.

use std::fmt::Write;

use anstyle::Style;
use ringwright_placement::Attrs;
use ringwright_placement::cib::{Cib, Constraint, ResourceSet};

const FAINT: Style = Style::new().dimmed();
const TITLE: Style = Style::new().bold();

/// `ringwright constraint list`.
pub(crate) fn constraints(cib: &Cib) -> String {
    let mut text = String::new();
    let titles = ["Location", "Ordering", "Colocation", "Ticket"];
    for (index, title) in titles.into_iter().enumerate() {
        let lines: Vec<(String, &str)> = cib
            .constraints
            .iter()
            .filter(|constraint| kind(constraint) == index)
            .map(|constraint| (line(constraint), constraint.attrs().id()))
            .collect();
        let _ = writeln!(text, "{TITLE}{title} Constraints:{TITLE:#}");
        let width = lines.iter().map(|(line, _)| line.chars().count()).max();
        let width = width.unwrap_or(0);
        for (line, id) in lines {
            let _ = writeln!(text, "  {line:width$}  {FAINT}(id:{id}){FAINT:#}");
        }
    }
    text
}

fn kind(constraint: &Constraint) -> usize {
    match constraint {
        Constraint::Location(_) => 0,
        Constraint::Order(_) => 1,
        Constraint::Colocation(_) => 2,
        Constraint::Ticket(_) => 3,
    }
}

fn line(constraint: &Constraint) -> String {
    let attrs = constraint.attrs();
    let part = |name: &str, other: &'static str| attrs.get(name).unwrap_or(other).to_owned();
    match constraint {
        Constraint::Location(location) => {
            let about = match attrs.get("rsc").or(attrs.get("rsc-pattern")) {
                Some(about) => about.to_owned(),
                None => sets(&location.sets),
            };
            let score = part("score", "0");
            let what = match (attrs.get("node"), score.strip_prefix('-')) {
                (None, _) => "by rules".to_owned(),
                (Some(node), Some(score)) => format!("avoids {node} (score:{score})"),
                (Some(node), None) => format!("prefers {node} (score:{score})"),
            };
            format!("{about} {what}{}", rest(attrs, &["role"]))
        }
        Constraint::Order(order) => {
            let kind = rest(attrs, &["kind", "symmetrical", "require-all"]);
            if order.sets.is_empty() {
                let (first, then) = (part("first", "?"), part("then", "?"));
                let actions = (part("first-action", "start"), part("then-action", "start"));
                format!("{} {first} then {} {then}{kind}", actions.0, actions.1)
            } else {
                format!("{}{kind}", sets(&order.sets))
            }
        }
        Constraint::Colocation(colocation) => {
            let rest = rest(attrs, &["score", "rsc-role", "with-rsc-role", "influence"]);
            if colocation.sets.is_empty() {
                let (resource, with) = (part("rsc", "?"), part("with-rsc", "?"));
                format!("{resource} with {with}{rest}")
            } else {
                format!("{}{rest}", sets(&colocation.sets))
            }
        }
        Constraint::Ticket(ticket) => {
            let about = match attrs.get("rsc") {
                Some(resource) => resource.to_owned(),
                None => sets(&ticket.sets),
            };
            let loss = rest(attrs, &["rsc-role", "loss-policy"]);
            format!("{about} needs {}{loss}", part("ticket", "?"))
        }
    }
}

fn rest(attrs: &Attrs, names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        if let Some(value) = attrs.get(name) {
            let _ = write!(text, " ({name}:{value})");
        }
    }
    text
}

fn sets(sets: &[ResourceSet]) -> String {
    let set = |set: &ResourceSet| {
        let options = set.attrs.iter().filter(|(name, _)| *name != "id");
        let options = options.map(|(name, value)| format!(" {name}={value}"));
        format!(
            "set {}{}",
            set.members.join(" "),
            options.collect::<String>()
        )
    };
    sets.iter().map(set).collect::<Vec<_>>().join(" ")
}
