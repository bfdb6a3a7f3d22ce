//! Leases of addresses: until when this node may hold them, and how long it waits for those of others.
//!
//! The arithmetic is in `docs/INVARIANTS.md`.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use ringwright_totem::ring::Visits;

use crate::{Instant, NodeId, RingId};

/// The shortest lease: kernels count lifetimes in whole seconds, and what is renewed late must not be lost by that alone.
pub const LEASE_MIN: Duration = Duration::from_secs(3);

/// What clocks and timers of an executor may add, besides their drift.
const GRAIN: Duration = Duration::from_millis(100);

/// How long a node that knows nothing better gives a lease: twice the token's time-out in whole seconds, at least 5 s.
pub(super) fn by_itself(token: Duration) -> Duration {
    let seconds = (token * 2).as_millis().div_ceil(1000).max(5);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
}

/// What a survivor waits after the last evidence of a holder of such a lease: both clocks may be wrong by 1 %, so
/// 1.01 / 0.99 of it, rounded up, and a little.
#[must_use]
pub fn wait_of(lease: Duration) -> Duration {
    lease + lease * 21 / 1000 + GRAIN
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
struct Held {
    /// `None` before the first renewal of what was found here.
    until: Option<Instant>,
    /// A renewal is under way.
    renewing: bool,
}

/// What this node knows of its ring, of leases of its own, and since when absent nodes have none.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Leases {
    start: Instant,
    nodes: Vec<NodeId>,
    /// The installed ring.
    ring: Option<(RingId, Vec<NodeId>)>,
    /// Whether that ring may act.
    quorate: bool,
    /// The ring of the last token and when it was accepted.
    last: Option<(RingId, Instant)>,
    /// The last evidence, and the ring that gave it.
    evidence: Option<(RingId, Instant)>,
    /// When this node last accepted a token on a ring that had the node in it.
    seen: BTreeMap<NodeId, Instant>,
    /// No evidence of the absent node is dated later.
    silent: BTreeMap<NodeId, Instant>,
    held: BTreeMap<String, Held>,
    renew_at: Instant,
}

impl Leases {
    pub(super) fn new(nodes: Vec<NodeId>, now: Instant) -> Self {
        Self {
            start: now,
            nodes,
            ring: None,
            quorate: false,
            last: None,
            evidence: None,
            seen: BTreeMap::new(),
            silent: BTreeMap::new(),
            held: BTreeMap::new(),
            renew_at: now,
        }
    }

    /// Looks at the token's last visits. To be called after every input of the ring.
    pub(super) fn on_visits(&mut self, visits: Visits) {
        if let Some(last) = self.last
            && last.0 != visits.ring_id
        {
            self.close(last);
        }
        self.last = Some((visits.ring_id, visits.accepted));
        let installed = self.ring.as_ref().map(|(ring, _)| *ring);
        if self.quorate && installed == Some(visits.ring_id) {
            let previous = visits.previous.map(|at| (visits.ring_id, at));
            self.evidence = previous.or(self.evidence);
        }
    }

    /// The ring that is being left had these nodes in it: an attempt that was never installed any node.
    fn close(&mut self, (ring, at): (RingId, Instant)) {
        let members = match &self.ring {
            Some((installed, members)) if *installed == ring => members,
            _ => &self.nodes,
        };
        for node in members {
            self.seen.insert(*node, at);
        }
    }

    /// A ring is installed. `joined` are its members that were not on this node's last ring.
    pub(super) fn on_ring(&mut self, now: Instant, ring: RingId, members: &[NodeId], joined: bool) {
        if let Some(last) = self.last.filter(|last| last.0 != ring) {
            self.close(last);
        }
        self.ring = Some((ring, members.to_vec()));
        self.quorate = false;
        for node in self.nodes.iter().filter(|node| !members.contains(node)) {
            let seen = self.seen.get(node).copied().unwrap_or(self.start);
            let silent = self.silent.entry(*node).or_insert(seen);
            // Who joined may have been on a quorate ring with it until just now.
            *silent = (*silent).max(if joined { now } else { seen });
        }
    }

    /// The verdict on the installed ring.
    pub(super) fn on_quorum(&mut self, quorate: bool) {
        self.quorate = quorate;
    }

    /// A member has left the group: of one that is on the ring still, started again, nothing was heard until now.
    pub(super) fn on_departed(&mut self, now: Instant, node: NodeId) {
        let here = self
            .ring
            .as_ref()
            .is_some_and(|(_, members)| members.contains(&node));
        if here {
            self.silent.insert(node, now);
        }
    }

