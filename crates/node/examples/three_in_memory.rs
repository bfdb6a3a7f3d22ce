//! Three nodes in one process, without a runtime, a socket or a clock: what each process of a group sees, in the same
//! order.
//!
//! `cargo run -p ringwright --example three_in_memory`

use std::collections::VecDeque;
use std::time::Duration;

use ringwright::group::Event;
use ringwright::{Config, GroupName, Input, Instant, Node, NodeId, Output, Stable, Target};

/// How long a datagram travels.
const DELAY: Duration = Duration::from_micros(100);

/// Each node has one process in the group, with this process id.
const PID: u32 = 1;

fn main() {
    let mut cluster = Cluster::start();
    cluster.run_until("one ring of three", |node| {
        node.members().len() == 3 && node.engine().is_synchronised()
    });
    let group = GroupName::new(b"chat").expect("a name that fits");
    cluster.each(|_| Input::JoinGroup {
        pid: PID,
        group: group.clone(),
    });
    cluster.run_until("group of three", |node| {
        node.engine().groups().members(&group).count() == 3
    });
    for word in ["hello", "from", "all"] {
        cluster.each(|node| Input::Multicast {
            pid: PID,
            group: group.clone(),
            payload: format!("{word} {node}").into(),
        });
    }
    cluster.run_for(Duration::from_secs(1));
    for (node, seen) in cluster.nodes.iter().zip(&cluster.seen) {
        println!("node {}: {}", node.config().me, seen.join(", "));
    }
}

/// Nodes 1, 2 and 3 and the network between them.
struct Cluster {
    now: Instant,
    nodes: Vec<Node>,
    /// Datagrams on their way: when they arrive, where, and what they are. All travel equally long.
    network: VecDeque<(Instant, NodeId, bytes::Bytes)>,
    /// What each node's process has seen.
    seen: Vec<Vec<String>>,
}

impl Cluster {
    fn start() -> Self {
        let now = Instant::ZERO;
        let start = |me| Node::new(Config::of(me, 1..=3), Stable::default(), 7, now);
        let nodes = [1, 2, 3].map(|me| start(me).expect("a configuration that holds together"));
        let mut cluster = Self {
            now,
            nodes: nodes.into(),
            network: VecDeque::new(),
            seen: vec![Vec::new(); 3],
        };
        cluster.carry_out();
        cluster
    }

    /// Feeds every node an input.
    fn each(&mut self, input: impl Fn(NodeId) -> Input) {
        for node in &mut self.nodes {
            let input = input(node.config().me);
            node.handle_input(self.now, input)
                .expect("room for a few messages");
        }
        self.carry_out();
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.next() <= end {
            self.step();
        }
        self.now = end;
    }

    fn run_until(&mut self, what: &str, holds: impl Fn(&Node) -> bool) {
        let end = self.now + Duration::from_mins(1);
        while !self.nodes.iter().all(&holds) {
            assert!(self.now < end, "no {what} within a minute");
            self.step();
        }
    }

    /// When something happens next.
    fn next(&self) -> Instant {
        let timeouts = self.nodes.iter().filter_map(Node::poll_timeout);
        let arrival = self.network.front().map(|&(at, ..)| at);
        let next = timeouts.chain(arrival).min();
        next.expect("a running node always waits for something")
            .max(self.now)
    }

    /// Lets the next thing happen: a datagram arrives, or time runs out for some nodes.
    fn step(&mut self) {
        self.now = self.next();
        let arrived = self.network.pop_front_if(|(at, ..)| *at <= self.now);
        for node in &mut self.nodes {
            let input = match &arrived {
                Some((_, to, datagram)) if *to == node.config().me => {
                    Input::Datagram(datagram.clone())
                }
                Some(_) => continue,
                None => Input::Timeout,
            };
            node.handle_input(self.now, input)
                .expect("only requests are refused");
        }
        self.carry_out();
    }

    /// Does what the nodes want done.
    fn carry_out(&mut self) {
        for (node, seen) in self.nodes.iter_mut().zip(&mut self.seen) {
            let me = node.config().me;
            while let Some(output) = node.poll_output() {
                match output {
                    Output::Transmit { to, bytes } => {
                        let others = [1, 2, 3].map(NodeId).into_iter().filter(|id| *id != me);
                        for id in others.filter(|id| to == Target::All || to == Target::Node(*id)) {
                            self.network
                                .push_back((self.now + DELAY, id, bytes.clone()));
                        }
                    }
                    Output::Group(Event::Message { payload, .. }) => {
                        seen.push(String::from_utf8_lossy(&payload).into_owned());
                    }
                    // A real node would be told here when to write its state to a disk.
                    _ => {}
                }
            }
        }
    }
}
