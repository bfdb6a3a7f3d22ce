//! Facts of a node's journal.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ringwright::{Event, Input, NodeId, Output, Target, ring};
use ringwright_config::lint::Cluster;
use ringwright_driver::journal::{HostEvent, Moment, What as Told, replay};
use ringwright_totem::wire::Frame;

use super::fact::{Fact, Facts, Mark, Vantage, What};
use super::rings::Rings;
use super::talk::{Said, Word};
use super::{Failure, files};

#[derive(Default)]
struct Reading {
    rings: Rings,
    facts: Vec<Fact>,
    me: Option<NodeId>,
    listed: BTreeSet<NodeId>,
    /// The clock at the beginning, nanoseconds since 1970.
    start: Option<u64>,
    inputs: u64,
    rejected: u64,
    end: Mark,
}

/// The newest node's, if the journal is of several lives.
pub(super) fn facts(parts: &[PathBuf], cluster: &Cluster) -> Result<Facts, Failure> {
    let mut reading = Reading::default();
    let outcome = replay(parts, |moment| reading.moment(&moment));
    if let (None, Some(damage)) = (reading.me, outcome.damaged.first()) {
        return Err(Failure::new(damage));
    }
    let me = reading
        .me
        .ok_or_else(|| Failure::new("the journal has no node's start"))?;
    let (names, addresses) = files::known(cluster);
    let mut nodes = reading.rings.nodes();
    nodes.extend(&reading.listed);
    nodes.remove(&NodeId(0));
    let mut facts = reading.rings.facts(&nodes, false);
    facts.append(&mut reading.facts);
    facts.extend(files::unlisted(&nodes, &reading.listed));
    facts.extend(files::facts(cluster));
    facts.sort_by(|one, other| one.at.seconds.total_cmp(&other.at.seconds));
    let source = parts
        .last()
        .map_or_else(String::new, |part| format!("journal {}", part.display()));
    Ok(Facts {
        source,
        vantage: Vantage::Inside(me),
        start: reading.start.unwrap_or(0),
        seconds: reading.end.seconds,
        nodes,
        names,
        addresses,
        seen: facts,
    })
}

impl Reading {
    fn moment(&mut self, moment: &Moment<'_>) {
        let start = *self.start.get_or_insert(moment.wall);
        let nanos = moment.wall.saturating_sub(start);
        self.end = Mark {
            seconds: std::time::Duration::from_nanos(nanos).as_secs_f64(),
            number: self.inputs,
        };
        if let Some(node) = moment.node {
            self.me = Some(node.config().me);
            if self.listed.is_empty() {
                self.listed = node.config().nodes.iter().map(|node| node.id).collect();
            }
        }
        match &moment.what {
            Told::Input(input) => {
                self.inputs += 1;
                self.end.number = self.inputs;
                if let Input::Datagram(datagram) = input {
                    self.heard(datagram);
                }
            }
            Told::Output(output) => self.put_out(output),
            Told::Host(event) => self.host(event),
            Told::Mark(mark) => {
                let rejected = mark.counters.rejected;
                if rejected > self.rejected {
                    self.add(What::Rejected {
                        datagrams: rejected - self.rejected,
                    });
                }
                self.rejected = rejected;
            }
            _ => {}
        }
    }

    fn add(&mut self, what: What) {
        let known = self.facts.iter().any(|fact| fact.what == what);
        if !known {
            self.facts.push(Fact { at: self.end, what });
        }
    }

    fn heard(&mut self, datagram: &bytes::Bytes) {
        if let (Ok(frame), Some(me)) = (Frame::decode(datagram), self.me) {
            let (from, word) = Word::of(&frame);
            self.say(from, Some(me), word);
        }
    }

    fn say(&mut self, from: NodeId, to: Option<NodeId>, word: Word) {
        let at = self.end;
        self.rings.hear(&Said { at, from, to, word });
    }

    fn put_out(&mut self, output: &Output) {
        let Some(me) = self.me else { return };
        match output {
            Output::Transmit { to, bytes } => {
                let Ok(frame) = Frame::decode(bytes) else {
                    return;
                };
                let (from, word) = Word::of(&frame);
                if from != me {
                    return; // somebody else's message, sent again
                }
                match to {
                    Target::Node(node) => self.say(me, Some(*node), word),
                    Target::All => {
                        for node in self.listed.clone() {
                            if node != me {
                                self.say(me, Some(node), word.clone());
                            }
                        }
                    }
                }
            }
            Output::Event(Event::Regular(c)) => {
                self.rings.install(c.ring_id, &c.members, me, self.end);
            }
            Output::Event(Event::Ring(ring::Event::Paused)) => self.add(What::StoodStill),
            Output::Event(Event::Ring(ring::Event::Unlisted(node))) => {
                self.add(What::Unlisted { node: *node });
            }
            _ => {}
        }
    }

    fn host(&mut self, event: &HostEvent) {
        match event {
            HostEvent::AddressGone => self.add(What::AddressGone),
            HostEvent::AddressAwaited => self.add(What::AddressAwaited),
            HostEvent::NotSent(why) => self.add(What::NotSent { why: why.clone() }),
            _ => {}
        }
    }
}
