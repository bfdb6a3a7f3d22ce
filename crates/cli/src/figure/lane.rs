//! A node's lane: state of the ring protocol, what its tools show, the floating address, what did not arrive.

use std::collections::BTreeMap;

use ringwright_sims::Timeline;
use ringwright_sims::host::Cause;
use ringwright_sims::timeline::{Lane, Loss, Micros, Span, State};

use super::canvas::{Canvas, float};
use crate::story;

const HEADING: f64 = 18.0;
const STATE: f64 = 18.0;
const VIEW: f64 = 18.0;
const HOLDS: f64 = 5.0;
const LOSSES: f64 = 14.0;
const BASE: f64 = 13.0;

/// Losses are drawn in at most so many bars a lane and family.
const BARS_MAX: u64 = 600;

/// Draws a lane from `y` on; returns where the next one starts.
pub(super) fn draw(canvas: &mut Canvas, timeline: &Timeline, lane: &Lane, y: f64) -> f64 {
    let more = format!("node {} · {}", lane.node, story::software(lane));
    canvas.open("lane");
    canvas.heading(y + BASE, &lane.name, &more);
    let mut y = y + HEADING;
    states(canvas, lane, y);
    y += STATE + 1.0;
    views(canvas, lane, y);
    y += VIEW + 1.0;
    holds(canvas, timeline, lane, y);
    y += HOLDS + 1.0;
    losses(canvas, timeline, lane, y);
    canvas.close();
    y + LOSSES + 8.0
}

fn states(canvas: &mut Canvas, lane: &Lane, y: f64) {
    let parts = lane
        .spans
        .iter()
        .map(|span| ((span.from, span.to), &span.state));
    for (stretch, state) in story::joined(parts) {
        let class = class(state);
        canvas.bar(&format!("state s-{class}"), stretch, y, STATE);
        let long = story::state(state);
        canvas.label(&format!("on-{class}"), stretch, y + BASE, &[&long, class]);
    }
}

/// As the style sheet calls it.
pub(super) fn class(state: &State) -> &'static str {
    match state {
        State::Off => "off",
        State::Loading => "loading",
        State::Waiting => "waiting",
        State::Gather => "gather",
        State::Commit => "commit",
        State::Recovery => "recovery",
        State::Operational => "operational",
        State::Paused => "paused",
        State::Deaf => "deaf",
        State::Dead { .. } => "dead",
    }
}

fn views(canvas: &mut Canvas, lane: &Lane, y: f64) {
    let view = |span: &Span| {
        let shows = story::shows(span);
        shows.then(|| (span.members.clone(), span.quorate, span.ring.clone()))
    };
    let parts = lane
        .spans
        .iter()
        .map(|span| ((span.from, span.to), view(span)));
    for (stretch, view) in story::joined(parts) {
        let Some((members, quorate, ring)) = view else {
            continue;
        };
        canvas.bar(
            if quorate { "quorate" } else { "inquorate" },
            stretch,
            y,
            VIEW,
        );
        let members = story::set(&members);
        let verdict = if quorate { "quorate" } else { "not quorate" };
        let letter = if quorate { "Q" } else { "-" };
        let long = format!("{members} {verdict}, ring {ring}");
        let middle = format!("{members} {verdict}");
        let short = format!("{members}{letter}");
        canvas.label("on-bar", stretch, y + BASE, &[&long, &middle, &short]);
    }
    for ring in &lane.rings {
        canvas.tick("ring", ring.at, y - 3.0, y + VIEW);
    }
}

fn holds(canvas: &mut Canvas, timeline: &Timeline, lane: &Lane, y: f64) {
    for (stretch, who) in story::holders(timeline) {
        if who.contains(&lane.node) {
            let class = if who.len() > 1 { "alarm" } else { "holds" };
            canvas.bar(class, stretch, y, HOLDS);
        }
    }
}

/// What kind of trouble a loss is.
pub(super) fn family(cause: Cause) -> &'static str {
    match cause {
        Cause::Cut | Cause::Loss | Cause::TooLong | Cause::Chosen | Cause::Full => "path",
        Cause::Away | Cause::NoOwner | Cause::WrongOwner | Cause::NotBound => "address",
        Cause::Unlisted | Cause::WrongKey => "refused",
    }
}

/// Whose lane shows a loss: the receiver's, or the sender's if no machine was to receive it.
fn place(loss: &Loss) -> u32 {
    if loss.receiver == 0 {
        loss.sender
    } else {
        loss.receiver
    }
}

fn losses(canvas: &mut Canvas, timeline: &Timeline, lane: &Lane, y: f64) {
    let slot = (timeline.until / BARS_MAX).max(100_000);
    let mut sums: BTreeMap<(u32, Micros), BTreeMap<&str, u64>> = BTreeMap::new();
    for loss in &timeline.losses {
        let sum = sums.entry((place(loss), loss.from / slot)).or_default();
        *sum.entry(family(loss.cause)).or_default() += u64::from(loss.count);
    }
    let total = |sum: &BTreeMap<&str, u64>| sum.values().sum::<u64>();
    let most = sums.values().map(total).max().unwrap_or(1);
    let here = sums.iter().filter(|((node, _), _)| *node == lane.node);
    for ((_, index), sum) in here {
        let all = total(sum);
        // The root keeps the single one visible beside hundreds.
        let height = LOSSES * (float(all) / float(most)).sqrt();
        let mut top = y + LOSSES;
        for (family, count) in sum {
            let part = height * float(*count) / float(all);
            top -= part;
            let from = index * slot;
            canvas.bar(&format!("loss-{family}"), (from, from + slot), top, part);
        }
    }
}
