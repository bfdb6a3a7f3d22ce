//! Schedules drawn from a seed: work, faults, then peace.

use std::time::Duration;

use ringwright::ring::PhaseName;
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Instant, NodeId};
use ringwright_totem::wire::Kind;

use crate::history::PAYLOAD_MIN;
use crate::rng::Rng;
use crate::script::{Link, Script, Store, Verb};
use crate::world::Settings;

/// The groups that processes join; process 1 the first, process 2 the second.
const GROUPS: [&str; 2] = ["red", "blue"];

/// A run to be: what is done, and from when on nothing is broken any more.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The cluster.
    pub settings: Settings,
    /// What is done when.
    pub script: Script,
    /// From here on there are no faults, and the cluster has to settle.
    pub peace: Instant,
}

/// Draws a plan. `nodes` of `None` is 2 to 7 by the seed.
///
/// # Panics
/// With more than 384 nodes.
#[must_use]
pub fn draw(seed: u64, nodes: Option<u32>) -> Plan {
    let mut rng = Rng::new(seed ^ 0x5C4E_D01E);
    let drawn = u32::try_from(rng.range(2, 7)).expect("small");
    let mut settings = Settings::new(nodes.unwrap_or(drawn), rng.bits());
    if rng.chance(700) {
        settings.timing = fast_timing(settings.nodes as usize, settings.seed.is_multiple_of(2));
    }
    if rng.chance(100) {
        settings.quorum.wait_for_all = Some(1);
    }
    let pace = settings.timing.token + settings.timing.consensus;
    let length = pace * u32::try_from(rng.range(1, 8)).expect("small");
    let mut draft = Draft {
        base: base_link(&mut rng, settings.timing.token),
        nodes: settings.ids(),
        restless: rng.range(1, 40),
        talkative: rng.range(0, 60),
        large: rng.chance(400),
        pace,
        rng,
        script: Vec::new(),
    };
    draft.boot();
    draft.work(length);
    draft.faults(length);
    let end_of_faults = Instant::ZERO + length;
    draft.make_peace(end_of_faults);
    let mut script = draft.script;
    script.sort_by_key(|(at, _)| *at);
    Plan {
        settings,
        script,
        peace: end_of_faults,
    }
}

/// Timers that let much happen in little time; `rash` ones suspect everybody soon.
fn fast_timing(nodes: usize, rash: bool) -> Timing {
    let only_rash = |value: u32| rash.then_some(value);
    let keys = TimingKeys {
        detect_silence: only_rash(200),
        detect_patience: only_rash(60),
        detect_pulse: only_rash(30),
        token: Some(400),
        token_coefficient: Some(0),
        join: Some(30),
        merge: Some(60),
        fail_recv_const: Some(50),
        ..TimingKeys::default()
    };
    Timing::resolve(&keys, nodes).expect("within corosync's limits")
}

/// What the network is like when it is well: fast as a rule, slow enough at times that phases last.
fn base_link(rng: &mut Rng, token: Duration) -> Link {
    let longest = match rng.below(4) {
        0 | 1 => return Link::default(),
        2 => token / 400,
        _ => token / 80,
    };
    Link {
        delay: longest / 2 + rng.duration(longest / 2),
        jitter: rng.duration(longest),
        reorder: if rng.chance(300) { 50 } else { 0 },
        ..Link::default()
    }
}

struct Draft {
    rng: Rng,
    nodes: Vec<NodeId>,
    base: Link,
    /// Faults in eight paces.
    restless: u64,
    /// Bursts of messages in a pace.
    talkative: u64,
    /// Whether messages of tens of kilobytes are sent.
    large: bool,
    /// How long a membership change takes that has to give up on somebody.
    pace: Duration,
    script: Script,
}

impl Draft {
    fn put(&mut self, at: Duration, verb: Verb) {
        self.script.push((Instant::ZERO + at, verb));
    }

    fn node(&mut self) -> NodeId {
        *self.rng.pick(&self.nodes)
    }

    /// A start, and the processes with it.
    fn start(&mut self, at: Duration, node: NodeId, store: Store) {
        self.put(at, Verb::Start { node, store });
        self.start_processes(at, node);
    }

