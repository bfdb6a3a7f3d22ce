//! What a capture amounts to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use ringwright_totem::wire::{Frame, Join, Mcast, Token};
use ringwright_totem::{NodeId, RingId};
use serde_json::json;

use super::capture::Item;
use super::record::{Record, Type};

/// Two captures of one token closer than this are one token on its way over a switch, not a resend: corosync's shortest
/// retransmission timer is 30 ms.
const RESEND_MIN: Duration = Duration::from_millis(5);
/// A ring whose token was not seen for so long, and for twice its longest pause before, has lost it: an idle ring of
/// corosync's default timing sends one every 0.7 s.
const SILENCE_MIN: Duration = Duration::from_secs(1);

/// Counts over a whole capture.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    frames: u64,
    other: u64,
    fragments: u64,
    broken: u64,
    types: BTreeMap<Type, u64>,
    senders: BTreeMap<NodeId, Sender>,
    rings: BTreeMap<RingId, Ring>,
    /// Where each copy of a message went, to know a retransmission.
    copies: BTreeSet<(RingId, u32, IpAddr)>,
    retransmissions: u64,
    requests: u64,
    resends: u64,
    messages: BTreeMap<String, u64>,
    malformed_messages: u64,
}

#[derive(Debug, Default)]
struct Sender {
    datagrams: u64,
    addresses: BTreeSet<IpAddr>,
}

/// A ring as far as the capture shows it.
#[derive(Debug, Default)]
struct Ring {
    /// When its first token or message was seen; `None` while only a commit token speaks of it.
    seen: Option<Duration>,
    /// Whether its beginning is in the capture.
    formed: bool,
    members: BTreeSet<NodeId>,
    last_token: Option<(u32, Duration)>,
    /// The longest time between two tokens.
    pause: Duration,
    /// Whether the last token had to be sent again.
    resent: bool,
    lost: Option<Duration>,
}

impl Summary {
    /// Counts a captured frame.
    pub(crate) fn item(&mut self, item: &Item) {
        self.frames += 1;
        match item {
            Item::Datagram(_) => {}
            Item::Fragment => self.fragments += 1,
            Item::Near { .. } | Item::Other => self.other += 1,
            Item::Broken { .. } => self.broken += 1,
        }
    }

    /// Counts a datagram.
    pub(crate) fn record(&mut self, record: &Record) {
        *self.types.entry(record.kind).or_default() += 1;
        let (time, to) = (record.datagram.time, record.datagram.to.ip());
        if let Some(node) = record.node {
            let sender = self.senders.entry(node).or_default();
            sender.datagrams += 1;
            if record.kind != Type::Mcast {
                // An MCAST names its originator, whoever retransmits it.
                sender.addresses.insert(record.datagram.from.ip());
            }
        }
        for message in &record.messages {
            if message.malformed {
                self.malformed_messages += 1;
            } else {
                *self
                    .messages
                    .entry(message.fields.label.clone())
                    .or_default() += 1;
            }
        }
        match &record.frame {
            Some(Frame::Token(token)) => self.token(token, time),
            Some(Frame::Mcast(mcast)) => self.mcast(mcast, time, to),
            Some(Frame::Join(join)) if !join.is_leave() => self.join(join, time),
            Some(Frame::Commit(commit)) => {
                let ring = self.rings.entry(commit.ring_id).or_default();
                ring.members
                    .extend(commit.members.iter().map(|(node, _)| *node));
                ring.formed |= ring.seen.is_none();
            }
            _ => {}
        }
    }

    fn token(&mut self, token: &Token, time: Duration) {
        self.requests += token.rtr.len() as u64;
        let ring = self.rings.entry(token.ring_id).or_default();
        ring.see(time, token.token_seq == 0, token.header.node);
        match ring.last_token {
            Some((seq, at)) if seq == token.token_seq => {
                if time.saturating_sub(at) >= RESEND_MIN {
                    self.resends += 1;
                    ring.resent = true;
                }
            }
            Some((seq, _)) if token.token_seq < seq => {}
            last => {
                if let Some((_, at)) = last {
                    ring.pause = ring.pause.max(time.saturating_sub(at));
                }
                ring.last_token = Some((token.token_seq, time));
                ring.resent = false;
            }
        }
    }

    fn mcast(&mut self, mcast: &Mcast, time: Duration, to: IpAddr) {
        let ring = self.rings.entry(mcast.ring_id).or_default();
        ring.see(time, mcast.seq == 1, mcast.system_from);
        if !self.copies.insert((mcast.ring_id, mcast.seq, to)) {
            self.retransmissions += 1;
        }
    }

