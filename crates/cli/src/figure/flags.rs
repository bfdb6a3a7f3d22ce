//! What was done to the cluster, as flags above it.

use std::fmt::Write;

use ringwright_sims::Timeline;
use ringwright_sims::timeline::Micros;

use super::canvas::{Canvas, Scale, length};
use crate::html::escape;

/// Rows of flags at most; what has no room there is a pole without a flag.
const ROWS_MAX: usize = 5;
const ROW: f64 = 19.0;
const FLAG: f64 = 16.0;
const BASE: f64 = 12.0;
/// Of a flag beside its text, px.
const PADDING: f64 = 5.0;
/// Longer texts end in an ellipsis.
const CHARACTERS_MAX: usize = 34;

/// Flags at one time are one flag.
fn flags(timeline: &Timeline) -> Vec<(Micros, String)> {
    let mut flags: Vec<(Micros, String)> = Vec::new();
    let done = timeline.faults.iter();
    for fault in done.filter(|fault| !crate::story::is_work(&fault.verb)) {
        match flags.last_mut() {
            Some((at, text)) if *at == fault.at => {
                let _ = write!(text, "; {}", fault.verb);
            }
            _ => flags.push((fault.at, fault.verb.clone())),
        }
    }
    for (_, text) in &mut flags {
        if text.chars().count() > CHARACTERS_MAX {
            *text = text.chars().take(CHARACTERS_MAX - 1).collect();
            text.push('…');
        }
    }
    flags
}

/// Each flag's left edge and row; `None` if there is no room. The page's script does the same.
fn places(flags: &[(Micros, f64)], scale: Scale) -> Vec<(f64, Option<usize>)> {
    let mut ends = [f64::MIN; ROWS_MAX];
    let place = |(at, wide): &(Micros, f64)| {
        let x = scale.x(*at).min(scale.width - wide).max(0.0);
        let row = ends.iter().position(|end| end + 4.0 <= x);
        if let Some(row) = row {
            ends[row] = x + wide;
        }
        (x, row)
    };
    flags.iter().map(place).collect()
}

/// Draws flags, and their poles down to `bottom` below them; returns the height of the flags, too.
pub(super) fn draw(timeline: &Timeline, scale: Scale, bottom: f64) -> (String, f64) {
    let flags = flags(timeline);
    let wide = |text: &str| length(text) + 2.0 * PADDING;
    let measured: Vec<_> = flags.iter().map(|(at, text)| (*at, wide(text))).collect();
    let places = places(&measured, scale);
    let rows = places
        .iter()
        .filter_map(|(_, row)| row.map(|row| row + 1))
        .max();
    let height = row(rows.unwrap_or(0)) + 4.0;
    let mut canvas = Canvas::new(scale);
    canvas.open("flags");
    for ((at, _), (_, place)) in flags.iter().zip(&places) {
        canvas.tick("pole", *at, row(place.unwrap_or(0)), height + bottom);
    }
    for (((at, text), (_, wide)), (x, place)) in flags.iter().zip(&measured).zip(places) {
        let hidden = if place.is_none() { " hidden" } else { "" };
        let y = row(place.unwrap_or(0));
        let _ = writeln!(
            canvas.svg,
            r#"<g class="flag{hidden}" data-a="{at}" data-wide="{wide:.1}" transform="translate({x:.1} {y:.1})"><rect width="{wide:.1}" height="{FLAG}" rx="2"/><text x="{PADDING}" y="{BASE}">{}</text></g>"#,
            escape::text(text)
        );
    }
    canvas.close();
    (canvas.svg, height)
}

/// The top of a row.
fn row(number: usize) -> f64 {
    ROW * f64::from(u32::try_from(number).unwrap_or(0))
}
