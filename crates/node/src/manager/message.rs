//! What members say to each other in the group, and how it is cut into parts.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use super::change::Change;
use super::codec::{Reader, Writer};
use super::history::{Record, decode_record, encode_record};
use super::status::NodeStatus;
use crate::resource::Agent;
use crate::{NodeId, RingId};

/// The version of these messages. A member with a lower one than another member's is given nothing to run.
pub const FEATURE: u32 = 1;

/// Where the members meet: the process group's name, and the number of its one process a node.
pub(crate) const GROUP: &[u8] = b"ringwright.resources";
pub(crate) const PID: u32 = 0x7277;

/// The longest part of a message, bytes.
const PART_MAX: usize = 256 << 10;
/// In the first byte of a part: it is the first, more follow.
const FIRST: u8 = 2;
const MORE: u8 = 1;
/// The longest message put together from parts, bytes.
const WHOLE_MAX: usize = 64 << 20;

/// A membership of the group, as one of its members saw it: what is said in another one counts for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct ViewId {
    pub(super) ring: RingId,
    /// Ascending.
    pub(super) members: Vec<NodeId>,
}

/// How a member introduces itself to a new membership.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Hello {
    pub(super) view: ViewId,
    /// What orders the states that members come with.
    pub(super) term: u64,
    pub(super) version: [u64; 3],
    /// The ring of the last quorate membership that it has lived through; 0 after a restart.
    pub(super) line: u64,
    pub(super) base_digest: u64,
    /// Of the whole state: members whose digests agree need no snapshot.
    pub(super) digest: u64,
    pub(super) quorate: bool,
    /// A voter came to the ring that may know of more than anybody here.
    pub(super) blind: bool,
    /// Its own time, seconds since 1970.
    pub(super) now: u64,
    /// The lease that it gives by itself.
    pub(super) lease: Duration,
    /// Its own status.
    pub(super) own: NodeStatus,
    /// Attempts that are under way, with the resource.
    pub(super) in_flight: BTreeMap<u64, String>,
}

/// What was done with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Done {
    pub(super) resource: String,
    pub(super) agent: Agent,
    pub(super) record: Record,
}

/// What a member says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Report {
    /// The attempt that ended; 0 for none.
    pub(super) attempt: u64,
    /// The action of a transition that this is the end of.
    pub(super) step: Option<(u32, u32)>,
    /// Whether that action was carried out at all.
    pub(super) carried_out: bool,
    pub(super) done: Option<Done>,
    /// Attributes of the node set, or taken away.
    pub(super) attributes: Vec<(String, Option<String>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Message {
    Hello(Hello),
    /// The state of the member whose is the newest.
    Snapshot {
        view: ViewId,
        state: Bytes,
    },
    /// The sender's verdict on its partition changed.
    Quorate(bool),
    /// A change; the number is the sender's.
    Change {
        id: u64,
        change: Change,
    },
    /// The configuration of this term and epoch is stored on the sender's disk.
    Stored {
        term: u64,
        version: (u64, u64),
    },
    Report(Report),
    /// An action did not end in time, and nobody has heard of it.
    Overdue {
        step: (u32, u32),
    },
    /// A node was fenced, or not.
    Fenced {
        step: Option<(u32, u32)>,
        target: NodeId,
        failure: Option<String>,
    },
    /// It is so late; sent by one member, for what depends on time.
    Tick {
        now: u64,
    },
}

impl ViewId {
    fn encode(&self, w: &mut Writer) {
        w.u32(self.ring.rep.0);
        w.u64(self.ring.seq);
        w.len(self.members.len());
        self.members.iter().for_each(|node| w.u32(node.0));
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            ring: RingId::new(NodeId(r.u32()?), r.u64()?),
            members: r.list(|r| r.u32().map(NodeId))?,
        })
    }
}

