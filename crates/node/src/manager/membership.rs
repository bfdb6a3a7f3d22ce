//! How members come to one state: who joins or leaves makes a new view, in which each says what it has and one, whose is
//! the newest, gives it to all.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bytes::Bytes;
use ringwright_totem::group;
use ringwright_totem::ring::{Configuration, Visits};
use ringwright_totem::wire::service::cpg::Reason;

use super::base::Version;
use super::change::ChangeError;
use super::codec::Reader;
use super::fold::Fold;
use super::io::Event;
use super::message::{FEATURE, Hello, Message, PID, ViewId};
use super::status::Presence;
use super::{AskedProgress, Manager};
use crate::{Instant, NodeId};

/// How many messages are kept while members settle.
const LATE_MAX: usize = 1 << 16;

/// A membership of the group and what its members have said in it.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct View {
    pub(super) id: ViewId,
    /// This member has introduced itself.
    greeted: bool,
    hellos: BTreeMap<NodeId, Hello>,
    /// Whose state counts, once all have introduced themselves.
    owner: Option<NodeId>,
    pub(super) settled: bool,
    /// What came between a member's introduction and the settlement.
    late: VecDeque<(NodeId, Message)>,
    pub(super) quorate: BTreeMap<NodeId, bool>,
    pub(super) stored: BTreeMap<NodeId, (u64, (u64, u64))>,
    /// Attempts that changed a resource when a member introduced itself, and what resource.
    pub(super) in_flight: BTreeMap<(NodeId, u64), String>,
}

impl View {
    fn new(id: ViewId) -> Self {
        Self {
            id,
            greeted: false,
            hellos: BTreeMap::new(),
            owner: None,
            settled: false,
            late: VecDeque::new(),
            quorate: BTreeMap::new(),
            stored: BTreeMap::new(),
            in_flight: BTreeMap::new(),
        }
    }

    pub(super) fn is_quorate(&self) -> bool {
        self.settled
            && self
                .id
                .members
                .iter()
                .all(|node| self.quorate.get(node) == Some(&true))
    }

    /// Whether all have stored the configuration of this term and version.
    pub(super) fn is_stored(&self, mark: (u64, (u64, u64))) -> bool {
        let has = |node: &NodeId| self.stored.get(node).is_some_and(|stored| *stored >= mark);
        self.id.members.iter().all(has)
    }

    /// The features of the members that have introduced themselves.
    pub(super) fn features(&self) -> (u32, u32) {
        let features = self.hellos.values().map(|hello| hello.own.feature);
        let low = features.clone().min().unwrap_or(FEATURE);
        (low, features.max().unwrap_or(FEATURE))
    }
}

/// By what states are compared: the last agreement, the configuration, then who has lived through more.
fn rank(hello: &Hello) -> (u64, [u64; 2], u64, u64, u64) {
    let [admin_epoch, epoch, num_updates] = hello.version;
    (
        hello.term,
        [admin_epoch, epoch],
        hello.line,
        num_updates,
        hello.base_digest,
    )
}

impl Manager {
    /// The token came by.
    pub(crate) fn on_visits(&mut self, now: Instant, visits: Visits) {
        self.now = now;
        self.leases.on_visits(visits);
        if self.local.waits() {
            self.begin_local();
        }
        self.renew();
    }

    /// A ring is installed.
    pub(crate) fn on_ring(&mut self, now: Instant, configuration: &Configuration) {
        self.now = now;
        let Configuration {
            ring_id,
            members,
            joined,
            ..
        } = configuration;
        self.ring = *ring_id;
        self.ring_members.clone_from(members);
        self.synchronised = false;
        let joined: Vec<_> = joined
            .iter()
            .filter(|node| **node != self.me)
            .copied()
            .collect();
        self.leases
            .on_ring(now, *ring_id, members, !joined.is_empty());
        self.strangers = joined;
    }

    /// Services are synchronised.
    pub(crate) fn on_synchronised(&mut self, now: Instant) {
        self.now = now;
        self.synchronised = true;
        self.greet();
    }

    /// The verdict on the ring.
    pub(crate) fn on_quorum(&mut self, now: Instant, quorate: bool) {
        self.now = now;
        self.leases.on_quorum(quorate || self.ignores_quorum());
        if self.quorate != quorate {
            self.quorate = quorate;
            if self.view.as_ref().is_some_and(|view| view.greeted) {
                self.send(&Message::Quorate(quorate));
            }
        }
    }

    pub(super) fn ignores_quorum(&self) -> bool {
        self.fold.base.option("no-quorum-policy") == Some("ignore")
    }

