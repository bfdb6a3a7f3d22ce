//! What a message costs in allocations once a ring is warm: nothing.

use std::collections::VecDeque;

use bytes::Bytes;
use ringwright_totem::group::Event as GroupEvent;
use ringwright_totem::wire::service::cpg::GroupName;
use ringwright_totem::{
    Config, Engine, Event, Input, Instant, NodeId, Output, Stable, ring::Target,
};

const NODES: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];
const PID: u32 = 7;

/// Three nodes whose datagrams arrive at once, in the order of sending.
struct Ring {
    engines: Vec<Engine>,
    /// Datagrams on their way, with the index of the node that they go to.
    flying: VecDeque<(usize, Bytes)>,
    now: Instant,
    group: GroupName,
    delivered: u64,
    rings: u32,
}

impl Ring {
    /// A synchronised ring; a process on every node has joined the group.
    fn formed() -> Self {
        let now = Instant::ZERO;
        let start = |me| Engine::new(Config::of(me, &NODES), Stable::default(), 1, now).unwrap();
        let mut ring = Self {
            engines: NODES.map(start).into(),
            flying: VecDeque::new(),
            now,
            group: GroupName::new(b"counted").unwrap(),
            delivered: 0,
            rings: 0,
        };
        ring.settle();
        while ring
            .engines
            .iter()
            .any(|engine| engine.ring().members() != NODES)
        {
            ring.wait();
        }
        for node in 0..NODES.len() {
            let group = ring.group.clone();
            ring.input(node, Input::JoinGroup { pid: PID, group });
        }
        ring.settle();
        ring
    }

    fn input(&mut self, node: usize, input: Input) {
        self.engines[node].handle_input(self.now, input).unwrap();
        while let Some(output) = self.engines[node].poll_output() {
            match output {
                Output::Transmit { to, bytes } => self.fly(node, to, &bytes),
                Output::Group(GroupEvent::Message { .. }) => self.delivered += 1,
                Output::Event(Event::Regular(_)) => self.rings += 1,
                _ => {}
            }
        }
    }

    fn fly(&mut self, from: usize, to: Target, bytes: &Bytes) {
        for (node, &id) in NODES.iter().enumerate() {
            if node != from && (to == Target::All || to == Target::Node(id)) {
                self.flying.push_back((node, bytes.clone()));
            }
        }
    }

    /// Until nothing flies any more: the token is held.
    fn settle(&mut self) {
        while let Some((node, datagram)) = self.flying.pop_front() {
            self.input(node, Input::Datagram(datagram));
        }
    }

    /// Until the next timer of any node, and what follows from it.
    fn wait(&mut self) {
        let due = |engine: &Engine| engine.poll_timeout();
        self.now = self.engines.iter().filter_map(due).min().unwrap();
        for node in 0..NODES.len() {
            self.input(node, Input::Timeout);
        }
        self.settle();
    }

    /// Node 1 sends, and everybody delivers.
    fn send(&mut self, payload: &Bytes, count: u64) {
        let before = self.delivered;
        for _ in 0..count {
            let (group, payload) = (self.group.clone(), payload.clone());
            self.input(
                0,
                Input::Multicast {
                    pid: PID,
                    group,
                    payload,
                },
            );
        }
        self.settle();
        assert_eq!(self.delivered - before, 3 * count);
    }
}

#[test]
fn a_warm_ring_allocates_nothing_for_a_message() {
    let mut ring = Ring::formed();
    let rings = ring.rings;
    for size in [64, 320, 1600, 8000, 40_000] {
        let payload = Bytes::from(vec![7; size]);
        for _ in 0..50 {
            ring.send(&payload, 10);
        }
        let counted = allocation_counter::measure(|| {
            for _ in 0..100 {
                ring.send(&payload, 10);
            }
        });
        assert_eq!(
            counted.count_total, 0,
            "1000 messages of {size} bytes, {} bytes allocated",
            counted.bytes_total
        );
    }
    assert_eq!(ring.rings, rings, "one ring all the time");
}
