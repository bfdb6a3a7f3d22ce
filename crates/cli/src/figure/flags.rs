//! What was done to the cluster, as flags above it.

use std::fmt::Write;

use ringwright_sims::Timeline;
use ringwright_sims::timeline::Micros;

use super::canvas::{Canvas, Scale, length};
use crate::html::escape;
use crate::story;

/// Rows of flags at most; what has no room there is a pole without a flag.
const ROWS_MAX: usize = 5;
const ROW: f64 = 19.0;
const FLAG: f64 = 16.0;
const BASE: f64 = 12.0;
/// Of a flag beside its text, px.
const PADDING: f64 = 5.0;
/// Longer texts end in an ellipsis.
const CHARACTERS_MAX: usize = 34;

/// Flags at one time are one flag, and what processes do is none.
fn flags(timeline: &Timeline) -> Vec<(Micros, String)> {
    let mut flags: Vec<(Micros, Vec<String>)> = Vec::new();
    let done = timeline.faults.iter();
    for fault in done.filter(|fault| !story::is_work(&fault.verb)) {
        match flags.last_mut() {
            Some((at, verbs)) if *at == fault.at => add(verbs, &fault.verb),
            _ => flags.push((fault.at, vec![fault.verb.clone()])),
        }
    }
    flags
        .into_iter()
        .map(|(at, verbs)| (at, short(&verbs.join("; "))))
        .collect()
}

/// `start 1` and `start 2` are `start 1,2`; `cut 1 > 2` and `cut 2 > 1` are `cut 1 <> 2`.
fn add(verbs: &mut Vec<String>, verb: &str) {
    let joined = verbs.last().and_then(|last| {
        let (name, rest) = verb.split_once(' ')?;
        let before = last.strip_prefix(name)?.strip_prefix(' ')?;
        if let (Some((from, to)), Some((other, back))) =
            (before.split_once(" > "), rest.split_once(" > "))
        {
            let is_way_back = name != "link" && from == back && to == other;
            return is_way_back.then(|| format!("{name} {from} <> {to}"));
        }
        let are_nodes = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == ',');
        (are_nodes(before) && are_nodes(rest)).then(|| format!("{last},{rest}"))
    });
    match (joined, verbs.last_mut()) {
        (Some(joined), Some(last)) => *last = joined,
        _ => verbs.push(verb.to_owned()),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= CHARACTERS_MAX {
        return text.to_owned();
    }
    let mut text: String = text.chars().take(CHARACTERS_MAX - 1).collect();
    text.push('…');
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_at_one_time_are_told_in_few_words() {
        let joined = |verbs: &[&str]| {
            let mut all = Vec::new();
            for verb in verbs {
                add(&mut all, verb);
            }
            all.join("; ")
        };
        assert_eq!(joined(&["start 1", "start 2", "start 3"]), "start 1,2,3");
        assert_eq!(joined(&["cut 1 > 2,3", "cut 2,3 > 1"]), "cut 1 <> 2,3");
        assert_eq!(joined(&["cut 1 > 2", "cut 1 > 3"]), "cut 1 > 2; cut 1 > 3");
        assert_eq!(
            joined(&["down 1", "flush 1", "heal"]),
            "down 1; flush 1; heal"
        );
        assert_eq!(joined(&["key 1 2", "key 2 2"]), "key 1 2; key 2 2");
    }

    #[test]
    fn flags_without_room_have_none_and_none_leaves_the_picture() {
        let scale = Scale {
            until: 100,
            width: 100.0,
        };
        let flags: Vec<(Micros, f64)> = (0..8).map(|at| (at, 40.0)).chain([(99, 40.0)]).collect();
        let places = places(&flags, scale);
        assert_eq!(places[4].1, Some(4));
        assert_eq!(places[5].1, None);
        assert_eq!(places[8], (60.0, Some(0)));
    }
}
