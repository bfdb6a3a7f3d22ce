//! What colours mean, below a picture that stands alone. A page has its own.

use std::fmt::Write;

use ringwright_sims::Timeline;

use super::canvas::length;
use super::lane::{class, family};
use crate::story;

const ROW: f64 = 20.0;
/// Of a sample, px.
const SAMPLE: f64 = 22.0;

/// Each sample's class and words, only what is in the picture.
pub(crate) fn entries(timeline: Option<&Timeline>) -> Vec<(String, &'static str)> {
    let wants = |found: &dyn Fn(&Timeline) -> bool| timeline.is_none_or(found);
    let mut entries = Vec::new();
    for (state, words) in story::STATES {
        let used = |t: &Timeline| {
            let mut spans = t.lanes.iter().flat_map(|lane| &lane.spans);
            spans.any(|span| class(&span.state) == *state)
        };
        if wants(&used) {
            entries.push((format!("state s-{state}"), *words));
        }
    }
    entries.push(("quorate".into(), "quorate"));
    entries.push(("inquorate".into(), "not quorate"));
    if wants(&|t| story::holders(t).iter().any(|(_, who)| !who.is_empty())) {
        entries.push(("holds".into(), "holds the floating address"));
    }
    if wants(&|t| !story::alarms(t).is_empty()) {
        entries.push(("alarm".into(), "two at once: holders, or quorate views"));
    }
    for (name, words) in [
        ("path", "lost on the way"),
        ("address", "lost for want of the right address"),
        ("refused", "refused: not listed, other key"),
    ] {
        if wants(&|t| t.losses.iter().any(|loss| family(loss.cause) == name)) {
            entries.push((format!("loss-{name}"), words));
        }
    }
    entries
}

/// Rows of samples, and their height.
pub(super) fn draw(timeline: &Timeline, width: f64) -> (String, f64) {
    let (mut svg, mut x, mut y) = (String::new(), 0.0, 8.0);
    for (class, words) in entries(Some(timeline)) {
        let wide = SAMPLE + 6.0 + length(words) + 18.0;
        if x + wide > width && x > 0.0 {
            (x, y) = (0.0, y + ROW);
        }
        let _ = writeln!(
            svg,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{SAMPLE}" height="12"/><text class="words" x="{:.1}" y="{:.1}">{words}</text>"#,
            x + SAMPLE + 6.0,
            y + 10.0
        );
        x += wide;
    }
    (svg, y + ROW)
}
