//! The entries of a history: their names, their order, and what of it counts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::result::{rc, status};
use crate::cib::HistoryEntry;

/// Entries, the oldest first; of equal ones the one that is written last.
pub(super) fn entries_by_age(ops: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    let mut entries: Vec<&HistoryEntry> = ops.iter().rev().collect();
    // Age is not transitive where pending operations are among them.
    if entries
        .windows(2)
        .any(|two| by_age(two[0], two[1]) == Ordering::Greater)
    {
        crate::assign::merge_sort(&mut entries, &mut |a, b| by_age(a, b));
    }
    entries
}

/// The older one first.
fn by_age(a: &HistoryEntry, b: &HistoryEntry) -> Ordering {
    if a.call_id >= 0 && b.call_id >= 0 {
        if a.call_id != b.call_id {
            return a.call_id.cmp(&b.call_id);
        }
        let times = (a.last_rc_change, b.last_rc_change);
        return match times {
            (Some(x), y) if Some(x) < y => Ordering::Less,
            (x, Some(y)) if x > Some(y) => Ordering::Greater,
            _ => Ordering::Equal,
        };
    }
    if a.call_id == b.call_id && a.id == b.id {
        return Ordering::Equal;
    }
    match (a.transition(), b.transition()) {
        (Some((x, _, u)), Some((y, _, v))) if u == v && x != y => {
            if x == -1 {
                Ordering::Greater
            } else if y == -1 {
                Ordering::Less
            } else {
                x.cmp(&y)
            }
        }
        // The pending one is the newer one.
        _ => match (a.call_id < 0, b.call_id < 0) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => Ordering::Equal,
        },
    }
}

/// The last start and the last stop, by their places; −1 if there is none.
pub(super) fn active_range(entries: &[&HistoryEntry]) -> (isize, isize) {
    let (mut start, mut stop, mut monitor, mut clone) = (-1, -1, -1, -1);
    for (i, e) in (0isize..).zip(entries) {
        match &*e.operation {
            "stop" if e.status == status::DONE => stop = i,
            "start" | "migrate_from" => start = i,
            "monitor" if monitor <= stop && matches!(e.rc, rc::OK | rc::RUNNING_PROMOTED) => {
                monitor = i;
            }
            "promote" | "demote" => clone = i,
            _ => {}
        }
    }
    if start == -1 {
        start = if clone == -1 { monitor } else { clone };
    }
    (start, stop)
}

/// Entries since the last start, oldest first; none if it was stopped after that.
pub(crate) fn active_entries(ops: &[HistoryEntry]) -> Vec<&HistoryEntry> {
    let mut entries = entries_by_age(ops);
    let (start, stop) = active_range(&entries);
    if start < stop {
        return Vec::new();
    }
    let first = usize::try_from(start).unwrap_or(0);
    entries.split_off(first)
}

/// The operation key, if need be made from what the entry says.
pub(super) fn key_of(entry: &HistoryEntry) -> String {
    if let Some(key) = &entry.key {
        key.to_string()
    } else {
        let id = &entry.id;
        match id
            .strip_suffix("_last_failure_0")
            .or_else(|| id.strip_suffix("_last_0"))
        {
            Some(rsc) => format!("{rsc}_{}_{}", entry.operation, entry.interval_ms),
            None => id.to_string(),
        }
    }
}
