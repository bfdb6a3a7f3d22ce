//! What happened in a generated cluster so far.

use ringwright_placement::cib::{HistoryEntry, Primitive};

use crate::generate::{Cluster, NOW, Rng, entry};

/// What a primitive does on a node.
#[derive(Clone, Copy, PartialEq)]
enum Runs {
    Nowhere,
    Started,
    Promoted,
}

/// Histories of all resources on all nodes that are of interest, and what goes with them.
pub(crate) fn add(c: &mut Cluster) {
    if c.rng.chance(10) || c.online.is_empty() {
        return;
    }
    let made = std::mem::take(&mut c.made);
    for m in &made {
        let homes = homes(c, m.clone);
        let promoted = homes
            .first()
            .cloned()
            .filter(|_| m.promotable && c.rng.chance(80));
        let prefix = if c.rng.chance(85) {
            m.primitives.len()
        } else {
            c.rng.below(m.primitives.len() + 1)
        };
        for (index, p) in m.primitives.iter().enumerate() {
            let mut instance = 0;
            for node in c.online.clone() {
                let runs = if index >= prefix || !homes.contains(&node) {
                    Runs::Nowhere
                } else if promoted.as_ref() == Some(&node) {
                    Runs::Promoted
                } else {
                    Runs::Started
                };
                let id = p.attrs.id();
                let name = if m.unique {
                    format!("{id}:{instance}")
                } else {
                    id.to_owned()
                };
                if m.unique && runs == Runs::Nowhere && c.rng.chance(50) {
                    continue;
                }
                instance += 1;
                one(c, p, &name, &node, runs);
            }
        }
        if m.promotable && c.rng.chance(80) {
            scores(c, &m.primitives);
        }
    }
    if c.odd() {
        let node = c.rng.pick(&c.online);
        let rc = c.rng.pick(&[0, 0, 7]);
        let entries = [entry("start", 0, rc).digest(&digest(&[]))];
        c.with(|b| b.history(&node, "ghost", entries));
    }
    c.made = made;
}

/// The nodes where something runs: of a clone most, of anything else one, seldom two.
fn homes(c: &mut Cluster, clone: bool) -> Vec<String> {
    let mut nodes = c.online.clone();
    if clone {
        nodes.retain(|_| c.rng.chance(80));
        return nodes;
    }
    if c.rng.chance(15) {
        return Vec::new();
    }
    let keep = if c.odd() { 2 } else { 1 };
    while nodes.len() > keep {
        nodes.remove(c.rng.below(nodes.len()));
    }
    nodes
}

fn scores(c: &mut Cluster, primitives: &[Primitive]) {
    for p in primitives {
        for node in c.online.clone() {
            if c.rng.chance(70) {
                let score = c.rng.pick(&["5", "10", "100", "-INFINITY"]);
                let name = format!("master-{}", p.attrs.id());
                c.with(|b| b.transient(&node, &name, score));
            }
        }
    }
}

/// MD5 of the parameters as they are kept beside an operation.
fn digest(parameters: &[(&str, &str)]) -> String {
    let parts = parameters
        .iter()
        .map(|(name, value)| format!(" {name}=\"{value}\""));
    format!(
        "{:x}",
        md5::compute(format!(" <parameters{}/>\n", parts.collect::<String>()))
    )
}

struct Digests {
    once: String,
    recurring: String,
}

fn digests(p: &Primitive, rng: &mut Rng, odd: bool) -> Digests {
    let fake = p.params.first().and_then(|set| set.get("fake"));
    let fake = if odd && rng.chance(20) {
        Some("other")
    } else {
        fake
    };
    let once: Vec<(&str, &str)> = fake.iter().map(|value| ("fake", *value)).collect();
    let recurring: Vec<_> = [("CRM_meta_timeout", "20000")]
        .into_iter()
        .chain(once.clone())
        .collect();
    Digests {
        once: digest(&once),
        recurring: digest(&recurring),
    }
}

