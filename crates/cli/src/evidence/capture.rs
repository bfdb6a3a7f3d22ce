//! Facts of a capture.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ringwright::NodeId;
use ringwright_config::lint::Cluster;
use ringwright_totem::wire::Frame;

use super::fact::{Fact, Facts, Mark, Vantage, What};
use super::rings::Rings;
use super::talk::{Said, Word};
use super::{Failure, files};
use crate::decode::{Arp, Capture, Item, Mac, Near, Unreachable};

/// Questions for an address without an answer that are no accident.
const QUESTIONS_MIN: u64 = 2;

/// Linux refuses once a second at most: after such a time without a refusal, seconds, somebody listens.
const REFUSED_PAUSE: f64 = 2.0;

/// What can be learnt of a capture only as a whole.
#[derive(Default)]
struct Reading {
    said: Vec<(SocketAddr, SocketAddr, Mark, NodeId, Word)>,
    /// Who sends from an address.
    nodes: BTreeMap<IpAddr, BTreeMap<NodeId, Mark>>,
    owners: BTreeMap<IpAddr, BTreeMap<Mac, Mark>>,
    /// Frames to an address, by sender and machine.
    ways: BTreeMap<(IpAddr, IpAddr, Mac), Mark>,
    pairs: BTreeSet<(IpAddr, IpAddr)>,
    ports: BTreeMap<(IpAddr, u16), (u64, Mark)>,
    sealed: BTreeMap<SocketAddr, (u64, Mark, u16)>,
    /// The first and the last word.
    refused: BTreeMap<(IpAddr, u16), (Mark, Mark)>,
    /// When a machine answered for its address, and when it asked everybody for another.
    answers: Vec<(IpAddr, Mark)>,
    asks: Vec<(IpAddr, Mark)>,
    /// Questions since the last answer.
    questions: BTreeMap<IpAddr, (u64, Mark)>,
    loopback: BTreeMap<IpAddr, Mark>,
    end: Mark,
}

pub(super) fn facts(path: &Path, cluster: &Cluster) -> Result<Facts, Failure> {
    let mut capture = Capture::open(path)?;
    let mut reading = Reading::default();
    while let Some(item) = capture.next()? {
        reading.item(&item);
    }
    let source = format!("capture {}", path.display());
    Ok(reading.facts(source, capture.start(), cluster))
}

