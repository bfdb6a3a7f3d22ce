//! The messages of cfg, service 1.
//!
//! | fn | size | layout after the 16-byte header |
//! |---|---|---|
//! | 0 ring re-enable | 32 | source |
//! | 1 kill node | 288 | u32 node, pad 4, u16 length, pad 6, reason 256 |
//! | 2 shutdown | 16 | |
//! | 3 reload | 32 | source |
//! | 4 crypto reconfiguration | 24 | u32 phase, pad 4 |
//!
//! Source: u32 node, pad 4, u64 connection. Pads and what follows the counted reason are undefined.

use super::{CFG, Source, Text, begin_service};
use crate::NodeId;
use crate::wire::{Malformed, Reader, Writer};

/// Why a node is to be killed.
pub type KillReason = Text<256>;

/// One message of cfg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Function 0: of no use since rings no longer fail.
    RingReenable(Source),
    /// Function 1: `node` must exit at once.
    KillNode {
        /// The victim.
        node: NodeId,
        /// What it shall log.
        reason: KillReason,
    },
    /// Function 2: the sender shuts down.
    Shutdown,
    /// Function 3: every node reads its own configuration again.
    Reload(Source),
    /// Function 4: a step of a knet key change.
    CryptoReconfig {
        /// The step.
        phase: u32,
    },
}

impl Message {
    /// `None`: no such function.
    pub(super) fn decode(function: u32, r: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        Ok(Some(match function {
            0 => Self::RingReenable(Source::decode(r)?),
            1 => {
                let node = NodeId(r.padded_u32()?);
                let len = r.u16()?;
                r.skip(6)?;
                if usize::from(len) > KillReason::MAX {
                    let (field, value) = ("kill reason length", len.into());
                    return Err(Malformed::OutOfRange {
                        field,
                        value,
                        max: 256,
                    });
                }
                Self::KillNode {
                    node,
                    reason: KillReason::decode(len.into(), r)?,
                }
            }
            2 => Self::Shutdown,
            3 => Self::Reload(Source::decode(r)?),
            4 => Self::CryptoReconfig {
                phase: r.padded_u32()?,
            },
            _ => return Ok(None),
        }))
    }

    pub(super) fn encode(&self) -> Writer {
        match self {
            Self::RingReenable(source) => {
                let mut w = begin_service(CFG, 0, 32);
                source.encode(&mut w);
                w
            }
            Self::KillNode { node, reason } => {
                let mut w = begin_service(CFG, 1, 288);
                w.padded_u32(node.0)
                    .short_count(reason.as_bytes().len())
                    .zeros(6);
                reason.encode(&mut w);
                w
            }
            Self::Shutdown => begin_service(CFG, 2, 16),
            Self::Reload(source) => {
                let mut w = begin_service(CFG, 3, 32);
                source.encode(&mut w);
                w
            }
            Self::CryptoReconfig { phase } => {
                let mut w = begin_service(CFG, 4, 24);
                w.padded_u32(*phase);
                w
            }
        }
    }
}
