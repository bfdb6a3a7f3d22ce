//! The row that a rule is, and the table of all.

use super::cluster::Cluster;
use super::finding::{Finding, Found};
use super::fix::Fix;
use super::{reader, rules};
use crate::Severity;

/// A rule: what it says of itself, how it looks at a cluster, and how what it finds is put right.
#[derive(Debug)]
pub struct Rule {
    /// Its name, kebab case, stable.
    pub name: &'static str,
    /// How bad what it finds is. [`Severity::Error`] is also what lets a cluster split into two quorate sides.
    pub severity: Severity,
    /// The versions of corosync that it concerns, as a reader would say it.
    pub concerns: &'static str,
    /// What it finds, in half a line.
    pub summary: &'static str,
    /// Why it matters.
    pub explanation: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    pub(super) check: Check,
    pub(super) fix: Option<Fix>,
}

/// Who finds what a rule is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// The parser, under a code that is the rule's name.
    Reader,
    /// The rule itself.
    Cluster(fn(&Cluster, &mut Found)),
}

impl Rule {
    /// Whether [`fix`](super::fix()) can put right what it finds.
    #[must_use]
    pub fn is_fixable(&self) -> bool {
        self.fix.is_some()
    }
}

/// Every rule: first those of whole clusters, by subject, then those of the parser's codes.
pub static RULES: &[&[Rule]] = &[rules::ALL, reader::IGNORED, reader::REFUSED, reader::SYNTAX];

/// The rule of this name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .copied()
        .flatten()
        .find(|rule| rule.name == name)
}

/// What all rules find, in the order of the files and places.
#[must_use]
pub fn lint(cluster: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES.iter().copied().flatten() {
        let mut found = Found::of(rule);
        match rule.check {
            Check::Reader => adopt(cluster, &mut found),
            Check::Cluster(check) => check(cluster, &mut found),
        }
        findings.extend(found.finish());
    }
    findings.sort_by_key(|finding| {
        let place = finding.place();
        (place.file, place.span.start, finding.rule.severity)
    });
    findings
}

/// Takes over what the parser has found.
fn adopt(cluster: &Cluster, found: &mut Found) {
    for (file, parsed) in cluster.files().iter().enumerate() {
        for diagnostic in &parsed.diagnostics {
            if diagnostic.code == found.rule().name {
                let finding = found.at(file, diagnostic.span, diagnostic.message.clone());
                finding.help.clone_from(&diagnostic.help);
            }
        }
    }
}
