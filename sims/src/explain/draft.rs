//! A schedule in the making: a class of fault, for one configuration, from one seed.

use std::fmt::Write;
use std::time::Duration;

use ringwright::{Instant, NodeId};

use super::{Fault, Question};
use crate::rng::Rng;
use crate::scenario::Case;
use crate::script::text;
use crate::setup::{Machine, Setup};
use crate::world::Settings;

/// When the fault comes to a cluster that was together before, seconds.
pub(super) const TOGETHER: f64 = 10.0;

/// A schedule in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) setup: Setup,
    pub(super) rng: Rng,
    /// All machines, in the order of the nodelist's ids.
    pub(super) nodes: Vec<u32>,
    /// To whom it happens.
    pub(super) victim: u32,
    /// The token timeout, seconds.
    pub(super) token: f64,
    script: String,
    until: f64,
}

impl Draft {
    pub(super) fn new(question: &Question, seed: u64) -> Self {
        // Neighbouring seeds shall differ in everything.
        let mut rng = Rng::new(Rng::new(seed ^ 0x0E8_1A15).bits());
        let nodes: Vec<u32> = question.setup.machines.keys().map(|node| node.0).collect();
        let drawn = *rng.pick(&nodes);
        let focus = question.symptom.and_then(super::Symptom::node);
        Self {
            setup: question.setup.clone(),
            victim: focus.unwrap_or(drawn),
            token: question.token.as_secs_f64(),
            rng,
            nodes,
            script: String::new(),
            until: 0.0,
        }
    }

    /// Everybody but the victim.
    pub(super) fn others(&self) -> Vec<u32> {
        let others = self.nodes.iter().copied();
        others.filter(|&node| node != self.victim).collect()
    }

    /// The next one in the order of the ring: always the same, so that what varies does so by itself.
    pub(super) fn next(&self) -> u32 {
        let mut later = self.nodes.iter().filter(|&&node| node > self.victim);
        *later.next().unwrap_or(&self.nodes[0])
    }

    /// A time in seconds, to the millisecond.
    pub(super) fn time(&mut self, from: f64, to: f64) -> f64 {
        let range = Duration::from_secs_f64((to - from).max(0.0));
        let drawn = Duration::from_secs_f64(from) + self.rng.duration(range);
        (drawn.as_secs_f64() * 1000.0).round() / 1000.0
    }

    /// A verb.
    pub(super) fn put(&mut self, at: f64, verb: impl std::fmt::Display) {
        let _ = writeln!(self.script, "{at:.3}s {verb}");
        self.until = self.until.max(at);
    }

    pub(super) fn start(&mut self, at: f64, nodes: &[u32]) {
        for node in nodes {
            self.put(at, format_args!("start {node}"));
        }
    }

    pub(super) fn start_all(&mut self) {
        self.start(0.0, &self.nodes.clone());
    }

    /// Looks at the cluster not before `at`.
    pub(super) fn look_at(&mut self, at: f64) {
        self.until = self.until.max(at);
    }

    /// Looks once the protocol has had its time after the last verb: to lose the token twice, to agree, and to merge.
    pub(super) fn look_after(&mut self) {
        self.until += 4.4 * self.token + 5.0;
    }

    pub(super) fn machine(&mut self, node: u32) -> &mut Machine {
        self.setup.machine(NodeId(node))
    }

    /// Gives one machine another file; the old one stays there as `right`.
    pub(super) fn refile(&mut self, node: u32, edit: impl Fn(&str) -> String) {
        let machine = self.machine(node);
        let right = machine.conf.clone();
        machine.conf = edit(&right).into();
        self.setup.files.insert(right_file(node), right);
    }

    /// The address that the victim's own file gives to a node.
    pub(super) fn address(&self, node: u32) -> String {
        let machine = &self.setup.machines[&NodeId(node)];
        written_address(machine, node).unwrap_or_default()
    }

    pub(super) fn case(self) -> Case {
        let mut rng = self.rng;
        let script = text::parse(&self.script);
        let script = script.unwrap_or_else(|error| panic!("{error} in\n{}", self.script));
        let until = Instant::ZERO + Duration::from_secs_f64(self.until);
        Case::new(Settings::of(self.setup, rng.bits()), script, until)
    }
}

/// The name under which a machine's file is kept before it is changed.
pub(super) fn right_file(node: u32) -> String {
    format!("right-{node}")
}

/// What a machine's own file calls `ring0_addr` of a node.
pub(super) fn written_address(machine: &Machine, node: u32) -> Option<String> {
    let parsed = ringwright_config::parse("corosync.conf", &*machine.conf);
    let nodes = parsed.config.nodes.iter();
    let mut own = nodes.filter(|entry| entry.id == Some(NodeId(node)));
    own.next()?.ring0_addr().map(str::to_owned)
}

/// `2,3`.
pub(super) fn list(nodes: &[u32]) -> String {
    let words: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    words.join(",")
}

/// The case of a class of fault and a seed.
pub(super) fn draw(question: &Question, fault: &Fault, seed: u64) -> Case {
    let mut draft = Draft::new(question, seed);
    (fault.draw)(&mut draft);
    draft.case()
}
