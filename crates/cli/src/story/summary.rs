//! How it ended, and what was lost in all.

use std::collections::BTreeMap;

use ringwright_sims::Timeline;
use ringwright_sims::host::Cause;
use ringwright_sims::timeline::View;

use super::stretch::name;
use super::words::{software, state};

/// How a node stands at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) node: u32,
    pub(crate) name: String,
    pub(crate) software: String,
    /// What its daemon does.
    pub(crate) state: String,
    /// What its tools show: `{1,2}Q`, `dead`.
    pub(crate) view: View,
    pub(crate) ring: String,
    pub(crate) floating: bool,
}

/// How all nodes stand at the end.
pub(crate) fn ends(timeline: &Timeline) -> Vec<Ends> {
    let lanes = timeline.lanes.iter().filter_map(|lane| {
        let last = lane.spans.last()?;
        Some(Ends {
            node: lane.node,
            name: lane.name.clone(),
            software: software(lane),
            state: state(&last.state),
            view: timeline.view(lane.node, timeline.until)?,
            ring: last.ring.clone(),
            floating: last.floating,
        })
    });
    lanes.collect()
}

/// Datagrams lost for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    pub(crate) cause: Cause,
    pub(crate) count: u64,
    /// Sender, receiver and how many, the most first: `master1 to master2 12`.
    pub(crate) ways: String,
}

/// How many ways are named of each cause.
const WAYS_MAX: usize = 4;

/// What was lost by cause, the most first.
pub(crate) fn lost(timeline: &Timeline) -> Vec<Lost> {
    let mut causes: BTreeMap<Cause, BTreeMap<(u32, u32), u64>> = BTreeMap::new();
    for loss in &timeline.losses {
        let ways = causes.entry(loss.cause).or_default();
        *ways.entry((loss.sender, loss.receiver)).or_default() += u64::from(loss.count);
    }
    let told = |(cause, ways): (Cause, BTreeMap<(u32, u32), u64>)| {
        let count = ways.values().sum();
        let mut ways: Vec<_> = ways.into_iter().collect();
        ways.sort_by_key(|(way, count)| (u64::MAX - count, *way));
        let more = ways.len().saturating_sub(WAYS_MAX);
        let words = ways.into_iter().take(WAYS_MAX).map(|((from, to), count)| {
            let to = if to == 0 {
                "nobody"
            } else {
                name(timeline, to)
            };
            format!("{} to {to} {count}", name(timeline, from))
        });
        let mut words: Vec<String> = words.collect();
        if more > 0 {
            words.push(format!("{more} more ways"));
        }
        Lost {
            cause,
            count,
            ways: words.join(", "),
        }
    };
    let mut lost: Vec<Lost> = causes.into_iter().map(told).collect();
    lost.sort_by_key(|lost| (u64::MAX - lost.count, lost.cause));
    lost
}
