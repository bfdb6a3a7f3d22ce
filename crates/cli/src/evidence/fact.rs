//! What was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use ringwright::{NodeId, RingId};

use crate::decode::Mac;

/// When and where something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Mark {
    /// Seconds since the beginning of the evidence.
    pub(crate) seconds: f64,
    /// The number of the captured frame, or of the input in the journal.
    pub(crate) number: u64,
}

/// Where the evidence was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vantage {
    /// Where traffic between other nodes passes: a switch, a bridge, a mirror port.
    Between,
    /// On a node's own interface.
    At(IpAddr),
    /// It cannot be told: too few nodes are seen.
    Unclear,
    /// In a node: its journal.
    Inside(NodeId),
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) at: Mark,
    pub(crate) what: What,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A ring at work.
    Ring { ring: RingId, members: Vec<NodeId> },
    /// Rings of the same members again and again.
    Flapping {
        members: Vec<NodeId>,
        rings: usize,
        seconds: f64,
    },
    /// A node is outside a ring of these.
    Outside { node: NodeId, members: Vec<NodeId> },
    /// A node sent something while it was outside.
    SpeaksOutside { node: NodeId },
    /// A node's first datagram.
    Speaks { node: NodeId },
    /// A node that others know never sent anything.
    NeverSpeaks { node: NodeId },
    /// A node sent nothing for so long, while others did.
    Silent {
        node: NodeId,
        seconds: f64,
        back: bool,
    },
    /// `by` names `who` as a candidate although its ring is without it: it hears it, or a member does.
    Hears { by: NodeId, who: NodeId },
    /// `by` never named `who`, which sent it so much that asks for an answer.
    HearsNot {
        by: NodeId,
        who: NodeId,
        datagrams: u64,
    },
    /// Several machines say that an address is theirs, or send from it.
    TwoOwners { address: IpAddr, macs: Vec<Mac> },
    /// Frames to an address go to a machine that is not the one that sends from it.
    Misdirected {
        address: IpAddr,
        by: IpAddr,
        mac: Mac,
        owner: Mac,
    },
    /// Every address has one machine; so many addresses.
    OneOwnerEach { addresses: usize },
    /// A machine says that nobody listens there; `last`: and still does at the end.
    Refused { host: IpAddr, port: u16, last: bool },
    /// A node's machine answers while the node says nothing.
    Answers { node: NodeId },
    /// A node that comes back asks everybody for the others' addresses.
    AsksAnew { node: NodeId },
    /// Nobody answered the question who has an address.
    NoArpReply { address: IpAddr, questions: u64 },
    /// Cluster traffic from or to the loopback network.
    Loopback { address: IpAddr },
    /// Cluster traffic goes to another port than the others'.
    OtherPort { host: IpAddr, port: u16, usual: u16 },
    /// Traffic on the cluster's port that cannot be read.
    Sealed { host: IpAddr, datagrams: u64 },
    /// Several nodes speak from one address.
    SharedAddress { address: IpAddr, nodes: Vec<NodeId> },
    /// A node speaks, or is spoken of, that is not in the nodelist.
    Unlisted { node: NodeId },
    /// Datagrams from addresses outside the nodelist.
    Rejected { datagrams: u64 },
    /// Members asked for messages again.
    Retransmissions { requests: u64 },
    /// The process noticed that it had stood still.
    StoodStill,
    /// The node's address left its machine.
    AddressGone,
    /// The node's address was not there at its start.
    AddressAwaited,
    /// Datagrams could not be sent.
    NotSent { why: String },
    /// The files given differ.
    FilesDiffer { why: String },
    /// All files given agree, and so many nodes have one.
    FilesAgree { files: usize },
}

/// Everything that was seen, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Of what.
    pub(crate) source: String,
    pub(crate) vantage: Vantage,
    /// The clock at the beginning, nanoseconds since 1970.
    pub(crate) start: u64,
    /// Until when, seconds.
    pub(crate) seconds: f64,
    /// Every node that is configured, seen or spoken of.
    pub(crate) nodes: BTreeSet<NodeId>,
    /// By what they are known.
    pub(crate) names: BTreeMap<NodeId, String>,
    pub(crate) addresses: BTreeMap<IpAddr, NodeId>,
    pub(crate) seen: Vec<Fact>,
}

