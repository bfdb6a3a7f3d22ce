//! Stretches of time over which something stays the same.

use std::collections::BTreeSet;

use ringwright_sims::Timeline;
use ringwright_sims::timeline::{Lane, Micros, Outcome, View};

/// From, and up to.
pub(crate) type Stretch = (Micros, Micros);

/// Views that differ for less, while one node installs a ring a little after another, are no split.
const GLANCE: Micros = 100_000;

/// Joins neighbours that are the same.
pub(crate) fn joined<T: PartialEq>(
    parts: impl IntoIterator<Item = (Stretch, T)>,
) -> Vec<(Stretch, T)> {
    let mut all: Vec<(Stretch, T)> = Vec::new();
    for ((from, to), what) in parts {
        match all.last_mut() {
            Some(((_, end), last)) if *last == what && *end == from => *end = to,
            _ => all.push(((from, to), what)),
        }
    }
    all.retain(|((from, to), _)| from < to);
    all
}

/// Every stretch between two changes anywhere in the cluster.
fn stretches(timeline: &Timeline) -> impl Iterator<Item = Stretch> {
    let mut ends = timeline.changes();
    ends.push(timeline.until);
    let pairs: Vec<Stretch> = ends.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().filter(|(from, to)| from < to)
}

/// Who agrees with whom, seen from above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The views of those who show any, each once: `{1}- {2,3}Q`.
    pub(crate) groups: String,
    /// Those that say that they are quorate.
    pub(crate) quorate: Vec<String>,
}

impl Verdict {
    fn of(outcome: &Outcome) -> Self {
        let shown = outcome
            .0
            .values()
            .filter(|view| matches!(view, View::Members(members, _) if !members.is_empty()));
        let groups: BTreeSet<&View> = shown.collect();
        let words = |views: &mut dyn Iterator<Item = &&View>| -> Vec<String> {
            views.map(ToString::to_string).collect()
        };
        let quorate = |view: &&&View| matches!(view, View::Members(_, true));
        Self {
            groups: words(&mut groups.iter()).join(" "),
            quorate: words(&mut groups.iter().filter(quorate)),
        }
    }
}

/// The verdict over time.
pub(crate) fn verdicts(timeline: &Timeline) -> Vec<(Stretch, Verdict)> {
    let parts =
        stretches(timeline).map(|stretch| (stretch, Verdict::of(&timeline.outcome_at(stretch.0))));
    let mut verdicts = joined(parts);
    for ((from, to), verdict) in &mut verdicts {
        if *to - *from < GLANCE {
            verdict.quorate.truncate(1);
        }
    }
    verdicts
}

/// Who holds the floating address over time, by number.
pub(crate) fn holders(timeline: &Timeline) -> Vec<(Stretch, Vec<u32>)> {
    let at = |from: Micros| {
        let holds = |lane: &&Lane| {
            let next = lane.spans.partition_point(|span| span.to <= from);
            lane.spans.get(next).is_some_and(|span| span.floating)
        };
        let holders = timeline.lanes.iter().filter(holds);
        holders.map(|lane| lane.node).collect()
    };
    joined(stretches(timeline).map(|stretch| (stretch, at(stretch.0))))
}

/// Stretches that nobody wants to see, in words.
pub(crate) fn alarms(timeline: &Timeline) -> Vec<(Stretch, String)> {
    let held = holders(timeline)
        .into_iter()
        .filter(|(_, who)| who.len() > 1);
    let held = held.map(|(stretch, who)| {
        let names: Vec<&str> = who.iter().map(|&node| name(timeline, node)).collect();
        (
            stretch,
            format!("{} hold the floating address at once", list(&names)),
        )
    });
    let split = verdicts(timeline)
        .into_iter()
        .filter(|(_, verdict)| verdict.quorate.len() > 1);
    let split = split.map(|(stretch, verdict)| {
        let (count, views) = (verdict.quorate.len(), list(&verdict.quorate));
        (
            stretch,
            format!("{count} views are quorate at once, {views}"),
        )
    });
    let mut all: Vec<_> = joined(held).into_iter().chain(joined(split)).collect();
    all.sort_by_key(|(stretch, _)| *stretch);
    all
}

/// A machine's name.
pub(crate) fn name(timeline: &Timeline, node: u32) -> &str {
    let lane = timeline.lanes.iter().find(|lane| lane.node == node);
    lane.map_or("?", |lane| &lane.name)
}

/// `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        None => "nobody".into(),
        Some((last, [])) => (*last).into(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

/// `12.345 s`.
pub(crate) fn seconds(at: Micros) -> String {
    let millis = (at + 500) / 1000;
    format!("{}.{:03} s", millis / 1000, millis % 1000)
}
