//! Nodes with resource managers in memory, whose agents answer at once. All nodes' work is done one after another on one
//! thread, and measured by the processor's time; the network takes none.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use nix::time::{ClockId, clock_gettime};
use ringwright::manager::{self, Change, Manager, Settings};
use ringwright::resource::{Action, ExitCode, Operation, Outcome, Renewal};
use ringwright::{Config, Event, Input, Instant, Node, NodeId, Output, Stable, Target};

/// Nodes 1 to n, and resources that they share.
pub struct Managed {
    now: Instant,
    /// `None` while it is dead.
    nodes: Vec<Option<Node>>,
    held: Vec<BTreeSet<String>>,
    wire: VecDeque<(usize, Input)>,
    resources: usize,
    changes: u64,
    answered: Option<Duration>,
    ring: Option<Duration>,
    started: Option<Duration>,
    starts: usize,
}

impl std::fmt::Debug for Managed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} nodes, {} resources",
            self.nodes.len(),
            self.resources
        )
    }
}

impl Managed {
    /// A settled cluster that runs so many addresses, without leases and fencing: nothing is waited for.
    ///
    /// # Panics
    /// If they do not come to run: a defect.
    #[must_use]
    pub fn of(nodes: u32, resources: usize) -> Self {
        let mut cluster = Self {
            now: Instant::ZERO,
            nodes: (0..nodes).map(|_| None).collect(),
            held: vec![BTreeSet::new(); nodes as usize],
            wire: VecDeque::new(),
            resources,
            changes: 0,
            answered: None,
            ring: None,
            started: None,
            starts: 0,
        };
        (0..cluster.nodes.len()).for_each(|node| cluster.start(node));
        cluster.until_whole();
        cluster.change();
        cluster.until_whole();
        let held: usize = cluster.held.iter().map(BTreeSet::len).sum();
        assert_eq!(held, resources, "all run");
        cluster
    }

    fn start(&mut self, node: usize) {
        let count = u32::try_from(self.nodes.len()).expect("few");
        let me = u32::try_from(node + 1).expect("few");
        let config = Config {
            resources: Some(Settings::default()),
            ..Config::of(me, 1..=count)
        };
        let started = Node::new(config, Stable::default(), 0, self.now);
        self.nodes[node] = Some(started.expect("a valid configuration"));
        self.carry_out(node);
        self.settle();
    }

    /// From a change of the configuration at node 1 until all have stored it: the time that it took.
    ///
    /// # Panics
    /// If it is not answered: a defect.
    pub fn change(&mut self) -> Duration {
        self.changes += 1;
        let text = configuration(self.resources, self.changes).into();
        let change = Change::Replace { text, base: None };
        let id = self.changes;
        self.answered = None;
        let begun = clock();
        self.feed(0, Input::Resource(manager::Input::Change { id, change }));
        self.settle();
        while self.answered.is_none() {
            self.pass_time();
        }
        self.answered.expect("an answer").saturating_sub(begun)
    }

    /// The node that holds the most dies: the time from the others' new ring until the last start is asked for. Afterwards it is back.
    ///
    /// # Panics
    /// If its resources are not taken over: a defect.
    pub fn fail_over(&mut self) -> Duration {
        let all = 0..self.nodes.len();
        let node = all.max_by_key(|node| self.held[*node].len()).unwrap_or(0);
        let lost = self.held[node].len();
        self.nodes[node] = None;
        self.held[node].clear();
        (self.ring, self.started, self.starts) = (None, None, 0);
        self.until_whole();
        let ring = self.ring.expect("a new ring");
        let started = self.started.expect("something was lost");
        // Without stickiness some of the others' may move too.
        assert!(self.starts >= lost, "{} starts for {lost}", self.starts);
        self.start(node);
        self.until_whole();
        started.saturating_sub(ring)
    }

    /// Until all that live agree and have nothing to do.
    fn until_whole(&mut self) {
        let living = self.nodes.iter().flatten().count();
        let whole = |node: &Node| {
            let is_whole =
                |m: &Manager| m.is_quorate() && m.is_idle() && m.members().len() == living;
            node.manager().is_some_and(is_whole)
        };
        while !self.nodes.iter().flatten().all(whole) {
            self.pass_time();
        }
    }

    fn settle(&mut self) {
        while let Some((node, input)) = self.wire.pop_front() {
            self.feed(node, input);
        }
    }

