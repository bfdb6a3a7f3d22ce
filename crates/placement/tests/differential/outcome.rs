//! What is decided for a cluster: where everything is in the end, and what is done.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};

use ringwright_placement::cib::{Cib, Resource};
use ringwright_placement::{Change, Options, Role, Verb, active, place};

use crate::generate;

/// Placements and actions, each with how often it occurs. Instances of anonymous clones have no number here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) placements: BTreeMap<String, usize>,
    pub(crate) actions: BTreeMap<String, usize>,
}

impl Outcome {
    pub(crate) fn place(&mut self, resource: &str, role: &str, node: &str) {
        let line = format!("{resource} {role} {node}");
        *self.placements.entry(line).or_default() += 1;
    }

    pub(crate) fn act(&mut self, line: String) {
        *self.actions.entry(line).or_default() += 1;
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (lines, mark) in [(&self.placements, "="), (&self.actions, "!")] {
            for (line, count) in lines {
                for _ in 0..*count {
                    writeln!(f, "{mark} {line}")?;
                }
            }
        }
        Ok(())
    }
}

/// Lines of `Display`.
pub(crate) fn parse(text: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for line in text.lines() {
        let lines = if line.starts_with('=') {
            &mut outcome.placements
        } else {
            &mut outcome.actions
        };
        *lines.entry(line[2..].to_owned()).or_default() += 1;
    }
    outcome
}

/// Names of what is cloned without distinction.
pub(crate) fn anonymous(cib: &Cib) -> Vec<String> {
    let mut names = Vec::new();
    for resource in &cib.resources {
        let Resource::Clone(clone) = resource else {
            continue;
        };
        let unique = clone
            .meta
            .iter()
            .any(|set| set.get("globally-unique") == Some("true"));
        if unique {
            continue;
        }
        match &*clone.child {
            Resource::Group(g) => names.extend(g.members.iter().map(|p| p.attrs.id().to_owned())),
            other => names.push(other.attrs().id().to_owned()),
        }
    }
    names
}

/// The name without the number, if it is one of `anonymous`.
pub(crate) fn plain<'a>(anonymous: &[String], name: &'a str) -> &'a str {
    match name.rsplit_once(':') {
        Some((base, _)) if anonymous.iter().any(|a| a == base) => base,
        _ => name,
    }
}

/// An action in one line.
pub(crate) fn action_line(
    verb: &str,
    name: &str,
    (role, next): (Option<&str>, Option<&str>),
    (source, dest): (Option<&str>, Option<&str>),
    blocked: bool,
) -> String {
    let roles = match (role, next) {
        (Some(role), Some(next)) if role != next => format!(" {role}->{next}"),
        (Some(role), _) => format!(" {role}"),
        _ => String::new(),
    };
    let nodes = match (source, dest) {
        (Some(source), Some(dest)) if source != dest => format!("{source}->{dest}"),
        (source, dest) => source.or(dest).unwrap_or("-").to_owned(),
    };
    let blocked = if blocked { " blocked" } else { "" };
    format!("{verb} {name} {nodes}{roles}{blocked}")
}

/// What `crm_simulate` decides; `None` if it refuses the document.
pub(crate) fn theirs(cib: &Cib) -> Option<Outcome> {
    let mut simulate = Command::new("crm_simulate")
        .args(["-S", "-p", "--output-as=xml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("crm_simulate starts");
    let mut stdin = simulate.stdin.take().expect("a pipe");
    // One that dies early is judged by its status.
    let _ = stdin.write_all(cib.to_xml().as_bytes());
    drop(stdin);
    let out = simulate.wait_with_output().expect("it ends");
    if !out.status.success() {
        return None;
    }
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    read(&text, &anonymous(cib))
}

fn read(text: &str, anonymous: &[String]) -> Option<Outcome> {
    let document = roxmltree::Document::parse(text).ok()?;
    let mut outcome = Outcome::default();
    let root = document.root_element();
    let section = |name| root.children().find(move |n| n.has_tag_name(name));
    for resource in section("revised_cluster_status")?.descendants() {
        if !resource.has_tag_name("resource") {
            continue;
        }
        let promotable = resource
            .ancestors()
            .any(|n| n.has_tag_name("clone") && n.attribute("multi_state") == Some("true"));
        let role = match resource.attribute("role")? {
            "Started" if promotable => "Unpromoted",
            role => role,
        };
        if role == "Stopped" {
            continue;
        }
        let name = plain(anonymous, resource.attribute("id")?);
        for node in resource.children().filter(|n| n.has_tag_name("node")) {
            outcome.place(name, role, node.attribute("name")?);
        }
    }
    for action in section("actions").into_iter().flat_map(|n| n.children()) {
        let get = |name| action.attribute(name);
        if let Some(task) = get("task") {
            let task = task.trim_start_matches("Fence (").trim_end_matches(')');
            outcome.act(format!("fence {} {task}", get("node")?));
        } else if let Some(verb) = get("action") {
            let roles = (get("role"), get("next-role"));
            let nodes = (get("source").or(get("node")), get("dest"));
            let blocked = get("blocked") == Some("true");
            let name = plain(anonymous, get("resource")?);
            outcome.act(action_line(verb, name, roles, nodes, blocked));
        }
    }
    Some(outcome)
}

/// What ours decides; `None` if it refuses the document.
pub(crate) fn ours(cib: &Cib) -> Option<Outcome> {
    let options = Options {
        clock: generate::NOW,
        ..Options::default()
    };
    let placement = place(cib, &options).ok()?;
    let after = placement.graph.carry_out(cib);
    let anonymous = anonymous(cib);
    let mut outcome = Outcome::default();
    for a in active(&after, &options).ok()? {
        outcome.place(plain(&anonymous, &a.resource), a.role.name(), &a.node);
    }
    for change in &placement.changes {
        outcome.act(line(change, &anonymous));
    }
    Some(outcome)
}

fn line(change: &Change, anonymous: &[String]) -> String {
    let (source, dest) = (change.source.as_deref(), change.dest.as_deref());
    if change.verb == Verb::Fence {
        return format!("fence {} {}", source.unwrap_or("-"), change.resource);
    }
    let roles = (
        change.role.map(Role::name),
        change.next_role.map(Role::name),
    );
    let name = plain(anonymous, &change.resource);
    action_line(
        change.verb.name(),
        name,
        roles,
        (source, dest),
        change.blocked,
    )
}
