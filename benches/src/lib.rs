//! A ring in memory, without time: datagrams arrive at once and in order.

pub mod cluster;
pub mod managed;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use ringwright_totem::wire::service::cpg::GroupName;
use ringwright_totem::{Config, Engine, Input, Instant, NodeId, Output, Stable, Target};

/// The process that joins and sends on every node.
const PID: u32 = 1;

/// Nodes 1 to n with a perfect network between them.
#[derive(Debug)]
pub struct Ring {
    now: Instant,
    engines: Vec<Engine>,
    wire: VecDeque<(usize, Bytes)>,
    group: GroupName,
    delivered: u64,
}

impl Ring {
    /// A formed and synchronised ring of `nodes` nodes, a process of each in one group.
    ///
    /// # Panics
    /// If the ring does not form: a defect of the protocol.
    #[must_use]
    pub fn of(nodes: u32) -> Self {
        let ids: Vec<_> = (1..=nodes).map(NodeId).collect();
        let start = |&me| Engine::new(Config::of(me, &ids), Stable::default(), 0, Instant::ZERO);
        let engines = ids
            .iter()
            .map(|me| start(me).expect("a valid configuration"))
            .collect();
        let group = GroupName::new(b"bench").expect("a short name");
        let mut ring = Self {
            now: Instant::ZERO,
            engines,
            wire: VecDeque::new(),
            group,
            delivered: 0,
        };
        (0..ring.engines.len()).for_each(|node| ring.carry_out(node));
        ring.settle();
        while !ring
            .engines
            .iter()
            .all(|e| e.is_synchronised() && e.ring().members() == ids)
        {
            ring.pass_time();
        }
        let join = Input::JoinGroup {
            pid: PID,
            group: ring.group.clone(),
        };
        (0..ring.engines.len()).for_each(|node| ring.feed(node, join.clone()));
        ring.settle();
        ring
    }

    /// Every node sends one message of `len` bytes; returns how many messages were delivered, all nodes together.
    pub fn all_send(&mut self, len: usize) -> u64 {
        let before = self.delivered;
        let payload = Bytes::from(vec![7; len]);
        for node in 0..self.engines.len() {
            let group = self.group.clone();
            self.feed(
                node,
                Input::Multicast {
                    pid: PID,
                    group,
                    payload: payload.clone(),
                },
            );
        }
        self.settle();
        self.delivered - before
    }

    /// Delivers datagrams until the token is held and nothing is under way.
    fn settle(&mut self) {
        while let Some((node, datagram)) = self.wire.pop_front() {
            self.feed(node, Input::Datagram(datagram));
        }
    }

    fn pass_time(&mut self) {
        let due = self.engines.iter().filter_map(Engine::poll_timeout).min();
        self.now = due
            .unwrap_or(self.now + Duration::from_millis(1))
            .max(self.now);
        (0..self.engines.len()).for_each(|node| self.feed(node, Input::Timeout));
        self.settle();
    }

    fn feed(&mut self, node: usize, input: Input) {
        self.engines[node]
            .handle_input(self.now, input)
            .expect("nothing is refused here");
        self.carry_out(node);
    }

    fn carry_out(&mut self, node: usize) {
        while let Some(output) = self.engines[node].poll_output() {
            match output {
                Output::Transmit {
                    to: Target::All,
                    bytes,
                } => {
                    let others = (0..self.engines.len()).filter(|&other| other != node);
                    self.wire.extend(others.map(|other| (other, bytes.clone())));
                }
                Output::Transmit {
                    to: Target::Node(to),
                    bytes,
                } => {
                    self.wire.push_back((to.0 as usize - 1, bytes));
                }
                Output::Group(ringwright_totem::group::Event::Message { .. }) => {
                    self.delivered += 1;
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn every_message_reaches_every_node() {
        let mut ring = Ring::of(5);
        assert_eq!(ring.all_send(100), 25);
        assert_eq!(ring.all_send(5000), 25);
    }
}
