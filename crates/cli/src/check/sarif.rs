//! Findings as a log of the Static Analysis Results Interchange Format, version 2.1.0, as OASIS defines it and code
//! scanning services read it.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use ringwright_config::lint::{Finding, Label, RULES, Rule};
use ringwright_config::{Document, Severity};
use serde_json::{Value, json};

use super::{Findings, input};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The whole log.
pub(crate) fn sarif(out: &mut dyn Write, found: &Findings) -> io::Result<()> {
    let results = found.findings.iter().map(|finding| result(found, finding));
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "ringwright",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "artifacts": (0..found.cluster.files().len())
                .map(|file| json!({"location": location(found, file)}))
                .collect::<Vec<_>>(),
            "results": results.collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": format!("{}\nConcerns {}.", rule.remedy, rule.concerns)},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(found: &Findings, finding: &Finding) -> Value {
    let index = rules().position(|rule| rule.name == finding.rule.name);
    let message = match &finding.help {
        Some(help) => format!("{} ({help})", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": index,
        "level": level(finding.rule.severity),
        "message": {"text": message},
        "locations": [physical(found, finding.place())],
    });
    if finding.places.len() > 1 {
        let related = finding.places.iter().skip(1);
        let related = related.enumerate().map(|(id, place)| {
            let mut location = physical(found, place);
            location["id"] = json!(id + 1);
            location["message"] = json!({"text": place.text});
            location
        });
        result["relatedLocations"] = related.collect();
    }
    let file = finding.place().file;
    let document = &found.cluster.files()[file].document;
    let removals = finding.removals(document);
    if !removals.is_empty() {
        let replacements = removals
            .into_iter()
            .map(|bytes| json!({"deletedRegion": lines(document, &bytes)}));
        result["fixes"] = json!([{
            "description": {"text": finding.rule.remedy},
            "artifactChanges": [{
                "artifactLocation": location(found, file),
                "replacements": replacements.collect::<Vec<_>>(),
            }],
        }]);
    }
    result
}

fn physical(found: &Findings, place: &Label) -> Value {
    let document = &found.cluster.files()[place.file].document;
    let span = place.span;
    let width = document.text(span).chars().count();
    json!({"physicalLocation": {
        "artifactLocation": location(found, place.file),
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endColumn": span.column + width,
            "byteOffset": span.start,
            "byteLength": span.end - span.start,
        },
    }})
}

/// Whole lines: from the start of the first to the start of the one after the last.
fn lines(document: &Document, bytes: &Range<usize>) -> Value {
    let mut inside = document
        .lines()
        .iter()
        .filter(|line| bytes.contains(&line.span.start));
    let first = inside.clone().next().map_or(1, |line| line.span.line);
    let last = inside.next_back().map_or(first, |line| line.span.line);
    json!({
        "startLine": first,
        "startColumn": 1,
        "endLine": last + 1,
        "endColumn": 1,
        "byteOffset": bytes.start,
        "byteLength": bytes.len(),
    })
}

fn location(found: &Findings, file: usize) -> Value {
    json!({"uri": uri(found.name(file)), "index": file})
}

/// A path as a URI reference (RFC 3986): relative ones stay so.
fn uri(path: &str) -> String {
    if path == input::STDIN {
        return "stdin".into();
    }
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte.into());
        } else {
            write!(uri, "%{byte:02X}").expect("a string");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(
            uri("/etc/corosync/corosync.conf"),
            "file:///etc/corosync/corosync.conf"
        );
        assert_eq!(uri("./conf/mäster 1.conf"), "conf/m%C3%A4ster%201.conf");
        assert_eq!(uri("a:b.conf"), "a%3Ab.conf");
        assert_eq!(uri(input::STDIN), "stdin");
    }
}