    /// Something happened in the group.
    pub(crate) fn on_group(&mut self, now: Instant, event: &group::Event) {
        self.now = now;
        match event {
            group::Event::Message { from, payload, .. } if from.pid == PID => {
                if let Some(whole) = self.parts.push(from.node, payload) {
                    self.on_bytes(from.node, &whole);
                }
            }
            // Some other process that uses the group's name.
            group::Event::Message { .. } => {}
            group::Event::Membership {
                members,
                joined,
                left,
                ..
            } => {
                let ours = |process: &group::Process| process.pid == PID;
                let members: Vec<_> = members.iter().filter(|p| ours(p)).map(|p| p.node).collect();
                if joined.iter().chain(left).any(|(process, _)| ours(process)) {
                    let left = left.iter().filter(|(process, _)| ours(process));
                    let left: Vec<_> = left.map(|(p, reason)| (p.node, *reason)).collect();
                    self.on_members(members, &left);
                }
            }
        }
        self.go_on();
    }

    fn on_members(&mut self, members: Vec<NodeId>, left: &[(NodeId, Reason)]) {
        for (node, reason) in left {
            self.parts.forget(*node);
            self.on_departed(*node, *reason == Reason::Leave);
        }
        self.transition = None;
        self.recheck = None;
        self.local.drop_waiting();
        self.clear_outbox();
        if !members.contains(&self.me) {
            self.view = None;
            return;
        }
        self.view = Some(View::new(ViewId {
            ring: self.ring,
            members,
        }));
        self.greet();
    }

    fn on_departed(&mut self, node: NodeId, orderly: bool) {
        self.leases.on_departed(self.now, node);
        let Some(view) = &self.view else {
            return;
        };
        let mut held: BTreeSet<String> = BTreeSet::new();
        let at_work = view.in_flight.iter().filter(|((at, _), _)| *at == node);
        held.extend(at_work.map(|(_, resource)| resource.clone()));
        if let Some(transition) = &self.transition {
            let begun = transition
                .running()
                .filter_map(|(step, _)| step.may_begin_on(node));
            held.extend(begun.map(ToString::to_string));
        }
        // Of a membership that never settled, what it said itself counts for more than what was known of it.
        if let Some(hello) = view.hellos.get(&node).filter(|_| !view.settled) {
            held.extend(hello.own.holdings().map(ToString::to_string));
            held.extend(hello.in_flight.values().cloned());
        }
        let held = held.iter().map(String::as_str);
        self.fold.departed(node, orderly, held);
    }

    /// Introduces this member, as soon as it knows whether its ring may act.
    fn greet(&mut self) {
        let Some(view) = self
            .view
            .as_mut()
            .filter(|view| !view.greeted && self.synchronised)
        else {
            return;
        };
        view.greeted = true;
        let strangers = self.strangers.iter();
        let blind = strangers
            .filter(|node| !view.id.members.contains(node))
            .count()
            > 0;
        let Version {
            admin_epoch,
            epoch,
            num_updates,
        } = self.fold.base.version();
        let hello = Hello {
            view: view.id.clone(),
            term: self.fold.base.term(),
            version: [admin_epoch, epoch, num_updates],
            line: self.line,
            base_digest: self.fold.base.rank().2,
            digest: self.fold.digest(),
            quorate: self.quorate,
            blind,
            now: self.unix(),
            lease: self.own_lease,
            own: self.own.clone(),
            in_flight: self.local.in_flight(),
        };
        self.send(&Message::Hello(hello));
    }

    fn on_bytes(&mut self, from: NodeId, bytes: &[u8]) {
        if let Some(message) = Message::decode(bytes) {
            self.on_message(from, message);
            return;
        }
        let why = match Message::feature_of_hello(bytes) {
            Some(feature) if feature > FEATURE => {
                // It cannot be followed: what runs here is stopped, and the others go on without this node.
                self.give_up();
                "it runs a newer version that this one cannot read"
            }
            _ => "it cannot be read",
        };
        self.event(Event::Dropped { from, why });
    }

    fn on_message(&mut self, from: NodeId, message: Message) {
        let Some(view) = &mut self.view else {
            return;
        };
        match message {
            Message::Hello(hello) if hello.view == view.id => {
                view.hellos.insert(from, hello);
                if view.hellos.len() == view.id.members.len() {
                    self.compare();
                }
            }
            Message::Snapshot { view: of, state }
                if of == view.id && view.owner == Some(from) && !view.settled =>
            {
                self.adopt(from, &state);
            }
            Message::Hello(_) | Message::Snapshot { .. } => {}
            message if view.settled => self.on_settled_message(from, message),
            Message::Change { id, .. } => {
                if let Some(asked) = self.asked.get_mut(&id).filter(|_| from == self.me) {
                    asked.progress = AskedProgress::Again;
                }
            }
            // Whoever has not introduced itself yet will say it in its introduction.
            message if view.hellos.contains_key(&from) && view.late.len() < LATE_MAX => {
                view.late.push_back((from, message));
            }
            _ => {}
        }
    }

