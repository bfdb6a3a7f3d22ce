//! What totempg carries: the messages of the sync engine and of the services, one file each.
//!
//! A message is its groups (u16 count, u16 length of each, their names), then a body. corosync has two groups, `a` for
//! the services and `sync`; their bodies begin with 16 bytes: i32 id, pad 4, i32 size of the body, pad 4. In `a` the
//! id is `service << 16 | function`. Most fields are padded to 8 bytes; pads and unused tails may hold anything, are
//! never read, and written as zeros.

pub mod cfg;
pub mod cmap;
pub mod cpg;
pub mod sync;
mod text;
pub mod votequorum;

use alloc::vec::Vec;

use bytes::Bytes;

use super::{Arena, Malformed, Reader, Writer};
use crate::{NodeId, RingId};

pub use text::{Text, TooLong};

/// The configuration map: exchanges the configuration's version.
pub const CMAP: u32 = 0;
/// Orders to other nodes' daemons.
pub const CFG: u32 = 1;
/// Process groups.
pub const CPG: u32 = 2;
/// Membership and quorum for clients; sends nothing.
pub const QUORUM: u32 = 3;
/// A load generator.
pub const PLOAD: u32 = 4;
/// Votes.
pub const VOTEQUORUM: u32 = 5;

/// The totempg group of the services.
pub const SERVICE_GROUP: &[u8] = b"a";
/// The totempg group of the sync engine.
pub const SYNC_GROUP: &[u8] = b"sync";
/// The bytes before a body in group `a`.
pub const SERVICE_PREFIX_LEN: usize = 5;
/// The most groups that a message may name here; corosync names one.
pub const GROUPS_MAX: usize = 16;

/// One whole message, reassembled from totempg packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Group `sync`, id 0: the sender has done its part of the current service.
    Barrier {
        /// The ring that is being synchronised.
        ring: RingId,
    },
    /// Group `sync`, id 1: the services of the sender that take part.
    ServiceBuild {
        /// The ring that is being synchronised.
        ring: RingId,
        /// Their ids, ascending; at most [`sync::SERVICES_MAX`].
        services: Vec<u32>,
    },
    /// Service 0.
    Cmap(cmap::Message),
    /// Service 1.
    Cfg(cfg::Message),
    /// Service 2.
    Cpg(cpg::Message),
    /// Service 5.
    Votequorum(votequorum::Message),
    /// Group `a`, but no service or function that is read here. To be ignored.
    Unknown {
        /// The service.
        service: u32,
        /// Its function.
        function: u32,
        /// The body, its 16-byte header included.
        body: Bytes,
    },
    /// Neither group `a` nor group `sync` alone. To be ignored.
    OtherGroups {
        /// The names of the groups; at most [`GROUPS_MAX`].
        groups: Vec<Bytes>,
        /// What follows them.
        body: Bytes,
    },
}

/// A client of cpg or cfg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its node.
    pub node: NodeId,
    /// Its connection, a number that means something to its node only.
    pub conn: u64,
}

impl Source {
    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            node: NodeId(r.padded_u32()?),
            conn: r.u64()?,
        })
    }

    fn encode(self, w: &mut Writer) {
        w.padded_u32(self.node.0).u64(self.conn);
    }
}

impl Message {
    /// Decodes a whole message, group prefix included. Data and unknown bodies share its memory.
    pub fn decode(message: &Bytes) -> Result<Self, Malformed> {
        if let Some(body) = service_body(message) {
            return Self::decode_service(message.slice_ref(body));
        }
        let mut r = Reader::new(message);
        let groups = decode_groups(message, &mut r)?;
        let body = message.slice_ref(r.rest());
        match groups.as_slice() {
            [group] if group == SYNC_GROUP => {
                let mut r = Reader::new(&body);
                let id = decode_header(&mut r)?;
                let message = sync::decode(id, &mut r)?;
                r.end()?;
                Ok(message)
            }
            _ => Ok(Self::OtherGroups { groups, body }),
        }
    }

    fn decode_service(body: Bytes) -> Result<Self, Malformed> {
        let mut r = Reader::new(&body);
        let id = decode_header(&mut r)?;
        let (service, function) = (id >> 16, id & 0xffff);
        let known = match service {
            CMAP => cmap::Message::decode(function, &mut r, &body)?.map(Self::Cmap),
            CFG => cfg::Message::decode(function, &mut r)?.map(Self::Cfg),
            CPG => cpg::Message::decode(function, &mut r, &body)?.map(Self::Cpg),
            VOTEQUORUM => votequorum::Message::decode(function, &mut r)?.map(Self::Votequorum),
            _ => None,
        };
        let Some(message) = known else {
            return Ok(Self::Unknown {
                service,
                function,
                body,
            });
        };
        r.end()?;
        Ok(message)
    }

