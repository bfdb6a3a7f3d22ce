//! What is wrong with a file, and where.

use core::fmt;
use std::sync::Arc;

use crate::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// corosync 3.1.7 does not start with it, and neither do we.
    Error,
    /// It starts, but something has no effect or not the effect that one might expect.
    Warning,
    /// Nothing is wrong, but something is better known. Only [rules](crate::lint::Rule) say so.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// A finding: what was found, what is allowed, and the place.
///
/// Its `Display` is one line, `corosync.conf:12:5: error: …`; drawing the place is left to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The kind of finding, kebab case, stable: `unknown-key`.
    pub code: &'static str,
    /// What was found and what is allowed.
    pub message: String,
    /// The name of the file, as given to the parser.
    pub file: Arc<str>,
    /// Where: the value if that is wrong, the key or section otherwise.
    pub span: Span,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Whether it keeps a node from starting.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            message,
            file,
            span,
            ..
        } = self;
        write!(
            f,
            "{file}:{}:{}: {severity}: {message}",
            span.line, span.column
        )?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// The findings of a file while it is being read.
#[derive(Debug)]
pub(crate) struct Report {
    file: Arc<str>,
    found: Vec<Diagnostic>,
}

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.into(),
            found: Vec::new(),
        }
    }

    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(Severity::Error, code, span, message.into())
    }

    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(Severity::Warning, code, span, message.into())
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: String,
    ) -> &mut Diagnostic {
        let file = Arc::clone(&self.file);
        self.found.push(Diagnostic {
            severity,
            code,
            message,
            file,
            span,
            help: None,
        });
        self.found.last_mut().expect("just pushed")
    }

    /// All findings in the order of their places.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| (d.span.start, d.severity));
        self.found
    }
}

impl Diagnostic {
    pub(crate) fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}
