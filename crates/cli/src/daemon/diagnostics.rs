//! Findings in a corosync.conf, drawn with their place.

use std::io::{IsTerminal, stderr};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ringwright_config::Diagnostic;

/// Prints findings to standard error; a file that is not UTF-8 cannot be drawn and gets a line for each.
pub(super) fn print(text: &[u8], diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        match std::str::from_utf8(text) {
            Ok(text) => anstream::eprintln!("{}", drawn(text, diagnostic)),
            Err(_) => anstream::eprintln!("{diagnostic}"),
        }
    }
}

fn drawn(text: &str, diagnostic: &Diagnostic) -> String {
    let level = if diagnostic.is_error() {
        Level::ERROR
    } else {
        Level::WARNING
    };
    let source = Snippet::source(text)
        .path(&*diagnostic.file)
        .annotation(AnnotationKind::Primary.span(diagnostic.span.range()));
    let mut group: Group<'_> = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .element(source);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if stderr().is_terminal() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&[group]).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_points_at_its_place() {
        let text = "totem {\n  version: 2\n  tokn: 5000\n}\n";
        let parsed = ringwright_config::parse("corosync.conf", text);
        let unknown = parsed.diagnostics.iter().find(|d| d.span.line == 3);
        let drawn = drawn(text, unknown.expect("tokn is no key"));
        assert!(drawn.contains("--> corosync.conf:3:3"), "{drawn}");
        assert!(drawn.contains("3 |   tokn: 5000\n  |   ^^^^"), "{drawn}");
        assert!(drawn.contains("totem.token"), "{drawn}");
    }
}
