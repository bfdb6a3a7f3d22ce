//! How long a cluster takes to come to terms with a change, and what it sends for that, in virtual time.

mod fault;
mod rings;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::Ipv4Addr;
use std::time::Duration;

use ringwright::{Instant, NodeId};
use serde::{Deserialize, Serialize};

use crate::host::Traffic;
use crate::rng::Rng;
use crate::run::run_until;
use crate::script::{Link, Store, Verb};
use crate::setup::{Setup, SetupError};
use crate::step::Step;
use crate::vintage::Vintage;
use crate::world::{Settings, World};

pub use fault::{Fault, UnknownFault};
use rings::Rings;

/// All nodes of a boot start within this.
const BOOT: Duration = Duration::from_millis(100);
/// A ring is left alone for at least this before something is done to it.
const QUIET: Duration = Duration::from_secs(1);

/// What a cluster is made of, and what it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Site {
    /// What all machines run.
    pub vintage: Vintage,
    /// Nodes, 1 to 384.
    pub nodes: u32,
    /// `totem.token`, ms; 0 is the default.
    pub token: u32,
    /// `totem.token_coefficient`, ms for each node beyond two; corosync's default is 650.
    pub token_coefficient: u32,
    /// Datagrams of a thousand that are lost from the fault on, in every direction.
    pub loss: u32,
    /// Least time of a datagram on its way, µs; up to as much again is added at random.
    pub latency: u32,
}

/// A change to be measured once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trial {
    /// Where.
    pub site: Site,
    /// What is done.
    pub fault: Fault,
    /// Source of all chance: which node it is, when it is, how long datagrams take, which are lost.
    pub seed: u64,
}

/// What a change took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// From the change until the last of those that it leaves has installed the ring of all that it leaves; `None` if that
    /// has not come within ten rounds of the protocol's own timers and a minute.
    pub time: Option<Duration>,
    /// What all daemons sent from the change until then.
    pub traffic: Traffic,
    /// Rings that somebody installed from the change until then.
    pub rings: usize,
}

impl Site {
    /// The corosync.conf of all its machines.
    #[must_use]
    pub fn conf(&self) -> String {
        let Self {
            token,
            token_coefficient,
            ..
        } = self;
        let mut conf = format!(
            "totem {{\n version: 2\n cluster_name: bench\n transport: udpu\n secauth: off\n token: {token}\n \
             token_coefficient: {token_coefficient}\n}}\nquorum {{\n provider: corosync_votequorum\n}}\nnodelist {{\n"
        );
        // The network that is set aside for benchmarks.
        let base = u32::from(Ipv4Addr::new(198, 18, 0, 0));
        for node in 1..=self.nodes {
            let address = Ipv4Addr::from(base + node);
            let _ = writeln!(
                conf,
                " node {{\n  ring0_addr: {address}\n  nodeid: {node}\n  name: n{node}\n }}"
            );
        }
        conf.push_str("}\n");
        conf
    }

    /// The settings of a world of such machines.
    pub(crate) fn settings(&self, seed: u64) -> Result<Settings, SetupError> {
        let setup = Setup::from_conf(&self.conf(), self.vintage, &BTreeMap::new())?;
        Ok(Settings::of(setup, seed))
    }

    /// The same between any two machines.
    pub(crate) fn link(&self, loss: u32) -> Link {
        let latency = Duration::from_micros(self.latency.into());
        Link {
            loss,
            delay: latency,
            jitter: latency,
            ..Link::default()
        }
    }
}

impl Trial {
    /// Does it.
    pub fn run(&self) -> Result<Measured, SetupError> {
        Ok(self.prepare()?.run())
    }

    /// Everything that comes before the change.
    pub fn prepare(&self) -> Result<Prepared, SetupError> {
        let settings = self.site.settings(self.seed)?;
        let limit = patience(&settings);
        let mut stage = Stage::new(*self, &settings);
        let there = stage.prepare(limit);
        Ok(Prepared {
            stage,
            there,
            limit,
        })
    }
}

/// A cluster just before the change.
#[derive(Debug)]
pub struct Prepared {
    stage: Stage,
    /// Whether the rings that the change needs have come about.
    there: bool,
    limit: Duration,
}

impl Prepared {
    /// Lets the change happen, and waits for what it leads to.
    #[must_use]
    pub fn run(self) -> Measured {
        let Self {
            mut stage,
            there,
            limit,
        } = self;
        let (from, before) = (stage.world.now(), stage.world.traffic());
        if !there {
            return stage.measured(from, before, None);
        }
        stage.weather(stage.trial.site.loss);
        stage.befall();
        let wanted = stage.trial.fault.rings_after(&stage.all, stage.one);
        let until = stage.rings.until(&mut stage.world, &wanted, from + limit);
        stage.measured(from, before, until)
    }
}

/// How long a change is waited for: ten rounds of the protocol's own timers, and a minute.
fn patience(settings: &Settings) -> Duration {
    10 * (settings.timing.token + settings.timing.consensus) + Duration::from_mins(1)
}

/// A cluster before, in and after a change.
#[derive(Debug)]
struct Stage {
    trial: Trial,
    world: Step,
    rings: Rings,
    all: Vec<NodeId>,
    /// Whom it befalls.
    one: NodeId,
    rng: Rng,
    /// An idle ring's token comes by once in this.
    period: Duration,
}

