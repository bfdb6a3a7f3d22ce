//! Names of what is done.

use alloc::borrow::Cow;
use alloc::string::ToString;

/// The name of an action; almost always one of those below.
pub(crate) type Task = Cow<'static, str>;

const KNOWN: [&str; 22] = [
    "start",
    "running",
    "stop",
    "stopped",
    "promote",
    "promoted",
    "demote",
    "demoted",
    "monitor",
    "notify",
    "notified",
    "migrate_to",
    "migrate_from",
    "cancel",
    "delete",
    "clear_failcount",
    "stonith",
    "do_shutdown",
    "reload-agent",
    "load_stopped",
    "status",
    "reload",
];

/// The task of a name; the names of promoted roles as actions are understood in their new spelling.
pub(crate) fn of(name: &str) -> Task {
    match KNOWN.iter().find(|k| **k == name) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(name.to_string()),
    }
}

/// What undoes it.
pub(crate) fn inverse(task: &str) -> Option<&'static str> {
    Some(match task {
        "start" => "stop",
        "stop" => "start",
        "promote" => "demote",
        "demote" => "promote",
        "running" => "stopped",
        "stopped" => "running",
        "promoted" => "demoted",
        "demoted" => "promoted",
        _ => return None,
    })
}

/// The name once all instances have done it.
pub(crate) fn done(task: &str) -> Option<&'static str> {
    Some(match task {
        "start" | "running" => "running",
        "stop" | "stopped" => "stopped",
        "promote" | "promoted" => "promoted",
        "demote" | "demoted" => "demoted",
        "notify" | "notified" => "notified",
        _ => return None,
    })
}

/// What an instance does when the whole has done it.
pub(crate) fn of_instance(task: &str) -> &str {
    match task {
        "running" => "start",
        "stopped" => "stop",
        "promoted" => "promote",
        "demoted" => "demote",
        "notified" => "notify",
        other => other,
    }
}
