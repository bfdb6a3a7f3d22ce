//! Sections and keys that nobody reads: misspelt, or left over from older versions.

use crate::diagnostic::Report;
use crate::document::{Document, LineKind};
use crate::schema::{self, KEYS, SECTIONS, Use};

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
        let path_of = |name: &str| {
            if outer.is_empty() {
                name.to_owned()
            } else {
                format!("{outer}.{name}")
            }
        };
        match line.kind {
            LineKind::Open { name, .. } => {
                let path = path_of(&document.text(name));
                let inside = match (
                    inside,
                    schema::section_at(&path).map(|section| section.use_),
                ) {
                    (Inside::Silent, _) | (_, Some(Use::Open)) => Inside::Silent,
                    (_, Some(Use::Listed)) => Inside::Listed,
                    (_, Some(Use::Dead(why))) => {
                        let message = format!("section `{path}` has no effect: {why}");
                        report.warn("dead-section", name, message);
                        Inside::Silent
                    }
                    (_, None) => {
                        let near = nearest(&path, SECTIONS.iter().map(|section| section.path));
                        let found = report.warn(
                            "unknown-section",
                            name,
                            format!("unknown section `{path}`"),
                        );
                        suggest(found, near);
                        Inside::Silent
                    }
                };
                open.push((path, inside));
            }
            LineKind::Close => {
                open.pop();
            }
            LineKind::Pair { key, .. } if inside == Inside::Listed => {
                let name = document.text(key);
                let path = logical(&path_of(&name));
                match schema::key_at(&path)
                    .filter(|_| !name.contains('.'))
                    .map(|row| row.dead)
                {
                    Some(None) => {}
                    Some(Some(why)) => {
                        report.warn("dead-key", key, format!("`{path}` has no effect: {why}"));
                    }
                    None => {
                        let near = nearest(&path, KEYS.iter().map(|row| row.path));
                        suggest(
                            report.warn("unknown-key", key, format!("unknown key `{path}`")),
                            near,
                        );
                    }
                }
            }
            _ => {}
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
        found.help(format!("did you mean `{near}`?"));
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
