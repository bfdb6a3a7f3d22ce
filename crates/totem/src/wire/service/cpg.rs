//! The messages of cpg, the process groups, service 2.
//!
//! | fn | size | layout |
//! |---|---|---|
//! | 0 procjoin, 1 procleave | 168 | name @16, u32 pid @152, u32 reason @160 |
//! | 2 joinlist | 24 + 144·k | u32 error @16; entries @24: u32 pid, name @8 |
//! | 3 mcast | 184 + n | name @16, u32 msglen @152, u32 pid @160, source @168, data @184 |
//! | 4 | | a downlist of old versions, not read |
//! | 5 downlist | 1568 | u32 old members @16, u32 left @24, 384 × u32 node @32 |
//! | 6 partial mcast | 200 + n | name @16, u32 msglen @152, u32 fraglen @160, u32 pid @168, u32 kind @176, source @184, data @200 |
//!
//! Name: u32 length, pad 4, 128 bytes. Source: u32 node, pad 4, u64 connection. Undefined are the pads after each u32,
//! what follows the counted name, the joinlist's error, and the downlist's ids after the counted ones.

use alloc::vec::Vec;

use bytes::Bytes;

use super::{CPG, SERVICE_GROUP, Source, Text, begin_in, begin_service};
use crate::NodeId;
use crate::wire::{Malformed, NODES_MAX, Reader, Writer};

const PROC_LEN: usize = 168;
const JOIN_LIST_FIXED_LEN: usize = 24;
const JOIN_LIST_ENTRY_LEN: usize = 144;
const DOWNLIST_LEN: usize = 1568;

/// The length of an [`Message::Mcast`] before its data, bytes, the totempg group prefix not counted.
pub const MCAST_FIXED_LEN: usize = 184;
/// The length of a [`Message::Partial`] before its data, bytes, the totempg group prefix not counted.
pub const PARTIAL_FIXED_LEN: usize = 200;

/// A process group's name.
pub type GroupName = Text<128>;

/// One message of cpg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Function 0: a process of the sending node joined a group.
    ProcJoin {
        /// The group.
        group: GroupName,
        /// The process.
        pid: u32,
        /// Why.
        reason: Reason,
    },
    /// Function 1: a process of the sending node left a group.
    ProcLeave {
        /// The group.
        group: GroupName,
        /// The process.
        pid: u32,
        /// Why.
        reason: Reason,
    },
    /// Function 2: every process of the sending node with its group, in sync.
    JoinList(Vec<(u32, GroupName)>),
    /// Function 3: a process's message to a group.
    Mcast {
        /// The group.
        group: GroupName,
        /// The sending process.
        pid: u32,
        /// Its node and connection.
        source: Source,
        /// What it sends.
        payload: Bytes,
    },
    /// Function 5: who the sending node thinks has left, in sync. Informative only.
    Downlist {
        /// The number of members of the last ring.
        old_members: u32,
        /// Those of them that are gone; at most [`NODES_MAX`].
        left: Vec<NodeId>,
    },
    /// Function 6: a part of a process's message that is too large for one.
    Partial {
        /// The group.
        group: GroupName,
        /// The sending process.
        pid: u32,
        /// Which part.
        kind: PartialKind,
        /// The length of the whole message, bytes.
        msglen: u32,
        /// The process's node and connection.
        source: Source,
        /// This part.
        payload: Bytes,
    },
}

/// Why a process appeared in or vanished from a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Reason {
    /// It joined.
    Join,
    /// It left.
    Leave,
    /// Its node is gone.
    NodeDown,
    /// Its node came.
    NodeUp,
    /// It died.
    ProcDown,
}

impl Reason {
    /// Every reason, in the order of its number, from 1.
    pub const ALL: [Self; 5] = [
        Self::Join,
        Self::Leave,
        Self::NodeDown,
        Self::NodeUp,
        Self::ProcDown,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Join => 1,
            Self::Leave => 2,
            Self::NodeDown => 3,
            Self::NodeUp => 4,
            Self::ProcDown => 5,
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let value = r.padded_u32()?;
        let known = Self::ALL
            .into_iter()
            .find(|reason| reason.number() == value);
        known.ok_or(Malformed::OutOfRange {
            field: "cpg reason",
            value: value.into(),
            max: 5,
        })
    }
}

/// Which part of a message a [`Message::Partial`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartialKind {
    /// The first.
    First,
    /// Neither the first nor the last.
    Continued,
    /// The last.
    Last,
}

impl PartialKind {
    /// Every kind, in the order of its number, from 1.
    pub const ALL: [Self; 3] = [Self::First, Self::Continued, Self::Last];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::First => 1,
            Self::Continued => 2,
            Self::Last => 3,
        }
    }

    fn decode(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let value = r.padded_u32()?;
        let known = Self::ALL.into_iter().find(|kind| kind.number() == value);
        known.ok_or(Malformed::OutOfRange {
            field: "cpg part kind",
            value: value.into(),
            max: 3,
        })
    }
}

impl Message {
    /// `None`: no such function. Data shares the memory of `body`.
    pub(super) fn decode(
        function: u32,
        r: &mut Reader<'_>,
        body: &Bytes,
    ) -> Result<Option<Self>, Malformed> {
        Ok(Some(match function {
            0 | 1 => {
                let (group, pid, reason) = (decode_name(r)?, r.padded_u32()?, Reason::decode(r)?);
                if function == 0 {
                    Self::ProcJoin { group, pid, reason }
                } else {
                    Self::ProcLeave { group, pid, reason }
                }
            }
            2 => decode_join_list(r)?,
            3 => {
                let group = decode_shared_name(r, body)?;
                let (msglen, pid) = (r.padded_u32()?, r.padded_u32()?);
                let source = Source::decode(r)?;
                Self::Mcast {
                    group,
                    pid,
                    source,
                    payload: decode_data(msglen, r, body)?,
                }
            }
            5 => decode_downlist(r)?,
            6 => decode_partial(r, body)?,
            _ => return Ok(None),
        }))
    }

