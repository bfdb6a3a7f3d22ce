//! Who holds the floating address, as Pacemaker places it without fencing.
//!
//! A model of the least that it does: each group that considers itself quorate runs the address on one member, where it
//! is already if that member is among them, otherwise on the one with the lowest id. A member of a group without quorum
//! stops it (`no-quorum-policy=stop`), and so does one that leaves in order. Nobody stops it on a frozen or stopped node,
//! and the kernel keeps it when a daemon is killed or aborts: measured, after SIGKILL of corosync on the owner two hosts
//! hold the address for good. Ringwright's addresses are leases, which its kernel lets run out: [`LEASE`] after the end
//! or the freeze of their holder, and nobody takes one over before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lane, Micros, Span, State};
use crate::vintage::Vintage;

/// How long an address that is not renewed stays on a machine of ringwright.
const LEASE: Micros = 10_000_000;

/// Cuts the spans of all lanes where the address comes or goes.
pub(super) fn place(lanes: &mut [Lane]) {
    let mut changes: BTreeSet<Micros> = lanes
        .iter()
        .flat_map(|lane| &lane.spans)
        .map(|span| span.from)
        .collect();
    let mut holders: BTreeMap<u32, Since> = BTreeMap::new();
    let mut held: BTreeMap<u32, Vec<(Micros, bool)>> = BTreeMap::new();
    while let Some(now) = changes.pop_first() {
        let stands: Vec<(&Lane, &Span)> = lanes
            .iter()
            .map(|lane| (lane, span_at(lane, now)))
            .collect();
        let lease_ends = step(now, &stands, &mut holders);
        changes.extend(lease_ends.filter(|&end| stands.iter().any(|(_, span)| end < span.to)));
        for (lane, _) in &stands {
            let holds = holders.contains_key(&lane.node);
            let marks = held.entry(lane.node).or_default();
            if marks.last().is_some_and(|&(_, before)| before) != holds {
                marks.push((now, holds));
            }
        }
    }
    for lane in lanes {
        let marks = held.remove(&lane.node).unwrap_or_default();
        for (at, holds) in marks {
            mark(lane, at, holds);
        }
    }
}

/// Since when a holder is silent; `None` while it renews.
type Since = Option<Micros>;

fn span_at(lane: &Lane, now: Micros) -> &Span {
    let next = lane.spans.partition_point(|span| span.to <= now);
    lane.spans
        .get(next)
        .or(lane.spans.last())
        .expect("a lane has a span")
}

/// Whether nobody on the machine does anything about the address.
fn is_silent(state: &State) -> bool {
    matches!(state, State::Paused | State::Deaf | State::Dead { .. })
}

fn is_idle(state: &State) -> bool {
    matches!(state, State::Off | State::Loading | State::Waiting)
}

/// Who holds it from now on; returns when a lease runs out.
fn step(
    now: Micros,
    stands: &[(&Lane, &Span)],
    holders: &mut BTreeMap<u32, Since>,
) -> impl Iterator<Item = Micros> + use<> {
    let mut ends = Vec::new();
    for (lane, span) in stands {
        let Some(since) = holders.get_mut(&lane.node) else {
            continue;
        };
        let stays = if is_silent(&span.state) {
            let silent_since = *since.get_or_insert(now);
            let end = silent_since + LEASE;
            let leased = lane.vintage == Vintage::Ringwright;
            if leased && end > now {
                ends.push(end);
            }
            !leased || end > now
        } else {
            *since = None;
            (span.quorate || !span.settled) && !is_idle(&span.state)
        };
        if !stays {
            holders.remove(&lane.node);
        }
    }
    for group in groups(stands) {
        let mut owners = group
            .members
            .iter()
            .filter(|node| holders.contains_key(node));
        let owner = owners.next();
        // Two groups that each had it have become one.
        let surplus: Vec<u32> = owners.copied().collect();
        for node in surplus {
            holders.remove(&node);
        }
        let leased = stands[0].0.vintage == Vintage::Ringwright;
        let waits = leased && holders.values().any(Option::is_some);
        if let (None, false, Some(first)) = (owner, waits, group.acting.first()) {
            holders.insert(*first, None);
        }
    }
    ends.into_iter()
}

/// From `at` on a lane holds it or not.
fn mark(lane: &mut Lane, at: Micros, holds: bool) {
    let place = lane.spans.partition_point(|span| span.to <= at);
    if let Some(span) = lane.spans.get_mut(place)
        && span.from < at
    {
        let mut rest = span.clone();
        span.to = at;
        rest.from = at;
        lane.spans.insert(place + 1, rest);
    }
    for span in lane.spans.iter_mut().filter(|span| span.from >= at) {
        span.floating = holds;
    }
}

/// A quorate group. A member that stands still is one as long as the others list it: they know no better.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    members: Vec<u32>,
    /// Those who can do something, the lowest first.
    acting: Vec<u32>,
}

/// The quorate groups: only those who agree act together.
fn groups(stands: &[(&Lane, &Span)]) -> BTreeSet<Group> {
    let acts = |span: &Span| span.quorate && span.settled && !is_silent(&span.state);
    let agrees = |member: u32, with: &Span| {
        let mut lanes = stands.iter().filter(|(lane, _)| lane.node == member);
        lanes.all(|(_, span)| is_silent(&span.state) || (acts(span) && span.ring == with.ring))
    };
    let groups = stands
        .iter()
        .filter(|(_, span)| acts(span) && span.members.iter().all(|&member| agrees(member, span)));
    let here = |member: &u32| {
        stands
            .iter()
            .any(|(lane, span)| lane.node == *member && acts(span))
    };
    let group = |(_, span): &(&Lane, &Span)| Group {
        members: span.members.clone(),
        acting: span.members.iter().copied().filter(here).collect(),
    };
    groups.map(group).collect()
}
