//! The status section, read without keeping its elements: it is the bulk of a large file.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::nvset::NvSet;
use super::status::{HistoryEntry, HistoryResource, NodeState, TicketState};
use super::value::{interval_ms, leading_integer};
use super::{Cib, Unknown};
use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Element, Event, Interner, Reader, Text};

type Stray = Vec<Unknown>;

pub(super) fn read(
    reader: &mut Reader<'_>,
    cib: &mut Cib,
    stray: &mut Stray,
) -> Result<(), Diagnostic> {
    while reader.next()? == Event::Start {
        match reader.name {
            "node_state" => {
                let node = node_state(reader, stray)?;
                cib.status.nodes.push(node);
            }
            "tickets" => {
                let tickets = reader.element()?;
                cib.status
                    .tickets
                    .extend(tickets.children.iter().map(|t| TicketState {
                        attrs: t.attrs.clone(),
                    }));
            }
            _ => stray.push(Unknown::within("status", "", reader.element()?)),
        }
    }
    Ok(())
}

fn node_state(reader: &mut Reader<'_>, stray: &mut Stray) -> Result<NodeState, Diagnostic> {
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
                        node.transient.push(nvset(&set));
                    } else {
                        stray.push(Unknown::within("transient_attributes", "", set));
                    }
                }
            }
            "lrm" => {
                while reader.next()? == Event::Start {
                    match reader.name {
                        "lrm_resources" => resources(reader, &mut node, stray)?,
                        _ => stray.push(Unknown::within("lrm", "", reader.element()?)),
                    }
                }
            }
            _ => stray.push(Unknown::within("node_state", "", reader.element()?)),
        }
    }
    let id: Text = Arc::from(node.attrs.id());
    for unknown in &mut stray[before..] {
        unknown.node = Arc::clone(&id);
    }
    Ok(node)
}

/// Transient attributes have neither rules nor references, but sometimes a wrapper.
fn nvset(e: &Element) -> NvSet {
    let mut pairs: Vec<Attrs> = e.named("nvpair").map(|p| p.attrs.clone()).collect();
    for wrapper in e.named("attributes") {
        pairs.extend(wrapper.named("nvpair").map(|p| p.attrs.clone()));
    }
    NvSet {
        attrs: e.attrs.clone(),
        rule: None,
        pairs,
    }
}

fn resources(
    reader: &mut Reader<'_>,
    node: &mut NodeState,
    stray: &mut Stray,
) -> Result<(), Diagnostic> {
    while reader.next()? == Event::Start {
        if reader.name != "lrm_resource" {
            stray.push(Unknown::within("lrm_resources", "", reader.element()?));
            continue;
        }
        let mut resource = history_resource(reader);
        while reader.next()? == Event::Start {
            if reader.name == "lrm_rsc_op" {
                let entry = history_entry(reader)?;
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

fn history_resource(reader: &mut Reader<'_>) -> HistoryResource {
    let empty = reader.interner.text("");
    let mut r = HistoryResource {
        id: Arc::clone(&empty),
        class: Arc::clone(&empty),
        provider: None,
        kind: empty,
        extra: Attrs::at(reader.place),
        ops: Vec::new(),
    };
    let intern = &mut reader.interner;
    for (name, v) in &reader.attrs {
        match *name {
            "id" => r.id = intern.text(v),
            "class" => r.class = intern.text(v),
            "provider" => r.provider = Some(intern.text(v)),
            "type" => r.kind = intern.text(v),
            _ => r.extra.push(intern.text(name), intern.text(v)),
        }
    }
    r
}

fn history_entry(reader: &mut Reader<'_>) -> Result<HistoryEntry, Diagnostic> {
    let mut entry = HistoryEntry {
        extra: Attrs::at(reader.place),
        ..HistoryEntry::default()
    };
    let attrs = core::mem::take(&mut reader.attrs);
    for (name, v) in &attrs {
        if !number(&mut entry, name, v) {
            text(&mut entry, &mut reader.interner, name, v);
        }
    }
    // Entries of old controllers lack the fields that the magic holds.
    if let Some(magic) = entry.transition_magic.take() {
        let has = |n: &str| attrs.iter().any(|(name, _)| *name == n);
        recall(&mut entry, &magic, has("op-status"), has("rc-code"));
        if !is_implied(&entry, &magic) {
            entry.transition_magic = Some(magic);
        }
    }
    reader.attrs = attrs;
    if entry.operation.is_empty() {
        return Err(reader.error_at(
            reader.place,
            "no-operation",
            "<lrm_rsc_op> has no operation",
        ));
    }
    Ok(entry)
}

/// Takes status and code from `STATUS:RC;KEY` where they are not written.
fn recall(entry: &mut HistoryEntry, magic: &str, has_status: bool, has_rc: bool) {
    let Some((head, key)) = magic.split_once(';') else {
        return;
    };
    let Some((status, rc)) = head.split_once(':') else {
        return;
    };
    if !has_status {
        entry.status = small(status);
    }
    if !has_rc {
        entry.rc = small(rc);
    }
    if entry.transition_key.is_none() {
        entry.transition_key = Some(Arc::from(key));
    }
}

/// Whether `magic` is what the other fields say, written as we write it.
fn is_implied(entry: &HistoryEntry, magic: &str) -> bool {
    let Some((head, key)) = magic.split_once(';') else {
        return false;
    };
    let Some((status, rc)) = head.split_once(':') else {
        return false;
    };
    let same = |text: &str, number: i32| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits == "0" || !(digits.is_empty() || digits.starts_with(['0', '+']));
        plain && text != "-0" && text.parse() == Ok(number)
    };
    same(status, entry.status) && same(rc, entry.rc) && entry.transition_key.as_deref() == Some(key)
}

fn small(v: &str) -> i32 {
    i32::try_from(leading_integer(v)).unwrap_or(-1)
}

fn number(entry: &mut HistoryEntry, name: &str, v: &str) -> bool {
    let count = || u32::try_from(leading_integer(v)).ok();
    match name {
        "interval" => {
            entry.interval_ms =
                u32::try_from(leading_integer(v)).unwrap_or_else(|_| interval_ms(Some(v)));
        }
        "call-id" => entry.call_id = small(v),
        "rc-code" => entry.rc = small(v),
        "op-status" => entry.status = small(v),
        "last-rc-change" => entry.last_rc_change = Some(leading_integer(v)),
        "exec-time" => entry.exec_time = count(),
        "queue-time" => entry.queue_time = count(),
        _ => return false,
    }
    true
}

fn text(entry: &mut HistoryEntry, intern: &mut Interner, name: &str, v: &str) {
    let shared = |intern: &mut Interner| Some(intern.text(v));
    match name {
        "id" => entry.id = intern.text(v),
        "operation" => entry.operation = intern.text(v),
        "operation_key" => entry.key = Some(intern.text(v)),
        "transition-key" => entry.transition_key = shared(intern),
        "transition-magic" => entry.transition_magic = shared(intern),
        "on_node" => entry.on_node = shared(intern),
        "exit-reason" => entry.exit_reason = shared(intern),
        "migrate_source" => entry.migrate_source = shared(intern),
        "migrate_target" => entry.migrate_target = shared(intern),
        "op-digest" => entry.digest = shared(intern),
        "op-restart-digest" => entry.restart_digest = shared(intern),
        "op-force-restart" => entry.force_restart = shared(intern),
        "crm_feature_set" => entry.feature_set = shared(intern),
        _ => entry.extra.push(intern.text(name), intern.text(v)),
    }
}
