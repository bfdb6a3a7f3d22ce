//! One life of a cluster: it boots, and one fault follows the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright_sims::Rng;
use ringwright_sims::convergence::Fault;

use super::Program;
use super::wire::Wire;
use crate::bench::hosts::{Hosts, Timers};
use crate::failure::Failure;

/// A ring is left alone for at least this before something is done to it.
const QUIET: Duration = Duration::from_secs(1);
/// Beyond three rounds of the ring's own timers, before a ring is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cluster of one program, from its boot on.
pub(super) struct Round<'a> {
    hosts: &'a mut Hosts,
    wire: &'a mut Wire,
    program: Program,
    timing: Timing,
    rng: Rng,
    /// Set to end early.
    stop: &'a AtomicBool,
}

impl<'a> Round<'a> {
    pub(super) fn new(
        hosts: &'a mut Hosts,
        wire: &'a mut Wire,
        program: Program,
        timers: Timers,
        rng: Rng,
        stop: &'a AtomicBool,
    ) -> Result<Self, Failure> {
        let keys = TimingKeys {
            token: Some(timers.token),
            token_coefficient: Some(timers.token_coefficient),
            ..TimingKeys::default()
        };
        let timing = Timing::resolve(&keys, hosts.nodes().len()).map_err(Failure::new)?;
        Ok(Self {
            hosts,
            wire,
            program,
            timing,
            rng,
            stop,
        })
    }

    /// Every fault once; `tell` is told how long each took, or that the ring did not come, after which nothing follows.
    pub(super) fn run(
        mut self,
        tell: &mut dyn FnMut(Fault, Option<Duration>),
    ) -> Result<(), Failure> {
        self.hosts.clear()?;
        self.wire.forget();
        // Dead or not, what is left of it must not disturb the next.
        let ended = self.faults(tell);
        self.hosts.clear()?;
        ended.map(|_| ())
    }

    /// `None` once a ring did not come.
    fn faults(
        &mut self,
        tell: &mut dyn FnMut(Fault, Option<Duration>),
    ) -> Result<Option<()>, Failure> {
        let (all, program) = (self.hosts.nodes(), self.program);
        let mut step = |round: &mut Self, fault, members: &[u32], act: Act| {
            let took = round.measure(members, act)?;
            tell(fault, took);
            Ok::<_, Failure>(took.map(|_| ()))
        };
        let boot = |hosts: &mut Hosts| all.iter().try_for_each(|&node| hosts.start(node, program));
        if step(self, Fault::Boot, &all, &boot)?.is_none() {
            return Ok(None);
        }
        for (gone, back) in [
            (Fault::Leave, Fault::Join),
            (Fault::Kill, Fault::Join),
            (Fault::Cut, Fault::Heal),
        ] {
            let one = *self.rng.pick(&all);
            let rest: Vec<u32> = all.iter().copied().filter(|&node| node != one).collect();
            let go = |hosts: &mut Hosts| match gone {
                Fault::Leave => hosts.signal(one, Signal::SIGTERM),
                Fault::Kill => hosts.signal(one, Signal::SIGKILL),
                _ => hosts.plug(one, false),
            };
            if step(self, gone, &rest, &go)?.is_none() {
                return Ok(None);
            }
            if gone == Fault::Cut {
                // The one that is cut off needs its own ring, too; nobody sees it.
                self.wire.pass(self.timing.consensus / 4);
            } else {
                self.hosts.wait(one)?;
            }
            let come = |hosts: &mut Hosts| match back {
                Fault::Heal => hosts.plug(one, true),
                _ => hosts.start(one, program),
            };
            if step(self, back, &all, &come)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    /// Lets the ring be for a while, acts, and waits for the ring of `members`.
    fn measure(&mut self, members: &[u32], act: Act) -> Result<Option<Duration>, Failure> {
        let quiet = QUIET + self.rng.duration(2 * self.timing.hold);
        self.wire.pass(quiet);
        if let Some(node) = self.hosts.first_dead() {
            let words = self.hosts.last_words(node);
            let program = self.program;
            return Err(Failure::new(format!(
                "{program} ended on node {node}:\n{words}"
            )));
        }
        let from = SystemTime::now();
        act(self.hosts)?;
        let patience = 3 * (self.timing.token + self.timing.consensus) + PATIENCE;
        let at = self.wire.until(members, from, from + patience, self.stop);
        if self.stop.load(Ordering::Relaxed) {
            return Err(Failure::with_status(
                130,
                "interrupted; nothing was written",
            ));
        }
        // The clock may have been set back in between.
        Ok(at.map(|at| at.duration_since(from).unwrap_or_default()))
    }
}

/// What is done to the hosts.
type Act<'a> = &'a dyn Fn(&mut Hosts) -> Result<(), Failure>;