impl Stage {
    fn new(trial: Trial, settings: &Settings) -> Self {
        let mut rng = Rng::new(trial.seed ^ 0xC0_4E26);
        let all = settings.ids();
        let mut stage = Self {
            trial,
            world: Step::new(settings),
            rings: Rings::default(),
            one: *rng.pick(&all),
            all,
            rng,
            period: settings.timing.hold,
        };
        stage.weather(0);
        stage
    }

    /// Everything that comes before the change; false if no ring came about.
    fn prepare(&mut self, limit: Duration) -> bool {
        let (all, one) = (self.all.clone(), self.one);
        let there = match self.trial.fault {
            Fault::Boot => return true,
            Fault::Join => fault::without(&all, one),
            _ => all.clone(),
        };
        self.start(&there);
        if !self.until(std::slice::from_ref(&there), limit) {
            return false;
        }
        if self.trial.fault == Fault::Heal {
            self.cut(&fault::without(&all, one), &[one]);
            if !self.until(&[fault::without(&all, one), vec![one]], limit) {
                return false;
            }
        }
        // At no time of the ring's own period more likely than at another.
        let quiet = QUIET + self.rng.duration(2 * self.period);
        let until = self.world.now() + quiet;
        run_until(&mut self.world, until);
        true
    }

    fn until(&mut self, wanted: &[Vec<NodeId>], limit: Duration) -> bool {
        let limit = self.world.now() + limit;
        self.rings.until(&mut self.world, wanted, limit).is_some()
    }

    fn befall(&mut self) {
        let (all, one) = (self.all.clone(), self.one);
        match self.trial.fault {
            Fault::Boot => self.start(&all),
            Fault::Join => self.start(&[one]),
            Fault::Leave => self.world.apply(&Verb::Leave(one)),
            Fault::Kill => self.world.apply(&Verb::Crash(one)),
            Fault::Cut => self.cut(&fault::without(&all, one), &[one]),
            // The weather is the same everywhere again.
            Fault::Heal => {}
            Fault::Halves => {
                let (one, other) = fault::halves(&all);
                self.cut(one, other);
            }
        }
    }

    /// Starts nodes, one after another within [`BOOT`]; a single one at once.
    fn start(&mut self, nodes: &[NodeId]) {
        let from = self.world.now();
        let alone = nodes.len() == 1;
        let late = |rng: &mut Rng| {
            if alone {
                Duration::ZERO
            } else {
                rng.duration(BOOT)
            }
        };
        let mut starts: Vec<_> = nodes
            .iter()
            .map(|&node| (from + late(&mut self.rng), node))
            .collect();
        starts.sort_unstable();
        for (at, node) in starts {
            run_until(&mut self.world, at);
            let store = Store::Kept;
            self.world.apply(&Verb::Start { node, store });
        }
    }

    /// Every direction is alike.
    fn weather(&mut self, loss: u32) {
        let (from, to) = (self.all.clone(), self.all.clone());
        let link = self.trial.site.link(loss);
        self.world.apply(&Verb::Link { from, to, link });
    }

    fn cut(&mut self, one: &[NodeId], other: &[NodeId]) {
        for (from, to) in [(one, other), (other, one)] {
            let (from, to, link) = (from.to_vec(), to.to_vec(), Link::cut());
            self.world.apply(&Verb::Link { from, to, link });
        }
    }

    fn measured(&self, from: Instant, before: Traffic, until: Option<Instant>) -> Measured {
        Measured {
            time: until.map(|until| until.since(from)),
            traffic: self.world.traffic() - before,
            rings: self.rings.formed_since(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(vintage: Vintage, fault: Fault) -> Trial {
        let site = Site {
            vintage,
            nodes: 4,
            token: 1000,
            token_coefficient: 0,
            loss: 0,
            latency: 50,
        };
        Trial {
            site,
            fault,
            seed: 3,
        }
    }

    fn time(vintage: Vintage, fault: Fault) -> Duration {
        let measured = trial(vintage, fault).run().expect("a valid file");
        measured.time.expect("a ring in time")
    }

    #[test]
    fn corosync_waits_for_token_and_consensus_when_a_member_falls_silent() {
        for fault in [Fault::Kill, Fault::Cut, Fault::Halves] {
            let time = time(Vintage::Corosync3_1_7, fault);
            // 1 s and 1.2 s; the token was last seen at most a holding of it, 180 ms, before the fault.
            let (least, most) = (Duration::from_secs(2), Duration::from_secs(3));
            assert!((least..most).contains(&time), "{fault}: {time:?}");
        }
    }

    #[test]
    fn who_says_goodbye_is_not_waited_for() {
        for vintage in [Vintage::Corosync3_1_7, Vintage::Ringwright] {
            let time = time(vintage, Fault::Leave);
            assert!(time < Duration::from_millis(20), "{vintage}: {time:?}");
        }
    }

    #[test]
    fn every_fault_ends_in_its_rings_and_the_same_again_from_its_seed() {
        for fault in Fault::ALL {
            let trial = trial(Vintage::Ringwright, fault);
            let measured = trial.run().expect("a valid file");
            assert!(measured.time.is_some(), "{fault}");
            assert!(measured.rings >= 1, "{fault}");
            assert!(measured.traffic.all().datagrams > 0, "{fault}");
            assert_eq!(trial.run(), Ok(measured), "{fault}");
        }
    }
}
