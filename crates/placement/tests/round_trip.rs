//! What is read is written again, and is read as the same.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use ringwright_placement::Cib;
use support::{installed, shared_cases};

fn read(name: &str, text: &str) -> Cib {
    Cib::parse(name, text)
        .unwrap_or_else(|error| panic!("{error}"))
        .cib
}

/// Written and read again, twice: the model stays, and so does the text.
fn assert_kept(name: &str, text: &str) {
    let mut first = read(name, text);
    let written = first.to_xml();
    let mut second = read(name, &written);
    assert_eq!(second.to_xml(), written, "{name}");
    for cib in [&mut first, &mut second] {
        // What is unknown comes last within its parent, so in another order than it was read.
        let key =
            |u: &ringwright_placement::cib::Unknown| format!("{u:?}").replace(char::is_numeric, "");
        cib.unknown.sort_by_key(key);
    }
    assert_eq!(first, second, "{name}");
}

#[test]
fn every_kind_of_element_is_kept() {
    let text = include_str!("data/everything.xml");
    assert_kept("everything.xml", text);
    let written = read("everything.xml", text).to_xml();
    assert_eq!(elements(text), elements(&written));
}

/// Every element of a document in turn gets a child that is not known there, and one beside it that has such a child.
#[test]
fn what_is_unknown_is_kept_wherever_it_is() {
    let text = include_str!("data/everything.xml");
    let document = roxmltree::Document::parse(text).expect("XML");
    for e in document.descendants().filter(roxmltree::Node::is_element) {
        let name = e.tag_name().name();
        let strange = "<strange id=\"strange-1\"><inner a=\"b\"/></strange>";
        let with = with_child(&text[e.range()], name, strange);
        let replaced = |by: &str| [&text[..e.range().start], by, &text[e.range().end..]].concat();
        let changed = replaced(&with);
        let written = read(name, &changed).to_xml();
        assert!(elements(&changed) == elements(&written), "{with}");
        assert_kept(name, &changed);
        if name != "cib" {
            let changed = replaced(&format!("{}{with}", &text[e.range()]));
            let written = read(name, &changed).to_xml();
            // Two sections of a name become one.
            let lost = lost(&changed, &written);
            assert!(lost.is_empty(), "{name} twice: {lost:?}");
        }
    }
}

/// One element of each name in turn is put into one of each name: what is refused is not lost either.
#[test]
fn what_stands_in_another_place_is_kept() {
    let text = include_str!("data/everything.xml");
    let document = roxmltree::Document::parse(text).expect("XML");
    let of_each_name: BTreeMap<&str, roxmltree::Node<'_, '_>> = document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|e| (e.tag_name().name(), e))
        .collect();
    let mut read = 0;
    for (name, e) in &of_each_name {
        for (inner, child) in &of_each_name {
            let with = with_child(&text[e.range()], name, &text[child.range()]);
            let changed = [&text[..e.range().start], &with, &text[e.range().end..]].concat();
            let Ok(parsed) = Cib::parse(name, &changed) else {
                continue;
            };
            read += 1;
            let lost = lost(&changed, &parsed.cib.to_xml());
            assert!(lost.is_empty(), "{inner} within {name}: {lost:?}");
        }
    }
    assert!(read > 1000, "{read} were read");
}

/// Elements that one document has and the other has not, however often.
fn lost(before: &str, after: &str) -> BTreeSet<String> {
    let distinct = |text: &str| BTreeSet::from_iter(elements(text));
    &distinct(before) - &distinct(after)
}

/// An element with one more child, at its end.
fn with_child(whole: &str, name: &str, child: &str) -> String {
    if let Some(start) = whole.strip_suffix("/>") {
        format!("{start}>{child}</{name}>")
    } else {
        let inside = whole.rsplit_once("</").expect("an end tag").0;
        format!("{inside}{child}</{name}>")
    }
}

/// What is in a document, in no order: the name and the attributes of each element and the name of the one around it.
fn elements(text: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(text).expect("XML");
    let nodes = document.descendants().filter(roxmltree::Node::is_element);
    let mut found: Vec<String> = nodes
        .map(|n| {
            let mut attributes: Vec<_> = n.attributes().map(|a| (a.name(), a.value())).collect();
            attributes.sort_unstable();
            let parent = n.parent().map(|p| p.tag_name().name().to_owned());
            format!("{parent:?} {} {attributes:?}", n.tag_name().name())
        })
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn the_suites_cases_are_kept() {
    let Some(cases) = shared_cases() else { return };
    for path in &cases {
        let text = std::fs::read_to_string(path).expect("a readable case");
        assert_kept(&path.display().to_string(), &text);
    }
    assert!(cases.len() > 100, "{} cases", cases.len());
}

#[test]
fn crm_verify_thinks_of_what_is_written_as_of_what_was_read() {
    let (Some(cases), true) = (shared_cases(), installed("crm_verify")) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let written = folder.path().join("written.xml");
    // A tool's start takes most of the time: every fifth.
    for path in cases.iter().step_by(5) {
        let text = std::fs::read_to_string(path).expect("a readable case");
        let cib = read(&path.display().to_string(), &text);
        std::fs::write(&written, cib.to_xml()).expect("a writable file");
        assert_eq!(verdict(&written), verdict(path), "{}", path.display());
    }
}

/// The exit status of `crm_verify`.
fn verdict(path: &Path) -> Option<i32> {
    let mut verify = Command::new("crm_verify");
    verify
        .arg("-x")
        .arg(path)
        .output()
        .expect("it runs")
        .status
        .code()
}
