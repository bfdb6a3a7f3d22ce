//! What happened in a run: the material of every checker.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use ringwright::group::{Process, Reason};
use ringwright::{Event, GroupName, Instant, NodeId, RingId};

use crate::digest::Digest;
use crate::host::End;
use crate::script::{Store, Verb};

/// A node from one start to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Life {
    /// The node.
    pub node: NodeId,
    /// 0 at the first start.
    pub number: u32,
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.node)?;
        (0..self.number).try_for_each(|_| f.write_str("'"))
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A message's place in [`History::sent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId(pub u32);

/// A message that a node accepted for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whose process sent it.
    pub life: Life,
    /// The process.
    pub pid: u32,
    /// To which group.
    pub group: GroupName,
    /// Its length, bytes.
    pub len: usize,
}

/// One thing that happened to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It started.
    Started(Store),
    /// It waits for its address.
    Waits,
    /// Its socket is bound to this address.
    Bound(IpAddr),
    /// Its socket is closed: its address is away.
    Unbound,
    /// It hears nothing, not even itself, and its view is frozen; bound to this address.
    Deaf(IpAddr),
    /// It ended by itself.
    Ended(End),
    /// It was killed.
    Crashed,
    /// It left in order and said so.
    Left,
    /// It stands still.
    Paused,
    /// It goes on.
    Resumed,
    /// It accepted a message.
    Sent(MessageId),
    /// It gave a message to its processes of a group.
    Delivered {
        /// The message; `None` if nobody sent anything like it.
        message: Option<MessageId>,
        /// Who sent it, as the node says.
        from: Process,
        /// The group, as the node says.
        group: GroupName,
    },
    /// It told its processes who is in a group.
    Membership {
        /// The group.
        group: GroupName,
        /// Everybody in it.
        members: Vec<Process>,
        /// Who is new.
        joined: Vec<(Process, Reason)>,
        /// Who is gone.
        left: Vec<(Process, Reason)>,
    },
    /// It had something to tell.
    Event(Event),
}

/// When, to whom, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Instant,
    /// To whom.
    pub life: Life,
    /// What.
    pub what: What,
}

/// Everything that happened in a run, in order of time.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What happened to nodes.
    pub records: Vec<Record>,
    /// Every message that was accepted; [`MessageId`] counts them.
    pub sent: Vec<Sent>,
    /// What was done to the cluster, in order.
    pub done: Vec<(Instant, Verb)>,
    /// Over all of the above and every datagram and store.
    pub digest: Digest,
    /// When nodes started without the ring sequence of an earlier life.
    losses: BTreeMap<NodeId, Vec<Instant>>,
}

/// The shortest payload that can carry a message's identity, bytes.
pub const PAYLOAD_MIN: usize = 4;

/// The payload of message `id`: its number, then bytes that follow from it.
///
/// A payload shorter than [`PAYLOAD_MIN`] holds the first bytes of the number.
#[must_use]
pub fn payload(id: MessageId, len: usize) -> Bytes {
    let mut bytes = BytesMut::with_capacity(len.max(PAYLOAD_MIN) + 8);
    bytes.put_u32_le(id.0);
    let mut fill = u64::from(id.0) | 1;
    while bytes.len() < len {
        // Knuth's constants: the upper bits differ from word to word.
        fill = fill
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.put_u64_le(fill);
    }
    bytes.truncate(len);
    bytes.freeze()
}

impl History {
    pub(crate) fn record(&mut self, at: Instant, life: Life, what: What) {
        self.digest.record(at, life, &what);
        if life.number > 0 && what == What::Started(Store::Lost) {
            self.losses.entry(life.node).or_default().push(at);
        }
        self.records.push(Record { at, life, what });
    }

    /// The message that these bytes are; `None` if nobody sent them to this group.
    pub(crate) fn recognise(
        &self,
        from: Process,
        group: &GroupName,
        bytes: &Bytes,
    ) -> Option<MessageId> {
        let mut number = [0; PAYLOAD_MIN];
        let short = bytes.len().min(PAYLOAD_MIN);
        number[..short].copy_from_slice(&bytes[..short]);
        let id = MessageId(u32::from_le_bytes(number));
        let sent = self.sent.get(usize::try_from(id.0).ok()?)?;
        let is_it = sent.pid == from.pid
            && sent.life.node == from.node
            && sent.group == *group
            && sent.len == bytes.len()
            && payload(id, sent.len) == *bytes;
        is_it.then_some(id)
    }

    /// What happened to each life, in order.
    #[must_use]
    pub fn lives(&self) -> Vec<(Life, Vec<(Instant, &What)>)> {
        let mut lives: Vec<(Life, Vec<(Instant, &What)>)> = Vec::new();
        for Record { at, life, what } in &self.records {
            match lives.iter_mut().rev().find(|(known, _)| known == life) {
                Some((_, entries)) => entries.push((*at, what)),
                None => lives.push((*life, vec![(*at, what)])),
            }
        }
        lives
    }

    /// A name for a ring that holds even if its representative lost its ring sequence and used an id again: the id, and
    /// how often the representative had lost it by then.
    #[must_use]
    pub fn ring_key(&self, ring_id: RingId, at: Instant) -> (RingId, usize) {
        let losses = self.losses.get(&ring_id.rep);
        let by_then = losses.map_or(0, |times| times.partition_point(|&time| time <= at));
        (ring_id, by_then)
    }
}
