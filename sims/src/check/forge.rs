//! Histories made by hand, to prove that checkers find what they are for.

use ringwright::group::{Process, Reason};
use ringwright::ring::Configuration;
use ringwright::{Event, GroupName, Instant, NodeId, RingId};

use crate::history::{History, Life, MessageId, Sent, What};
use crate::script::Store;
use crate::world::Settings;

/// A history under construction. Every node has process 7 in group `g`.
pub(super) struct Forge {
    pub(super) history: History,
    pub(super) settings: Settings,
    lives: Vec<Life>,
    time: u64,
}

/// The first life of a node.
pub(super) fn life(node: u32) -> Life {
    Life {
        node: NodeId(node),
        number: 0,
    }
}

fn group() -> GroupName {
    GroupName::try_from("g").expect("short")
}

fn ids(nodes: &[u32]) -> Vec<NodeId> {
    nodes.iter().copied().map(NodeId).collect()
}

fn processes(nodes: &[u32]) -> Vec<Process> {
    let process = |&node| Process {
        node: NodeId(node),
        pid: 7,
    };
    nodes.iter().map(process).collect()
}

impl Forge {
    /// All of `nodes` nodes in ring 1.5, synchronised, with their group.
    pub(super) fn ring_of(nodes: u32) -> Self {
        let mut forge = Self {
            history: History::default(),
            settings: Settings::new(nodes, 0),
            lives: (1..=nodes).map(life).collect(),
            time: 0,
        };
        let all: Vec<u32> = (1..=nodes).collect();
        for &node in &all {
            forge.record(node, What::Started(Store::Lost));
            forge.transitional(node, 5, &[]).regular(node, 5, &all);
            forge.membership(node, &all, &[]);
            // A process was there before the stay that is compared.
            forge.transitional(node, 6, &all).regular(node, 6, &all);
        }
        forge
    }

    pub(super) fn record(&mut self, node: u32, what: What) -> &mut Self {
        self.time += 1;
        let life = self.lives[node as usize - 1];
        self.history
            .record(Instant::from_nanos(self.time), life, what);
        self
    }

    pub(super) fn restart(&mut self, node: u32, store: Store) -> &mut Self {
        self.record(node, What::Crashed);
        self.lives[node as usize - 1].number += 1;
        self.record(node, What::Started(store))
    }

    pub(super) fn send(&mut self, node: u32) -> MessageId {
        let id = MessageId(u32::try_from(self.history.sent.len()).expect("few"));
        self.history.sent.push(Sent {
            life: self.lives[node as usize - 1],
            pid: 7,
            group: group(),
            len: 4,
        });
        self.record(node, What::Sent(id));
        id
    }

    pub(super) fn deliver(&mut self, node: u32, message: MessageId) -> &mut Self {
        let sent = &self.history.sent[message.0 as usize];
        let from = Process {
            node: sent.life.node,
            pid: sent.pid,
        };
        let message = Some(message);
        let group = group();
        self.record(
            node,
            What::Delivered {
                message,
                from,
                group,
            },
        )
    }

    pub(super) fn deliver_unknown(&mut self, node: u32) -> &mut Self {
        let from = processes(&[1])[0];
        let group = group();
        self.record(
            node,
            What::Delivered {
                message: None,
                from,
                group,
            },
        )
    }

    pub(super) fn membership(&mut self, node: u32, members: &[u32], left: &[u32]) -> &mut Self {
        let left = processes(left);
        let what = What::Membership {
            group: group(),
            members: processes(members),
            joined: Vec::new(),
            left: left.into_iter().map(|p| (p, Reason::NodeDown)).collect(),
        };
        self.record(node, what)
    }

    fn members(&self, node: u32) -> Vec<NodeId> {
        let life = self.lives[node as usize - 1];
        let mut own = self.history.records.iter().rev().filter(|r| r.life == life);
        own.find_map(|record| match &record.what {
            What::Event(Event::Regular(ring)) => Some(ring.members.clone()),
            What::Started(_) => Some(Vec::new()),
            _ => None,
        })
        .unwrap_or_default()
    }

    fn companions(&self, node: u32) -> Vec<NodeId> {
        let life = self.lives[node as usize - 1];
        let mut own = self.history.records.iter().rev().filter(|r| r.life == life);
        own.find_map(|record| match &record.what {
            What::Event(Event::Transitional(ring)) => Some(ring.members.clone()),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// The transitional configuration on the way to the ring of that sequence.
    pub(super) fn transitional(&mut self, node: u32, seq: u64, members: &[u32]) -> &mut Self {
        let members = ids(members);
        let mut left = self.members(node);
        left.retain(|node| !members.contains(node));
        let rep = members.first().copied().unwrap_or(NodeId(1));
        let configuration = Configuration {
            ring_id: RingId::new(rep, seq),
            members,
            joined: Vec::new(),
            left,
        };
        self.record(node, What::Event(Event::Transitional(configuration)))
    }

    /// The ring of that sequence, named after its lowest member.
    pub(super) fn regular(&mut self, node: u32, seq: u64, members: &[u32]) -> &mut Self {
        self.regular_of(node, (members[0], seq), members)
    }

    /// A ring of any name.
    pub(super) fn regular_of(
        &mut self,
        node: u32,
        (rep, seq): (u32, u64),
        members: &[u32],
    ) -> &mut Self {
        let members = ids(members);
        let mut joined = members.clone();
        let came = self.companions(node);
        joined.retain(|node| !came.contains(node));
        let configuration = Configuration {
            ring_id: RingId::new(NodeId(rep), seq),
            members,
            joined,
            left: Vec::new(),
        };
        self.record(node, What::Event(Event::Regular(configuration)))
    }

    /// Takes `nodes` together to a ring of `members`.
    pub(super) fn move_to(&mut self, nodes: &[u32], seq: u64, members: &[u32]) -> &mut Self {
        for &node in nodes {
            self.transitional(node, seq, nodes)
                .regular(node, seq, members);
        }
        self
    }

    pub(super) fn verdict(
        &mut self,
        node: u32,
        seq: u64,
        members: &[u32],
        quorate: bool,
    ) -> &mut Self {
        let (members, ring_id) = (ids(members), RingId::new(NodeId(members[0]), seq));
        self.record(
            node,
            What::Event(Event::Quorum {
                quorate,
                members,
                ring_id,
            }),
        )
    }
}