    /// A member that looks for others has lost the token if that had to be sent again, unanswered, or is overdue.
    fn join(&mut self, join: &Join, time: Duration) {
        let lost = self.rings.iter_mut().find(|(id, ring)| {
            id.seq == join.ring_seq
                && ring.misses_token(time)
                && ring.lost.is_none()
                && ring.members.contains(&join.system_from)
        });
        if let Some((_, ring)) = lost {
            ring.lost = Some(time);
        }
    }

    fn count(&self, kind: Type) -> u64 {
        self.types.get(&kind).copied().unwrap_or(0)
    }

    /// The rings that were seen at work, by time.
    fn rings(&self) -> Vec<(RingId, Duration, &Ring)> {
        let mut rings: Vec<_> = self
            .rings
            .iter()
            .filter_map(|(id, ring)| Some((*id, ring.seen?, ring)))
            .collect();
        rings.sort_by_key(|(id, seen, _)| (*seen, *id));
        rings
    }

    fn lost(&self) -> usize {
        self.rings.values().filter(|r| r.lost.is_some()).count()
    }

    /// For people.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let datagrams: u64 = self.types.values().sum();
        writeln!(out, "\nSummary")?;
        writeln!(
            out,
            "  Frames           {}: {datagrams} datagrams, {} other, {} fragments before a last one, {} broken",
            self.frames, self.other, self.fragments, self.broken
        )?;
        let types = self.types.iter().map(|(t, n)| format!("{} {n}", t.name()));
        writeln!(out, "  Types            {}", list(types))?;
        let messages = self.messages.iter().map(|(name, n)| format!("{name} {n}"));
        writeln!(out, "  Messages         {}", list(messages))?;
        writeln!(
            out,
            "  Malformed        {} datagrams, {} messages",
            self.count(Type::Malformed),
            self.malformed_messages
        )?;
        writeln!(
            out,
            "  Foreign          {} datagrams",
            self.count(Type::Foreign)
        )?;
        writeln!(
            out,
            "  Retransmissions  {} messages sent again, {} requested, {} tokens sent again",
            self.retransmissions, self.requests, self.resends
        )?;
        writeln!(out, "  Tokens lost      {}", self.lost())?;
        for (node, sender) in &self.senders {
            let addresses = sender.addresses.iter().map(ToString::to_string);
            writeln!(
                out,
                "  Sender           node {node}, {}: {} datagrams",
                list(addresses),
                sender.datagrams
            )?;
        }
        for (id, seen, ring) in self.rings() {
            let members = ring.members.iter().map(ToString::to_string);
            let how = if ring.formed {
                "formed at"
            } else {
                "seen from"
            };
            write!(
                out,
                "  Ring             {id} {how} {:.6} with {}",
                seen.as_secs_f64(),
                list(members)
            )?;
            match ring.lost {
                Some(at) => writeln!(out, ", token lost, noticed at {:.6}", at.as_secs_f64())?,
                None => writeln!(out)?,
            }
        }
        Ok(())
    }

    /// One object `{"summary": …}` on a line.
    pub(crate) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let types: BTreeMap<_, _> = self.types.iter().map(|(t, n)| (t.name(), n)).collect();
        let ids = |nodes: &BTreeSet<NodeId>| nodes.iter().map(|node| node.0).collect::<Vec<_>>();
        let senders: Vec<_> = self
            .senders
            .iter()
            .map(|(node, s)| json!({"node": node.0, "addresses": s.addresses, "datagrams": s.datagrams}))
            .collect();
        let rings: Vec<_> = self
            .rings()
            .into_iter()
            .map(|(id, seen, ring)| {
                json!({
                    "ring": id.to_string(),
                    "seen": seen.as_secs_f64(),
                    "formed": ring.formed,
                    "members": ids(&ring.members),
                    "token_lost": ring.lost.map(|at| at.as_secs_f64()),
                })
            })
            .collect();
        let summary = json!({"summary": {
            "frames": self.frames,
            "other": self.other,
            "fragments": self.fragments,
            "broken": self.broken,
            "types": types,
            "messages": self.messages,
            "malformed_messages": self.malformed_messages,
            "retransmissions": self.retransmissions,
            "retransmissions_requested": self.requests,
            "tokens_resent": self.resends,
            "tokens_lost": self.lost(),
            "senders": senders,
            "rings": rings,
        }});
        writeln!(out, "{summary}")
    }
}

impl Ring {
    fn see(&mut self, time: Duration, beginning: bool, from: NodeId) {
        if self.seen.is_none() {
            self.seen = Some(time);
            self.formed |= beginning;
        }
        self.members.insert(from);
    }

    fn misses_token(&self, now: Duration) -> bool {
        let overdue = |(_, at)| now.saturating_sub(at) > SILENCE_MIN.max(2 * self.pause);
        self.resent || self.last_token.is_some_and(overdue)
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() {
        "none".into()
    } else {
        items.join(", ")
    }
}
