//! Nodes in one process, the network between them, and kernels that keep addresses for them.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use ringwright_totem::ring::timing::{Timing, TimingKeys};

use crate::manager::{
    Base, Change, ChangeError, Event, Input as Wish, Manager, Output as Deed, Settings, Version,
};
use crate::resource::{Action, ExitCode, Operation, Outcome, Renewal};
use crate::{Config, Input, Instant, Node, NodeId, Output, Stable, Target};

const DELAY: Duration = Duration::from_micros(200);
/// How long an agent takes.
const WORK: Duration = Duration::from_millis(20);

/// What keeps addresses: it takes them away when their lifetime is over, whatever the node's process does.
#[derive(Debug, Default)]
pub(super) struct Kernel {
    /// Resources held, and until when: `None` for ever.
    pub(super) held: BTreeMap<String, Option<Instant>>,
    /// What the present process has started: it alone can be renewed.
    started: BTreeSet<String>,
}

impl Kernel {
    fn holds(&self, now: Instant, resource: &str) -> bool {
        let until = self.held.get(resource);
        until.is_some_and(|until| until.is_none_or(|until| until > now))
    }

    fn act(&mut self, now: Instant, action: &Action) -> Outcome {
        let resource = &action.resource;
        match action.operation {
            Operation::Start if action.lease.is_some_and(|until| until <= now) => {
                return Outcome::done(ExitCode::Error);
            }
            Operation::Start => {
                self.held.insert(resource.clone(), action.lease);
                self.started.insert(resource.clone());
            }
            Operation::Stop => {
                self.held.remove(resource);
            }
            _ if !self.holds(now, resource) => return Outcome::done(ExitCode::NotRunning),
            _ => {}
        }
        Outcome::done(ExitCode::Ok)
    }

    fn renew(&mut self, now: Instant, resource: &str, until: Instant) -> Renewal {
        if !self.holds(now, resource) || !self.started.contains(resource) {
            return Renewal::Lost;
        }
        if until <= now {
            return Renewal::TooLate;
        }
        self.held.insert(resource.to_string(), Some(until));
        Renewal::Renewed
    }
}

pub(super) struct Host {
    /// `None` while it is down.
    pub(super) node: Option<Node>,
    pub(super) kernel: Kernel,
    stable: Stable,
    pub(super) base: Option<Base>,
    /// It does not run, and what is sent to it waits.
    pub(super) paused: bool,
    pub(super) answers: BTreeMap<u64, Result<Version, ChangeError>>,
    pub(super) events: Vec<Event>,
    /// Actions begun: `start ClusterIP`.
    pub(super) acts: Vec<String>,
    /// What its agents answer instead of the truth, once each: operation, exit code.
    pub(super) lies: Vec<(Operation, ExitCode)>,
    has_manager: bool,
    /// How much faster its clock runs than the world's, parts per million.
    pub(super) rate: i64,
}

impl Host {
    /// What its clock shows.
    fn local(&self, at: Instant) -> Instant {
        scale(at, 1_000_000 + self.rate, 1_000_000)
    }

    /// When its clock shows so.
    fn global(&self, at: Instant) -> Instant {
        scale(at, 1_000_000, 1_000_000 + self.rate) + Duration::from_nanos(1)
    }
}

fn scale(at: Instant, by: i64, of: i64) -> Instant {
    let nanos = i128::from(at.as_nanos()) * i128::from(by) / i128::from(of);
    Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// What is random about a network and agents.
#[derive(Debug)]
pub(super) struct Chance {
    state: u64,
    /// Datagrams lost, of a thousand.
    pub(super) loss: u64,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            loss: 0,
        }
    }

    /// Below `bound`, by splitmix64.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % bound
    }
}

type Happening = (Instant, u64, NodeId, What);

enum What {
    Datagram(NodeId, Bytes),
    Act(Action),
    Renew(String, Instant),
}

pub(super) struct Cluster {
    pub(super) now: Instant,
    pub(super) hosts: BTreeMap<NodeId, Host>,
    queue: VecDeque<Happening>,
    order: u64,
    /// Pairs that hear nothing of each other.
    cut: BTreeSet<(NodeId, NodeId)>,
    /// Every moment at which two kernels held the same.
    pub(super) doubles: Vec<String>,
    next_id: u64,
    /// Without it the network is quick and whole, and agents take equally long.
    pub(super) chance: Option<Chance>,
}

pub(super) fn n(id: u32) -> NodeId {
    NodeId(id)
}