    /// The bytes that [`Message::decode`] reads back, pads and unused tails zero.
    ///
    /// # Panics
    /// If a list is longer than its documented limit, or the message 4 GiB or more.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        self.write(&mut Writer::with_capacity).finish()
    }

    /// As [`Message::encode`], in an arena's memory if it is a process's own message.
    ///
    /// # Panics
    /// As [`Message::encode`].
    pub fn encode_in(&self, arena: &mut Arena) -> Bytes {
        let w = self.write(&mut |capacity| arena.writer(capacity));
        arena.finish(w)
    }

    fn write(&self, room: &mut dyn FnMut(usize) -> Writer) -> Writer {
        match self {
            Self::Barrier { ring } => sync::encode_barrier(*ring),
            Self::ServiceBuild { ring, services } => sync::encode_service_build(*ring, services),
            Self::Cmap(message) => message.encode(),
            Self::Cfg(message) => message.encode(),
            Self::Cpg(message) => message.encode(room),
            Self::Votequorum(message) => message.encode(),
            Self::Unknown { body, .. } => encode_groups(&[SERVICE_GROUP], body),
            Self::OtherGroups { groups, body } => encode_groups(groups, body),
        }
    }
}

/// What follows the prefix of a message to services, and to nobody else.
fn service_body(message: &[u8]) -> Option<&[u8]> {
    let mut r = Reader::new(message);
    let (groups, len) = (r.u16().ok()?, usize::from(r.u16().ok()?));
    let to_services = groups == 1 && r.take(len).ok()? == SERVICE_GROUP;
    to_services.then(|| r.rest())
}

fn decode_groups(message: &Bytes, r: &mut Reader<'_>) -> Result<Vec<Bytes>, Malformed> {
    let n = r.u16()?;
    if usize::from(n) > GROUPS_MAX {
        let max = u64::try_from(GROUPS_MAX).unwrap_or(u64::MAX);
        return Err(Malformed::OutOfRange {
            field: "groups",
            value: n.into(),
            max,
        });
    }
    let lengths = (0..n).map(|_| r.u16()).collect::<Result<Vec<_>, _>>()?;
    lengths
        .into_iter()
        .map(|len| Ok(message.slice_ref(r.take(len.into())?)))
        .collect()
}

/// # Panics
/// With more than [`GROUPS_MAX`] groups, or a name of 64 KiB or more.
fn encode_groups<G: AsRef<[u8]>>(groups: &[G], body: &[u8]) -> Writer {
    assert!(groups.len() <= GROUPS_MAX, "{} groups", groups.len());
    let mut w = Writer::with_capacity(body.len().saturating_add(64));
    w.short_count(groups.len());
    for group in groups {
        w.short_count(group.as_ref().len());
    }
    for group in groups {
        w.bytes(group.as_ref());
    }
    w.bytes(body);
    w
}

/// Reads a body's header and checks its size; the result is the id.
fn decode_header(r: &mut Reader<'_>) -> Result<u32, Malformed> {
    let have = r.rest().len();
    let id = r.padded_u32()?;
    let size = r.padded_u32()?;
    match usize::try_from(size) {
        Ok(size) if size == have => Ok(id),
        size => Err(Malformed::Length {
            have,
            expected: size.unwrap_or(usize::MAX),
        }),
    }
}

/// A message's buffer: prefix and header are written for a body of `size` bytes, its header included.
fn begin(group: &[u8], id: u32, size: usize) -> Writer {
    begin_in(&mut Writer::with_capacity, group, id, size)
}

/// As [`begin`], in a buffer that `room` makes.
fn begin_in(room: &mut dyn FnMut(usize) -> Writer, group: &[u8], id: u32, size: usize) -> Writer {
    let mut w = room(size.saturating_add(group.len()).saturating_add(4));
    w.short_count(1).short_count(group.len()).bytes(group);
    w.padded_u32(id).count(size).zeros(4);
    w
}

fn begin_service(service: u32, function: u32, size: usize) -> Writer {
    begin(SERVICE_GROUP, service << 16 | function, size)
}
