//! What MCASTs carry: packets put together to messages, per ring and sender.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use ringwright_totem::group::{Reassembly, Undeliverable};
use ringwright_totem::wire::packet::Packet;
use ringwright_totem::wire::service::Message;
use ringwright_totem::wire::{ENCAPSULATED, Frame, Mcast};
use ringwright_totem::{NodeId, RingId};

use super::fields::{Fields, Value};
use super::{frame, message};

/// Contents remembered for the copies to the other nodes.
const RECENT_MAX: usize = 4096;

/// A message of a ring, by its place in the order.
type Place = (RingId, u32);

/// The messages of a capture. A packet counts once, however many copies of it were captured.
#[derive(Debug, Default)]
pub(super) struct Streams {
    seen: BTreeSet<Place>,
    partial: BTreeMap<RingId, Reassembly>,
    recent: VecDeque<(Place, Vec<Contained>)>,
}

/// A whole message, or why it is none.
#[derive(Clone, Debug)]
pub(super) struct Contained {
    pub(super) fields: Fields,
    pub(super) malformed: bool,
}

/// What an MCAST carries.
#[derive(Debug)]
pub(super) struct Contents {
    /// Its values, the MCAST's own included.
    pub(super) fields: Fields,
    /// The old message inside, in recovery.
    pub(super) inner: Option<Place>,
    /// The messages that it completes, if this is its first copy.
    pub(super) new: Vec<Contained>,
    /// Why what it carries cannot be read.
    pub(super) error: Option<String>,
}

impl Streams {
    pub(super) fn read(&mut self, mcast: &Mcast) -> Contents {
        let fields = frame::mcast(mcast);
        if mcast.header.encapsulated != ENCAPSULATED {
            return self.read_packet(fields, mcast);
        }
        match Frame::decode(&mcast.payload) {
            Ok(Frame::Mcast(inner)) if inner.header.encapsulated != ENCAPSULATED => {
                let read = self.read_packet(frame::mcast(&inner), &inner);
                Contents {
                    fields: fields.with("recovers", vec![read.fields]),
                    inner: Some((inner.ring_id, inner.seq)),
                    ..read
                }
            }
            other => Contents {
                fields,
                inner: None,
                new: Vec::new(),
                error: Some(match other {
                    Ok(_) => "encapsulates something other than an old message".into(),
                    Err(error) => format!("encapsulates: {error}"),
                }),
            },
        }
    }

    fn read_packet(&mut self, fields: Fields, mcast: &Mcast) -> Contents {
        let packet = match Packet::decode(&mcast.payload) {
            Ok(packet) => packet,
            Err(error) => {
                return Contents {
                    fields,
                    inner: None,
                    new: Vec::new(),
                    error: Some(format!("totempg packet: {error}")),
                };
            }
        };
        let place = (mcast.ring_id, mcast.seq);
        let is_new = self.seen.insert(place);
        if is_new {
            let messages = self.complete(mcast.ring_id, mcast.system_from, &mcast.payload);
            self.remember(place, messages);
        }
        let recent = self.recent.iter().rev().find(|(p, _)| *p == place);
        let messages = recent.map_or(&[][..], |(_, messages)| messages);
        let shown: Vec<_> = messages.iter().map(|m| m.fields.clone()).collect();
        let lengths = packet.pieces.iter().map(|p| p.len() as u64).collect();
        Contents {
            fields: fields
                .with_if(
                    packet.continuation != 0,
                    "continuation",
                    packet.continuation,
                )
                .with_if(packet.fragmented != 0, "fragmented", packet.fragmented)
                .detail("pieces", Value::Numbers(lengths))
                .with_if(!shown.is_empty(), "messages", shown),
            inner: None,
            new: if is_new {
                messages.to_vec()
            } else {
                Vec::new()
            },
            error: None,
        }
    }

    fn complete(&mut self, ring: RingId, from: NodeId, payload: &Bytes) -> Vec<Contained> {
        match self.partial.entry(ring).or_default().push(from, payload) {
            Ok(messages) => messages.iter().map(Contained::of).collect(),
            Err(Undeliverable::Malformed(error)) => vec![Contained::malformed(&error.to_string())],
            Err(error) => vec![Contained::malformed(&error.to_string())],
        }
    }

    fn remember(&mut self, place: Place, messages: Vec<Contained>) {
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((place, messages));
    }
}

impl Contained {
    fn of(message: &Bytes) -> Self {
        match Message::decode(message) {
            Ok(message) => Self {
                fields: message::fields(&message),
                malformed: false,
            },
            Err(error) => Self::malformed(&error.to_string()),
        }
    }

    fn malformed(why: &str) -> Self {
        Self {
            fields: Fields::new(format!("malformed message: {why}")),
            malformed: true,
        }
    }
}
