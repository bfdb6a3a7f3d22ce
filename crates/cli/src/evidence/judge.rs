//! From facts to a verdict on each cause.
//!
//! A function a cause. Each looks for what would have to be seen if the cause were at work, and for what could not be seen
//! then; what is neither, the evidence is silent about. Source: the table of what tells the causes apart from outside.

use ringwright::NodeId;

use super::cause::{Cause, Finding, Reason, Verdict};
use super::fact::{Fact, Facts, Vantage, What};

/// The verdicts on all causes, in their order.
pub(super) fn judge(facts: &Facts) -> Vec<Verdict> {
    let case = Case::of(facts);
    Cause::ALL
        .into_iter()
        .map(|cause| {
            let opinion = match cause {
                Cause::A => case.interface(),
                Cause::B => case.owners(),
                Cause::C => case.paths(),
                Cause::D => case.absence(),
                Cause::E => case.configuration(),
                Cause::F => case.pause(),
                Cause::G => case.loss(),
                Cause::H => case.identity(),
            };
            opinion.verdict(cause)
        })
        .collect()
}

/// Sentences for and against a cause.
#[derive(Default)]
struct Opinion {
    supported: Vec<Reason>,
    ruled_out: Vec<Reason>,
    silent: Vec<Reason>,
}

impl Opinion {
    /// One fact for it is enough, whatever speaks against it elsewhere.
    fn verdict(self, cause: Cause) -> Verdict {
        let (finding, reasons) = match self {
            Self { supported, .. } if !supported.is_empty() => (Finding::Supported, supported),
            Self {
                ruled_out, silent, ..
            } if silent.is_empty() && !ruled_out.is_empty() => (Finding::RuledOut, ruled_out),
            Self { silent, .. } => (Finding::Silent, silent),
        };
        Verdict {
            cause,
            finding,
            reasons,
        }
    }
}

/// The facts, and who is outside.
struct Case<'a> {
    facts: &'a Facts,
    /// Nodes outside a ring, and that ring's members.
    outside: Vec<(NodeId, &'a [NodeId])>,
}

impl<'a> Case<'a> {
    fn of(facts: &'a Facts) -> Self {
        let outside = facts.seen.iter().filter_map(|fact| match &fact.what {
            What::Outside { node, members } => Some((*node, members.as_slice())),
            _ => None,
        });
        Self {
            facts,
            outside: outside.collect(),
        }
    }

