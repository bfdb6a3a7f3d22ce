//! Words for what a node is and shows.

use ringwright_sims::Vintage;
use ringwright_sims::timeline::{Lane, Span, State};

/// States as the style sheet calls them, and words for each.
pub(crate) const STATES: &[(&str, &str)] = &[
    ("off", "no daemon runs"),
    ("loading", "loads"),
    ("waiting", "waits for its address"),
    ("gather", "gather: looks for members"),
    ("commit", "commit: a ring is agreed on"),
    ("recovery", "recovery: old messages are exchanged"),
    ("operational", "operational: messages are ordered"),
    ("paused", "its process stands still"),
    ("deaf", "deaf: hears nobody, not even itself"),
    ("dead", "dead: aborted, exited or killed"),
];

/// A state in a word or a few.
pub(crate) fn state(state: &State) -> String {
    let word = match state {
        State::Off => "off",
        State::Loading => "loading",
        State::Waiting => "waits for its address",
        State::Gather => "gather",
        State::Commit => "commit",
        State::Recovery => "recovery",
        State::Operational => "operational",
        State::Paused => "stands still",
        State::Deaf => "deaf",
        State::Dead { how } => return format!("dead: {how}"),
    };
    word.into()
}

/// Whether tools on a node show members and a verdict.
pub(crate) fn shows(span: &Span) -> bool {
    let runs = !matches!(
        span.state,
        State::Off | State::Loading | State::Waiting | State::Dead { .. }
    );
    runs && !span.members.is_empty()
}

/// `{1,2,3}`.
pub(crate) fn set(members: &[u32]) -> String {
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    format!("{{{}}}", members.join(","))
}

/// `corosync 2.4.3` or `ringwright`.
pub(crate) fn software(lane: &Lane) -> String {
    vintage(lane.vintage)
}

/// `corosync 2.4.3` or `ringwright`.
pub(crate) fn vintage(vintage: Vintage) -> String {
    match vintage {
        Vintage::Ringwright => "ringwright".into(),
        corosync => format!("corosync {corosync}"),
    }
}
