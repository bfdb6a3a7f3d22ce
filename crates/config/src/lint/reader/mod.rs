//! The rules of what the parser finds: one row a code.

mod ignored;
mod refused;
mod syntax;

pub(super) use ignored::IGNORED;
pub(super) use refused::REFUSED;
pub(super) use syntax::SYNTAX;

use super::rule::{Check, Rule};
use crate::Severity;

/// The rule of an error.
const fn refused(
    name: &'static str,
    summary: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule {
        name,
        severity: Severity::Error,
        concerns: "corosync 3, which does not start with it",
        summary,
        explanation,
        remedy,
        check: Check::Reader,
        fix: None,
    }
}

/// The rule of a warning.
const fn ignored(
    name: &'static str,
    summary: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule {
        severity: Severity::Warning,
        concerns: "corosync 3, which starts all the same",
        ..refused(name, summary, explanation, remedy)
    }
}