    fn start_processes(&mut self, at: Duration, node: NodeId) {
        for (pid, group) in (1..).zip(GROUPS.map(str::to_owned)) {
            let late = self.rng.duration(self.pace / 50);
            if pid == 1 || self.rng.chance(500) {
                self.put(at + late, Verb::Join { node, pid, group });
            }
        }
    }

    fn boot(&mut self) {
        self.weather(Duration::ZERO);
        let spread = if self.rng.chance(500) {
            self.pace / 1000
        } else {
            self.pace
        };
        for node in self.nodes.clone() {
            let at = self.rng.duration(spread);
            self.start(at, node, Store::Lost);
        }
    }

    /// Every direction as it is when it is well.
    fn weather(&mut self, at: Duration) {
        let (from, to, link) = (self.nodes.clone(), self.nodes.clone(), self.base.clone());
        self.put(at, Verb::Link { from, to, link });
    }

    fn work(&mut self, length: Duration) {
        let paces = length.as_nanos() / self.pace.as_nanos();
        let bursts = self.talkative * u64::try_from(paces).unwrap_or(1);
        for _ in 0..bursts {
            let mut at = self.rng.duration(length);
            let node = self.node();
            let count = self.rng.range(1, 4) * self.rng.range(1, 4);
            for _ in 0..count {
                let len = self.length();
                let pid = if self.rng.chance(700) { 1 } else { 2 };
                let group = GROUPS[pid as usize - 1].to_owned();
                self.put(
                    at,
                    Verb::Send {
                        node,
                        pid,
                        group,
                        len,
                    },
                );
                at += self.rng.duration(self.pace / 2000);
            }
        }
    }

    fn length(&mut self) -> usize {
        let max = match self.rng.below(10) {
            0..=5 => 200,
            6..=8 => 3000,
            _ if self.large => 50_000,
            _ => 6000,
        };
        usize::try_from(self.rng.range(PAYLOAD_MIN as u64, max)).expect("small")
    }

    fn faults(&mut self, length: Duration) {
        let count = self.restless * u64::try_from(length.as_millis()).unwrap_or(0)
            / (8 * u64::try_from(self.pace.as_millis()).unwrap_or(1));
        let mut at = Duration::ZERO;
        for _ in 0..count.max(1) {
            // Many faults come soon after another one.
            at = if self.rng.chance(300) {
                (at + self.rng.duration(self.pace / 100)).min(length)
            } else {
                self.rng.duration(length)
            };
            self.fault(at);
        }
    }

    /// How long a fault lasts: from an instant to more than a membership change.
    fn while_(&mut self) -> Duration {
        let longest = match self.rng.below(3) {
            0 => self.pace / 50,
            1 => self.pace / 3,
            _ => self.pace * 3 / 2,
        };
        self.rng.duration(longest)
    }

    fn fault(&mut self, at: Duration) {
        let until = at + self.while_();
        let node = self.node();
        match self.rng.below(16) {
            0 | 1 => {
                self.put(at, Verb::Crash(node));
                self.restart(until, node);
            }
            2 => {
                self.put(at, Verb::Leave(node));
                self.restart(until, node);
            }
            3 => {
                let durable = self.rng.chance(500);
                self.put(at, Verb::CrashAtStore { node, durable });
                self.restart(until, node);
            }
            4 => {
                self.put(at, Verb::Pause(node));
                self.put(until, Verb::Resume(node));
            }
            5 | 6 => self.partition(at, until),
            7 => self.one_way(at, until),
            8 | 9 => self.bad_weather(at, until),
            10 => {
                let kind = *self.rng.pick(&Kind::ALL);
                let count = u32::try_from(self.rng.range(1, 4)).expect("small");
                let to = node;
                self.put(at, Verb::DropNext { to, kind, count });
            }
            11 => self.at_phase(at, node),
            12 | 13 => self.gap(at, until, node),
            14 => {
                self.put(at, Verb::Twin { of: node, on: true });
                self.put(at, Verb::Forget(self.nodes.clone()));
                self.put(
                    until,
                    Verb::Twin {
                        of: node,
                        on: false,
                    },
                );
                self.put(until, Verb::Forget(self.nodes.clone()));
            }
            _ => self.restart_at(at, until, node),
        }
    }

    fn restart(&mut self, at: Duration, node: NodeId) {
        let store = if self.rng.chance(850) {
            Store::Kept
        } else {
            Store::Lost
        };
        self.start(at, node, store);
    }