impl Cluster {
    /// Nodes 1 to `count`, all with a resource manager, on one settled ring.
    pub(super) fn of(count: u32) -> Self {
        let mut cluster = Self::without_managers(count, &[]);
        cluster.until("settled", |c| c.is_settled() && c.manager(1).is_quorate());
        assert_eq!(cluster.manager(1).members().len(), count as usize);
        cluster
    }

    /// Nodes of which some only vote. Not settled yet.
    pub(super) fn without_managers(count: u32, voters: &[u32]) -> Self {
        let mut cluster = Self {
            now: Instant::ZERO,
            hosts: BTreeMap::new(),
            queue: VecDeque::new(),
            order: 0,
            cut: BTreeSet::new(),
            doubles: Vec::new(),
            next_id: 0,
            chance: None,
        };
        for id in 1..=count {
            let host = Host {
                node: None,
                kernel: Kernel::default(),
                stable: Stable::default(),
                base: None,
                paused: false,
                answers: BTreeMap::new(),
                events: Vec::new(),
                acts: Vec::new(),
                lies: Vec::new(),
                has_manager: !voters.contains(&id),
                rate: 0,
            };
            cluster.hosts.insert(n(id), host);
        }
        for id in 1..=count {
            cluster.start(id);
        }
        cluster
    }

    pub(super) fn start(&mut self, id: u32) {
        let ids: Vec<_> = self.hosts.keys().map(|node| node.0).collect();
        let keys = TimingKeys {
            token: Some(1000),
            token_coefficient: Some(0),
            ..TimingKeys::default()
        };
        let mut config = Config::of(id, ids.iter().copied());
        config.timing = Timing::resolve(&keys, ids.len()).unwrap();
        for entry in &mut config.nodes {
            entry.name = alloc::format!("node{}", entry.id);
        }
        let host = self.hosts.get_mut(&n(id)).unwrap();
        if host.has_manager {
            config.resources = Some(Settings {
                base: host.base.clone(),
                unix_at_zero: 1_700_000_000,
            });
        }
        let now = host.local(self.now);
        host.node = Some(Node::new(config, host.stable, 7, now).unwrap());
        host.paused = false;
        self.carry_out(n(id));
    }

    /// Kills the process; the kernel lives on.
    pub(super) fn kill(&mut self, id: u32) {
        let host = self.hosts.get_mut(&n(id)).unwrap();
        host.node = None;
        host.kernel.started.clear();
        self.queue.retain(|(_, _, to, _)| *to != n(id));
    }

    pub(super) fn pause(&mut self, id: u32) {
        self.hosts.get_mut(&n(id)).unwrap().paused = true;
    }

    pub(super) fn resume(&mut self, id: u32) {
        self.hosts.get_mut(&n(id)).unwrap().paused = false;
        for item in &mut self.queue {
            item.0 = item.0.max(self.now);
        }
    }

    pub(super) fn leave(&mut self, id: u32) {
        self.feed(n(id), Input::Leave);
    }

    /// Splits the network: those named from all others.
    pub(super) fn isolate(&mut self, ids: &[u32]) {
        let inside = |node: &NodeId| ids.contains(&node.0);
        let nodes: Vec<_> = self.hosts.keys().copied().collect();
        for a in &nodes {
            for b in nodes.iter().filter(|b| inside(a) != inside(b)) {
                self.cut.insert((*a, *b));
            }
        }
    }

    pub(super) fn heal(&mut self) {
        self.cut.clear();
    }

    pub(super) fn manager(&self, id: u32) -> &Manager {
        let node = self.hosts[&n(id)].node.as_ref();
        node.and_then(Node::manager)
            .expect("a running node with a manager")
    }

    /// Whether all that run are settled and have nothing to do.
    pub(super) fn is_settled(&self) -> bool {
        let mut managers = self
            .hosts
            .values()
            .filter(|host| !host.paused)
            .filter_map(|host| host.node.as_ref().and_then(Node::manager));
        managers.all(|manager| manager.is_settled() && manager.transition().is_none())
    }

    /// Whether all run, agree, and have nothing to do.
    pub(super) fn is_whole(&self) -> bool {
        let all = self.hosts.len();
        self.hosts.values().all(|host| {
            let manager = host.node.as_ref().and_then(Node::manager);
            manager.is_some_and(|m| m.is_quorate() && m.is_idle() && m.members().len() == all)
        })
    }

    /// A node that is on its way out.
    pub(super) fn leaving(&self) -> Option<u32> {
        let mut hosts = self.hosts.iter();
        let leaves = |host: &Host| {
            let manager = host.node.as_ref().and_then(Node::manager);
            manager.is_some_and(|manager| manager.leaving.is_some())
        };
        hosts.find(|(_, host)| leaves(host)).map(|(node, _)| node.0)
    }

