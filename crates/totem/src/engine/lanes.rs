//! What waits for the token.

use bytes::Bytes;

use crate::group::Lane;
use crate::ring::Source;

/// The two queues of messages to send: while services synchronise, only what they say goes out.
#[derive(Debug)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lanes {
    pub(super) sync: Lane,
    pub(super) normal: Lane,
    pub(super) synchronising: bool,
}

impl Lanes {
    fn current(&self) -> &Lane {
        if self.synchronising {
            &self.sync
        } else {
            &self.normal
        }
    }
}

impl Source for Lanes {
    fn backlog(&self) -> u32 {
        self.current().backlog()
    }

    fn next_packet(&mut self) -> Option<Bytes> {
        if self.synchronising {
            self.sync.next_packet()
        } else {
            self.normal.next_packet()
        }
    }
}
