//! Join, type 3, 33 + 4·(p+f) bytes, to all; with node 0 in the header a LEAVE.
//!
//! | off | size | field |
//! |---|---|---|
//! | 13 | u32 | system_from |
//! | 17 | u32 | p |
//! | 21 | u32 | f |
//! | 25 | u64 | ring_seq |
//! | 33 | 4·p | proc_list |
//! | 33 + 4·p | 4·f | failed_list |

use alloc::vec::Vec;

use bytes::Bytes;

use super::{Header, Kind, Malformed, NODES_MAX, Reader, Writer};
use crate::NodeId;

/// A node's view of who should form the next ring, and who not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The common header; node 0 marks a LEAVE.
    pub header: Header,
    /// The sender, in a LEAVE too.
    pub system_from: NodeId,
    /// The sequence of the sender's current ring.
    pub ring_seq: u64,
    /// The candidates, in the sender's own order.
    pub proc_list: Vec<NodeId>,
    /// Those of them that the sender has given up; in a LEAVE the leaver stands last.
    pub failed_list: Vec<NodeId>,
}

impl Join {
    /// Whether this is an orderly goodbye.
    #[must_use]
    pub fn is_leave(&self) -> bool {
        self.header.node == NodeId(0)
    }

    pub(super) fn decode(header: Header, r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let system_from = r.node()?;
        let candidates = r.count("proc_list_entries", NODES_MAX)?;
        let failed = r.count("failed_list_entries", NODES_MAX)?;
        let ring_seq = r.u64()?;
        Ok(Self {
            header,
            system_from,
            ring_seq,
            proc_list: r.nodes(candidates)?,
            failed_list: r.nodes(failed)?,
        })
    }

    /// The frame's datagram.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let entries = self.proc_list.len().saturating_add(self.failed_list.len());
        let mut w = Writer::frame(
            Kind::Join,
            self.header,
            entries.saturating_mul(4).saturating_add(20),
        );
        w.node(self.system_from)
            .count(self.proc_list.len())
            .count(self.failed_list.len())
            .u64(self.ring_seq);
        w.nodes(&self.proc_list).nodes(&self.failed_list);
        w.finish()
    }
}
