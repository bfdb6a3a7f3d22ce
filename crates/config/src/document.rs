//! A corosync.conf as text: every line with its bytes and place, in a form that prints back unchanged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Report;
use crate::line::{self, Content};
use crate::{Diagnostic, Span, schema};

/// A file of corosync.conf's grammar, lossless: the bytes of all [`Line`]s in order are the file.
///
/// Sections nest to any depth, so the tree is kept flat: each line knows the line that opened its section. Source: the
/// parser of corosync 3.1.7, as measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    name: Arc<str>,
    bytes: Vec<u8>,
    lines: Vec<Line>,
    balanced: bool,
}

/// A line of a [`Document`]. Indices of other lines count from 0; `span.line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The whole line with its newline.
    pub span: Span,
    /// Index of the line that opened the section in which it stands; `None` at the top. A `}` stands in the section
    /// that it closes.
    pub section: Option<usize>,
    /// What it says.
    pub kind: LineKind,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing.
    Blank,
    /// `# …`
    Comment,
    /// `name {`
    Open {
        /// The name, without the blanks and colons around it.
        name: Span,
        /// Index of the line with its `}`; `None` if that is missing.
        close: Option<usize>,
    },
    /// `key: value`
    Pair {
        /// The key.
        key: Span,
        /// The value; empty and after the colon if there is none.
        value: Span,
    },
    /// `}`
    Close,
    /// A line that corosync refuses and that was left out; there is a diagnostic for it.
    Refused,
}

impl Document {
    /// Reads a file; `name` is what diagnostics call it. Every line is kept, also the wrong ones, and every syntax error
    /// is reported, not only the first.
    #[must_use]
    pub fn parse(name: &str, bytes: impl Into<Vec<u8>>) -> (Self, Vec<Diagnostic>) {
        let mut report = Report::new(name);
        let document = Self::read(name, bytes.into(), &mut report);
        (document, report.finish())
    }

    pub(crate) fn read(name: &str, bytes: Vec<u8>, report: &mut Report) -> Self {
        let mut reader = Reader {
            lines: Vec::new(),
            open: Vec::new(),
            balanced: true,
            report,
        };
        let mut start = 0;
        for raw in bytes.split_inclusive(|&b| b == b'\n') {
            reader.line(raw, start);
            start += raw.len();
        }
        reader.end(&bytes);
        let Reader {
            lines, balanced, ..
        } = reader;
        Self {
            name: name.into(),
            bytes,
            lines,
            balanced,
        }
    }

    /// The name given to [`Document::parse`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All lines, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The file as it was read, put together from its lines.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.lines
            .iter()
            .flat_map(|line| self.bytes(line.span))
            .copied()
            .collect()
    }

    /// The text at a place of this file; bytes that are not UTF-8 are shown as `U+FFFD`.
    ///
    /// # Panics
    /// If `span` is of another, longer file.
    #[must_use]
    pub fn text(&self, span: Span) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes[span.range()])
    }

    /// The bytes at a place of this file.
    ///
    /// # Panics
    /// If `span` is of another, longer file.
    #[must_use]
    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.bytes[span.range()]
    }

    /// Whether every section has its `}` and every `}` its section; if not, the sections' paths cannot be trusted.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.balanced
    }
}

struct Reader<'a> {
    lines: Vec<Line>,
    /// Indices of the lines that opened the sections around the current line.
    open: Vec<usize>,
    balanced: bool,
    report: &'a mut Report,
}

impl Reader<'_> {
    fn line(&mut self, raw: &[u8], start: usize) {
        let number = self.lines.len() + 1;
        let place = |range: core::ops::Range<usize>| Span {
            line: number,
            column: String::from_utf8_lossy(&raw[..range.start]).chars().count() + 1,
            start: start + range.start,
            end: start + range.end,
        };
        let (line, last) = raw
            .strip_suffix(b"\n")
            .map_or((raw, true), |line| (line, false));
        let content = line::read(line, last).or_else(|bad| {
            self.report.error(bad.code, place(bad.at), bad.message);
            bad.read_as.ok_or(())
        });
        let kind = match content {
            Err(()) => LineKind::Refused,
            Ok(Content::Blank) => LineKind::Blank,
            Ok(Content::Comment) => LineKind::Comment,
            Ok(Content::Open { name }) => LineKind::Open {
                name: place(name),
                close: None,
            },
            Ok(Content::Pair { key, value }) => LineKind::Pair {
                key: place(key),
                value: place(value),
            },
            Ok(Content::Close) => self.close(place(0..line.len())),
        };
        let opens = matches!(kind, LineKind::Open { .. });
        let section = match kind {
            LineKind::Close => self.open.pop(),
            _ => self.open.last().copied(),
        };
        self.lines.push(Line {
            span: place(0..raw.len()),
            section,
            kind,
        });
        if opens {
            self.open.push(number - 1);
        }
    }

    /// A `}`; its section is taken from the stack by the caller.
    fn close(&mut self, line: Span) -> LineKind {
        let here = self.lines.len();
        if let Some(LineKind::Open { close, .. }) =
            self.open.last().map(|&open| &mut self.lines[open].kind)
        {
            *close = Some(here);
            return LineKind::Close;
        }
        self.balanced = false;
        self.report.error(
            "unexpected-brace",
            line,
            "`}` closes nothing: no section is open here",
        );
        LineKind::Refused
    }

    fn end(&mut self, bytes: &[u8]) {
        self.balanced &= self.open.is_empty();
        if self.balanced {
            return;
        }
        let intruders = self.top_names_inside(bytes);
        for &open in &self.open {
            let LineKind::Open { name, .. } = self.lines[open].kind else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes[name.range()]);
            let message = format!("section `{text}` is never closed by `}}`");
            let found = self.report.error("missing-brace", name, message);
            if let Some((section, line)) = intruders.get(&open) {
                found.help(format!(
                    "is a `}}` missing before `{section} {{` in line {line}?"
                ));
            }
        }
    }

    /// For each line that opens a section: the first section inside that should stand at the top, and its line.
    fn top_names_inside(&self, bytes: &[u8]) -> BTreeMap<usize, (&'static str, usize)> {
        let mut intruders = BTreeMap::new();
        for line in &self.lines {
            if let (Some(outer), LineKind::Open { name, .. }) = (line.section, &line.kind) {
                let top = schema::TOP
                    .iter()
                    .find(|top| top.as_bytes() == &bytes[name.range()]);
                if let Some(&top) = top {
                    intruders.entry(outer).or_insert((top, name.line));
                }
            }
        }
        intruders
    }
}
