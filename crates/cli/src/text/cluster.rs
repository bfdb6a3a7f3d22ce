//! The cluster in the form of `crm status` and `pcs status`.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringwright_placement::{Options, ResourceKind, ResourceOverview, Role, overview};

use crate::control::resources::{Cib, ClusterNode, Failure, NodeState, Resources};
use crate::failure;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const CAREFUL: Style = AnsiColor::Yellow.on_default();
const TITLE: Style = Style::new().bold();

/// How corosync's and Pacemaker's tools write a time.
const TIME: &str = "%a %b %e %H:%M:%S %Y";

/// The cluster as one node sees it.
#[derive(Debug)]
pub(crate) struct Cluster<'a> {
    /// As corosync.conf calls it.
    pub(crate) name: Option<&'a str>,
    /// The daemon's version.
    pub(crate) version: &'a str,
    pub(crate) told: &'a Resources,
    pub(crate) cib: &'a Cib,
    /// The time of this host, seconds since 1970.
    pub(crate) now: u64,
}

/// The first part of `ringwright status`.
pub(crate) fn cluster(cluster: &Cluster<'_>) -> Result<String, failure::Failure> {
    let Cluster { told, .. } = cluster;
    let cib = parsed(cluster.cib)?;
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn Display| {
        let _ = writeln!(text, "{name}: {value}");
    };
    line("Cluster name", &cluster.name.unwrap_or("(none)"));
    let stack = format_args!("ringwright {} (corosync's protocol)", cluster.version);
    line("Stack", &stack);
    let (style, partition) = match (told.quorate, told.settled) {
        (true, true) => (GOOD, "partition with quorum"),
        (true, false) => (CAREFUL, "partition with quorum, agreeing"),
        (false, _) => (BAD, "partition WITHOUT quorum"),
    };
    let dc = told.dc.as_deref().unwrap_or("NONE");
    let id = told.nodes.iter().find(|node| node.name == dc);
    let id = id.map_or_else(String::new, |node| format!(" ({})", node.id));
    line(
        "Current DC",
        &format_args!("{dc}{id} - {style}{partition}{style:#}"),
    );
    line(
        "Last updated",
        &format_args!("{} on {}", time(cluster.now), told.node),
    );
    let written = cib.attrs.get("cib-last-written");
    let change = [
        ("by", "update-user"),
        ("via", "update-client"),
        ("on", "update-origin"),
    ]
    .into_iter()
    .filter_map(|(word, name)| Some(format!(" {word} {}", cib.attrs.get(name)?)));
    let change: String = change.collect();
    let version = &told.version;
    line(
        "Last change",
        &match written.filter(|written| !written.is_empty()) {
            Some(written) => format!("{written}{change} (configuration {version})"),
            None => format!("configuration {version}"),
        },
    );
    let _ = write!(
        text,
        "{} configured\n{} configured\n\n",
        counted(told.nodes.len(), "node"),
        counted(told.resources.len(), "resource")
    );
    nodes(&mut text, &told.nodes);
    let _ = writeln!(text, "\n{TITLE}Full list of resources:{TITLE:#}\n");
    text += &resources(cluster.cib, told)?;
    moment(&mut text, told);
    Ok(text)
}

fn parsed(cib: &Cib) -> Result<ringwright_placement::Cib, failure::Failure> {
    let parsed = ringwright_placement::Cib::parse("cib.xml", &cib.xml);
    parsed
        .map(|parsed| parsed.cib)
        .map_err(failure::Failure::new)
}

