//! From journals to a timeline: a lane a recorded node, by the clocks of their hosts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ringwright::ring::{self, Configuration, PhaseName};
use ringwright::{Event, Input, Instant, Node, NodeId, Output, QuorumCall};
use ringwright_driver::journal::{HostEvent, Moment, Start, What, replay};
use ringwright_sims::script::Store;
use ringwright_sims::timeline::Fault;
use ringwright_sims::{Life, Record, Timeline, What as Happened};

use super::event::list;
use super::story::host_words;

/// The host's clock, nanoseconds since 1970.
type Wall = u64;

/// What several journals tell together.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// When its time zero was.
    pub(crate) from: Wall,
    /// All of it.
    pub(crate) timeline: Timeline,
}

/// Plays journals again and draws together what each says; `None` if they say nothing.
///
/// Clocks of hosts that differ shift their lanes; one that was set back stands still until it has caught up.
pub(crate) fn timeline(files: &[PathBuf]) -> Option<Recorded> {
    let mut book = Book::default();
    replay(files, |moment| book.note(&moment));
    book.close()
}

/// What is known of one node.
#[derive(Debug, Default)]
struct Notes {
    name: String,
    lives: u32,
    runs: bool,
    /// The last time that anything was recorded.
    last: Wall,
    records: Vec<(Wall, u32, Happened)>,
}

#[derive(Debug, Default)]
struct Book {
    nodes: BTreeMap<NodeId, Notes>,
    /// Whose part is being read, once that is known.
    current: Option<NodeId>,
    /// What a part tells before.
    early: Vec<(Wall, HostEvent)>,
    /// What flags tell: when, of whom, what.
    flags: Vec<(Wall, NodeId, String)>,
}

impl Book {
    fn note(&mut self, moment: &Moment<'_>) {
        match (&moment.what, moment.node) {
            (What::Part { continues, .. }, _) if !continues => self.current = None,
            (What::Start(start), _) => self.current = Some(start.config.me),
            (What::Resumed, Some(node)) => self.current = Some(node.config().me),
            (What::Host(event), _) if self.current.is_none() => {
                self.early.push((moment.wall, (*event).clone()));
            }
            _ => {}
        }
        let Some(me) = self.current else { return };
        for (wall, event) in std::mem::take(&mut self.early) {
            self.host(me, wall, &event);
        }
        let wall = moment.wall.max(self.notes(me).last);
        match &moment.what {
            What::Start(start) => self.start(me, wall, start),
            What::Resumed => self.resume(me, wall, moment.node),
            What::Output(Output::Event(event)) => {
                self.happens(me, wall, Happened::Event(event.clone()));
            }
            What::Host(event) => self.host(me, wall, event),
            What::Input(Input::Quorum(call)) if !matches!(call, QuorumCall::Device(_)) => {
                self.flag(me, wall, format!("an operator's call: {call:?}"));
            }
            What::End(why) => {
                self.happens(me, wall, Happened::Left);
                self.notes(me).runs = false;
                self.flag(me, wall, format!("ends: {why}"));
            }
            _ => {}
        }
        self.notes(me).last = wall;
    }

    fn notes(&mut self, me: NodeId) -> &mut Notes {
        self.nodes.entry(me).or_default()
    }

    fn happens(&mut self, me: NodeId, wall: Wall, what: Happened) {
        let notes = self.notes(me);
        notes.records.push((wall, notes.lives, what));
    }

    fn flag(&mut self, me: NodeId, wall: Wall, text: String) {
        self.flags.push((wall, me, text));
    }

    /// A new life; one that did not say how it ended was killed after the last that is recorded of it.
    fn begin(&mut self, me: NodeId, wall: Wall, store: Store) {
        if self.notes(me).runs {
            let last = self.notes(me).last;
            self.happens(me, last, Happened::Crashed);
        }
        let notes = self.notes(me);
        notes.lives += 1;
        notes.runs = true;
        self.happens(me, wall, Happened::Started(store));
    }

    fn start(&mut self, me: NodeId, wall: Wall, start: &Start) {
        let entry = start.config.nodes.iter().find(|node| node.id == me);
        let name = entry.map(|node| node.name.clone()).unwrap_or_default();
        self.notes(me).name = name;
        self.begin(me, wall, Store::Kept);
        self.flag(me, wall, "starts".into());
    }

