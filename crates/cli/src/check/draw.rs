//! Findings drawn below the lines that they are about, as a compiler does.

use std::collections::BTreeMap;
use std::io::{self, Write};

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use ringwright_config::lint::Finding;
use ringwright_config::{Diagnostic, Severity, Span};

use super::{Findings, count};

/// Columns of the notes below a finding.
const WIDTH: usize = 100;

/// All findings, and how many there are.
pub(crate) fn text(out: &mut dyn Write, found: &Findings) -> io::Result<()> {
    let sources: Vec<String> = found
        .cluster
        .files()
        .iter()
        .map(|file| source(&file.document.to_bytes()))
        .collect();
    let merged = merged(&found.findings);
    for together in &merged {
        writeln!(out, "{}\n", drawn(found, &sources, together))?;
    }
    let told: Vec<&Finding> = merged.iter().map(|together| together[0]).collect();
    summary(out, found, &told)
}

/// The same finding in several files is told once: findings of one rule and message, in the order of the first.
fn merged(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut open: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for found in findings {
        let what = (found.rule.name, found.message.as_str());
        // Findings come file by file.
        match open.get(&what).map(|&index| &mut groups[index]) {
            Some(group)
                if group
                    .last()
                    .is_some_and(|last| last.place().file != found.place().file) =>
            {
                group.push(found);
            }
            _ => {
                open.insert(what, groups.len());
                groups.push(vec![found]);
            }
        }
    }
    groups
}

fn drawn(found: &Findings, sources: &[String], together: &[&Finding]) -> String {
    let (finding, others) = (together[0], &together[1..]);
    let rule = finding.rule;
    let level = match rule.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = Group::with_title(level.primary_title(finding.message.as_str()).id(rule.name));
    let mut files: Vec<usize> = Vec::new();
    for place in &finding.places {
        if !files.contains(&place.file) {
            files.push(place.file);
        }
    }
    for file in files {
        let places = finding.places.iter().enumerate();
        let here = places.filter(|(_, place)| place.file == file);
        let marked: Vec<_> = here
            .map(|(index, place)| (place.span, place.text.as_str(), index == 0))
            .collect();
        group = group.element(snippet(found.name(file), &sources[file], &marked));
    }
    for other in others {
        let place = other.place();
        let marked = [(place.span, "the same here", false)];
        group = group.element(snippet(
            found.name(place.file),
            &sources[place.file],
            &marked,
        ));
    }
    let notes = [
        ("why", rule.explanation),
        ("help", finding.help.as_deref().unwrap_or_default()),
        ("remedy", rule.remedy),
        ("concerns", rule.concerns),
    ];
    for (name, note) in notes.into_iter().filter(|(_, note)| !note.is_empty()) {
        let level = if name == "why" || name == "concerns" {
            Level::NOTE
        } else {
            Level::HELP
        };
        group = group.element(level.with_name(name).message(wrapped(note, WIDTH)));
    }
    Renderer::styled().render(&[group])
}

/// What parsing found, drawn; `source` is the file it points into.
pub(crate) fn diagnostic(source: &str, found: &Diagnostic) -> String {
    let level = if found.is_error() {
        Level::ERROR
    } else {
        Level::WARNING
    };
    let title = level.primary_title(found.message.as_str()).id(found.code);
    let place = snippet(&found.file, source, &[(found.span, "", true)]);
    let help = found.help.as_deref().map(|help| Level::HELP.message(help));
    let group = Group::with_title(title).element(place).elements(help);
    Renderer::styled().render(&[group])
}

/// The lines of a file from the first to the last marked place. A mark has a text, and is the first of its finding or not.
fn snippet<'a>(
    name: &'a str,
    source: &'a str,
    marked: &[(Span, &'a str, bool)],
) -> Snippet<'a, Annotation<'a>> {
    let spans = || marked.iter().map(|(span, ..)| span);
    let line = spans().map(|span| span.line).min().unwrap_or(1);
    let from = spans().map(|span| span.start).min().unwrap_or(0);
    let to = spans().map(|span| span.end).max().unwrap_or(0);
    let from = source.as_bytes()[..from]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |at| at + 1);
    let rest = source.as_bytes()[to..].iter().position(|&b| b == b'\n');
    let lines = &source[from..rest.map_or(source.len(), |at| to + at)];
    let annotations = marked.iter().map(|(span, text, first)| {
        let kind = if *first {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let (start, end) = (span.start - from, span.end - from);
        let characters = lines.floor_char_boundary(start)..lines.ceil_char_boundary(end);
        let label = (!text.is_empty()).then_some(*text);
        kind.span(characters).label(label)
    });
    Snippet::source(lines)
        .path(name)
        .line_start(line)
        .annotations(annotations.collect::<Vec<_>>())
}

/// A file as text in which every byte is where it was: what is no UTF-8 becomes question marks.
pub(crate) fn source(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    let shown = chunks.map(|chunk| chunk.valid().to_owned() + &"?".repeat(chunk.invalid().len()));
    shown.collect()
}

/// Lines of at most `width` characters, broken at blanks.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    let (mut lines, mut column) = (String::new(), 0);
    for word in text.split(' ') {
        let length = anstream::adapter::strip_str(word)
            .to_string()
            .chars()
            .count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

fn summary(out: &mut dyn Write, found: &Findings, told: &[&Finding]) -> io::Result<()> {
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    let counts: Vec<String> = severities
        .into_iter()
        .map(|severity| (severity, count(told.iter().copied(), severity)))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| counted(count, &severity.to_string()))
        .collect();
    let files = counted(found.cluster.files().len(), "file");
    if counts.is_empty() {
        return writeln!(out, "nothing found in {files}");
    }
    write!(out, "{} in {files}", counts.join(", "))?;
    match told.iter().filter(|one| found.is_fixable(one)).count() {
        0 => writeln!(out),
        fixable => writeln!(out, "; --fix puts {fixable} of them right"),
    }
}

pub(super) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_broken_at_blanks() {
        assert_eq!(wrapped("one two three four", 9), "one two\nthree\nfour");
        assert_eq!(wrapped("unbreakable", 3), "unbreakable");
        assert_eq!(wrapped("", 3), "");
    }

    #[test]
    fn bytes_stay_where_they_are_in_what_is_shown() {
        let bytes = b"a: \xff\xc3 \xc3\xbc\n".to_vec();
        assert_eq!(source(&bytes), "a: ?? ü\n");
        assert_eq!(source(&bytes).len(), bytes.len());
    }

    #[test]
    fn a_finding_of_the_parser_points_at_its_place() {
        let text = "totem {\n  version: 2\n  tokn: 5000\n}\n";
        let parsed = ringwright_config::parse("corosync.conf", text);
        let unknown = parsed.diagnostics.iter().find(|d| d.span.line == 3);
        let drawn = diagnostic(text, unknown.expect("tokn is no key"));
        let drawn = anstream::adapter::strip_str(&drawn).to_string();
        assert!(drawn.contains("--> corosync.conf:3:3"), "{drawn}");
        assert!(drawn.contains("3 |   tokn: 5000\n  |   ^^^^"), "{drawn}");
        assert!(drawn.contains("totem.token"), "{drawn}");
    }
}
