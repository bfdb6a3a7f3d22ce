//! Small changes of a corosync.conf as text: what somebody would have edited.

use ringwright_config::{Document, LineKind, parse};

/// The file without any line that writes `key` in a section `section`.
pub(super) fn without_key(text: &str, section: &str, key: &str) -> String {
    keep_lines(text, |document, index| {
        let line = &document.lines()[index];
        let LineKind::Pair { key: name, .. } = &line.kind else {
            return true;
        };
        document.text(*name) != key || section_name(document, line.section) != Some(section.into())
    })
}

/// The file with `key` of the first section `section` set to a value; the section is made if it is not there.
pub(super) fn with_key(text: &str, section: &str, key: &str, value: &str) -> String {
    let cleared = without_key(text, section, key);
    let line = format!("    {key}: {value}\n");
    let whole = format!("  {section} {{\n{line}  }}\n");
    let inside = (section == "interface").then_some("totem");
    below(&cleared, section, &line)
        .or_else(|| below(&cleared, inside?, &whole))
        .unwrap_or_else(|| format!("{cleared}\n{whole}"))
}

/// The file with lines below the `{` of the first section of a name.
fn below(text: &str, section: &str, added: &str) -> Option<String> {
    let (document, _) = Document::parse("corosync.conf", text);
    let opens = |index: &usize| match &document.lines()[*index].kind {
        LineKind::Open { name, .. } => document.text(*name) == section,
        _ => false,
    };
    let at = (0..document.lines().len()).find(opens)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (head, tail) = lines.split_at(at + 1);
    Some(format!("{}{added}{}", head.concat(), tail.concat()))
}

/// The file whose nodelist has only the entries whose `ring0_addr` is wanted.
pub(super) fn with_nodes(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let parsed = parse("corosync.conf", text);
    let mut gone = Vec::new();
    for node in &parsed.config.nodes {
        let address = node.ring0_addr().unwrap_or_default();
        let place = parsed.config.place(&node.path("ring0_addr"));
        let lines = parsed.document.lines();
        let line = lines.iter().find(|line| line.span.line == place.line);
        if let (false, Some(open)) = (wanted(address), line.and_then(|line| line.section))
            && let LineKind::Open {
                close: Some(close), ..
            } = lines[open].kind
        {
            gone.push(open..=close);
        }
    }
    keep_lines(text, |_, index| {
        !gone.iter().any(|range| range.contains(&index))
    })
}

/// The file in which one address is written otherwise.
pub(super) fn with_address(text: &str, from: &str, to: &str) -> String {
    let parsed = parse("corosync.conf", text);
    let nodes = parsed.config.nodes.iter();
    let lines: Vec<_> = nodes
        .filter(|node| node.ring0_addr() == Some(from))
        .map(|node| parsed.config.place(&node.path("ring0_addr")).line)
        .collect();
    let rewrite = |(index, line): (usize, &str)| {
        let hit = lines.iter().any(|&number| number == index + 1);
        if hit {
            line.replacen(from, to, 1)
        } else {
            line.to_owned()
        }
    };
    text.split_inclusive('\n')
        .enumerate()
        .map(rewrite)
        .collect()
}

fn section_name(document: &Document, section: Option<usize>) -> Option<String> {
    match &document.lines()[section?].kind {
        LineKind::Open { name, .. } => Some(document.text(*name).into_owned()),
        _ => None,
    }
}

fn keep_lines(text: &str, keep: impl Fn(&Document, usize) -> bool) -> String {
    let (document, _) = Document::parse("corosync.conf", text);
    let lines = text.split_inclusive('\n').enumerate();
    let kept = lines.filter(|(index, _)| keep(&document, *index));
    kept.map(|(_, line)| line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::REPORT;

    fn nodes(text: &str) -> Vec<String> {
        let parsed = parse("corosync.conf", text);
        assert!(parsed.clone().accepted().is_ok(), "{text}");
        let nodes = parsed.config.nodes.iter();
        nodes
            .filter_map(|node| node.ring0_addr().map(str::to_owned))
            .collect()
    }

    #[test]
    fn a_key_goes_and_nothing_else() {
        let edited = without_key(REPORT, "quorum", "two_node");
        assert_eq!(edited, REPORT.replace("  two_node: 1\n", ""));
        assert_eq!(without_key(REPORT, "totem", "two_node"), REPORT);
    }

    #[test]
    fn a_key_is_set_in_its_section() {
        let edited = with_key(REPORT, "interface", "mcastport", "6000");
        let parsed = parse("corosync.conf", edited.as_str());
        assert_eq!(parsed.config.totem.interface.mcastport, 6000);
        assert_eq!(edited.lines().count(), REPORT.lines().count());
    }

    #[test]
    fn a_section_that_is_not_there_is_made() {
        let text = "totem {\n  version: 2\n}\n";
        let edited = with_key(text, "interface", "mcastport", "6000");
        let config = parse("corosync.conf", edited.as_str()).config;
        assert_eq!(config.totem.interface.mcastport, 6000, "{edited}");
        let edited = with_key(text, "quorum", "two_node", "1");
        let config = parse("corosync.conf", edited.as_str()).config;
        assert_eq!(config.quorum_options().two_node, 1, "{edited}");
    }

    #[test]
    fn nodes_go_by_their_address() {
        let edited = with_nodes(REPORT, |address| address != "192.168.56.3");
        assert_eq!(nodes(&edited), ["192.168.56.2", "192.168.56.4"]);
    }

    #[test]
    fn an_address_is_written_otherwise() {
        let edited = with_address(REPORT, "192.168.56.4", "192.168.56.14");
        assert_eq!(nodes(&edited)[2], "192.168.56.14");
    }
}
