//! Tells a run as a story, a line a thing.

use std::fmt::Write;

use ringwright::{Event, Instant, ring};

use crate::history::{History, Record, What};
use crate::script::Verb;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Faults, rings and verdicts.
    Rings,
    /// Phases, too, and what was dropped.
    Phases,
    /// Every message, too.
    Messages,
}

/// The story of a run: what was done to the cluster and what its nodes did, in order of time.
#[must_use]
pub fn story(history: &History, detail: Detail) -> String {
    let mut story = String::new();
    let mut done = history.done.iter().peekable();
    for record in &history.records {
        while let Some((at, what)) = done.next_if(|(at, _)| *at <= record.at) {
            tell_verb(&mut story, *at, what, detail);
        }
        if let Some(text) = text(record, detail) {
            let _ = writeln!(
                story,
                "{:>14}  {:<5} {text}",
                record.at.to_string(),
                record.life.to_string()
            );
        }
    }
    for (at, what) in done {
        tell_verb(&mut story, *at, what, detail);
    }
    story
}

fn tell_verb(story: &mut String, at: Instant, what: &Verb, detail: Detail) {
    if detail == Detail::Messages || !matches!(what, Verb::Send { .. }) {
        let _ = writeln!(story, "{:>14}  ----- {what}", at.to_string());
    }
}

fn text(record: &Record, detail: Detail) -> Option<String> {
    let (needs, text) = match &record.what {
        What::Event(Event::Transitional(c)) => (
            Detail::Phases,
            format!("leaves its ring with {:?}, without {:?}", c.members, c.left),
        ),
        What::Event(Event::Regular(c)) => (
            Detail::Rings,
            format!("installs {} of {:?}", c.ring_id, c.members),
        ),
        What::Event(Event::Synchronised(ring)) => {
            (Detail::Phases, format!("is synchronised in {ring}"))
        }
        What::Event(Event::Quorum {
            quorate, ring_id, ..
        }) => {
            let verdict = if *quorate { "quorate" } else { "not quorate" };
            (Detail::Rings, format!("is {verdict} in {ring_id}"))
        }
        What::Event(Event::Ring(ring::Event::Gather(reason))) => {
            (Detail::Phases, format!("gathers: {reason}"))
        }
        What::Event(event) => (Detail::Phases, format!("{event:?}")),
        What::Waits => (Detail::Rings, "waits for its address".into()),
        What::Bound(address) => (Detail::Phases, format!("is bound to {address}")),
        What::Deaf(address) => (Detail::Rings, format!("is deaf, bound to {address}")),
        What::Ended(end) => (Detail::Rings, format!("ends: {end}")),
        What::Sent(message) => (Detail::Messages, format!("sends {}", message.0)),
        What::Delivered { message, from, .. } => {
            let message = message.map_or("?".to_owned(), |message| message.0.to_string());
            (Detail::Messages, format!("delivers {message} of {from}"))
        }
        What::Membership { group, members, .. } => {
            (Detail::Phases, format!("group {group}: {members:?}"))
        }
        other => (Detail::Rings, format!("{other:?}")),
    };
    (detail >= needs).then_some(text)
}