fn time(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    Timestamp::from_second(seconds).map_or_else(
        |_| "?".to_owned(),
        |time| {
            let zoned = time.to_zoned(TimeZone::system());
            zoned.strftime(TIME).to_string()
        },
    )
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Groups of nodes in brackets; each that is told to be otherwise has a line of its own.
fn nodes(text: &mut String, nodes: &[ClusterNode]) {
    let ordered = |node: &ClusterNode| match (node.standby, node.maintenance) {
        (_, true) => Some("maintenance"),
        (true, false) => Some("standby"),
        (false, false) => None,
    };
    for node in nodes {
        if let Some(order) = ordered(node) {
            let state = match node.state {
                NodeState::Online => order.to_owned(),
                state => format!("{} ({order})", word(state)),
            };
            let _ = writeln!(text, "Node {}: {CAREFUL}{state}{CAREFUL:#}", node.name);
        }
    }
    let groups = [
        (GOOD, "Online", &[NodeState::Online][..]),
        (CAREFUL, "Voting only", &[NodeState::VotingOnly]),
        (
            CAREFUL,
            "With a Pacemaker of its own",
            &[NodeState::Pacemaker],
        ),
        (
            BAD,
            "OFFLINE",
            &[NodeState::Offline, NodeState::Lost, NodeState::Fenced],
        ),
    ];
    for (style, title, states) in groups {
        let names: Vec<&str> = nodes
            .iter()
            .filter(|node| states.contains(&node.state) && ordered(node).is_none())
            .map(|node| node.name.as_str())
            .collect();
        if !names.is_empty() {
            let names = names.join(" ");
            let _ = writeln!(text, "{title}: [ {style}{names}{style:#} ]");
        }
    }
}

fn word(state: NodeState) -> &'static str {
    match state {
        NodeState::Online => "online",
        NodeState::VotingOnly => "voting only",
        NodeState::Pacemaker => "with a Pacemaker of its own",
        NodeState::Offline | NodeState::Lost | NodeState::Fenced => "OFFLINE",
    }
}

/// Every resource with its agent, and where it is started.
pub(crate) fn resources(cib: &Cib, told: &Resources) -> Result<String, failure::Failure> {
    let cib = parsed(cib)?;
    let options = Options {
        now: i64::try_from(told.now).ok(),
        ..Options::default()
    };
    let shown = overview(&cib, &options)
        .map_err(|refused| failure::Failure::new(refused.features.join("\n")))?;
    if shown.resources.is_empty() {
        return Ok(" No resources\n".to_owned());
    }
    let online: Vec<&str> = told
        .nodes
        .iter()
        .filter(|node| node.state == NodeState::Online)
        .map(|node| node.name.as_str())
        .collect();
    let mut rows = Vec::new();
    for resource in &shown.resources {
        collect(resource, 1, &online, &mut rows);
    }
    let mut text = String::new();
    let width = |column: fn(&Row) -> &String| {
        let widths = rows.iter().filter(|row| !row.agent.is_empty());
        widths.map(|row| column(row).chars().count()).max()
    };
    let (name, agent) = (
        width(|row| &row.name).unwrap_or(0),
        width(|row| &row.agent).unwrap_or(0),
    );
    for Row {
        name: id,
        agent: kind,
        style,
        state,
    } in &rows
    {
        let _ = match kind.as_str() {
            "" => writeln!(text, "{id}{style}{state}{style:#}"),
            kind => writeln!(text, "{id:name$}  {kind:agent$}  {style}{state}{style:#}"),
        };
    }
    Ok(text)
}

struct Row {
    name: String,
    agent: String,
    style: Style,
    state: String,
}

fn collect(resource: &ResourceOverview, depth: usize, online: &[&str], rows: &mut Vec<Row>) {
    let indent = " ".repeat(depth);
    let mut title = |words: &str| {
        rows.push(Row {
            name: format!("{indent}{words}"),
            agent: String::new(),
            style: Style::new(),
            state: flags(resource),
        });
    };
    match resource.kind {
        ResourceKind::Primitive => {
            let (style, state) = state(resource, false);
            rows.push(Row {
                name: format!("{indent}{}", resource.id),
                agent: format!("({}):", resource.agent.as_deref().unwrap_or("?")),
                style,
                state,
            });
            return;
        }
        ResourceKind::Group => title(&format!("Resource Group: {}", resource.id)),
        ResourceKind::Bundle => title(&format!("Container bundle: {}", resource.id)),
        ResourceKind::Clone => {
            let inner = resource.children.first();
            let inner = inner.and_then(|child| child.id.split(':').next());
            let promotable = if resource.promotable {
                " (promotable)"
            } else {
                ""
            };
            title(&format!(
                "Clone Set: {} [{}]{promotable}",
                resource.id,
                inner.unwrap_or("")
            ));
            return instances(resource, depth + 4, online, rows);
        }
    }
    for child in &resource.children {
        collect(child, depth + 4, online, rows);
    }
}