    fn seen(&self, wanted: impl Fn(&What) -> bool) -> impl Iterator<Item = &'a Fact> {
        self.facts
            .seen
            .iter()
            .filter(move |fact| wanted(&fact.what))
    }

    /// A fact as a reason.
    fn because(&self, fact: &Fact, so: &str) -> Reason {
        let text = self.facts.text(&fact.what);
        Reason {
            at: Some(fact.at),
            text: if so.is_empty() {
                text
            } else {
                format!("{text}; {so}")
            },
        }
    }

    fn because_all(&self, wanted: impl Fn(&What) -> bool, so: &str) -> Vec<Reason> {
        self.seen(wanted)
            .map(|fact| self.because(fact, so))
            .collect()
    }

    fn node_of(&self, address: std::net::IpAddr) -> Option<NodeId> {
        self.facts.addresses.get(&address).copied()
    }

    fn speaks(&self, node: NodeId) -> Option<&'a Fact> {
        self.seen(move |what| *what == What::Speaks { node }).next()
    }

    fn speaks_outside(&self, node: NodeId) -> Option<&'a Fact> {
        let told = move |what: &What| *what == What::SpeaksOutside { node };
        self.seen(told).next()
    }

    fn is_out(&self, node: NodeId) -> bool {
        self.outside.iter().any(|(outside, _)| *outside == node)
    }

    /// Whether an address has two owners, or a port is another: then it is no wonder that a node is not heard.
    fn is_explained(&self, node: NodeId) -> bool {
        let told = |what: &What| match what {
            What::TwoOwners { address, .. } | What::Misdirected { address, .. } => {
                self.node_of(*address) == Some(node)
            }
            What::OtherPort { host, .. } => self.node_of(*host) == Some(node),
            _ => false,
        };
        self.seen(told).next().is_some()
    }

    /// A: what is sent to it reaches nobody, and it sends nothing; on 127.0.0.1 it is for a second.
    fn interface(&self) -> Opinion {
        let mut opinion = Opinion::default();
        let silent = |node| {
            let told = |what: &What| matches!(what, What::Silent { node: n, .. } if *n == node);
            self.seen(told).next()
        };
        let gone = |what: &What| match what {
            What::Loopback { .. } | What::AddressGone => true,
            What::AsksAnew { node } => self.is_out(*node),
            // It was there, or it would be a late address.
            What::NoArpReply { address, .. } => self
                .node_of(*address)
                .is_some_and(|node| self.speaks(node).is_some()),
            _ => false,
        };
        opinion.supported = self.because_all(gone, "");
        for fact in self.seen(|what| matches!(what, What::NotSent { .. })) {
            let so = "as when its interface or its route is gone";
            opinion.supported.push(self.because(fact, so));
        }
        for &(node, _) in &self.outside {
            let answers = self.seen(|what| *what == What::Answers { node }).next();
            if let Some(fact) = answers {
                let so = "so its interface is there";
                opinion.ruled_out.push(self.because(fact, so));
            } else if let (Some(fact), None) = (self.speaks_outside(node), silent(node)) {
                let so = "a daemon whose interface went away sends nothing until it is back";
                opinion.ruled_out.push(self.because(fact, so));
            } else {
                let name = self.facts.name(node);
                let text = format!(
                    "{name} sends nothing while it is outside: without its interface, its daemon or its cable it would look so"
                );
                opinion.silent.push(Reason { at: None, text });
            }
        }
        if self.outside.is_empty() {
            opinion.silent.push(nobody_outside());
        }
        opinion
    }

    /// B: two machines say that an address is theirs, or frames for it go to another than the one that speaks from it.
    fn owners(&self) -> Opinion {
        let mut opinion = Opinion {
            supported: self.because_all(
                |what| matches!(what, What::TwoOwners { .. } | What::Misdirected { .. }),
                "",
            ),
            ..Opinion::default()
        };
        for fact in self.seen(|what| matches!(what, What::OneOwnerEach { .. })) {
            match self.facts.vantage {
                Vantage::Between => opinion
                    .ruled_out
                    .push(self.because(fact, "as seen where all traffic passes")),
                _ => opinion.silent.push(self.because(
                    fact,
                    "but only as this host sees it: look at the neighbour tables of the others too",
                )),
            }
        }
        if opinion.supported.is_empty() && opinion.ruled_out.is_empty() && opinion.silent.is_empty()
        {
            let text = match self.facts.vantage {
                Vantage::Inside(_) => {
                    "a journal holds no Ethernet addresses: look at the neighbour tables"
                }
                _ => "no Ethernet addresses were captured: look at the neighbour tables",
            };
            opinion.silent.push(Reason {
                at: None,
                text: text.into(),
            });
        }
        opinion
    }

    /// C: one side hears the other, and is not heard, although it sends where it should.
    fn paths(&self) -> Opinion {
        let mut opinion = Opinion::default();
        let hears = |by, who| {
            self.seen(move |what| *what == What::Hears { by, who })
                .next()
        };
        let deaf_to = |by: NodeId, who: NodeId| {
            self.seen(move |what| matches!(what, What::HearsNot { by: b, who: w, .. } if *b == by && *w == who)).next()
        };
        for &(node, members) in &self.outside {
            for &member in members {
                for (ear, mouth) in [(node, member), (member, node)] {
                    let Some(fact) = deaf_to(ear, mouth) else {
                        continue;
                    };
                    let back = hears(mouth, ear);
                    let so = match back {
                        Some(back) => format!(
                            "the other way {} is heard (no. {}): lost in one direction, or the sender is not in its nodelist",
                            self.facts.name(ear),
                            back.at.number
                        ),
                        None => "lost on that path, or the sender is not in its nodelist or has another key".into(),
                    };
                    if self.is_explained(ear) || self.is_explained(mouth) {
                        let so = "which the address or the port explains: see B and E";
                        opinion.silent.push(self.because(fact, so));
                    } else {
                        opinion.supported.push(self.because(fact, &so));
                    }
                }
            }
        }
        let refused = self.because_all(
            |what| matches!(what, What::Refused { host, last: true, .. } if self.is_outside(*host)),
            "so packets pass both ways, and nobody listens",
        );
        opinion.ruled_out = refused;
        let nothing = opinion.supported.is_empty() && opinion.ruled_out.is_empty();
        if nothing && opinion.silent.is_empty() {
            opinion.silent.push(if self.outside.is_empty() {
                nobody_outside()
            } else {
                Reason {
                    at: None,
                    text: "nobody was spoken to long enough without an answer; a cable that is cut looks like a machine that is off".into(),
                }
            });
        }
        opinion
    }

    fn is_outside(&self, host: std::net::IpAddr) -> bool {
        let node = self.node_of(host);
        self.outside
            .iter()
            .any(|(outside, _)| Some(*outside) == node)
    }

    /// D: the daemon is not there from the start.
    fn absence(&self) -> Opinion {
        let mut opinion = Opinion {
            supported: self.because_all(|what| *what == What::AddressAwaited, ""),
            ..Opinion::default()
        };
        for &(node, _) in &self.outside {
            if let Some(fact) = self.speaks(node) {
                opinion
                    .ruled_out
                    .push(self.because(fact, "so its daemon runs"));
                continue;
            }
            let absent = |what: &What| match what {
                What::Refused { host, last, .. } => *last && self.node_of(*host) == Some(node),
                What::NoArpReply { address, .. } => self.node_of(*address) == Some(node),
                _ => false,
            };
            let absent = self.because_all(absent, "and it never spoke: its daemon does not run");
            if absent.is_empty() {
                opinion.silent.push(Reason {
                    at: None,
                    text: format!(
                        "{} never spoke, but nothing says that nobody listens there",
                        self.facts.name(node)
                    ),
                });
            }
            opinion.supported.extend(absent);
        }
        if self.outside.is_empty() && opinion.supported.is_empty() {
            opinion.silent.push(nobody_outside());
        }
        opinion
    }

    /// E: what is sent is read differently, or goes elsewhere; or the files say it.
    fn configuration(&self) -> Opinion {
        let mut opinion = Opinion::default();
        let telling = |what: &What| {
            matches!(
                what,
                What::OtherPort { .. }
                    | What::Unlisted { .. }
                    | What::Rejected { .. }
                    | What::FilesDiffer { .. }
            )
        };
        opinion.supported = self.because_all(telling, "");
        let sealed = self.because_all(|what| matches!(what, What::Sealed { .. }), "");
        let readable = self.seen(|what| matches!(what, What::Speaks { .. })).next();
        match readable {
            Some(_) => opinion.supported.extend(sealed),
            None => opinion.silent.extend(sealed),
        }
        for fact in self.seen(|what| matches!(what, What::NeverSpeaks { .. })) {
            if let What::NeverSpeaks { node } = fact.what
                && self.outside.iter().any(|(outside, _)| *outside == node)
                && !self.is_absent(node)
            {
                let so = "its machine is there: its list may not name the others";
                opinion.supported.push(self.because(fact, so));
            }
        }
        for fact in self.seen(|what| matches!(what, What::FilesAgree { .. })) {
            if self.facts.nodes.len() <= self.files() {
                opinion
                    .ruled_out
                    .push(self.because(fact, "if they are the ones that the daemons have read"));
            }
        }
        if opinion.supported.is_empty() && opinion.ruled_out.is_empty() && opinion.silent.is_empty()
        {
            opinion.silent.push(Reason {
                at: None,
                text: "ports and encryption are alike; whether each node's list names all others only the files of all nodes tell".into(),
            });
        }
        opinion
    }

    fn files(&self) -> usize {
        let files = self.facts.seen.iter().filter_map(|fact| match fact.what {
            What::FilesAgree { files } => Some(files),
            _ => None,
        });
        files.max().unwrap_or(0)
    }

    fn is_absent(&self, node: NodeId) -> bool {
        self.seen(|what| match what {
            What::Refused { host, last, .. } => *last && self.node_of(*host) == Some(node),
            What::NoArpReply { address, .. } => self.node_of(*address) == Some(node),
            _ => false,
        })
        .next()
        .is_some()
    }

    /// F: it says nothing for a while, its machine is there, and it goes on as if nothing were.
    fn pause(&self) -> Opinion {
        let mut opinion = Opinion {
            supported: self.because_all(|what| *what == What::StoodStill, ""),
            ..Opinion::default()
        };
        for fact in self.seen(|what| matches!(what, What::Silent { back: true, .. })) {
            if let What::Silent { node, .. } = fact.what
                && !self.is_absent(node)
                && self.outside.iter().any(|(outside, _)| *outside == node)
            {
                let asks = self.seen(|what| *what == What::AsksAnew { node }).next();
                match asks {
                    Some(asks) => opinion
                        .silent
                        .push(self.because(asks, "a process that slept knows them still")),
                    None => opinion
                        .supported
                        .push(self.because(fact, "and it comes back by itself")),
                }
                let answers = self.seen(|what| *what == What::Answers { node });
                opinion
                    .supported
                    .extend(answers.map(|fact| self.because(fact, "")));
            }
        }
        for &(node, _) in &self.outside {
            let back = |what: &What| matches!(what, What::Silent { node: n, back: true, .. } if *n == node);
            if let (Some(fact), None) = (self.speaks_outside(node), self.seen(back).next()) {
                let so = "so it does not stand still";
                opinion.ruled_out.push(self.because(fact, so));
            }
        }
        let nothing = opinion.supported.is_empty() && opinion.ruled_out.is_empty();
        if nothing && opinion.silent.is_empty() {
            opinion.silent.push(if self.outside.is_empty() {
                nobody_outside()
            } else {
                Reason {
                    at: None,
                    text: "whoever is outside says nothing, and does not come back".into(),
                }
            });
        }
        opinion
    }

    /// G: no cause of a split, up to thirty percent; a ring that loses nothing rules it out in any case.
    fn loss(&self) -> Opinion {
        let mut opinion = Opinion::default();
        let lost = self.because_all(
            |what| matches!(what, What::Retransmissions { .. }),
            "but up to 30 % of loss has never split a ring of three",
        );
        if lost.is_empty() {
            opinion.ruled_out.push(Reason {
                at: None,
                text: "no message was asked for again".into(),
            });
        }
        opinion.silent = lost;
        opinion
    }

    /// H: several nodes speak from one address.
    fn identity(&self) -> Opinion {
        let shared = self.because_all(|what| matches!(what, What::SharedAddress { .. }), "");
        let speakers = self
            .seen(|what| matches!(what, What::Speaks { .. }))
            .count();
        let mut opinion = Opinion::default();
        match self.facts.vantage {
            Vantage::Inside(_) => opinion.silent.push(Reason {
                at: None,
                text: "a journal holds no addresses; that order alone never splits is known".into(),
            }),
            _ if speakers > 1 => opinion.ruled_out.push(Reason {
                at: None,
                text: format!("{speakers} nodes speak, each from an address of its own; order alone never splits"),
            }),
            _ => opinion.silent.push(Reason {
                at: None,
                text: "fewer than two nodes speak".into(),
            }),
        }
        opinion.supported = shared;
        opinion
    }
}

fn nobody_outside() -> Reason {
    Reason {
        at: None,
        text: "nobody is outside: no split is in this evidence".into(),
    }
}