    /// It goes on in the middle of a life: as a node that has just become what it is.
    fn resume(&mut self, me: NodeId, wall: Wall, node: Option<&Node>) {
        let Some(node) = node else { return };
        // It was not killed: what it did is missing.
        if std::mem::take(&mut self.notes(me).runs) {
            let last = self.notes(me).last;
            self.happens(me, last, Happened::Left);
        }
        let config = node.config();
        let entry = config.nodes.iter().find(|entry| entry.id == config.me);
        self.notes(me).name = entry.map(|entry| entry.name.clone()).unwrap_or_default();
        self.begin(me, wall, Store::Kept);
        for event in standing(node) {
            self.happens(me, wall, Happened::Event(event));
        }
        self.flag(me, wall, "goes on from a snapshot".into());
    }

    fn host(&mut self, me: NodeId, wall: Wall, event: &HostEvent) {
        match event {
            HostEvent::AddressAwaited => self.happens(me, wall, Happened::Waits),
            HostEvent::AddressGone => self.happens(me, wall, Happened::Unbound),
            HostEvent::Bound => return,
            // As it should be.
            HostEvent::AddressBack if !self.notes(me).runs => return,
            _ => {}
        }
        self.flag(me, wall, host_words(event));
    }

    fn close(self) -> Option<Recorded> {
        let all = self.nodes.values().flat_map(|notes| &notes.records);
        let from = all.map(|(wall, ..)| *wall).min()?;
        let at = |wall: Wall| Instant::from_nanos(wall.saturating_sub(from));
        let until = self.nodes.values().map(|notes| at(notes.last)).max()?;
        let is_one = self.nodes.len() == 1;
        let called = |node: NodeId| match self.nodes.get(&node) {
            Some(notes) if !notes.name.is_empty() => notes.name.clone(),
            _ => format!("node {node}"),
        };
        let mut faults: Vec<Fault> = self
            .flags
            .iter()
            .map(|(wall, node, text)| Fault {
                at: at(*wall).as_nanos() / 1000,
                verb: if is_one {
                    text.clone()
                } else {
                    format!("{}: {text}", called(*node))
                },
            })
            .collect();
        faults.sort_by_key(|fault| fault.at);
        let lanes: Vec<(NodeId, String, Vec<Record>)> = self
            .nodes
            .iter()
            .map(|(&node, notes)| {
                let record = |(wall, number, what): &(Wall, u32, Happened)| Record {
                    at: at(*wall),
                    life: Life {
                        node,
                        number: *number,
                    },
                    what: what.clone(),
                };
                (
                    node,
                    called(node),
                    notes.records.iter().map(record).collect(),
                )
            })
            .collect();
        Some(Recorded {
            from,
            timeline: Timeline::of_records(&lanes, faults, until),
        })
    }
}

/// What a node would have told to come to where it is.
fn standing(node: &Node) -> Vec<Event> {
    let (ring, ring_id) = (node.engine().ring(), node.ring_id());
    let members = ring.members().to_vec();
    let mut events = Vec::new();
    if !members.is_empty() {
        let (joined, left) = (Vec::new(), Vec::new());
        events.push(Event::Regular(Configuration {
            ring_id,
            members: members.clone(),
            joined,
            left,
        }));
        events.push(Event::Quorum {
            quorate: node.is_quorate(),
            members,
            ring_id,
        });
        if node.engine().is_synchronised() {
            events.push(Event::Synchronised(ring_id));
        }
    }
    events.push(Event::Ring(match ring.phase() {
        PhaseName::Operational => ring::Event::Operational(ring_id),
        PhaseName::Recovery => ring::Event::Recovery(ring_id),
        PhaseName::Commit => ring::Event::Commit(ring_id),
        PhaseName::Gather => ring::Event::Gather(ring::GatherReason::InterfaceUp),
    }));
    events
}

/// What the page says of a recorded cluster, a sentence.
pub(crate) fn sentence(recorded: &Recorded) -> String {
    let lanes = &recorded.timeline.lanes;
    let nodes: Vec<NodeId> = lanes.iter().map(|lane| NodeId(lane.node)).collect();
    let whose = if nodes.len() == 1 { "node" } else { "nodes" };
    format!("What {whose} {} recorded, played again", list(&nodes))
}
