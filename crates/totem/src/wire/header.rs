//! The 13 bytes that begin every frame.
//!
//! | off | size | field |
//! |---|---|---|
//! | 0 | u16 | magic 0xC070, also the mark of the sender's byte order |
//! | 2 | u8 | version 3 |
//! | 3 | u8 | type |
//! | 4 | u8 | encapsulated (MCAST only) |
//! | 5 | u32 | the node that emits; an MCAST's originator; 0 in a LEAVE |
//! | 9 | u32 | target, for knet; garbage from corosync's udp and udpu |

use super::{Foreign, Malformed, Reader, Writer};
use crate::NodeId;

/// The first two bytes of a frame.
pub const MAGIC: u16 = 0xC070;
/// The protocol version.
pub const VERSION: u8 = 3;
/// The length of the common header, bytes.
pub const HEADER_LEN: usize = 13;

/// A frame's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// ORF token.
    Token,
    /// Sequenced message.
    Mcast,
    /// Merge detection.
    MergeDetect,
    /// Join, or leave.
    Join,
    /// Commit token.
    Commit,
    /// Hold cancel.
    HoldCancel,
}

impl Kind {
    /// Every type, in the order of its number.
    pub const ALL: [Self; 6] = [
        Self::Token,
        Self::Mcast,
        Self::MergeDetect,
        Self::Join,
        Self::Commit,
        Self::HoldCancel,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Token => 0,
            Self::Mcast => 1,
            Self::MergeDetect => 2,
            Self::Join => 3,
            Self::Commit => 4,
            Self::HoldCancel => 5,
        }
    }
}

/// The header's fields beside magic, version and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// MCAST: [`super::ENCAPSULATED`] or [`super::NORMAL`]; 0 in all other frames.
    pub encapsulated: u8,
    /// The node that emits the frame.
    pub node: NodeId,
    /// The destination under knet, 0 for all; uninitialised in what corosync sends over udp and udpu.
    pub target: u32,
}

impl Header {
    /// The header of a frame that `node` emits.
    #[must_use]
    pub const fn of(node: NodeId) -> Self {
        Self {
            encapsulated: 0,
            node,
            target: 0,
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Result<(Kind, Self), Malformed> {
        let whole = r.rest();
        if whole.len() < HEADER_LEN {
            return Err(Malformed::Truncated {
                need: HEADER_LEN,
                have: whole.len(),
            });
        }
        if r.u16()? != MAGIC {
            return Err(Malformed::Foreign(foreign(whole)));
        }
        let version = r.u8()?;
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        let number = r.u8()?;
        let kind = Kind::ALL
            .into_iter()
            .find(|k| k.number() == number)
            .ok_or(Malformed::Type(number))?;
        Ok((
            kind,
            Self {
                encapsulated: r.u8()?,
                node: r.node()?,
                target: r.u32()?,
            },
        ))
    }

    pub(super) fn encode(self, kind: Kind, w: &mut Writer) {
        w.u16(MAGIC)
            .u8(VERSION)
            .u8(kind.number())
            .u8(self.encapsulated)
            .node(self.node)
            .u32(self.target);
    }
}

/// What bytes without our magic probably are; the guesses are corosync's.
fn foreign(bytes: &[u8]) -> Foreign {
    match bytes {
        [0xc0, 0x70, ..] => Foreign::BigEndian,
        [0xff, 0xff, ..] => Foreign::Corosync22,
        [0xfe, 0xfe, ..] => Foreign::Corosync23,
        [1, ..] => Foreign::Knet,
        [0..=5, ..] => Foreign::Corosync1,
        _ => Foreign::Unknown,
    }
}
