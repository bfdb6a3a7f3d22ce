//! Schedules by the thousand: whatever happens, nobody holds what another holds, and in the end all is placed.

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Mutex;

use super::cluster::{ADDRESS, Chance, Cluster, configuration, n};
use crate::Instant;
use crate::manager::{Change, ChangeError, Event};

/// Schedules that the test runs; more by `RINGWRIGHT_SCHEDULES`, from the seed `RINGWRIGHT_SEED`.
const SCHEDULES: u64 = 150;

/// The time after the last fault in which everything must be placed: three rings of a lossless network, the lease with its
/// wait, and what agents take, well rounded up.
const BOUND: Duration = Duration::from_secs(90);

/// How often a change is asked for that finds no quorum.
const ASKED_MAX: u32 = 9;

/// One schedule: its verbs, for whoever wants to know what went wrong.
struct Story {
    chance: Chance,
    told: Vec<String>,
    /// When the last fault was over, and when all was placed.
    mended: Instant,
    placed: Instant,
}

impl Story {
    fn of(seed: u64) -> (Self, Cluster) {
        let mut chance = Chance::new(seed);
        let count = if chance.below(4) == 0 { 5 } else { 3 };
        let mut cluster = Cluster::without_managers(count, &[]);
        for host in cluster.hosts.values_mut() {
            // Set before anything was timed by it but the first ring, which is not there yet.
            host.rate = i64::try_from(chance.below(20_001)).unwrap() - 10_000;
        }
        cluster.chance = Some(Chance::new(seed ^ 0x5eed));
        let story = Self {
            chance,
            told: Vec::new(),
            mended: Instant::ZERO,
            placed: Instant::ZERO,
        };
        (story, cluster)
    }

    fn pick(&mut self, c: &Cluster) -> u32 {
        1 + u32::try_from(self.chance.below(c.hosts.len() as u64)).unwrap()
    }

    /// Lets something happen.
    fn disturb(&mut self, c: &mut Cluster) {
        let id = self.pick(c);
        let other = self.pick(c);
        let runs = c.hosts[&n(id)].node.is_some() && !c.hosts[&n(id)].paused;
        let verb = match self.chance.below(10) {
            0 if runs => {
                c.kill(id);
                "kill"
            }
            1 if runs => {
                c.pause(id);
                "pause"
            }
            2 if runs => {
                c.leave(id);
                "leave"
            }
            3 => {
                c.isolate(&[id]);
                "isolate"
            }
            4 => {
                c.isolate(&[id, other]);
                "split off, with another,"
            }
            5 => {
                c.heal();
                "heal, says"
            }
            6 if runs => {
                c.hosts.get_mut(&n(id)).unwrap().kernel.held.clear();
                "take the address from"
            }
            7 if runs => {
                let two = ADDRESS.replace("ClusterIP", "Second");
                let both = alloc::format!("{ADDRESS}{two}");
                c.ask(id, configuration(&[], &both));
                "change at"
            }
            8 if runs => {
                let all = Change::Cleanup {
                    resource: None,
                    node: None,
                };
                c.ask(id, all);
                "clean up at"
            }
            _ if c.hosts[&n(id)].paused => {
                c.resume(id);
                "resume"
            }
            _ if c.hosts[&n(id)].node.is_none() => {
                c.start(id);
                "start"
            }
            _ => "leave alone",
        };
        self.told.push(alloc::format!("{}: {verb} {id}", c.now));
    }

    fn run(&mut self, c: &mut Cluster) {
        c.chance.as_mut().unwrap().loss = self.chance.below(60);
        c.run_for(Duration::from_secs(15));
        let at = self.pick(c);
        c.ask(at, configuration(&[], ADDRESS));
        for _ in 0..self.chance.below(14) {
            self.disturb(c);
            let pause = 20 + self.chance.below(9_000);
            c.run_for(Duration::from_millis(pause));
        }
        self.mend(c);
    }

    /// All is well again; within the bound all is placed, and the same everywhere.
    fn mend(&mut self, c: &mut Cluster) {
        self.told.push(alloc::format!("{}: mend", c.now));
        c.heal();
        c.chance.as_mut().unwrap().loss = 0;
        let ids: Vec<_> = c.hosts.keys().map(|node| node.0).collect();
        for id in &ids {
            if c.hosts[&n(*id)].paused {
                c.resume(*id);
            }
            if c.hosts[&n(*id)].node.is_none() {
                c.start(*id);
            }
        }
        // Who is on its way out goes first.
        while let Some(id) = c.leaving() {
            let gone = c.within(BOUND, |c| c.hosts[&n(id)].node.is_none());
            assert!(gone, "node {id} does not leave");
            c.start(id);
        }
        self.mended = c.now;
        c.within(BOUND / 2, Cluster::is_whole);
        // The change that the schedule began with may never have been taken.
        Self::ask_again(c, &configuration(&[], ADDRESS));
        // Who has failed to start it too often is forgiven.
        let (resource, node) = (None, None);
        Self::ask_again(c, &Change::Cleanup { resource, node });
        c.within(BOUND / 2, |c| {
            c.is_whole() && c.holders("ClusterIP").len() == 1
        });
        self.placed = c.now;
        // It stays so.
        c.run_for(Duration::from_secs(12));
    }

