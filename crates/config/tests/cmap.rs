//! The flat map beside what corosync-cmapctl showed of the same file on corosync 3.1.7.

use std::collections::BTreeSet;

#[test]
fn the_map_is_what_corosync_stores() {
    let file = include_str!("data/everything-odd.conf");
    let shown: BTreeSet<&str> = include_str!("data/everything-odd.cmap").lines().collect();
    let parsed = ringwright_config::parse("everything-odd.conf", file);
    let entries = parsed.config.cmap.iter();
    let ours: Vec<String> = entries
        .map(|(path, entry)| format!("{path} ({}) = {}", entry.value.type_name(), entry.value))
        .collect();
    let ours: BTreeSet<&str> = ours.iter().map(String::as_str).collect();
    let missing: Vec<_> = shown.difference(&ours).collect();
    let surplus: Vec<_> = ours.difference(&shown).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing {missing:#?}, surplus {surplus:#?}"
    );
}

#[test]
fn every_value_is_where_its_entry_says() {
    let file = include_str!("data/everything-odd.conf");
    let parsed = ringwright_config::parse("everything-odd.conf", file);
    for (path, entry) in parsed.config.cmap.iter() {
        let line = file
            .lines()
            .nth(entry.key_span.line - 1)
            .expect("a line of the file");
        assert!(
            line[entry.key_span.column - 1..].starts_with(&*parsed.document.text(entry.key_span)),
            "{path}"
        );
        assert!(
            line[entry.span.column - 1..].starts_with(&*parsed.document.text(entry.span)),
            "{path}"
        );
        let wraps = path == "totem.config_version" || path.starts_with("uidgid.");
        assert!(
            wraps || parsed.document.text(entry.span) == entry.value.to_string(),
            "{path}"
        );
    }
}
