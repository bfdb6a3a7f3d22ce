//! Sections and keys that nobody reads: misspelt, or left over from older versions.

use crate::Span;
use crate::diagnostic::Report;
use crate::document::{Document, LineKind};
use crate::schema::{self, KEYS, SECTIONS, Use, join};

/// Longer names are nobody's misspelt ones.
const NAME_BYTES_MAX: usize = 48;

/// What is known of a section's contents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Listed,
    /// Nothing in it is worth a word.
    Silent,
}

/// Warns of every section and key that is not known or has no effect.
pub(crate) fn check(document: &Document, report: &mut Report) {
    let mut open: Vec<(String, Inside)> = Vec::new();
    for line in document.lines() {
        let (outer, inside) = open
            .last()
            .map_or(("", Inside::Listed), |(path, inside)| (path, *inside));
        match line.kind {
            // The paths of unknown sections are of no use, however deep they nest.
            LineKind::Open { .. } if inside == Inside::Silent => {
                open.push((String::new(), Inside::Silent));
            }
            LineKind::Open { name, .. } => {
                let path = join(outer, &document.text(name));
                let inside = section(&path, name, report);
                open.push((path, inside));
            }
            LineKind::Close => {
                open.pop();
            }
            LineKind::Pair { key: name, .. } if inside == Inside::Listed => {
                key(outer, &document.text(name), name, report);
            }
            _ => {}
        }
    }
}

fn section(path: &str, name: Span, report: &mut Report) -> Inside {
    match schema::section_at(path).map(|section| section.use_) {
        Some(Use::Listed) => Inside::Listed,
        Some(Use::Open) => Inside::Silent,
        Some(Use::Dead(why)) => {
            report.warn(
                "dead-section",
                name,
                format!("section `{path}` has no effect: {why}"),
            );
            Inside::Silent
        }
        None if name.range().is_empty() => Inside::Silent,
        None => {
            let near = nearest(path, SECTIONS.iter().map(|section| section.path));
            let found = report.warn("unknown-section", name, format!("unknown section `{path}`"));
            suggest(found, near);
            Inside::Silent
        }
    }
}

fn key(section: &str, name: &str, place: Span, report: &mut Report) {
    let path = logical(&join(section, name));
    if !schema::can_store(&path) {
        return;
    }
    let row = schema::key_at(&path);
    if let Some(row) = row
        && name.contains('.')
        && row.kind.is_number()
    {
        // Such a key is stored as text, and whoever reads it looks for a number.
        let (inside, last) = path.rsplit_once('.').unwrap_or(("", &path));
        let found = report.warn(
            "misplaced-key",
            place,
            format!("`{name}` has no effect here"),
        );
        return found.help(format!("write `{last}` in section `{inside}`"));
    }
    match row.map(|row| row.dead) {
        Some(None) => {}
        Some(Some(why)) => {
            report.warn("dead-key", place, format!("`{path}` has no effect: {why}"));
        }
        None => {
            let near = nearest(&path, KEYS.iter().map(|row| row.path));
            let found = report.warn("unknown-key", place, format!("unknown key `{path}`"));
            suggest(found, near);
        }
    }
}

/// The sections inside `logging` know the keys of `logging` and their own names.
fn logical(path: &str) -> String {
    match path
        .strip_prefix("logging.")
        .and_then(|rest| rest.split_once('.'))
    {
        Some(("logger_subsys", "subsys") | ("logging_daemon", "name" | "subsys")) => {
            "logging.debug".into()
        }
        Some(("logger_subsys" | "logging_daemon", key)) => format!("logging.{key}"),
        _ => path.into(),
    }
}

fn suggest(found: &mut crate::Diagnostic, near: Option<&str>) {
    if let Some(near) = near {
        found.help(format!(
            "did you mean `{}`?",
            near.replace("ringN", "ring0")
        ));
    }
}

/// The known path that is at most two edits (one for short names) away, or has the same name in another section.
fn nearest<'a>(path: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let allowed = if name.len() < 6 { 1 } else { 2 };
    let siblings = known
        .clone()
        .filter(|other| other.rsplit_once('.').unwrap_or(("", other)).0 == section);
    let close = siblings
        .map(|other| (distance(path, other), other))
        .filter(|&(edits, _)| edits <= allowed);
    close.min().map(|(_, other)| other).or_else(|| {
        let mut elsewhere = known.filter(|other| other.rsplit('.').next() == Some(name));
        elsewhere.next()
    })
}

/// Levenshtein's distance, bounded by the length of a path.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_suggested() {
        let near = |path| nearest(path, KEYS.iter().map(|row| row.path));
        assert_eq!(near("totem.tokn"), Some("totem.token"));
        assert_eq!(near("quorum.wait_for_al"), Some("quorum.wait_for_all"));
        assert_eq!(near("totem.two_node"), Some("quorum.two_node"));
        assert_eq!(near("totem.nonsense"), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