    /// Asks for a change until it is taken: a ring that comes apart meanwhile, or has not noticed yet that it has, takes none.
    fn ask_again(c: &mut Cluster, change: &Change) {
        for _ in 0..ASKED_MAX {
            if c.change(1, change.clone()) != Err(ChangeError::NoQuorum) {
                return;
            }
            c.within(BOUND / ASKED_MAX, Cluster::is_whole);
        }
    }

    fn judge(&self, seed: u64, c: &Cluster) {
        let fail = |what: &str| -> ! {
            panic!(
                "seed {seed}: {what}\n{}\nRINGWRIGHT_SEED={seed} RINGWRIGHT_SCHEDULES=1 replays it",
                self.told.join("\n")
            )
        };
        if let Some(double) = c.doubles.first() {
            fail(double);
        }
        if c.holders("ClusterIP").len() != 1 {
            fail(&alloc::format!(
                "not placed, but on {:?}",
                c.holders("ClusterIP")
            ));
        }
        let mut folds = c.hosts.keys().map(|node| c.manager(node.0).fold());
        let first = folds.next().unwrap();
        if folds.any(|fold| fold != first) {
            fail("members differ in what they have folded");
        }
        if !c.is_settled() {
            fail("something is still being done");
        }
    }
}

/// What a run of schedules amounts to.
#[derive(Default)]
struct Sum {
    schedules: u32,
    faults: u64,
    kills: u64,
    lapses: u64,
    waits: u64,
    starts: u64,
    /// From the last fault until all was placed: together, and the longest with its seed.
    healing: (Duration, (Duration, u64)),
}

impl Sum {
    fn add(&mut self, seed: u64, story: &Story, c: &Cluster) {
        let count = |what: fn(&Event) -> bool| {
            let events = c.hosts.values().flat_map(|host| &host.events);
            events.filter(|event| what(event)).count() as u64
        };
        self.schedules += 1;
        self.faults += story.told.len() as u64 - 1;
        self.kills += story
            .told
            .iter()
            .filter(|told| told.contains("kill"))
            .count() as u64;
        self.lapses += count(|event| matches!(event, Event::Lapsed { .. }));
        self.waits += count(|event| matches!(event, Event::Waits { .. }));
        let acts = c.hosts.values().flat_map(|host| &host.acts);
        self.starts += acts.filter(|act| act.starts_with("start")).count() as u64;
        let took = story.placed.since(story.mended);
        self.healing.0 += took;
        self.healing.1 = self.healing.1.max((took, seed));
    }
}

impl core::fmt::Display for Sum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mean = (self.healing.0 / self.schedules.max(1)).as_secs_f64();
        let (longest, seed) = self.healing.1;
        write!(
            f,
            "{} schedules: {} events, {} of them kills; {} starts, {} leases that ran out, {} waits for others' leases; \
             placed {mean:.1} s after the last fault, at most {:.1} s (seed {seed})",
            self.schedules,
            self.faults,
            self.kills,
            self.starts,
            self.lapses,
            self.waits,
            longest.as_secs_f64(),
        )
    }
}

#[test]
fn no_schedule_makes_two_hold_the_same_and_each_ends_with_all_placed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first: u64 = number("RINGWRIGHT_SEED").unwrap_or(0);
    let end = first + number("RINGWRIGHT_SCHEDULES").unwrap_or(SCHEDULES);
    let (next, sum) = (AtomicU64::new(first), Mutex::new(Sum::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let (mut story, mut cluster) = Story::of(seed);
            story.run(&mut cluster);
            story.judge(seed, &cluster);
            let mut sum = sum.lock().expect("nobody panics with it");
            sum.add(seed, &story, &cluster);
            if sum.schedules.is_multiple_of(5_000) {
                std::eprintln!("{sum}");
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    std::eprintln!("{}", sum.into_inner().expect("nobody panicked with it"));
}

/// An address that a killed process left was found, forgotten by a cleanup, ran out, and was started without a plan
/// while another started it by one.
#[test]
fn what_was_found_and_then_forgotten_is_started_by_plan_alone() {
    let seed = 63_648;
    let (mut story, mut cluster) = Story::of(seed);
    story.run(&mut cluster);
    story.judge(seed, &cluster);
}