    /// In a buffer that `room` makes, of what processes send.
    pub(super) fn encode(&self, room: &mut dyn FnMut(usize) -> Writer) -> Writer {
        let mut begin = |function, len, payload: &Bytes| {
            let size = usize::saturating_add(len, payload.len());
            begin_in(room, SERVICE_GROUP, CPG << 16 | function, size)
        };
        match self {
            Self::ProcJoin { group, pid, reason } => encode_proc(0, group, *pid, *reason),
            Self::ProcLeave { group, pid, reason } => encode_proc(1, group, *pid, *reason),
            Self::JoinList(entries) => encode_join_list(entries),
            Self::Mcast {
                group,
                pid,
                source,
                payload,
            } => {
                let mut w = begin(3, MCAST_FIXED_LEN, payload);
                encode_name(group, &mut w);
                w.count(payload.len()).zeros(4).padded_u32(*pid);
                source.encode(&mut w);
                w.bytes(payload);
                w
            }
            Self::Downlist { old_members, left } => encode_downlist(*old_members, left),
            Self::Partial {
                group,
                pid,
                kind,
                msglen,
                source,
                payload,
            } => {
                let mut w = begin(6, PARTIAL_FIXED_LEN, payload);
                encode_name(group, &mut w);
                w.padded_u32(*msglen).count(payload.len()).zeros(4);
                w.padded_u32(*pid).padded_u32(kind.number());
                source.encode(&mut w);
                w.bytes(payload);
                w
            }
        }
    }
}

fn decode_name(r: &mut Reader<'_>) -> Result<GroupName, Malformed> {
    let len = r.count("group name length", GroupName::MAX)?;
    r.skip(4)?;
    GroupName::decode(len, r)
}

/// A name that shares the memory of `body`.
fn decode_shared_name(r: &mut Reader<'_>, body: &Bytes) -> Result<GroupName, Malformed> {
    let len = r.count("group name length", GroupName::MAX)?;
    r.skip(4)?;
    GroupName::decode_shared(len, r, body)
}

fn encode_name(name: &GroupName, w: &mut Writer) {
    w.count(name.as_bytes().len()).zeros(4);
    name.encode(w);
}

/// The rest, which must be `len` bytes.
fn decode_data(len: u32, r: &mut Reader<'_>, body: &Bytes) -> Result<Bytes, Malformed> {
    let have = r.rest().len();
    let expected = usize::try_from(len).unwrap_or(usize::MAX);
    if have != expected {
        return Err(Malformed::Length { have, expected });
    }
    Ok(body.slice_ref(r.take(have)?))
}

fn encode_proc(function: u32, group: &GroupName, pid: u32, reason: Reason) -> Writer {
    let mut w = begin_service(CPG, function, PROC_LEN);
    encode_name(group, &mut w);
    w.padded_u32(pid).padded_u32(reason.number());
    w
}

fn decode_join_list(r: &mut Reader<'_>) -> Result<Message, Malformed> {
    r.skip(8)?;
    let n = r.rest().len().div_ceil(JOIN_LIST_ENTRY_LEN);
    let entries = (0..n).map(|_| Ok((r.padded_u32()?, decode_name(r)?)));
    entries.collect::<Result<_, _>>().map(Message::JoinList)
}

fn encode_join_list(entries: &[(u32, GroupName)]) -> Writer {
    let len = entries.len().saturating_mul(JOIN_LIST_ENTRY_LEN);
    let mut w = begin_service(CPG, 2, JOIN_LIST_FIXED_LEN.saturating_add(len));
    w.zeros(8);
    for (pid, group) in entries {
        w.padded_u32(*pid);
        encode_name(group, &mut w);
    }
    w
}

fn decode_downlist(r: &mut Reader<'_>) -> Result<Message, Malformed> {
    let old_members = r.padded_u32()?;
    let n = r.count("left nodes", NODES_MAX)?;
    r.skip(4)?;
    let left = r.nodes(n)?;
    r.skip(NODES_MAX.saturating_sub(n).saturating_mul(4))?;
    Ok(Message::Downlist { old_members, left })
}

/// # Panics
/// With more than [`NODES_MAX`] nodes.
fn encode_downlist(old_members: u32, left: &[NodeId]) -> Writer {
    assert!(left.len() <= NODES_MAX, "{} left nodes", left.len());
    let mut w = begin_service(CPG, 5, DOWNLIST_LEN);
    w.padded_u32(old_members)
        .count(left.len())
        .zeros(4)
        .nodes(left);
    w.zeros(NODES_MAX.saturating_sub(left.len()).saturating_mul(4));
    w
}

fn decode_partial(r: &mut Reader<'_>, body: &Bytes) -> Result<Message, Malformed> {
    let group = decode_shared_name(r, body)?;
    let (msglen, fraglen) = (r.padded_u32()?, r.padded_u32()?);
    let (pid, kind, source) = (r.padded_u32()?, PartialKind::decode(r)?, Source::decode(r)?);
    if fraglen > msglen {
        let (value, max) = (fraglen.into(), msglen.into());
        return Err(Malformed::OutOfRange {
            field: "cpg part length",
            value,
            max,
        });
    }
    let payload = decode_data(fraglen, r, body)?;
    Ok(Message::Partial {
        group,
        pid,
        kind,
        msglen,
        source,
        payload,
    })
}