    /// Which kernels hold the resource now.
    pub(super) fn holders(&self, resource: &str) -> Vec<u32> {
        let holds = |host: &Host| host.kernel.holds(host.local(self.now), resource);
        let holders = self.hosts.iter().filter(|(_, host)| holds(host));
        holders.map(|(node, _)| node.0).collect()
    }

    /// Makes a change at a node and waits for the answer.
    pub(super) fn change(&mut self, at: u32, change: Change) -> Result<Version, ChangeError> {
        let id = self.ask(at, change);
        self.until("answer", |c| c.hosts[&n(at)].answers.contains_key(&id));
        self.hosts[&n(at)].answers[&id].clone()
    }

    pub(super) fn ask(&mut self, at: u32, change: Change) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.feed(n(at), Input::Resource(Wish::Change { id, change }));
        id
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.next() <= end {
            self.step();
        }
        self.now = end;
    }

    pub(super) fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        assert!(
            self.within(Duration::from_mins(5), holds),
            "no {what} within five minutes"
        );
    }

    /// Runs until something is so, for so long at most; whether it is.
    pub(super) fn within(&mut self, time: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + time;
        while !holds(self) {
            if self.now >= end {
                return false;
            }
            self.step();
        }
        true
    }

    fn next(&self) -> Instant {
        let running = self.hosts.values().filter(|host| !host.paused);
        let timeouts = running.filter_map(|host| {
            let timeout = host.node.as_ref().and_then(Node::poll_timeout)?;
            Some(host.global(timeout))
        });
        let is_awake = |to: &NodeId| !self.hosts[to].paused;
        let happening = self.queue.iter().filter(|(_, _, to, _)| is_awake(to));
        let next = timeouts.chain(happening.map(|(at, ..)| *at)).min();
        next.unwrap_or(Instant::from_nanos(u64::MAX)).max(self.now)
    }

    fn step(&mut self) {
        self.now = self.next();
        let hosts = &self.hosts;
        let is_due = |(at, _, to, _): &Happening| *at <= self.now && !hosts[to].paused;
        let due = self
            .queue
            .iter()
            .enumerate()
            .filter(|(_, item)| is_due(item));
        let first = due
            .min_by_key(|(_, item)| (item.0, item.1))
            .map(|(index, _)| index);
        if let Some((_, _, to, what)) = first.and_then(|index| self.queue.remove(index)) {
            match what {
                What::Datagram(from, _) if self.cut.contains(&(from, to)) => {}
                What::Datagram(_, bytes) => self.feed(to, Input::Datagram(bytes)),
                What::Act(action) => self.act(to, &action),
                What::Renew(resource, until) => self.renew(to, &resource, until),
            }
        } else {
            let now = self.now;
            let due = |host: &Host| {
                let timeout = host.node.as_ref().and_then(Node::poll_timeout);
                timeout.is_some_and(|at| host.global(at) <= now)
            };
            let nodes: Vec<_> = self.hosts.keys().copied().collect();
            for node in nodes {
                if due(&self.hosts[&node]) {
                    self.feed(node, Input::Timeout);
                }
            }
        }
        self.one_holder_per_address();
    }

    /// No two kernels hold the same resource, each by its own clock.
    fn one_holder_per_address(&mut self) {
        for (node, host) in &self.hosts {
            let now = host.local(self.now);
            let held = host.kernel.held.keys();
            for resource in held.filter(|resource| host.kernel.holds(now, resource)) {
                let others = self.hosts.range(..*node);
                let holds =
                    |(_, other): &(_, &Host)| other.kernel.holds(other.local(self.now), resource);
                if let Some((other, _)) = others.into_iter().find(holds) {
                    let double = alloc::format!("{}: {resource} on {other} and {node}", self.now);
                    self.doubles.push(double);
                }
            }
        }
    }

    fn feed(&mut self, to: NodeId, input: Input) {
        let host = self.hosts.get_mut(&to).unwrap();
        let now = host.local(self.now);
        if let Some(node) = host.node.as_mut().filter(|_| !host.paused) {
            node.handle_input(now, input)
                .expect("only requests are refused");
            node.engine().check();
            self.carry_out(to);
        }
    }

    fn send(&mut self, at: Instant, to: NodeId, what: What) {
        self.order += 1;
        self.queue.push_back((at, self.order, to, what));
    }

    fn carry_out(&mut self, from: NodeId) {
        let nodes: Vec<_> = self.hosts.keys().copied().collect();
        loop {
            let host = self.hosts.get_mut(&from).unwrap();
            let Some(output) = host.node.as_mut().and_then(Node::poll_output) else {
                return;
            };
            match output {
                Output::Store(stable) => host.stable = stable,
                Output::Transmit { to, bytes } => {
                    let others = nodes.iter().filter(|id| **id != from);
                    for id in others.filter(|id| to == Target::All || to == Target::Node(**id)) {
                        if let Some(delay) = self.travel() {
                            let what = What::Datagram(from, bytes.clone());
                            self.send(self.now + delay, *id, what);
                        }
                    }
                }
                Output::Resource(deed) => self.carry_out_deed(from, deed),
                Output::Left => {
                    let mut node = host.node.take().expect("it put this out");
                    for input in [Input::Timeout, Input::Leave] {
                        node.handle_input(host.local(self.now), input).unwrap();
                    }
                    assert_eq!((node.poll_output(), node.poll_timeout()), (None, None));
                    host.kernel.started.clear();
                }
                Output::Group(_) | Output::Drain | Output::Event(_) => {}
            }
        }
    }

    fn carry_out_deed(&mut self, from: NodeId, deed: Deed) {
        let delay = self.work();
        let host = self.hosts.get_mut(&from).unwrap();
        let answer = match deed {
            Deed::Store(base) => {
                host.base = Some(base);
                return;
            }
            Deed::Act(action) => {
                host.acts
                    .push(alloc::format!("{} {}", action.operation, action.resource));
                What::Act(action)
            }
            Deed::Renew { resource, until } => What::Renew(resource, until),
            Deed::Changed { id, result } => {
                host.answers.insert(id, result);
                return;
            }
            Deed::Event(event) => {
                host.events.push(event);
                return;
            }
            Deed::Cancel(_) | Deed::Fence { .. } => return,
        };
        self.send(self.now + delay, from, answer);
    }

    /// An agent comes to what it was asked for.
    fn act(&mut self, at: NodeId, action: &Action) {
        let host = self.hosts.get_mut(&at).unwrap();
        let now = host.local(self.now);
        let lie = host.lies.iter().position(|(op, _)| *op == action.operation);
        let outcome = match lie {
            Some(index) => Outcome::done(host.lies.remove(index).1),
            None => host.kernel.act(now, action),
        };
        let attempt = action.attempt;
        self.feed(at, Input::Resource(Wish::Done { attempt, outcome }));
    }

    fn renew(&mut self, at: NodeId, resource: &str, until: Instant) {
        let host = self.hosts.get_mut(&at).unwrap();
        let renewal = host.kernel.renew(host.local(self.now), resource, until);
        let resource = resource.to_string();
        let wish = Wish::Renewed {
            resource,
            until,
            renewal,
        };
        self.feed(at, Input::Resource(wish));
    }

    /// How long an agent takes.
    fn work(&mut self) -> Duration {
        match &mut self.chance {
            Some(chance) => Duration::from_micros(100 + chance.below(400_000)),
            None => WORK,
        }
    }

    /// How long a datagram travels; `None`: for ever.
    fn travel(&mut self) -> Option<Duration> {
        let Some(chance) = &mut self.chance else {
            return Some(DELAY);
        };
        if chance.below(1000) < chance.loss {
            return None;
        }
        let slow = if chance.below(20) == 0 {
            200_000
        } else {
            1_000
        };
        Some(Duration::from_micros(100 + chance.below(slow)))
    }
}

/// A configuration with these resources, as lines of XML.
pub(super) fn configuration(options: &[(&str, &str)], resources: &str) -> Change {
    let pair = |(name, value): &(&str, &str)| {
        alloc::format!("<nvpair id=\"{name}\" name=\"{name}\" value=\"{value}\"/>")
    };
    let pairs: Vec<String> = options.iter().map(pair).collect();
    let pairs = pairs.concat();
    let text = alloc::format!(
        "<cib validate-with=\"pacemaker-3.7\" epoch=\"0\" num_updates=\"0\" admin_epoch=\"0\"><configuration>\
<crm_config><cluster_property_set id=\"options\">{pairs}</cluster_property_set></crm_config><nodes/>\
<resources>{resources}</resources><constraints/></configuration><status/></cib>"
    );
    Change::Replace {
        text: text.into(),
        base: None,
    }
}

/// The address of the examples, watched.
pub(super) const ADDRESS: &str = "<primitive id=\"ClusterIP\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\">\
<operations><op id=\"m\" name=\"monitor\" interval=\"10s\"/></operations></primitive>";