/// One resource on one node.
fn one(c: &mut Cluster, p: &Primitive, name: &str, node: &str, runs: Runs) {
    let odd = c.odd();
    let digests = digests(p, &mut c.rng, odd);
    let mut entries = Vec::new();
    match runs {
        Runs::Nowhere if c.rng.chance(95) => {
            entries.push(if c.rng.chance(80) {
                entry("monitor", 0, 7)
            } else {
                entry("stop", 0, 0)
            });
        }
        Runs::Nowhere => {}
        Runs::Started => {
            entries.push(if c.rng.chance(95) {
                entry("start", 0, 0)
            } else {
                entry("monitor", 0, 0)
            });
            entries.extend(recurring(p, None).map(|ms| entry("monitor", ms, 0)));
        }
        Runs::Promoted => {
            entries.push(entry("promote", 0, 0));
            entries.extend(
                recurring(p, Some("Promoted")).map(|ms| entry("monitor", ms, 8).expecting(8)),
            );
        }
    }
    if odd {
        let promotable = p.attrs.get("type") == Some("Stateful");
        mishap(c, name, node, (runs, promotable), &mut entries);
    }
    let entries = entries.into_iter().map(|e| {
        let text = if e.interval_ms == 0 {
            &digests.once
        } else {
            &digests.recurring
        };
        e.digest(text)
    });
    let entries: Vec<HistoryEntry> = entries.collect();
    if !entries.is_empty() {
        c.with(|b| b.history(node, name, entries));
    }
}

/// Intervals of the monitors of a role.
fn recurring<'a>(p: &'a Primitive, role: Option<&'a str>) -> impl Iterator<Item = u32> + 'a {
    let ops = p
        .operations
        .iter()
        .filter(move |op| op.attrs.get("role") == role);
    ops.filter(|op| op.attrs.get("name") == Some("monitor"))
        .map(interval_ms)
}

fn interval_ms(op: &ringwright_placement::cib::Operation) -> u32 {
    let text = op.attrs.get("interval").unwrap_or("0");
    text.trim_end_matches('s').parse::<u32>().expect("seconds") * 1000
}

/// Something that did not go well.
fn mishap(
    c: &mut Cluster,
    name: &str,
    node: &str,
    (runs, promotable): (Runs, bool),
    entries: &mut Vec<HistoryEntry>,
) {
    let base = name.split(':').next().unwrap_or(name).to_owned();
    let ago = c.rng.pick(&[10, 100, 5000]);
    let count = |c: &mut Cluster, operation: &str| {
        if c.rng.chance(80) {
            let value = c.rng.pick(&["1", "2", "INFINITY"]);
            let (fails, last) = (
                format!("fail-count-{base}#{operation}"),
                format!("last-failure-{base}#{operation}"),
            );
            c.with(|b| {
                b.transient(node, &fails, value)
                    .transient(node, &last, &(NOW - ago).to_string())
            });
        }
    };
    let failed =
        |operation: &str, ms: u32, rc: i32| HistoryEntry::ended(operation, ms, rc).at(NOW - ago);
    match (runs, c.rng.below(10)) {
        (Runs::Nowhere, 0) => entries.push(HistoryEntry::pending("start")),
        (Runs::Nowhere, 1) => {
            *entries =
                vec![HistoryEntry::ended("monitor", 0, c.rng.pick(&[1, 5, 2])).at(NOW - ago)];
        }
        (Runs::Nowhere, 2..=4) => {
            entries.push(failed("start", 0, c.rng.pick(&[1, 1, 5, 6])));
            count(c, "start_0");
        }
        (Runs::Nowhere, _) => {}
        (_, 0 | 1) => {
            let rc = c.rng.pick(&[1, 7, 7]);
            let mut failure = failed("monitor", 10_000, rc);
            failure.id = format!("{name}_last_failure_0").as_str().into();
            failure = failure.expecting(0);
            entries.push(failure);
            count(c, "monitor_10000");
        }
        (Runs::Promoted, 2) => {
            entries.push(failed("monitor", 11_000, c.rng.pick(&[9, 7, 1])).expecting(8));
            count(c, "monitor_11000");
        }
        (_, 2 | 3) => {
            entries.push(failed("stop", 0, 1));
            count(c, "stop_0");
        }
        (Runs::Started, 4) if promotable => {
            entries.push(failed("promote", 0, 1));
            count(c, "promote_0");
        }
        (Runs::Promoted, 4) => {
            entries.push(failed("demote", 0, 1));
            count(c, "demote_0");
        }
        (Runs::Started, 5) => entries.push(entry("migrate_from", 0, 0)),
        (_, 6) => entries.push(entry("monitor", 9_000, 0)),
        (Runs::Started, 7) => entries.push(HistoryEntry::pending("stop")),
        (_, 8) => count(c, "monitor_10000"),
        _ => {}
    }
}
