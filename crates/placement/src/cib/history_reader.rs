//! Entries of a history, the bulk of a large file.

use alloc::vec::Vec;

use super::status::HistoryEntry;
use super::value::{interval_ms, leading_integer};
use crate::diagnostic::Diagnostic;
use crate::xml::{Attrs, Interner, Reader, Text};

/// What an attribute is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Operation,
    Key,
    Interval,
    CallId,
    Rc,
    Status,
    TransitionKey,
    TransitionMagic,
    LastRcChange,
    ExecTime,
    QueueTime,
    OnNode,
    ExitReason,
    MigrateSource,
    MigrateTarget,
    Digest,
    RestartDigest,
    ForceRestart,
    FeatureSet,
    Extra,
}

impl Field {
    fn of(name: &str) -> Self {
        match name {
            "id" => Self::Id,
            "operation" => Self::Operation,
            "operation_key" => Self::Key,
            "interval" => Self::Interval,
            "call-id" => Self::CallId,
            "rc-code" => Self::Rc,
            "op-status" => Self::Status,
            "transition-key" => Self::TransitionKey,
            "transition-magic" => Self::TransitionMagic,
            "last-rc-change" => Self::LastRcChange,
            "exec-time" => Self::ExecTime,
            "queue-time" => Self::QueueTime,
            "on_node" => Self::OnNode,
            "exit-reason" => Self::ExitReason,
            "migrate_source" => Self::MigrateSource,
            "migrate_target" => Self::MigrateTarget,
            "op-digest" => Self::Digest,
            "op-restart-digest" => Self::RestartDigest,
            "op-force-restart" => Self::ForceRestart,
            "crm_feature_set" => Self::FeatureSet,
            _ => Self::Extra,
        }
    }
}

/// An attribute of the last entry: most entries have the same ones in the same order, and many values repeat.
struct Seen<'a> {
    name: &'a str,
    field: Field,
    value: Text,
}

/// Reads entries, each with the help of the last one.
#[derive(Default)]
pub(super) struct EntryReader<'a> {
    seen: Vec<Seen<'a>>,
}

impl<'a> EntryReader<'a> {
    /// The `lrm_rsc_op` that just started.
    pub(super) fn read(&mut self, reader: &mut Reader<'a>) -> Result<HistoryEntry, Diagnostic> {
        let empty = reader.interner.empty();
        let mut entry = HistoryEntry {
            extra: Attrs::at(reader.place),
            ..HistoryEntry::empty(&empty)
        };
        let attrs = core::mem::take(&mut reader.attrs);
        let (mut magic, mut has_status, mut has_rc) = (None, false, false);
        for (index, (name, value)) in attrs.iter().enumerate() {
            let field = self.field(index, name, &empty);
            has_status |= field == Field::Status;
            has_rc |= field == Field::Rc;
            if field == Field::TransitionMagic {
                magic = Some(value);
            } else if !number(&mut entry, field, value) {
                let text = self.shared(index, value, &mut reader.interner);
                match slot(&mut entry, field) {
                    Some(slot) => *slot = Some(text),
                    None if field == Field::Id => entry.id = text,
                    None if field == Field::Operation => entry.operation = text,
                    None => entry.extra.push(reader.interner.text(name), text),
                }
            }
        }
        // Entries of old controllers lack the fields that the magic holds.
        if let Some(magic) = magic {
            if !(has_status && has_rc && entry.transition_key.is_some()) {
                recall(&mut entry, magic, has_status, has_rc);
            }
            if !is_implied(&entry, magic) {
                entry.seldom_mut().transition_magic = Some(reader.interner.text(magic));
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

    fn field(&mut self, index: usize, name: &'a str, empty: &Text) -> Field {
        match self.seen.get(index) {
            // The reader hands out the same name again; to compare it would be needless.
            Some(seen) if core::ptr::eq(seen.name, name) => return seen.field,
            Some(seen) if seen.name == name => return seen.field,
            _ => {}
        }
        let field = Field::of(name);
        self.seen.truncate(index);
        self.seen.push(Seen {
            name,
            field,
            value: Text::clone(empty),
        });
        field
    }

    fn shared(&mut self, index: usize, value: &str, interner: &mut Interner) -> Text {
        let last = &mut self.seen[index].value;
        if **last != *value {
            *last = interner.text(value);
        }
        Text::clone(last)
    }
}

/// Sets a field that is a number; whether it is one.
fn number(entry: &mut HistoryEntry, field: Field, v: &str) -> bool {
    let count = || u32::try_from(leading_integer(v)).ok();
    match field {
        Field::Interval => {
            entry.interval_ms =
                u32::try_from(leading_integer(v)).unwrap_or_else(|_| interval_ms(Some(v)));
        }
        Field::CallId => entry.call_id = small(v),
        Field::Rc => entry.rc = small(v),
        Field::Status => entry.status = small(v),
        Field::LastRcChange => entry.last_rc_change = Some(leading_integer(v)),
        Field::ExecTime => entry.exec_time = count(),
        Field::QueueTime => entry.queue_time = count(),
        _ => return false,
    }
    true
}

/// Where a text goes that may be missing.
fn slot(entry: &mut HistoryEntry, field: Field) -> Option<&mut Option<Text>> {
    Some(match field {
        Field::Key => &mut entry.key,
        Field::TransitionKey => &mut entry.transition_key,
        Field::OnNode => &mut entry.on_node,
        Field::ExitReason => &mut entry.seldom_mut().exit_reason,
        Field::MigrateSource => &mut entry.seldom_mut().migrate_source,
        Field::MigrateTarget => &mut entry.seldom_mut().migrate_target,
        Field::Digest => &mut entry.digest,
        Field::RestartDigest => &mut entry.seldom_mut().restart_digest,
        Field::ForceRestart => &mut entry.seldom_mut().force_restart,
        Field::FeatureSet => &mut entry.feature_set,
        _ => return None,
    })
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
        entry.transition_key = Some(Text::from(key));
    }
}

/// Whether `magic` is what the other fields say, written as we write it.
fn is_implied(entry: &HistoryEntry, magic: &str) -> bool {
    let key = entry.transition_key.as_deref();
    let head = key.and_then(|key| magic.strip_suffix(key)?.strip_suffix(';'));
    let Some((status, rc)) = head.and_then(|head| head.split_once(':')) else {
        return false;
    };
    let same = |text: &str, number: i32| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits == "0" || !(digits.is_empty() || digits.starts_with(['0', '+']));
        plain && text != "-0" && text.parse() == Ok(number)
    };
    same(status, entry.status) && same(rc, entry.rc)
}

fn small(v: &str) -> i32 {
    i32::try_from(leading_integer(v)).unwrap_or(-1)
}