    /// Until when something may be held by the last evidence.
    pub(super) fn until(&self, lease: Duration) -> Option<Instant> {
        self.evidence.map(|(_, at)| at + lease)
    }

    /// When all members of this ring took part in it for the last time that is known.
    pub(super) fn evidence_of(&self, ring: RingId) -> Option<Instant> {
        let on_it = self.last.is_some_and(|(last, _)| last == ring);
        let evidence = self.evidence.filter(|(of, _)| *of == ring && on_it);
        evidence.map(|(_, at)| at)
    }

    /// When none of the holders has a lease any more; `None` holders are all nodes that are not members.
    pub(super) fn free_at(
        &self,
        holders: Option<&BTreeSet<NodeId>>,
        members: &[NodeId],
        wait: Duration,
    ) -> Option<Instant> {
        let silent = |node: &NodeId| self.silent.get(node).copied().unwrap_or(self.start) + wait;
        if let Some(holders) = holders {
            return holders.iter().map(silent).max();
        }
        let absent = self.nodes.iter().filter(|node| !members.contains(node));
        absent.map(silent).max()
    }

    /// A resource is held from now on; without an end when it was found here.
    pub(super) fn hold(&mut self, now: Instant, resource: &str, until: Option<Instant>) {
        let held = Held {
            until,
            renewing: false,
        };
        self.held.entry(resource.to_string()).or_insert(held);
        self.renew_at = now;
    }

    /// Whether it was found here, and has not been renewed yet.
    pub(super) fn is_found(&self, resource: &str) -> bool {
        self.held
            .get(resource)
            .is_some_and(|held| held.until.is_none())
    }

    /// A resource is held no more.
    pub(super) fn release(&mut self, resource: &str) {
        self.held.remove(resource);
    }

    /// What can be renewed now, with the new end.
    pub(super) fn renewals(&mut self, now: Instant, lease: Duration) -> Vec<(String, Instant)> {
        let Some(until) = self.until(lease).filter(|_| now >= self.renew_at) else {
            return Vec::new();
        };
        let period = lease / 8;
        let mut renewals = Vec::new();
        for (resource, held) in &mut self.held {
            // The end that the executor knows is moved only by what it answers: not by what it may not have done.
            let worth = held.until.is_none_or(|old| until > old + period / 2);
            if worth && !held.renewing && until > now {
                held.renewing = true;
                renewals.push((resource.clone(), until));
            }
        }
        if !renewals.is_empty() {
            self.renew_at = now + period;
        }
        renewals
    }

    /// A renewal was carried out, or not.
    pub(super) fn renewed(&mut self, resource: &str, until: Option<Instant>) {
        if let Some(held) = self.held.get_mut(resource) {
            held.renewing = false;
            held.until = held.until.max(until);
        }
    }

    /// The resources whose lease ran out; they are held no more.
    pub(super) fn lapsed(&mut self, now: Instant) -> Vec<String> {
        let is_over = |held: &Held| held.until.is_some_and(|until| until <= now);
        let over = self.held.iter().filter(|(_, held)| is_over(held));
        let over: Vec<_> = over.map(|(resource, _)| resource.clone()).collect();
        for resource in &over {
            self.held.remove(resource);
        }
        over
    }

    /// The next time at which something is to be renewed or runs out.
    pub(super) fn poll_timeout(&self, now: Instant, lease: Option<Duration>) -> Option<Instant> {
        let ends = self.held.values().filter_map(|held| held.until).min();
        let renewal = lease.filter(|_| !self.held.is_empty()).and_then(|lease| {
            // Without newer evidence there is nothing to do but to wait for it.
            let until = self.until(lease)?;
            let waits = |held: &Held| {
                !held.renewing && held.until.is_none_or(|old| until > old + lease / 16)
            };
            let worth = until > now && self.held.values().any(waits);
            worth.then_some(self.renew_at)
        });
        [ends, renewal].into_iter().flatten().min()
    }