/// Where which instances of a clone are; one of which there is more to say has a row.
fn instances(clone: &ResourceOverview, depth: usize, online: &[&str], rows: &mut Vec<Row>) {
    let mut by_role: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut busy: Vec<&str> = Vec::new();
    for child in &clone.children {
        busy.extend(child.nodes.iter().map(|node| &**node));
        let alike = !child.failed && !child.blocked && child.pending.is_none();
        if child.kind == ResourceKind::Primitive && alike {
            let names = child.nodes.iter().map(|node| &**node);
            let role = role(child, clone.promotable);
            by_role.entry(role).or_default().extend(names);
        } else if !child.nodes.is_empty() || !alike {
            collect(child, depth, online, rows);
        }
    }
    let idle: Vec<&str> = online
        .iter()
        .copied()
        .filter(|node| !busy.contains(node))
        .collect();
    by_role.insert("Stopped", idle);
    for (role, mut names) in by_role {
        if names.is_empty() {
            continue;
        }
        names.sort_unstable();
        rows.push(Row {
            name: format!("{}{role}: [ {} ]", " ".repeat(depth), names.join(" ")),
            agent: String::new(),
            style: Style::new(),
            state: String::new(),
        });
    }
}

fn role(resource: &ResourceOverview, promotable: bool) -> &'static str {
    match resource.role {
        Role::Unknown => Role::Stopped.name(),
        Role::Started if promotable => Role::Unpromoted.name(),
        role => role.name(),
    }
}

fn state(resource: &ResourceOverview, promotable: bool) -> (Style, String) {
    let role = role(resource, promotable);
    let style = match resource.role {
        _ if resource.failed || resource.blocked => BAD,
        Role::Unknown | Role::Stopped => CAREFUL,
        _ => GOOD,
    };
    let mut words = vec![if resource.failed { "FAILED" } else { role }];
    words.extend(resource.nodes.iter().map(|node| &**node));
    (style, format!("{}{}", words.join(" "), flags(resource)))
}

fn flags(resource: &ResourceOverview) -> String {
    let flags = [
        (resource.orphan, "orphaned"),
        (resource.failure_ignored, "failure ignored"),
        (resource.blocked, "blocked"),
        (resource.maintenance, "maintenance"),
        (resource.unmanaged && !resource.maintenance, "unmanaged"),
        (resource.disabled, "disabled"),
    ];
    let mut words: Vec<String> = flags
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, word)| (*word).to_owned())
        .collect();
    words.extend(
        resource
            .pending
            .as_ref()
            .map(|task| format!("{task} under way")),
    );
    if words.is_empty() {
        return String::new();
    }
    format!(" ({})", words.join(", "))
}

/// What holds at the moment: leases, what runs, what failed, what to know.
fn moment(text: &mut String, told: &Resources) {
    let mut part = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{TITLE}{title}:{TITLE:#}\n");
            for line in lines {
                let _ = writeln!(text, " {line}");
            }
        }
    };
    let leases = told.leases.iter().map(|lease| match lease.left_ms {
        Some(left) => format!("{}: {} left", lease.resource, Seconds(left)),
        None => format!("{}: not renewed yet", lease.resource),
    });
    let title = match told.lease_ms {
        Some(lease) => format!("Held here on a lease of {}", Seconds(lease)),
        None => "Held here without a lease".to_owned(),
    };
    part(&title, leases.collect());
    part("Under way", told.running.clone());
    let failures = told.failures.iter().map(failed);
    part("Failed actions", failures.collect());
    part("Warnings", told.warnings.clone());
}

fn failed(failure: &Failure) -> String {
    let reason = match failure.reason.as_str() {
        "" => String::new(),
        reason => format!(", reason='{reason}'"),
    };
    format!(
        "{BAD}{} {} on {} '{}' ({}){BAD:#}: call={}, at {}, took {} ms{reason}",
        failure.resource,
        failure.operation,
        failure.node,
        if failure.status == 2 {
            "timed out"
        } else {
            exit(failure.code)
        },
        failure.code,
        failure.call,
        time(failure.at),
        failure.took_ms,
    )
}

/// What an exit code of OCF means.
pub(crate) fn exit(code: u8) -> &'static str {
    match code {
        0 => "ok",
        1 => "error",
        2 => "invalid parameter",
        3 => "unimplemented feature",
        4 => "insufficient privileges",
        5 => "not installed",
        6 => "not configured",
        7 => "not running",
        8 => "promoted",
        9 => "promoted (failed)",
        190 => "degraded",
        191 => "promoted (degraded)",
        _ => "unknown",
    }
}

/// Milliseconds, shown as seconds.
struct Seconds(u64);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} s", self.0 / 1000, self.0 % 1000 / 100)
    }
}