impl Reading {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Datagram(datagram) => {
                let at = Mark {
                    seconds: datagram.time.as_secs_f64(),
                    number: datagram.frame,
                };
                self.end = at;
                let (from, to) = (datagram.from, datagram.to);
                if let Ok(frame) = Frame::decode(&datagram.payload) {
                    self.spoken(from, to, at, &frame);
                } else {
                    let sealed = self.sealed.entry(from).or_insert((0, at, to.port()));
                    sealed.0 += 1;
                    return;
                }
                if let Some(mac) = datagram.link.from {
                    self.own(from.ip(), mac, at);
                }
                if let Some(mac) = datagram.link.to {
                    self.ways.entry((to.ip(), from.ip(), mac)).or_insert(at);
                }
            }
            Item::Near { frame, time, what } => {
                let at = Mark {
                    seconds: time.as_secs_f64(),
                    number: *frame,
                };
                self.end = at;
                match what {
                    Near::Arp(arp) => self.arp(*arp, at),
                    Near::Unreachable(told) => self.unreachable(*told, at),
                }
            }
            Item::Fragment | Item::Other | Item::Broken { .. } => {}
        }
    }

    fn spoken(&mut self, from: SocketAddr, to: SocketAddr, at: Mark, frame: &Frame) {
        let (node, word) = Word::of(frame);
        for address in [from.ip(), to.ip()] {
            if address.is_loopback() {
                self.loopback.entry(address).or_insert(at);
            }
        }
        if !matches!(word, Word::Message { .. }) && node.0 != 0 {
            let nodes = self.nodes.entry(from.ip()).or_default();
            nodes.entry(node).or_insert(at);
        }
        self.pairs.insert((from.ip(), to.ip()));
        let port = self.ports.entry((from.ip(), to.port())).or_insert((0, at));
        port.0 += 1;
        self.said.push((from, to, at, node, word));
    }

    fn own(&mut self, address: IpAddr, mac: Mac, at: Mark) {
        self.owners
            .entry(address)
            .or_default()
            .entry(mac)
            .or_insert(at);
    }

    fn arp(&mut self, arp: Arp, at: Mark) {
        let (from, target) = (IpAddr::V4(arp.from), IpAddr::V4(arp.target));
        if !arp.from.is_unspecified() {
            self.own(from, arp.mac, at);
            self.questions.remove(&from);
            if arp.reply {
                self.answers.push((from, at));
            } else if arp.to_all && from != target {
                self.asks.push((from, at));
            }
        }
        if !arp.reply && from != target {
            let questions = self.questions.entry(target).or_insert((0, at));
            questions.0 += 1;
        }
    }

    fn unreachable(&mut self, told: Unreachable, at: Mark) {
        if told.port && told.by == told.to {
            let refused = self.refused.entry((told.to, told.to_port));
            refused.or_insert((at, at)).1 = at;
            self.answers.push((told.to, at));
        } else if !told.port && told.by == told.from {
            // The asking host's own word that nobody answered.
            let questions = self.questions.entry(told.to).or_insert((0, at));
            questions.0 += 1;
        }
    }

    fn facts(self, source: String, start: u64, cluster: &Cluster) -> Facts {
        let (mut names, mut addresses) = files::known(cluster);
        let listed: BTreeSet<_> = addresses.values().copied().collect();
        for (address, nodes) in &self.nodes {
            if let (1, Some(&node)) = (nodes.len(), nodes.keys().next()) {
                addresses.insert(*address, node);
            }
        }
        let silent = self.silent_hosts(&addresses);
        for (&address, node) in silent.iter().zip((0..u32::MAX).rev().map(NodeId)) {
            names.insert(node, address.to_string());
            addresses.insert(address, node);
        }
        let mut rings = Rings::default();
        for (_, to, at, node, word) in &self.said {
            rings.hear(&Said {
                at: *at,
                from: *node,
                to: addresses.get(&to.ip()).copied(),
                word: word.clone(),
            });
        }
        let mut nodes: BTreeSet<_> = rings.nodes().union(&listed).copied().collect();
        nodes.remove(&NodeId(0));
        let strangers = files::unlisted(&nodes, &listed);
        nodes.extend(silent.iter().filter_map(|address| addresses.get(address)));
        let vantage = self.vantage();
        let mut facts = rings.facts(&nodes, vantage == Vantage::Between);
        facts.extend(self.silences(&facts, &addresses));
        facts.extend(self.ownership());
        facts.extend(self.around(&addresses));
        facts.extend(self.contents());
        facts.extend(strangers);
        facts.extend(files::facts(cluster));
        facts.sort_by(|one, other| one.at.seconds.total_cmp(&other.at.seconds));
        Facts {
            source,
            vantage,
            start,
            seconds: self.end.seconds,
            nodes,
            names,
            addresses,
            seen: facts,
        }
    }

    /// Addresses that are spoken to and never speak: nodes whose ids are not known. They are given some from the top.
    fn silent_hosts(&self, known: &BTreeMap<IpAddr, NodeId>) -> Vec<IpAddr> {
        let mut hosts: Vec<_> = self.pairs.iter().map(|&(_, to)| to).collect();
        hosts.retain(|host| {
            let one = match host {
                IpAddr::V4(host) => !host.is_multicast() && !host.is_broadcast(),
                IpAddr::V6(host) => !host.is_multicast(),
            };
            one && !host.is_loopback() && !known.contains_key(host)
        });
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    fn vantage(&self) -> Vantage {
        let hosts: BTreeSet<_> = self
            .pairs
            .iter()
            .flat_map(|&(from, to)| [from, to])
            .collect();
        let senders: BTreeSet<_> = self.pairs.iter().map(|&(from, _)| from).collect();
        let common: Vec<_> = hosts
            .iter()
            .filter(|&&host| {
                self.pairs
                    .iter()
                    .all(|&(from, to)| from == host || to == host)
            })
            .collect();
        match common[..] {
            [] if senders.len() > 1 => Vantage::Between,
            [&host] if hosts.len() > 2 && senders.len() > 1 => Vantage::At(host),
            _ => Vantage::Unclear,
        }
    }

    /// What a node's machine does while it says nothing, and when it comes back.
    fn silences(&self, facts: &[Fact], addresses: &BTreeMap<IpAddr, NodeId>) -> Vec<Fact> {
        let first = |list: &[(IpAddr, Mark)], node: NodeId, from: f64, to: f64| {
            let of_node = |address: &IpAddr| addresses.get(address) == Some(&node);
            let mut marks = list
                .iter()
                .filter(|(address, _)| of_node(address))
                .map(|(_, at)| *at);
            marks.find(|at| at.seconds > from && at.seconds < to)
        };
        let mut found = Vec::new();
        for fact in facts {
            let What::Silent {
                node,
                seconds,
                back,
            } = fact.what
            else {
                continue;
            };
            let (from, to) = (fact.at.seconds, fact.at.seconds + seconds);
            // What it says just before and after belongs to its talk.
            if let Some(at) = first(&self.answers, node, from + 0.5, to - 0.1) {
                found.push(Fact {
                    at,
                    what: What::Answers { node },
                });
            }
            if let Some(at) = first(&self.asks, node, to - 0.5, to + 0.5).filter(|_| back) {
                found.push(Fact {
                    at,
                    what: What::AsksAnew { node },
                });
            }
        }
        found
    }

    fn ownership(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (&address, macs) in &self.owners {
            let last = macs
                .values()
                .copied()
                .reduce(|one, other| if one > other { one } else { other });
            if let (true, Some(at)) = (macs.len() > 1, last) {
                let macs = macs.keys().copied().collect();
                facts.push(Fact {
                    at,
                    what: What::TwoOwners { address, macs },
                });
            }
        }
        if facts.is_empty() && self.owners.len() > 1 {
            let addresses = self.owners.len();
            facts.push(Fact {
                at: self.end,
                what: What::OneOwnerEach { addresses },
            });
        }
        for (&(address, by, mac), &at) in &self.ways {
            let owners = self.owners.get(&address);
            if let Some((&owner, _)) = owners.and_then(|owners| owners.first_key_value())
                && owners.is_some_and(|owners| !owners.contains_key(&mac))
            {
                let what = What::Misdirected {
                    address,
                    by,
                    mac,
                    owner,
                };
                facts.push(Fact { at, what });
            }
        }
        facts
    }

    /// ARP, ICMP, loopback, ports.
    fn around(&self, addresses: &BTreeMap<IpAddr, NodeId>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let clustered = |address: &IpAddr| {
            addresses.contains_key(address) || self.pairs.iter().any(|(_, to)| to == address)
        };
        for (&address, &(questions, at)) in &self.questions {
            if questions >= QUESTIONS_MIN && clustered(&address) {
                facts.push(Fact {
                    at,
                    what: What::NoArpReply { address, questions },
                });
            }
        }
        for (&(host, port), &(at, until)) in &self.refused {
            if self.ports.keys().any(|&(_, used)| used == port) {
                facts.push(Fact {
                    at,
                    what: What::Refused {
                        host,
                        port,
                        last: self.end.seconds - until.seconds < REFUSED_PAUSE,
                    },
                });
            }
        }
        for (&address, &at) in &self.loopback {
            facts.push(Fact {
                at,
                what: What::Loopback { address },
            });
        }
        let mut users: BTreeMap<u16, BTreeSet<IpAddr>> = BTreeMap::new();
        for &(host, port) in self.ports.keys() {
            users.entry(port).or_default().insert(host);
        }
        let usual = users
            .iter()
            .max_by_key(|(_, hosts)| hosts.len())
            .map(|(port, _)| *port);
        for (&(host, port), &(_, at)) in &self.ports {
            if let Some(usual) = usual.filter(|&usual| usual != port) {
                facts.push(Fact {
                    at,
                    what: What::OtherPort { host, port, usual },
                });
            }
        }
        facts
    }

    fn contents(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let ports: BTreeSet<_> = self.ports.keys().map(|&(_, port)| port).collect();
        let mut sealed: BTreeMap<IpAddr, (u64, Mark)> = BTreeMap::new();
        for (from, &(datagrams, at, port)) in &self.sealed {
            // Without any readable traffic the usual port says that it is the cluster's.
            if ports.contains(&port) || (ports.is_empty() && port == 5405) {
                sealed.entry(from.ip()).or_insert((0, at)).0 += datagrams;
            }
        }
        for (host, (datagrams, at)) in sealed {
            facts.push(Fact {
                at,
                what: What::Sealed { host, datagrams },
            });
        }
        for (&address, nodes) in &self.nodes {
            if nodes.len() > 1 {
                let at = nodes
                    .values()
                    .copied()
                    .reduce(|one, other| if one > other { one } else { other });
                let nodes = nodes.keys().copied().collect();
                let what = What::SharedAddress { address, nodes };
                facts.push(Fact {
                    at: at.unwrap_or_default(),
                    what,
                });
            }
        }
        facts
    }
}
