//! One object a line.

use std::io::{self, Write};

use ringwright_config::Severity;
use ringwright_config::lint::{Finding, Label};
use serde_json::{Value, json};

use super::{Findings, count};

/// One object a finding, then the counts.
pub(crate) fn json(out: &mut dyn Write, found: &Findings) -> io::Result<()> {
    for finding in &found.findings {
        writeln!(out, "{}", object(found, finding))?;
    }
    let fixable = found.findings.iter().filter(|one| found.is_fixable(one));
    let summary = json!({"summary": {
        "files": found.cluster.files().len(),
        "errors": count(&found.findings, Severity::Error),
        "warnings": count(&found.findings, Severity::Warning),
        "infos": count(&found.findings, Severity::Info),
        "fixable": fixable.count(),
    }});
    writeln!(out, "{summary}")
}

fn object(found: &Findings, finding: &Finding) -> Value {
    let rule = finding.rule;
    let places: Vec<Value> = finding
        .places
        .iter()
        .map(|place| self::place(found, place))
        .collect();
    json!({
        "rule": rule.name,
        "severity": rule.severity.to_string(),
        "message": finding.message,
        "places": places,
        "why": rule.explanation,
        "remedy": rule.remedy,
        "help": finding.help,
        "concerns": rule.concerns,
        "fixable": found.is_fixable(finding),
    })
}

/// Lines and columns count from 1, bytes from 0; a column is a character.
fn place(found: &Findings, place: &Label) -> Value {
    json!({
        "file": found.name(place.file),
        "line": place.span.line,
        "column": place.span.column,
        "start": place.span.start,
        "end": place.span.end,
        "text": place.text,
    })
}
