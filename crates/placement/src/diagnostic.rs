//! What is wrong with a file, and where.

use alloc::string::String;
use core::fmt;

use crate::xml::{Place, Text};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// There is no result with it.
    Error,
    /// It has no effect, or not the effect that one might expect.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A finding: what was found, what is allowed, and the place.
///
/// Its `Display` is one line, `cib.xml:12:5: error: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The kind of finding, kebab case, stable: `unknown-element`.
    pub code: &'static str,
    /// What was found and what is allowed.
    pub message: String,
    /// The name of the file, as given to the reader.
    pub file: Text,
    /// Where the element or the mistake starts.
    pub place: Place,
}

impl Diagnostic {
    pub(crate) fn error(
        file: &str,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            file: Text::from(file),
            place,
        }
    }

    pub(crate) fn warning(
        file: &str,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(file, place, code, message)
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            message,
            file,
            place,
            ..
        } = self;
        write!(f, "{file}:{place}: {severity}: {message}")
    }
}

impl core::error::Error for Diagnostic {}