    fn pass_time(&mut self) {
        let due = self.nodes.iter().flatten().filter_map(Node::poll_timeout);
        self.now = due.min().unwrap_or(self.now).max(self.now);
        (0..self.nodes.len()).for_each(|node| self.feed(node, Input::Timeout));
        self.settle();
    }

    fn feed(&mut self, node: usize, input: Input) {
        if let Some(it) = &mut self.nodes[node] {
            it.handle_input(self.now, input)
                .expect("nothing is refused here");
            self.carry_out(node);
        }
    }

    fn carry_out(&mut self, node: usize) {
        while let Some(output) = self.nodes[node].as_mut().and_then(Node::poll_output) {
            match output {
                Output::Transmit { to, bytes } => self.transmit(node, to, &bytes),
                Output::Event(Event::Regular(_)) => self.ring = Some(clock()),
                Output::Resource(wish) => self.manage(node, wish),
                _ => {}
            }
        }
    }

    fn transmit(&mut self, from: usize, to: Target, bytes: &Bytes) {
        let others = (0..self.nodes.len()).filter(|&other| other != from);
        let heard = others.filter(|&other| match to {
            Target::All => true,
            Target::Node(NodeId(to)) => to as usize == other + 1,
        });
        let datagrams = heard.map(|other| (other, Input::Datagram(bytes.clone())));
        self.wire.extend(datagrams);
    }

    fn manage(&mut self, node: usize, wish: manager::Output) {
        let answer = match wish {
            manager::Output::Act(action) => {
                if action.operation == Operation::Start {
                    self.started = Some(clock());
                    self.starts += 1;
                }
                let outcome = self.act(node, &action);
                let attempt = action.attempt;
                manager::Input::Done { attempt, outcome }
            }
            manager::Output::Renew { resource, until } => manager::Input::Renewed {
                resource,
                until,
                renewal: Renewal::Renewed,
            },
            manager::Output::Changed { result, .. } => {
                result.expect("a change that is made");
                self.answered = Some(clock());
                return;
            }
            _ => return,
        };
        self.wire.push_back((node, Input::Resource(answer)));
    }

    fn act(&mut self, node: usize, action: &Action) -> Outcome {
        let held = &mut self.held[node];
        let code = match action.operation {
            Operation::Start => {
                held.insert(action.resource.clone());
                ExitCode::Ok
            }
            Operation::Stop => {
                held.remove(&action.resource);
                ExitCode::Ok
            }
            _ if held.contains(&action.resource) => ExitCode::Ok,
            _ => ExitCode::NotRunning,
        };
        Outcome::done(code)
    }
}

/// The processor's time that this thread has had: a busy machine changes it little.
fn clock() -> Duration {
    let clock = ClockId::CLOCK_THREAD_CPUTIME_ID;
    clock_gettime(clock).expect("a clock that there is").into()
}

/// So many addresses, each watched; versions differ in an option that means nothing.
fn configuration(resources: usize, version: u64) -> String {
    let option = |name: &str, value: &str| {
        format!("<nvpair id=\"o-{name}\" name=\"{name}\" value=\"{value}\"/>")
    };
    let options = [
        option("ringwright-lease", "false"),
        option("stonith-enabled", "false"),
        option("bench", &version.to_string()),
    ];
    let address = |number| {
        format!(
            "<primitive id=\"ip{number}\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"><instance_attributes \
             id=\"p{number}\"><nvpair id=\"n{number}\" name=\"ip\" value=\"10.{}.{}.1\"/></instance_attributes><operations>\
             <op id=\"m{number}\" name=\"monitor\" interval=\"30s\"/></operations></primitive>",
            number / 250,
            number % 250
        )
    };
    let addresses: Vec<_> = (0..resources).map(address).collect();
    format!(
        "<cib validate-with=\"pacemaker-3.7\" epoch=\"0\" num_updates=\"0\" admin_epoch=\"0\"><configuration><crm_config>\
         <cluster_property_set id=\"o\">{}</cluster_property_set></crm_config><nodes/><resources>{}</resources>\
         <constraints/></configuration><status/></cib>",
        options.concat(),
        addresses.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Managed};

    #[test]
    fn what_a_node_held_is_started_elsewhere_and_comes_back() {
        let mut cluster = Managed::of(3, 6);
        for _ in 0..2 {
            cluster.fail_over();
            let held: usize = cluster.held.iter().map(BTreeSet::len).sum();
            assert_eq!(held, 6);
        }
    }
}
