//! The messages of votequorum, service 5.
//!
//! | fn | size | layout after the 16-byte header |
//! |---|---|---|
//! | 0 | 32 | u32 node, votes, expected, flags |
//! | 1 | 32 | u32 node, u32 value, u8 param, 7 bytes of padding |
//! | 2 | 280 | u32 operation (0 unregister, 1 register), name 255, 5 bytes of padding |
//! | 3 | 528 | old name 255, new name 255, 2 bytes of padding |
//!
//! Names end with a NUL; what follows it is undefined.

use super::{Text, VOTEQUORUM, begin_service};
use crate::NodeId;
use crate::wire::{Malformed, Reader, Writer};

/// The place of a device name on the wire, its NUL included, bytes.
const NAME_LEN: usize = 255;

/// A quorum device's name. On the wire it ends at its first NUL.
pub type DeviceName = Text<254>;

/// One message of votequorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Function 0: what a node, or with node 0 its quorum device, brings.
    NodeInfo(NodeInfo),
    /// Function 1: a change at run time.
    Reconfigure {
        /// The node that `value` is about; the sender unless `param` is [`PARAM_VOTES`].
        node: NodeId,
        /// The new value; 0 with [`PARAM_CANCEL_WAIT_FOR_ALL`].
        value: u32,
        /// What changes: one of the `PARAM_` constants.
        param: u8,
    },
    /// Function 2: a quorum device comes or goes on the sending node.
    QdeviceReg {
        /// Whether it comes.
        register: bool,
        /// Its name.
        name: DeviceName,
    },
    /// Function 3: the quorum device gets another name.
    QdeviceReconfigure {
        /// The name so far.
        old: DeviceName,
        /// The name from now on.
        new: DeviceName,
    },
}

/// `Reconfigure::param`: expected votes become `value`.
pub const PARAM_EXPECTED_VOTES: u8 = 1;
/// `Reconfigure::param`: the votes of `node` become `value`.
pub const PARAM_VOTES: u8 = 2;
/// `Reconfigure::param`: wait for all is cancelled.
pub const PARAM_CANCEL_WAIT_FOR_ALL: u8 = 3;

/// A node's votes and state, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeInfo {
    /// The node; 0 for the sender's quorum device.
    pub node: NodeId,
    /// Its votes.
    pub votes: u32,
    /// Its expected votes; 0 for a device.
    pub expected: u32,
    /// Its flags, a bit set.
    pub flags: u32,
}

impl Message {
    /// `None`: no such function.
    pub(super) fn decode(function: u32, r: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        Ok(Some(match function {
            0 => Self::NodeInfo(NodeInfo {
                node: r.node()?,
                votes: r.u32()?,
                expected: r.u32()?,
                flags: r.u32()?,
            }),
            1 => {
                let (node, value, param) = (r.node()?, r.u32()?, r.u8()?);
                r.skip(7)?;
                Self::Reconfigure { node, value, param }
            }
            2 => {
                let register = r.count("qdevice operation", 1)? == 1;
                let name = decode_name(r)?;
                r.skip(5)?;
                Self::QdeviceReg { register, name }
            }
            3 => {
                let (old, new) = (decode_name(r)?, decode_name(r)?);
                r.skip(2)?;
                Self::QdeviceReconfigure { old, new }
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn encode(&self) -> Writer {
        match self {
            Self::NodeInfo(info) => {
                let mut w = begin_service(VOTEQUORUM, 0, 32);
                w.node(info.node)
                    .u32(info.votes)
                    .u32(info.expected)
                    .u32(info.flags);
                w
            }
            Self::Reconfigure { node, value, param } => {
                let mut w = begin_service(VOTEQUORUM, 1, 32);
                w.node(*node).u32(*value).u8(*param).zeros(7);
                w
            }
            Self::QdeviceReg { register, name } => {
                let mut w = begin_service(VOTEQUORUM, 2, 280);
                encode_name(name, w.u32((*register).into()));
                w.zeros(5);
                w
            }
            Self::QdeviceReconfigure { old, new } => {
                let mut w = begin_service(VOTEQUORUM, 3, 528);
                encode_name(old, &mut w);
                encode_name(new, &mut w);
                w.zeros(2);
                w
            }
        }
    }
}

/// 255 bytes that must hold a NUL.
fn decode_name(r: &mut Reader<'_>) -> Result<DeviceName, Malformed> {
    let place = r.take(NAME_LEN)?;
    let name = place.split(|&byte| byte == 0).next().unwrap_or_default();
    DeviceName::new(name).map_err(|_| Malformed::OutOfRange {
        field: "qdevice name length",
        value: u64::try_from(name.len()).unwrap_or(u64::MAX),
        max: u64::try_from(DeviceName::MAX).unwrap_or(u64::MAX),
    })
}

fn encode_name(name: &DeviceName, w: &mut Writer) {
    name.encode(w);
    w.zeros(1);
}
