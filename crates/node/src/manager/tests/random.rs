//! Schedules by the thousand: whatever happens, nobody holds what another holds, and in the end all is placed.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::cluster::{ADDRESS, Chance, Cluster, configuration, n};
use crate::manager::Change;

/// Schedules that the test runs; more by `RINGWRIGHT_SCHEDULES`, from the seed `RINGWRIGHT_SEED`.
const SCHEDULES: u64 = 150;

/// The time after the last fault in which everything must be placed: three rings of a lossless network, the lease with its
/// wait, and what agents take, well rounded up.
const BOUND: Duration = Duration::from_secs(90);

/// One schedule: its verbs, for whoever wants to know what went wrong.
struct Story {
    chance: Chance,
    told: Vec<String>,
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
        let told = Vec::new();
        (Self { chance, told }, cluster)
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
        c.run_for(Duration::from_secs(30));
        // Who was on its way out has gone meanwhile; who has started failed too often is forgiven.
        for id in &ids {
            if c.hosts[&n(*id)].node.is_none() {
                c.start(*id);
            }
        }
        c.run_for(Duration::from_secs(15));
        c.ask(1, configuration(&[], ADDRESS));
        c.ask(
            1,
            Change::Cleanup {
                resource: None,
                node: None,
            },
        );
        c.run_for(BOUND);
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

#[test]
fn no_schedule_makes_two_hold_the_same_and_each_ends_with_all_placed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first = number("RINGWRIGHT_SEED").unwrap_or(0);
    for seed in first..first + number("RINGWRIGHT_SCHEDULES").unwrap_or(SCHEDULES) {
        let (mut story, mut cluster) = Story::of(seed);
        story.run(&mut cluster);
        story.judge(seed, &cluster);
    }
}
