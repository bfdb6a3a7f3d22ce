//! Putting right what can be put right without asking anybody: removals of lines that do nothing, or harm.

use std::ops::Range;

use super::{Cluster, Finding, Rule, lint};
use crate::document::{Document, LineKind};
use crate::schema::join;
use crate::store::PATH_BYTES_LIMIT;

/// What a fix takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fix {
    /// Every line that writes the key at the finding's place.
    RemoveKey,
    /// The section at the finding's place, to its `}`.
    RemoveSection,
}

/// A file with its safe fixes applied.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The file; every line that was not removed is as it was.
    pub bytes: Vec<u8>,
    /// What was put right, in the order of the places.
    pub findings: Vec<Finding>,
}

/// Applies the safe fixes of all rules that `wanted` names, again until there is none.
///
/// A fix removes whole lines of one file and nothing else. Files whose braces do not match are left alone.
#[must_use]
pub fn fix(name: &str, bytes: &[u8], wanted: impl Fn(&Rule) -> bool) -> Fixed {
    let mut fixed = Fixed {
        bytes: bytes.to_vec(),
        findings: Vec::new(),
    };
    loop {
        let cluster = Cluster::of([crate::parse(name, fixed.bytes.clone())]);
        let document = &cluster.files()[0].document;
        let mut findings = lint(&cluster);
        findings.retain(|found| wanted(found.rule) && !found.removals(document).is_empty());
        let removed: Vec<_> = findings
            .iter()
            .flat_map(|found| found.removals(document))
            .collect();
        if removed.is_empty() {
            return fixed;
        }
        fixed.bytes = without(document, removed);
        fixed.findings.append(&mut findings);
    }
}

impl Finding {
    /// The bytes of the file at its first place that its fix removes: whole lines, in order. Empty if it has no fix.
    #[must_use]
    pub fn removals(&self, document: &Document) -> Vec<Range<usize>> {
        let Some(fix) = self.rule.fix.filter(|_| document.is_balanced()) else {
            return Vec::new();
        };
        let at = self.place().span.line - 1;
        match (fix, document.lines().get(at).map(|line| &line.kind)) {
            (Fix::RemoveKey, Some(LineKind::Pair { .. })) => same_key(document, at),
            (
                Fix::RemoveSection,
                Some(LineKind::Open {
                    close: Some(close), ..
                }),
            ) => {
                let lines = document.lines();
                let whole = lines[at].span.start..lines[*close].span.end;
                Vec::from([whole])
            }
            _ => Vec::new(),
        }
    }
}

/// The lines that write the same key as line `at`: the last of them counts, so that all have to go.
fn same_key(document: &Document, at: usize) -> Vec<Range<usize>> {
    let wanted = path(document, at);
    let lines = document.lines().iter().enumerate();
    lines
        .filter(|(index, _)| wanted.is_some() && path(document, *index) == wanted)
        .map(|(_, line)| line.span.range())
        .collect()
}

/// The names of the sections around a line and its key; `None` for other lines, and for keys so deep that corosync
/// does not store them.
fn path(document: &Document, line: usize) -> Option<String> {
    let line = &document.lines()[line];
    let LineKind::Pair { key, .. } = line.kind else {
        return None;
    };
    let mut path = document.text(key).into_owned();
    let mut outer = line.section;
    while let Some(section) = outer.map(|index| &document.lines()[index]) {
        let LineKind::Open { name, .. } = section.kind else {
            break;
        };
        path = join(&document.text(name), &path);
        if path.len() >= PATH_BYTES_LIMIT {
            return None;
        }
        outer = section.section;
    }
    Some(path)
}

/// The bytes of a document outside these ranges, which may overlap.
fn without(document: &Document, mut removed: Vec<Range<usize>>) -> Vec<u8> {
    let bytes = document.to_bytes();
    removed.sort_by_key(|range| range.start);
    let (mut kept, mut at) = (Vec::new(), 0);
    for range in removed {
        kept.extend_from_slice(bytes.get(at..range.start).unwrap_or_default());
        at = at.max(range.end);
    }
    kept.extend_from_slice(&bytes[at..]);
    kept
}
