//! Hold cancel, type 5, 25 bytes, to all: `ring_id` at 13.

use bytes::Bytes;

use super::{Header, Kind, Malformed, Reader, Writer};
use crate::RingId;

/// A request to let a held token go, because somebody has something to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldCancel {
    /// The common header.
    pub header: Header,
    /// The ring whose token is held.
    pub ring_id: RingId,
}

impl HoldCancel {
    pub(super) fn decode(header: Header, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            header,
            ring_id: r.ring()?,
        })
    }

    /// The frame's datagram.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut w = Writer::frame(Kind::HoldCancel, self.header, 12);
        w.ring(self.ring_id);
        w.finish()
    }
}
