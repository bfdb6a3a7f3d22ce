//! A run as it is drawn: a lane a node, with what its tools would show, faults, losses, and who holds the floating address.

mod floating;
mod lane;
mod view;

use ringwright::Instant;
use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::host::{Cause, Losses, SLOT};
use crate::vintage::Vintage;
use crate::world::Settings;

pub use view::{Outcome, View, ViewError};

/// Microseconds since the start of a run.
pub type Micros = u64;

/// What happened in a run, lane by lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// When the run was over.
    pub until: Micros,
    /// A lane a machine, by number.
    pub lanes: Vec<Lane>,
    /// What was done to the cluster, in order of time.
    pub faults: Vec<Fault>,
    /// Datagrams that were lost.
    pub losses: Vec<Loss>,
}

/// A machine's lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// The machine's number.
    pub node: u32,
    /// Its name.
    pub name: String,
    /// What it runs.
    pub vintage: Vintage,
    /// Gapless from 0 to the end of the run.
    pub spans: Vec<Span>,
    /// Every ring that it installed.
    pub rings: Vec<Ring>,
}

/// A stretch in which a node looks the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it starts.
    pub from: Micros,
    /// When it ends.
    pub to: Micros,
    /// How the daemon stands.
    #[serde(flatten)]
    pub state: State,
    /// The members that its tools show; a frozen node shows its last.
    pub members: Vec<u32>,
    /// The verdict that its tools show.
    pub quorate: bool,
    /// Whether that verdict is about this ring: until its services are synchronised nobody acts on a new one.
    pub settled: bool,
    /// The ring that it installed last, such as `1.c`; empty before the first.
    pub ring: String,
    /// Whether the machine holds the floating address.
    pub floating: bool,
}

/// How a daemon stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// It does not run.
    Off,
    /// It loads.
    Loading,
    /// It waits for its address.
    Waiting,
    /// It looks for members.
    Gather,
    /// A commit token goes round.
    Commit,
    /// Old messages are exchanged.
    Recovery,
    /// Messages are ordered.
    Operational,
    /// It stands still.
    Paused,
    /// It hears nothing, not even itself.
    Deaf,
    /// It ended by itself or was killed; `how` is such as `signal 6`.
    Dead {
        /// How.
        how: String,
    },
}

/// A ring that was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// When.
    pub at: Micros,
    /// Its id, such as `1.c`.
    pub id: String,
    /// Its members.
    pub members: Vec<u32>,
}

/// Something that was done to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When.
    pub at: Micros,
    /// The verb, as in a script.
    pub verb: String,
}

/// Datagrams lost in one direction for one reason in a tenth of a second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The start of that tenth of a second.
    pub from: Micros,
    /// The sender.
    pub sender: u32,
    /// Whom it was meant for; 0 for an address that no machine is meant to have.
    pub receiver: u32,
    /// Why.
    pub cause: Cause,
    /// How many.
    pub count: u32,
}

fn micros(at: Instant) -> Micros {
    at.as_nanos() / 1000
}

impl Timeline {
    /// The timeline of a run that was over at `until`.
    #[must_use]
    pub fn of(history: &History, losses: &Losses, settings: &Settings, until: Instant) -> Self {
        let until = micros(until);
        let ids = settings.ids().into_iter();
        let mut lanes: Vec<Lane> = ids
            .map(|node| lane::of(history, settings, node, until))
            .collect();
        floating::place(&mut lanes);
        let faults = history.done.iter().map(|(at, verb)| Fault {
            at: micros(*at),
            verb: verb.to_string(),
        });
        Self {
            until,
            lanes,
            faults: faults.collect(),
            losses: losses_of(losses),
        }
    }

    /// What a node's tools show at a time; `None` if there is no such machine.
    #[must_use]
    pub fn view(&self, node: u32, at: Micros) -> Option<View> {
        let lane = self.lanes.iter().find(|lane| lane.node == node)?;
        let next = lane.spans.partition_point(|span| span.to <= at);
        lane.spans.get(next).or(lane.spans.last()).map(View::of)
    }

    /// What all nodes' tools show at a time.
    #[must_use]
    pub fn outcome_at(&self, at: Micros) -> Outcome {
        let nodes = self.lanes.iter().map(|lane| lane.node);
        Outcome(
            nodes
                .filter_map(|node| Some((node, self.view(node, at)?)))
                .collect(),
        )
    }

    /// What all nodes' tools show at the end.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome_at(self.until)
    }

    /// Every time at which something changes, ascending, from 0 on.
    #[must_use]
    pub fn changes(&self) -> Vec<Micros> {
        let spans = self.lanes.iter().flat_map(|lane| &lane.spans);
        let mut changes: Vec<Micros> = spans.map(|span| span.from).collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }
}

fn losses_of(losses: &Losses) -> Vec<Loss> {
    let slot_micros = u64::try_from(SLOT.as_micros()).unwrap_or(u64::MAX);
    let loss = |(&(slot, from, to, cause), &count): (&(u32, _, _, Cause), &u32)| {
        let (from, to): (ringwright::NodeId, ringwright::NodeId) = (from, to);
        Loss {
            from: u64::from(slot) * slot_micros,
            sender: from.0,
            receiver: to.0,
            cause,
            count,
        }
    };
    losses.counts.iter().map(loss).collect()
}
