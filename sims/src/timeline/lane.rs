//! One machine's lane, from what happened to it.

use ringwright::ring;
use ringwright::{Event, NodeId};

use super::{Lane, Micros, Ring, Span, State, micros};
use crate::history::{History, What};
use crate::vintage::Vintage;
use crate::world::Settings;

pub(super) fn of(history: &History, settings: &Settings, node: NodeId, until: Micros) -> Lane {
    let machine = settings.setup.as_ref().map(|setup| &setup.machines[&node]);
    let mut lane = Lane {
        node: node.0,
        name: machine.map_or_else(|| node.to_string(), |machine| machine.hostname.clone()),
        vintage: machine.map_or(Vintage::Ringwright, |machine| machine.vintage),
        spans: Vec::new(),
        rings: Vec::new(),
    };
    let mut now = Span {
        from: 0,
        to: 0,
        state: State::Off,
        members: Vec::new(),
        quorate: false,
        settled: true,
        ring: String::new(),
        floating: false,
    };
    // What it goes on with after a pause.
    let mut before = State::Off;
    let records = history.records.iter();
    for record in records.filter(|record| record.life.node == node) {
        let at = micros(record.at);
        let mut next = now.clone();
        match &record.what {
            What::Paused => before = std::mem::replace(&mut next.state, State::Paused),
            What::Resumed => next.state = before.clone(),
            what => apply(&mut next, what, &mut lane.rings, at),
        }
        if next != now {
            now.to = at;
            if now.from < at {
                lane.spans.push(now);
            }
            next.from = at;
            now = next;
        }
    }
    now.to = until.max(now.from);
    lane.spans.push(now);
    lane
}

fn apply(span: &mut Span, what: &What, rings: &mut Vec<Ring>, at: Micros) {
    match what {
        What::Started(_) => {
            span.state = State::Loading;
            forget(span);
        }
        What::Waits => span.state = State::Waiting,
        What::Deaf(_) => span.state = State::Deaf,
        // Hearing again, it goes on with the search for members that the loss of the token began.
        What::Bound(_) if span.state == State::Deaf => span.state = State::Gather,
        What::Left => end(span, State::Off),
        What::Crashed => end(
            span,
            State::Dead {
                how: "signal 9".into(),
            },
        ),
        What::Ended(end) => self::end(
            span,
            State::Dead {
                how: end.to_string(),
            },
        ),
        What::Event(event) => on_event(span, event, rings, at),
        _ => {}
    }
}

fn forget(span: &mut Span) {
    span.members.clear();
    span.ring.clear();
    span.quorate = false;
    span.settled = true;
}

fn end(span: &mut Span, state: State) {
    span.state = state;
    forget(span);
}

fn on_event(span: &mut Span, event: &Event, rings: &mut Vec<Ring>, at: Micros) {
    match event {
        Event::Ring(ring::Event::Gather(_)) => span.state = State::Gather,
        Event::Ring(ring::Event::Commit(_)) => span.state = State::Commit,
        Event::Ring(ring::Event::Recovery(_)) => span.state = State::Recovery,
        Event::Ring(ring::Event::Operational(_)) => span.state = State::Operational,
        Event::Regular(ring) => {
            span.members = ring.members.iter().map(|node| node.0).collect();
            span.ring = ring.ring_id.to_string();
            span.settled = false;
            let (id, members) = (span.ring.clone(), span.members.clone());
            rings.push(Ring { at, id, members });
        }
        Event::Quorum { quorate, .. } => span.quorate = *quorate,
        Event::Synchronised(_) => span.settled = true,
        _ => {}
    }
}