    /// All have introduced themselves: whose state is it to be?
    fn compare(&mut self) {
        let Some(view) = &mut self.view else {
            return;
        };
        let newest = view.hellos.values().map(rank).max();
        let mut owners = view
            .hellos
            .iter()
            .filter(|(_, hello)| Some(rank(hello)) == newest);
        let Some((&owner, hello)) = owners.next() else {
            return;
        };
        view.owner = Some(owner);
        let same = view
            .hellos
            .values()
            .all(|other| other.digest == hello.digest);
        if same {
            self.settle(owner);
        } else if owner == self.me {
            let view = view.id.clone();
            let state = Bytes::from(self.fold.encode());
            self.send(&Message::Snapshot { view, state });
        }
    }

    fn adopt(&mut self, owner: NodeId, state: &[u8]) {
        let Some(fold) = Fold::decode(&mut Reader::new(state)) else {
            let why = "its state cannot be read";
            self.event(Event::Dropped { from: owner, why });
            return;
        };
        let foreign = fold != self.fold;
        self.fold = fold;
        if foreign {
            // What was made here alone is not known to be in it.
            self.lose_what_was_made();
        }
        self.settle(owner);
    }

    fn lose_what_was_made(&mut self) {
        let is_made = |progress: &AskedProgress| matches!(progress, AskedProgress::Made { .. });
        let made = self
            .asked
            .iter()
            .filter(|(_, asked)| is_made(&asked.progress));
        let made: Vec<_> = made.map(|(id, _)| *id).collect();
        for id in made {
            self.answer(id, Err(ChangeError::Lost));
        }
    }

    /// All members have the same state, and know of it.
    fn settle(&mut self, owner: NodeId) {
        let Some(mut view) = self.view.take() else {
            return;
        };
        view.settled = true;
        if view.hellos[&owner].blind {
            self.fold.doubt.unknown(BTreeSet::new());
        }
        self.strangers.clear();
        let dc = view.id.members.first().copied();
        for (node, hello) in &view.hellos {
            let mut status = hello.own.clone();
            status.presence = Presence::Member;
            for (resource, history) in &status.resources {
                if !history.may_hold() {
                    self.fold.doubt.not_held(*node, resource);
                }
            }
            self.fold.nodes.insert(*node, status);
            self.fold.lease = self.fold.lease.max(hello.lease);
            if dc == Some(*node) {
                self.fold.now = self.fold.now.max(hello.now);
            }
            view.quorate.insert(*node, hello.quorate);
            let in_flight = hello.in_flight.iter();
            view.in_flight
                .extend(in_flight.map(|(attempt, resource)| ((*node, *attempt), resource.clone())));
        }
        let (low, high) = view.features();
        let late = core::mem::take(&mut view.late);
        self.view = Some(view);
        self.dirty = true;
        if self.is_quorate() {
            self.line = self.ring.seq;
            let base = &self.fold.base;
            self.fold.base = base.stamped(self.ring.seq.max(base.term()), base.version());
        } else {
            self.lose_what_was_made();
        }
        if low != high {
            self.event(Event::Features { range: (low, high) });
        }
        self.tell_settled();
        self.keep();
        for (from, message) in late {
            self.on_settled_message(from, message);
        }
        self.ask_again();
    }

    fn tell_settled(&mut self) {
        if let (Some(view), Some(dc)) = (&self.view, self.dc()) {
            let members = view.id.members.clone();
            self.event(Event::Settled {
                members,
                quorate: self.is_quorate(),
                version: self.fold.base.version(),
                dc,
            });
        }
    }

    fn ask_again(&mut self) {
        let is_again = |progress: &AskedProgress| *progress == AskedProgress::Again;
        let again = self
            .asked
            .iter()
            .filter(|(_, asked)| is_again(&asked.progress));
        let again: Vec<_> = again
            .map(|(id, asked)| (*id, asked.change.clone()))
            .collect();
        for (id, change) in again {
            if self.is_quorate() {
                if let Some(asked) = self.asked.get_mut(&id) {
                    asked.progress = AskedProgress::Queued;
                }
                self.send(&Message::Change { id, change });
            } else {
                self.answer(id, Err(ChangeError::NoQuorum));
            }
        }
    }
}
