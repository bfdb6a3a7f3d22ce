//! What happened when, a line a thing.

use ringwright_sims::Timeline;
use ringwright_sims::timeline::{Lane, Micros, Span, State};

use super::stretch::alarms;
use super::verbs::verb;
use super::words::{set, shows, software};

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Something that was done to the cluster.
    Fault,
    /// Something that nobody wants to see.
    Alarm,
    /// A daemon ended, or hears nothing, or stands still.
    Trouble,
    /// A ring, a verdict, the floating address.
    Ring,
    /// A step of the ring protocol.
    Phase,
    /// What processes do.
    Work,
}

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// When.
    pub(crate) at: Micros,
    /// What it is about.
    pub(crate) kind: Kind,
    /// On which node; `None` for the cluster.
    pub(crate) node: Option<u32>,
    /// What happened.
    pub(crate) text: String,
}

/// The whole story in order of time, what was done before what came of it.
pub(crate) fn events(timeline: &Timeline) -> Vec<Event> {
    let faults = timeline.faults.iter().map(|fault| Event {
        at: fault.at,
        kind: if is_work(&fault.verb) {
            Kind::Work
        } else {
            Kind::Fault
        },
        node: None,
        text: verb(timeline, &fault.verb),
    });
    let alarms = alarms(timeline).into_iter().map(|((at, _), text)| Event {
        at,
        kind: Kind::Alarm,
        node: None,
        text,
    });
    let lanes = timeline.lanes.iter().flat_map(lane);
    let mut events: Vec<Event> = faults.chain(lanes).chain(alarms).collect();
    events.sort_by_key(|event| event.at);
    events
}

/// Whether a verb is what processes do, no fault.
pub(crate) fn is_work(verb: &str) -> bool {
    ["send ", "join ", "quit "]
        .iter()
        .any(|work| verb.starts_with(work))
}

fn lane(lane: &Lane) -> Vec<Event> {
    let mut events = Vec::new();
    for pair in lane.spans.windows(2) {
        step(lane, &pair[0], &pair[1], &mut events);
    }
    events
}

/// What is told of the border between two spans.
fn step(lane: &Lane, before: &Span, after: &Span, events: &mut Vec<Event>) {
    let mut tell = |kind, text: String| {
        let (at, node) = (after.from, Some(lane.node));
        events.push(Event {
            at,
            kind,
            node,
            text,
        });
    };
    if before.state != after.state {
        let (kind, text) = enters(lane, &before.state, &after.state);
        tell(kind, text);
    }
    let mut parts = Vec::new();
    if after.ring != before.ring && !after.ring.is_empty() {
        let again = if after.members == before.members {
            " once more"
        } else {
            ""
        };
        parts.push(format!(
            "ring {} of {}{again}",
            after.ring,
            set(&after.members)
        ));
    }
    let was_quorate = shows(before) && before.quorate;
    if shows(after) && after.quorate != was_quorate {
        parts.push(
            if after.quorate {
                "quorate"
            } else {
                "not quorate any more"
            }
            .into(),
        );
    }
    if after.floating != before.floating {
        let verb = if after.floating { "takes" } else { "gives up" };
        parts.push(format!("{verb} the floating address"));
    }
    if !parts.is_empty() {
        tell(Kind::Ring, parts.join(", "));
    }
}

fn enters(lane: &Lane, before: &State, after: &State) -> (Kind, String) {
    let text = match after {
        State::Off => "has left in order",
        State::Loading => return (Kind::Phase, format!("loads {}", software(lane))),
        State::Waiting => return (Kind::Ring, "waits for its address".into()),
        State::Gather if *before == State::Operational => {
            "has lost the token or hears a stranger, looks for members"
        }
        State::Gather => "looks for members",
        State::Commit => "agrees on a ring",
        State::Recovery => "exchanges old messages",
        State::Operational => "orders messages",
        State::Paused => {
            return (
                Kind::Trouble,
                "stands still; its tools show the last view".into(),
            );
        }
        State::Deaf => {
            let text = "its address is gone: listens on 127.0.0.1, hears nobody, not even itself";
            return (Kind::Trouble, text.into());
        }
        State::Dead { how } => return (Kind::Trouble, format!("ends: {how}")),
    };
    let kind = if *after == State::Off {
        Kind::Ring
    } else {
        Kind::Phase
    };
    (kind, text.into())
}