    /// What is held on a lease, and until when.
    pub(super) fn held(&self) -> impl Iterator<Item = (&str, Option<Instant>)> {
        self.held
            .iter()
            .map(|(resource, held)| (resource.as_str(), held.until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const LEASE: Duration = Duration::from_secs(5);

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    fn ring(seq: u64) -> RingId {
        RingId::new(NodeId(1), seq)
    }

    fn visits(seq: u64, previous: Option<u64>, accepted: u64) -> Visits {
        Visits {
            ring_id: ring(seq),
            accepted: at(accepted),
            previous: previous.map(at),
        }
    }

    fn ids(ids: &[u32]) -> Vec<NodeId> {
        ids.iter().copied().map(NodeId).collect()
    }

    /// Node 1 of three on a quorate ring of all, whose token came at 900 and 1000 ms.
    fn on_a_ring() -> Leases {
        let mut leases = Leases::new(ids(&[1, 2, 3]), at(0));
        leases.on_ring(at(500), ring(4), &ids(&[1, 2, 3]), true);
        leases.on_quorum(true);
        leases.on_visits(visits(4, Some(900), 1000));
        leases
    }

    #[test]
    fn evidence_is_as_old_as_the_rotation_that_all_took_part_in() {
        let mut leases = on_a_ring();
        assert_eq!(leases.until(LEASE), Some(at(5900)));
        leases.on_quorum(false);
        leases.on_visits(visits(4, Some(1000), 1100));
        assert_eq!(
            leases.until(LEASE),
            Some(at(5900)),
            "no quorum, no evidence"
        );
        leases.on_quorum(true);
        leases.on_visits(visits(8, None, 1200));
        assert_eq!(
            leases.until(LEASE),
            Some(at(5900)),
            "a ring that is not installed"
        );
    }

    #[test]
    fn the_wait_for_a_member_that_is_gone_counts_from_the_last_token_of_its_ring() {
        let mut leases = on_a_ring();
        leases.on_visits(visits(8, None, 4000));
        leases.on_ring(at(4100), ring(8), &ids(&[1, 2]), false);
        let held = BTreeSet::from([NodeId(3)]);
        let free = leases.free_at(Some(&held), &ids(&[1, 2]), wait_of(LEASE));
        assert_eq!(free, Some(at(1000) + wait_of(LEASE)));
        assert_eq!(leases.free_at(None, &ids(&[1, 2]), wait_of(LEASE)), free);
        assert_eq!(
            leases.free_at(Some(&BTreeSet::new()), &ids(&[1, 2]), LEASE),
            None
        );
    }

    #[test]
    fn who_joins_may_have_seen_the_absent_node_until_now() {
        let mut leases = on_a_ring();
        leases.on_visits(visits(8, None, 4000));
        leases.on_ring(at(4100), ring(8), &ids(&[1, 2]), true);
        let free = leases.free_at(None, &ids(&[1, 2]), LEASE);
        assert_eq!(free, Some(at(9100)));
    }

    #[test]
    fn an_attempt_at_a_ring_that_came_to_nothing_counts_for_all() {
        let mut leases = on_a_ring();
        leases.on_visits(visits(8, None, 2000));
        leases.on_visits(visits(12, None, 4000));
        leases.on_ring(at(4100), ring(12), &ids(&[1, 2]), false);
        let free = leases.free_at(None, &ids(&[1, 2]), LEASE);
        assert_eq!(free, Some(at(7000)));
    }

    #[test]
    fn what_is_not_renewed_lapses() {
        let mut leases = on_a_ring();
        leases.hold(at(1000), "ClusterIP", leases.until(LEASE));
        leases.on_visits(visits(4, Some(2000), 2100));
        let renewals = leases.renewals(at(2100), LEASE);
        assert_eq!(renewals, vec![("ClusterIP".to_string(), at(7000))]);
        assert_eq!(leases.renewals(at(2200), LEASE), vec![], "one is under way");
        assert_eq!(leases.lapsed(at(5899)), Vec::<String>::new());
        assert_eq!(
            leases.lapsed(at(5900)),
            ["ClusterIP"],
            "nobody says that it was renewed"
        );
    }

    #[test]
    fn a_node_starts_knowing_of_nobody_and_waits_from_its_start() {
        let leases = Leases::new(ids(&[1, 2, 3]), at(50));
        let free = leases.free_at(None, &ids(&[1]), LEASE);
        assert_eq!(free, Some(at(5050)));
        assert_eq!(leases.until(LEASE), None);
    }

    #[test]
    fn the_margin_covers_clocks_that_are_wrong_by_a_hundredth_each() {
        for seconds in [3, 5, 8, 60, 3600] {
            let lease = Duration::from_secs(seconds);
            // The holder's clock runs slow, the survivor's fast: in nanoseconds of true time.
            let holder = lease.as_nanos() * 100 / 99;
            let survivor = wait_of(lease).as_nanos() * 100 / 101;
            assert!(survivor >= holder, "{seconds} s");
        }
        assert_eq!(
            by_itself(Duration::from_millis(3650)),
            Duration::from_secs(8)
        );
        assert_eq!(by_itself(Duration::from_secs(1)), Duration::from_secs(5));
    }
}
