//! What rules say of themselves.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ringwright_config::Severity;
use ringwright_config::lint::{RULES, Rule};

use super::draw::wrapped;

const WIDTH: usize = 100;
const BOLD: Style = Style::new().bold();

/// One rule at length.
pub(crate) fn explain(rule: &Rule) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let (severity, colour) = (rule.severity, colour(rule.severity));
    writeln!(
        out,
        "{colour}{severity}[{}]{colour:#}{BOLD}: {}{BOLD:#}\n",
        rule.name, rule.summary
    )?;
    writeln!(out, "{}\n", wrapped(rule.explanation, WIDTH))?;
    let fix = if rule.is_fixable() {
        "yes, it removes lines that do nothing or harm"
    } else {
        "no, somebody has to decide"
    };
    for (name, text) in [
        ("Remedy", rule.remedy),
        ("Concerns", rule.concerns),
        ("--fix", fix),
    ] {
        let text = wrapped(text, WIDTH - 10).replace('\n', "\n          ");
        writeln!(out, "{BOLD}{name:<10}{BOLD:#}{text}")?;
    }
    Ok(())
}

/// All rules, one a line.
pub(crate) fn list() -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    for rule in RULES.iter().copied().flatten() {
        let (severity, colour) = (rule.severity.to_string(), colour(rule.severity));
        let fix = if rule.is_fixable() { "fix" } else { "" };
        let (name, summary) = (rule.name, rule.summary);
        writeln!(
            out,
            "{BOLD}{name:<21}{BOLD:#} {colour}{severity:<7}{colour:#} {fix:<3} {summary}"
        )?;
    }
    Ok(())
}

fn colour(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Error => AnsiColor::BrightRed,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Info => AnsiColor::BrightBlue,
    };
    colour.on_default().bold()
}
