//! A ring of three in memory.

use std::collections::VecDeque;
use std::time::Duration;

use ringwright_totem::ring::PhaseName;
use ringwright_totem::{Config, Engine, Event, Input, Instant, NodeId, Output, Stable, Target};

struct World {
    now: Instant,
    nodes: Vec<Engine>,
    net: VecDeque<(Instant, usize, bytes::Bytes)>,
    events: Vec<Vec<Event>>,
}

impl World {
    fn pump(&mut self, i: usize) {
        while let Some(o) = self.nodes[i].poll_output() {
            match o {
                Output::Transmit { to, bytes } => {
                    for j in 0..self.nodes.len() {
                        if j != i && (to == Target::All || to == Target::Node(NodeId(j as u32 + 1)))
                        {
                            self.net.push_back((
                                self.now + Duration::from_micros(100),
                                j,
                                bytes.clone(),
                            ));
                        }
                    }
                }
                Output::Event(e) => {
                    println!("{} n{} {e:?}", self.now, i + 1);
                    self.events[i].push(e)
                }
                other => println!("{} n{} {other:?}", self.now, i + 1),
            }
        }
        self.nodes[i].check();
    }
    fn run(&mut self, until: Instant) {
        loop {
            let t = self
                .nodes
                .iter()
                .filter_map(Engine::poll_timeout)
                .min()
                .unwrap();
            let d = self.net.front().map(|x| x.0);
            let next = d.map_or(t, |d| d.min(t));
            if next > until {
                self.now = until;
                return;
            }
            self.now = self.now.max(next);
            if d == Some(next) {
                let (_, j, b) = self.net.pop_front().unwrap();
                self.nodes[j]
                    .handle_input(self.now, Input::Datagram(b))
                    .unwrap();
                self.pump(j);
            } else {
                for i in 0..self.nodes.len() {
                    if self.nodes[i].poll_timeout().is_some_and(|t| t <= self.now) {
                        self.nodes[i]
                            .handle_input(self.now, Input::Timeout)
                            .unwrap();
                        self.pump(i);
                    }
                }
            }
        }
    }
}

#[test]
fn three_nodes_form_one_ring_and_are_quorate() {
    let ids = [1, 2, 3].map(NodeId);
    let nodes = ids
        .map(|me| Engine::new(Config::of(me, &ids), Stable::default(), 7, Instant::ZERO).unwrap());
    let mut w = World {
        now: Instant::ZERO,
        nodes: nodes.into(),
        net: VecDeque::new(),
        events: vec![vec![]; 3],
    };
    for i in 0..3 {
        w.pump(i);
    }
    w.run(Instant::from_nanos(2_000_000_000));
    for n in &w.nodes {
        assert_eq!(n.ring().phase(), PhaseName::Operational);
        assert_eq!(n.ring().members(), ids);
        assert!(n.quorum().unwrap().is_quorate());
        assert!(n.is_synchronised());
    }
}
