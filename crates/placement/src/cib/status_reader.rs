//! The status section, read without keeping its elements: it is the bulk of a large file.

use alloc::vec::Vec;

use super::history_reader::EntryReader;
use super::nvset::NvSet;
use super::status::{HistoryResource, NodeState, TicketState};
use super::{Cib, Unknown};
use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Element, Event, Interner, Reader, Text};

type Stray = Vec<Unknown>;

pub(super) fn read(
    reader: &mut Reader<'_>,
    cib: &mut Cib,
    stray: &mut Stray,
) -> Result<(), Diagnostic> {
    let mut entries = EntryReader::default();
    while reader.next()? == Event::Start {
        match reader.name {
            "node_state" => {
                let node = node_state(reader, &mut entries, stray)?;
                cib.status.nodes.push(node);
            }
            "tickets" => {
                for ticket in reader.element()?.children {
                    if &*ticket.name == "ticket_state" {
                        cib.status.tickets.push(TicketState {
                            attrs: leaf(ticket, stray),
                        });
                    } else {
                        stray.push(Unknown::within("tickets", "", ticket));
                    }
                }
            }
            _ => stray.push(Unknown::within("status", "", reader.element()?)),
        }
    }
    Ok(())
}

fn node_state<'a>(
    reader: &mut Reader<'a>,
    entries: &mut EntryReader<'a>,
    stray: &mut Stray,
) -> Result<NodeState, Diagnostic> {
    let mut node = NodeState {
        attrs: reader.leaf().attrs,
        ..NodeState::default()
    };
    let before = stray.len();
    while reader.next()? == Event::Start {
        match reader.name {
            "transient_attributes" => {
                for set in reader.element()?.children {
                    if &*set.name == "instance_attributes" {
                        node.transient.push(nvset(set, stray));
                    } else {
                        stray.push(Unknown::within("transient_attributes", "", set));
                    }
                }
            }
            "lrm" => {
                while reader.next()? == Event::Start {
                    match reader.name {
                        "lrm_resources" => resources(reader, entries, &mut node, stray)?,
                        _ => stray.push(Unknown::within("lrm", "", reader.element()?)),
                    }
                }
            }
            _ => stray.push(Unknown::within("node_state", "", reader.element()?)),
        }
    }
    let id: Text = Text::from(node.attrs.id());
    for unknown in &mut stray[before..] {
        unknown.node = Text::clone(&id);
    }
    Ok(node)
}

/// Transient attributes have neither rules nor references, but sometimes a wrapper.
fn nvset(e: Element, stray: &mut Stray) -> NvSet {
    let mut set = NvSet {
        attrs: e.attrs,
        ..NvSet::default()
    };
    let children = e.children.into_iter().flat_map(|child| match &*child.name {
        "attributes" => child.children,
        _ => Vec::from([child]),
    });
    for child in children {
        if &*child.name == "nvpair" {
            set.pairs.push(leaf(child, stray));
        } else {
            stray.push(Unknown::within(&e.name, set.attrs.id(), child));
        }
    }
    set
}

/// An element that is read for its attributes alone.
fn leaf(e: Element, stray: &mut Stray) -> Attrs {
    let Element {
        name,
        attrs,
        children,
    } = e;
    let unknown = |child| Unknown::within(&name, attrs.id(), child);
    stray.extend(children.into_iter().map(unknown));
    attrs
}

fn resources<'a>(
    reader: &mut Reader<'a>,
    entries: &mut EntryReader<'a>,
    node: &mut NodeState,
    stray: &mut Stray,
) -> Result<(), Diagnostic> {
    while reader.next()? == Event::Start {
        if reader.name != "lrm_resource" {
            stray.push(Unknown::within("lrm_resources", "", reader.element()?));
            continue;
        }
        let mut resource = history_resource(reader, node.history.last());
        while reader.next()? == Event::Start {
            if reader.name == "lrm_rsc_op" {
                let entry = entries.read(reader)?;
                while reader.next()? == Event::Start {
                    stray.push(Unknown::within("lrm_rsc_op", &entry.id, reader.element()?));
                }
                resource.ops.push(entry);
            } else {
                let element = reader.element()?;
                stray.push(Unknown::within("lrm_resource", &resource.id, element));
            }
        }
        resource.ops.shrink_to_fit();
        node.history.push(resource);
    }
    Ok(())
}

/// Most have the agent that the one before has.
fn history_resource(reader: &mut Reader<'_>, last: Option<&HistoryResource>) -> HistoryResource {
    let empty = reader.interner.empty();
    let mut r = HistoryResource {
        id: Text::clone(&empty),
        class: Text::clone(&empty),
        provider: None,
        kind: empty,
        extra: Attrs::at(reader.place),
        // Most have one entry.
        ops: Vec::with_capacity(1),
    };
    let intern = &mut reader.interner;
    for (name, v) in &reader.attrs {
        match *name {
            "id" => r.id = intern.text(v),
            "class" => r.class = again(last.map(|l| &l.class), v, intern),
            "provider" => {
                let provider = last.and_then(|l| l.provider.as_ref());
                r.provider = Some(again(provider, v, intern));
            }
            "type" => r.kind = again(last.map(|l| &l.kind), v, intern),
            _ => r.extra.push(intern.text(name), intern.text(v)),
        }
    }
    r
}

fn again(last: Option<&Text>, v: &str, intern: &mut Interner) -> Text {
    match last {
        Some(last) if **last == *v => Text::clone(last),
        _ => intern.text(v),
    }
}