impl Hello {
    fn encode(&self, w: &mut Writer) {
        // First and for ever the version, so that whoever cannot read the rest knows why.
        w.u32(self.own.feature);
        self.view.encode(w);
        w.u64(self.term);
        self.version.iter().for_each(|part| w.u64(*part));
        w.u64(self.line);
        w.u64(self.base_digest);
        w.u64(self.digest);
        w.bool(self.quorate);
        w.bool(self.blind);
        w.u64(self.now);
        w.u64(u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX));
        self.own.encode(w);
        w.len(self.in_flight.len());
        for (attempt, resource) in &self.in_flight {
            w.u64(*attempt);
            w.text(resource);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let _feature = r.u32()?;
        Some(Self {
            view: ViewId::decode(r)?,
            term: r.u64()?,
            version: [r.u64()?, r.u64()?, r.u64()?],
            line: r.u64()?,
            base_digest: r.u64()?,
            digest: r.u64()?,
            quorate: r.bool()?,
            blind: r.bool()?,
            now: r.u64()?,
            lease: Duration::from_millis(r.u64()?),
            own: NodeStatus::decode(r)?,
            in_flight: r
                .list(|r| Some((r.u64()?, r.text()?)))?
                .into_iter()
                .collect(),
        })
    }
}

fn encode_step(step: Option<(u32, u32)>, w: &mut Writer) {
    w.option(step, |w, (transition, step)| {
        w.u32(transition);
        w.u32(step);
    });
}

#[expect(
    clippy::option_option,
    reason = "what may be absent, of bytes that may end"
)]
fn decode_step(r: &mut Reader<'_>) -> Option<Option<(u32, u32)>> {
    r.option(|r| Some((r.u32()?, r.u32()?)))
}

impl Report {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.attempt);
        encode_step(self.step, w);
        w.bool(self.carried_out);
        w.option(self.done.as_ref(), |w, done| {
            w.text(&done.resource);
            w.text(&alloc::string::ToString::to_string(&done.agent));
            encode_record(&done.record, w);
        });
        w.len(self.attributes.len());
        for (name, value) in &self.attributes {
            w.text(name);
            w.option(value.as_deref(), Writer::text);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let done = |r: &mut Reader<'_>| {
            Some(Done {
                resource: r.text()?,
                agent: r.text()?.parse().ok()?,
                record: decode_record(r)?,
            })
        };
        Some(Self {
            attempt: r.u64()?,
            step: decode_step(r)?,
            carried_out: r.bool()?,
            done: r.option(done)?,
            attributes: r.list(|r| Some((r.text()?, r.option(Reader::text)?)))?,
        })
    }
}

impl Message {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Hello(hello) => {
                w.u8(0);
                hello.encode(&mut w);
            }
            Self::Snapshot { view, state } => {
                w.u8(1);
                view.encode(&mut w);
                w.bytes(state);
            }
            Self::Quorate(quorate) => {
                w.u8(2);
                w.bool(*quorate);
            }
            Self::Change { id, change } => {
                w.u8(3);
                w.u64(*id);
                change.encode(&mut w);
            }
            Self::Stored { term, version } => {
                w.u8(4);
                w.u64(*term);
                w.u64(version.0);
                w.u64(version.1);
            }
            Self::Report(report) => {
                w.u8(5);
                report.encode(&mut w);
            }
            Self::Overdue { step } => {
                w.u8(6);
                w.u32(step.0);
                w.u32(step.1);
            }
            Self::Fenced {
                step,
                target,
                failure,
            } => {
                w.u8(7);
                encode_step(*step, &mut w);
                w.u32(target.0);
                w.option(failure.as_deref(), Writer::text);
            }
            Self::Tick { now } => {
                w.u8(8);
                w.u64(*now);
            }
        }
        w.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let r = &mut r;
        let message = match r.u8()? {
            0 => Self::Hello(Hello::decode(r)?),
            1 => Self::Snapshot {
                view: ViewId::decode(r)?,
                state: Bytes::copy_from_slice(r.bytes()?),
            },
            2 => Self::Quorate(r.bool()?),
            3 => Self::Change {
                id: r.u64()?,
                change: Change::decode(r)?,
            },
            4 => Self::Stored {
                term: r.u64()?,
                version: (r.u64()?, r.u64()?),
            },
            5 => Self::Report(Report::decode(r)?),
            6 => Self::Overdue {
                step: (r.u32()?, r.u32()?),
            },
            7 => Self::Fenced {
                step: decode_step(r)?,
                target: NodeId(r.u32()?),
                failure: r.option(Reader::text)?,
            },
            8 => Self::Tick { now: r.u64()? },
            _ => return None,
        };
        // What a newer version adds at the end is passed over.
        Some(message)
    }

    /// The feature version of a hello that need not be readable otherwise.
    pub(super) fn feature_of_hello(bytes: &[u8]) -> Option<u32> {
        let mut r = Reader::new(bytes);
        (r.u8()? == 0).then(|| r.u32()).flatten()
    }

    /// Cut for the ring: a first byte tells whether it is the first part and whether more follow.
    pub(super) fn parts(&self) -> impl Iterator<Item = Bytes> {
        let whole = self.encode();
        let count = whole.len().div_ceil(PART_MAX).max(1);
        (0..count).map(move |index| {
            let start = index * PART_MAX;
            let end = whole.len().min(start + PART_MAX);
            let mut part = Vec::with_capacity(1 + end - start);
            let first = if index == 0 { FIRST } else { 0 };
            part.push(first | u8::from(index + 1 < count));
            part.extend_from_slice(&whole[start..end]);
            part.into()
        })
    }
}

