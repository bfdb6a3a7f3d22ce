//! Hold cancel, type 5, 25 bytes, to all: `ring_id` at 13.

use bytes::Bytes;

use super::{HEADER_LEN, Header, Kind, Malformed, Reader, Writer};
use crate::RingId;

/// The length of a hold cancel, bytes.
pub const HOLD_CANCEL_LEN: usize = HEADER_LEN + 12;

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
        let mut w = Writer::with_capacity(HOLD_CANCEL_LEN);
        self.write(&mut w);
        w.finish()
    }

    /// Writes the frame's datagram, [`HOLD_CANCEL_LEN`] bytes.
    pub fn write(&self, w: &mut Writer) {
        self.header.encode(Kind::HoldCancel, w);
        w.ring(self.ring_id);
    }
}
