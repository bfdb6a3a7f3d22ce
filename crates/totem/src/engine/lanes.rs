//! What waits for the token.

use crate::group::Lane;
use crate::ring::Source;
use crate::wire::Writer;

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

    fn room_for_next(&self) -> Option<usize> {
        self.current().room_for_next()
    }

    fn write_next(&mut self, w: &mut Writer) {
        if self.synchronising {
            self.sync.write_next(w);
        } else {
            self.normal.write_next(w);
        }
    }
}
