//! What several files say about one thing, and whether they say the same.

use std::collections::BTreeMap;

use super::cluster::Cluster;
use super::finding::{Finding, Found};
use crate::{Config, Node, Span};

/// What one file says.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) file: usize,
    pub(super) span: Span,
    /// As it is shown and compared.
    pub(super) value: String,
}

/// Asks every file, `None` being no answer.
pub(super) fn ask<'a>(
    cluster: &'a Cluster,
    mut answer: impl FnMut(&'a Config) -> Option<(Span, String)>,
) -> Vec<Side> {
    let answers = cluster.configs().filter_map(|(file, config)| {
        let (span, value) = answer(config)?;
        Some(Side { file, span, value })
    });
    answers.collect()
}

/// Asks every node of every file, and puts what is said of one key together. A node that is listed twice counts once.
pub(super) fn by_node<'a, K: Ord>(
    cluster: &'a Cluster,
    mut answer: impl FnMut(&'a Config, &'a Node) -> Option<(K, Span, String)>,
) -> BTreeMap<K, Vec<Side>> {
    let mut sides: BTreeMap<K, Vec<Side>> = BTreeMap::new();
    for (file, config) in cluster.configs() {
        for node in &config.nodes {
            let Some((key, span, value)) = answer(config, node) else {
                continue;
            };
            let said = sides.entry(key).or_default();
            if said.last().is_none_or(|last| last.file != file) {
                said.push(Side { file, span, value });
            }
        }
    }
    sides
}

/// What every file says at a path, or that it says nothing.
pub(super) fn written(cluster: &Cluster, path: &str) -> Vec<Side> {
    ask(cluster, |config| {
        let entry = config.cmap.get(path);
        let value = entry.map_or_else(|| "nothing".into(), |entry| entry.value.to_string());
        Some((config.place(path), value))
    })
}

/// Reports that not all say the same: at the value that the fewest files have, with one place for each other value.
pub(super) fn differ<'f>(
    cluster: &Cluster,
    found: &'f mut Found,
    what: &str,
    sides: Vec<Side>,
) -> Option<&'f mut Finding> {
    let groups = grouped(sides);
    if groups.len() < 2 {
        return None;
    }
    let said: Vec<_> = groups
        .iter()
        .map(|sides| format!("{} in {}", sides[0].value, files(cluster, sides)))
        .collect();
    let odd = &groups[0][0];
    let finding = found.at(
        odd.file,
        odd.span,
        format!("{what} differs: {}", said.join(", ")),
    );
    finding.label(label(&groups[0]));
    for sides in &groups[1..] {
        finding.also(sides[0].file, sides[0].span, label(sides));
    }
    Some(finding)
}

/// The sides by value, the smallest group first; of equal ones that of the later file.
fn grouped(sides: Vec<Side>) -> Vec<Vec<Side>> {
    let mut groups: Vec<Vec<Side>> = Vec::new();
    for side in sides {
        match groups.iter_mut().find(|group| group[0].value == side.value) {
            Some(group) => group.push(side),
            None => groups.push(vec![side]),
        }
    }
    groups.reverse();
    groups.sort_by_key(Vec::len);
    groups
}

fn label(sides: &[Side]) -> String {
    let value = &sides[0].value;
    match sides.len() - 1 {
        0 => value.clone(),
        1 => format!("{value}, as in 1 other file"),
        more => format!("{value}, as in {more} other files"),
    }
}

/// The names of the files of these sides; of many, how many there are.
pub(super) fn files(cluster: &Cluster, sides: &[Side]) -> String {
    match sides {
        [one] => cluster.name(one.file).to_owned(),
        [one, two] => format!("{} and {}", cluster.name(one.file), cluster.name(two.file)),
        many => format!("{} files", many.len()),
    }
}
