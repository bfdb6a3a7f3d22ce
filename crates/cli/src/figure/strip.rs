//! The cluster as a whole: which views there are, how many of them are quorate, who holds the floating address.

use ringwright_sims::Timeline;

use super::canvas::Canvas;
use crate::story;

const HEADING: f64 = 18.0;
const BAR: f64 = 18.0;
const GAP: f64 = 2.0;
/// From the top of a bar to the base line of its label, px.
const BASE: f64 = 13.0;

/// Draws the strip from `y` on; returns where the next part starts.
pub(super) fn draw(canvas: &mut Canvas, timeline: &Timeline, y: f64) -> f64 {
    canvas.heading(
        y + BASE,
        "cluster",
        "what its nodes show · who holds the floating address",
    );
    let mut y = y + HEADING;
    canvas.open("strip");
    for (stretch, verdict) in story::verdicts(timeline) {
        if verdict.groups.is_empty() {
            continue;
        }
        let class = match verdict.quorate.len() {
            0 => "inquorate",
            1 => "quorate",
            _ => "alarm",
        };
        canvas.bar(class, stretch, y, BAR);
        let count = verdict.quorate.len();
        let long = match count {
            0 => format!("{} nobody is quorate", verdict.groups),
            1 => verdict.groups.clone(),
            _ => format!("{} — {count} quorate at once", verdict.groups),
        };
        let class = if count > 1 { "on-alarm" } else { "on-bar" };
        canvas.label(class, stretch, y + BASE, &[&long, &verdict.groups]);
    }
    y += BAR + GAP;
    for (stretch, holders) in story::holders(timeline) {
        let names: Vec<&str> = holders
            .iter()
            .map(|&node| story::name(timeline, node))
            .collect();
        match names.as_slice() {
            [] => {}
            [one] => {
                canvas.bar("holds", stretch, y, BAR);
                let long = format!("floating address on {one}");
                canvas.label("on-bar", stretch, y + BASE, &[&long, one]);
            }
            many => {
                canvas.bar("alarm", stretch, y, BAR);
                let who = story::list(many);
                let long = format!("floating address on {who} at once");
                canvas.label("on-alarm", stretch, y + BASE, &[&long, &who, "two!"]);
            }
        }
    }
    canvas.close();
    y + BAR + 8.0
}

/// What is behind all lanes while two nodes hold the floating address.
pub(super) fn zones(canvas: &mut Canvas, timeline: &Timeline, from: f64, to: f64) {
    for (stretch, _) in story::holders(timeline)
        .iter()
        .filter(|(_, who)| who.len() > 1)
    {
        canvas.bar("zone", *stretch, from, to - from);
    }
}