impl Facts {
    /// A node as people know it.
    pub(crate) fn name(&self, node: NodeId) -> String {
        match self.names.get(&node) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("node {node}"),
        }
    }

    pub(crate) fn host(&self, address: IpAddr) -> String {
        let name = self.addresses.get(&address).map(|&node| self.name(node));
        match name.filter(|name| *name != address.to_string()) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        }
    }

    /// `{master2,master3}`.
    pub(crate) fn list(&self, nodes: &[NodeId]) -> String {
        let names: Vec<_> = nodes.iter().map(|&node| self.name(node)).collect();
        format!("{{{}}}", names.join(","))
    }

    /// A fact in words.
    pub(crate) fn text(&self, what: &What) -> String {
        let n = |node: &NodeId| self.name(*node);
        match what {
            What::Ring { ring, members } => format!("ring {ring} of {}", self.list(members)),
            What::Flapping {
                members,
                rings,
                seconds,
            } => format!(
                "{rings} rings of the same {}, one every {:.1} s: nobody joined or left, but somebody outside is heard",
                self.list(members),
                seconds
            ),
            What::Outside { node, members } => {
                format!("{} is not in the ring of {}", n(node), self.list(members))
            }
            What::SpeaksOutside { node } => format!("{} speaks while it is outside", n(node)),
            What::Speaks { node } => format!("{} speaks", n(node)),
            What::NeverSpeaks { node } => format!("{} is known and never says anything", n(node)),
            What::Silent {
                node,
                seconds,
                back: true,
            } => format!(
                "{} says nothing for {seconds:.1} s, while others do",
                n(node)
            ),
            What::Silent { node, seconds, .. } => format!(
                "{} says nothing more, for {seconds:.1} s to the end",
                n(node)
            ),
            What::Hears { by, who } => format!(
                "{} names {} although it is not in its ring: it hears it",
                n(by),
                n(who)
            ),
            What::HearsNot { by, who, datagrams } => {
                format!(
                    "{} never names {}, which sent it {datagrams} joins and the like",
                    n(by),
                    n(who)
                )
            }
            _ => self.text_of_traffic(what),
        }
    }

    fn text_of_traffic(&self, what: &What) -> String {
        match what {
            What::Refused { host, port, last } => {
                let until = if *last { "" } else { ", at first" };
                let host = self.host(*host);
                format!("{host} says that nobody listens on its port {port}{until}")
            }
            What::Answers { node } => format!(
                "the machine of {} answers while {0} says nothing",
                self.name(*node)
            ),
            What::AsksAnew { node } => format!(
                "{} comes back and asks everybody for addresses that it knew",
                self.name(*node)
            ),
            What::NoArpReply { address, questions } => {
                format!(
                    "nobody answers for {}: {questions} questions",
                    self.host(*address)
                )
            }
            What::Loopback { address } => {
                format!("cluster traffic on {address}, the loopback network")
            }
            What::OtherPort { host, port, usual } => {
                format!(
                    "{} sends to port {port}, the others to {usual}",
                    self.host(*host)
                )
            }
            What::Sealed { host, datagrams } => {
                format!(
                    "{datagrams} datagrams of {} cannot be read: encrypted, or not of this cluster",
                    self.host(*host)
                )
            }
            What::SharedAddress { address, nodes } => {
                format!("{} all speak from {address}", self.list(nodes))
            }
            What::Unlisted { node } => {
                format!(
                    "{} is spoken of, and is not in the nodelist",
                    self.name(*node)
                )
            }
            What::Rejected { datagrams } => {
                format!("{datagrams} datagrams came from addresses outside the nodelist")
            }
            What::Retransmissions { requests } => {
                format!("{requests} messages were asked for again")
            }
            _ => self.text_of_owners(what),
        }
    }

    fn text_of_owners(&self, what: &What) -> String {
        match what {
            What::TwoOwners { address, macs } => {
                let macs: Vec<_> = macs.iter().map(ToString::to_string).collect();
                format!(
                    "{} belongs to {} machines: {}",
                    self.host(*address),
                    macs.len(),
                    macs.join(" and ")
                )
            }
            What::Misdirected {
                address,
                by,
                mac,
                owner,
            } => format!(
                "{} sends what is for {} to the machine {mac}, but that address speaks from {owner}",
                self.host(*by),
                self.host(*address)
            ),
            What::OneOwnerEach { addresses } => {
                format!("each of {addresses} addresses belongs to one machine")
            }
            other => text_of_one_node(other),
        }
    }
}

/// What a node tells of itself, and what files tell.
fn text_of_one_node(what: &What) -> String {
    match what {
        What::StoodStill => "the process stood still for more than half a token timeout".into(),
        What::AddressGone => "the node's address left its machine".into(),
        What::AddressAwaited => "the node's address was not on its machine at the start".into(),
        What::NotSent { why } => format!("datagrams could not be sent: {why}"),
        What::FilesDiffer { why } => format!("the files differ: {why}"),
        What::FilesAgree { files } => format!("{files} configuration files agree"),
        _ => unreachable!("all others have their words above"),
    }
}

impl What {
    /// One word for programs.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Ring { .. } => "ring",
            Self::Flapping { .. } => "flapping",
            Self::Outside { .. } => "outside",
            Self::SpeaksOutside { .. } => "speaks-outside",
            Self::Speaks { .. } => "speaks",
            Self::NeverSpeaks { .. } => "never-speaks",
            Self::Silent { .. } => "silent",
            Self::Hears { .. } => "hears",
            Self::HearsNot { .. } => "hears-not",
            Self::TwoOwners { .. } => "two-owners",
            Self::Misdirected { .. } => "misdirected",
            Self::OneOwnerEach { .. } => "one-owner-each",
            Self::Refused { .. } => "refused",
            Self::Answers { .. } => "answers",
            Self::AsksAnew { .. } => "asks-anew",
            Self::NoArpReply { .. } => "no-arp-reply",
            Self::Loopback { .. } => "loopback",
            Self::OtherPort { .. } => "other-port",
            Self::Sealed { .. } => "sealed",
            Self::SharedAddress { .. } => "shared-address",
            Self::Unlisted { .. } => "unlisted",
            Self::Rejected { .. } => "rejected",
            Self::Retransmissions { .. } => "retransmissions",
            Self::StoodStill => "stood-still",
            Self::AddressGone => "address-gone",
            Self::AddressAwaited => "address-awaited",
            Self::NotSent { .. } => "not-sent",
            Self::FilesDiffer { .. } => "files-differ",
            Self::FilesAgree { .. } => "files-agree",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s, no. {}", self.seconds, self.number)
    }
}
