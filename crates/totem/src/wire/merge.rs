//! Merge detection, type 2, 29 bytes, to all: `u32 system_from` at 13, `ring_id` at 17.

use bytes::Bytes;

use super::{Header, Kind, Malformed, Reader, Writer};
use crate::{NodeId, RingId};

/// What the representative of an idle ring says, for other rings to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeDetect {
    /// The common header.
    pub header: Header,
    /// The sender.
    pub system_from: NodeId,
    /// Its ring.
    pub ring_id: RingId,
}

impl MergeDetect {
    pub(super) fn decode(header: Header, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            header,
            system_from: r.node()?,
            ring_id: r.ring()?,
        })
    }

    /// The frame's datagram.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut w = Writer::frame(Kind::MergeDetect, self.header, 16);
        w.node(self.system_from).ring(self.ring_id);
        w.finish()
    }
}
