//! What was done to the cluster, as flags above it.

use std::fmt::Write;

use ringwright_sims::Timeline;
use ringwright_sims::timeline::Micros;

use super::canvas::{Canvas, length};
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
/// A narrow screen, px.
const NARROW: f64 = 340.0;

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
fn places(flags: &[(Micros, f64)], width: f64, until: Micros) -> Vec<(f64, Option<usize>)> {
    let scale = super::Scale { until, width };
    let mut ends = [f64::MIN; ROWS_MAX];
    let place = |(at, wide): &(Micros, f64)| {
        let x = scale.x(*at).min(width - wide).max(0.0);
        let row = ends.iter().position(|end| end + 4.0 <= x);
        if let Some(row) = row {
            ends[row] = x + wide;
        }
        (x, row)
    };
    flags.iter().map(place).collect()
}

fn measured(timeline: &Timeline) -> Vec<(Micros, f64)> {
    let flags = flags(timeline).into_iter();
    flags
        .map(|(at, text)| (at, length(&text) + 2.0 * PADDING))
        .collect()
}

/// Of the rows that flags need, on a wide screen and on a narrow one.
pub(super) fn height(timeline: &Timeline) -> f64 {
    let flags = measured(timeline);
    let rows = |width| {
        let places = places(&flags, width, timeline.until.max(1));
        places
            .iter()
            .filter_map(|(_, row)| row.map(|row| row + 1))
            .max()
    };
    let rows = rows(super::WIDTH).max(rows(NARROW)).unwrap_or(0);
    ROW * f64::from(u32::try_from(rows).unwrap_or(0)) + 4.0
}

/// Draws poles down to `bottom`, and their flags.
pub(super) fn draw(canvas: &mut Canvas, timeline: &Timeline, bottom: f64) {
    let flags = flags(timeline);
    let measured = measured(timeline);
    let places = places(&measured, canvas.scale.width, canvas.scale.until);
    canvas.open("flags");
    for ((at, _), (_, row)) in flags.iter().zip(&places) {
        let top = row.map_or(0, |row| u32::try_from(row).unwrap_or(0));
        canvas.tick("pole", *at, ROW * f64::from(top), bottom);
    }
    for (((at, text), (_, wide)), (x, row)) in flags.iter().zip(&measured).zip(places) {
        let hidden = if row.is_none() { " hidden" } else { "" };
        let y = ROW * f64::from(u32::try_from(row.unwrap_or(0)).unwrap_or(0));
        let _ = writeln!(
            canvas.svg,
            r#"<g class="flag{hidden}" data-a="{at}" data-wide="{wide:.1}" transform="translate({x:.1} {y:.1})"><rect width="{wide:.1}" height="{FLAG}" rx="2"/><text x="{PADDING}" y="{BASE}">{}</text></g>"#,
            escape::text(text)
        );
    }
    canvas.close();
}