/// Messages half received.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Parts(BTreeMap<NodeId, Vec<u8>>);

impl Parts {
    /// Takes a part; the whole message with its last, and `None` until then or if there is something wrong.
    pub(super) fn push(&mut self, from: NodeId, part: &[u8]) -> Option<Vec<u8>> {
        let (kind, part) = part.split_first()?;
        let mut whole = self.0.remove(&from).unwrap_or_default();
        if *kind & FIRST != 0 {
            // What was begun before will not be ended.
            whole.clear();
        }
        if whole.len() + part.len() > WHOLE_MAX {
            return None;
        }
        whole.extend_from_slice(part);
        if *kind & MORE == 0 {
            return Some(whole);
        }
        self.0.insert(from, whole);
        None
    }

    pub(super) fn forget(&mut self, from: NodeId) {
        self.0.remove(&from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::history::tests::record;
    use crate::resource::Operation;
    use alloc::string::ToString;
    use alloc::vec;

    fn messages() -> Vec<Message> {
        let view = ViewId {
            ring: RingId::new(NodeId(1), 8),
            members: vec![NodeId(1), NodeId(3)],
        };
        vec![
            Message::Hello(Hello {
                view: view.clone(),
                term: 4,
                version: [0, 12, 3],
                line: 4,
                base_digest: 5,
                digest: 6,
                quorate: true,
                blind: false,
                now: 1_700_000_000,
                lease: Duration::from_secs(5),
                own: NodeStatus::new("primary", FEATURE),
                in_flight: BTreeMap::from([(7, "ClusterIP".to_string())]),
            }),
            Message::Snapshot {
                view,
                state: Bytes::from_static(b"state"),
            },
            Message::Quorate(true),
            Message::Change {
                id: 3,
                change: Change::Cleanup {
                    resource: Some("ClusterIP".into()),
                    node: None,
                },
            },
            Message::Stored {
                term: 8,
                version: (0, 13),
            },
            Message::Report(Report {
                attempt: 7,
                step: Some((1, 2)),
                carried_out: true,
                done: Some(Done {
                    resource: "ClusterIP".into(),
                    agent: Agent::ocf("heartbeat", "IPaddr2"),
                    record: record(4, Operation::Start, 0),
                }),
                attributes: vec![("shutdown".into(), Some("1".into())), ("x".into(), None)],
            }),
            Message::Overdue { step: (3, 4) },
            Message::Fenced {
                step: None,
                target: NodeId(2),
                failure: Some("no route".into()),
            },
            Message::Tick { now: 9 },
        ]
    }

    #[test]
    fn every_message_survives_the_wire_and_no_piece_of_one_does() {
        for message in messages() {
            let bytes = message.encode();
            assert_eq!(Message::decode(&bytes).as_ref(), Some(&message));
            for len in 0..bytes.len() {
                assert_eq!(
                    Message::decode(&bytes[..len]),
                    None,
                    "{message:?} cut at {len}"
                );
            }
        }
    }

    #[test]
    fn a_long_message_is_put_together_from_its_parts() {
        let message = Message::Snapshot {
            view: ViewId::default(),
            state: vec![7; 2 * PART_MAX + 1].into(),
        };
        let mut parts = Parts::default();
        let (a, b) = (NodeId(1), NodeId(2));
        let cut: Vec<_> = message.parts().collect();
        assert_eq!(cut.len(), 3);
        for part in &cut[..2] {
            assert_eq!(parts.push(a, part), None);
        }
        // Another's messages come between.
        let tick = Message::Tick { now: 1 };
        for part in tick.parts() {
            assert_eq!(parts.push(b, &part), Some(tick.encode()));
        }
        assert_eq!(parts.push(a, &cut[2]), Some(message.encode()));
    }
}