    /// An interface goes away and comes back.
    fn gap(&mut self, at: Duration, until: Duration, node: NodeId) {
        self.put(at, Verb::Down(node));
        if self.rng.chance(500) {
            self.put(at, Verb::Flush(node));
        }
        self.put(until, Verb::Up(node));
    }

    /// A service manager restarts a daemon, at times before its address is there.
    fn restart_at(&mut self, at: Duration, until: Duration, node: NodeId) {
        if self.rng.chance(500) {
            self.put(at, Verb::Flush(node));
            self.put(until, Verb::Up(node));
        }
        self.put(at, Verb::Restart(node));
        self.start_processes(until, node);
    }

    /// Two sides, no matter how large, and sometimes half healed first.
    fn partition(&mut self, at: Duration, until: Duration) {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for node in self.nodes.clone() {
            if self.rng.chance(500) {
                one.push(node);
            } else {
                other.push(node);
            }
        }
        let cut = Link {
            cut: true,
            ..self.base.clone()
        };
        for (from, to) in [(one.clone(), other.clone()), (other, one)] {
            let link = cut.clone();
            let verb = Verb::Link {
                from: from.clone(),
                to: to.clone(),
                link,
            };
            self.put(at, verb);
            let link = self.base.clone();
            let late = if self.rng.chance(200) {
                self.while_()
            } else {
                Duration::ZERO
            };
            self.put(until + late, Verb::Link { from, to, link });
        }
    }

    fn one_way(&mut self, at: Duration, until: Duration) {
        let (from, to) = (vec![self.node()], vec![self.node()]);
        let link = Link {
            cut: self.rng.chance(600),
            loss: 700,
            len_max: if self.rng.chance(300) {
                600
            } else {
                usize::MAX
            },
            ..self.base.clone()
        };
        self.put(
            at,
            Verb::Link {
                from: from.clone(),
                to: to.clone(),
                link,
            },
        );
        let link = self.base.clone();
        self.put(until, Verb::Link { from, to, link });
    }

    fn bad_weather(&mut self, at: Duration, until: Duration) {
        let small = |rng: &mut Rng| u32::try_from(rng.below(250)).expect("small");
        let link = Link {
            loss: small(&mut self.rng),
            duplicate: small(&mut self.rng),
            reorder: small(&mut self.rng),
            jitter: self.base.jitter * 4,
            ..self.base.clone()
        };
        let (from, to) = (self.nodes.clone(), self.nodes.clone());
        self.put(at, Verb::Link { from, to, link });
        self.weather(until);
    }

    /// Something in the middle of a membership change.
    fn at_phase(&mut self, at: Duration, node: NodeId) {
        let phases = [
            PhaseName::Gather,
            PhaseName::Commit,
            PhaseName::Recovery,
            PhaseName::Operational,
        ];
        let phase = *self.rng.pick(&phases);
        let other = self.node();
        let link = Link {
            cut: true,
            ..self.base.clone()
        };
        let then = match self.rng.below(4) {
            0 => Verb::Crash(other),
            1 => Verb::Pause(other),
            2 => Verb::Link {
                from: vec![node],
                to: vec![other],
                link,
            },
            _ => Verb::Link {
                from: self.nodes.clone(),
                to: vec![other],
                link,
            },
        };
        let then = Box::new(then);
        self.put(at, Verb::When { node, phase, then });
        let late = self.while_();
        self.put(at + late, Verb::Resume(other));
        self.start(at + late, other, Store::Kept);
        if self.rng.chance(700) {
            self.weather(at + late);
        }
    }

    /// All faults end; most of the dead come back.
    fn make_peace(&mut self, peace: Instant) {
        self.script.retain(|(at, _)| *at < peace);
        let at = peace.since(Instant::ZERO);
        self.put(at, Verb::Heal);
        self.weather(at);
        for of in self.nodes.clone() {
            self.put(at, Verb::Twin { of, on: false });
            self.put(at, Verb::Up(of));
        }
        // Only now: nobody learns a wrong owner any more.
        self.put(at, Verb::Forget(self.nodes.clone()));
        for node in self.nodes.clone() {
            self.put(at, Verb::Resume(node));
            if self.rng.chance(800) {
                self.start(at, node, Store::Kept);
            }
        }
    }
}
