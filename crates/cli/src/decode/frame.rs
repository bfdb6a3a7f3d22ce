//! The frames of the ring as named values.

use ringwright_totem::wire::{Commit, Frame, HoldCancel, Join, Mcast, MergeDetect, Token};
use ringwright_totem::{NodeId, RingId};

use super::fields::{Fields, Value, hex};

/// The node that emits, as far as the frame says.
pub(super) fn sender(frame: &Frame) -> NodeId {
    match frame {
        Frame::Token(f) => f.header.node,
        Frame::Mcast(f) => f.system_from,
        Frame::MergeDetect(f) => f.system_from,
        Frame::Join(f) => f.system_from,
        Frame::Commit(f) => f.header.node,
        Frame::HoldCancel(f) => f.header.node,
    }
}

/// The ring that the frame belongs to; a JOIN names only a sequence.
pub(super) fn ring(frame: &Frame) -> Option<RingId> {
    match frame {
        Frame::Token(f) => Some(f.ring_id),
        Frame::Mcast(f) => Some(f.ring_id),
        Frame::MergeDetect(f) => Some(f.ring_id),
        Frame::Join(_) => None,
        Frame::Commit(f) => Some(f.ring_id),
        Frame::HoldCancel(f) => Some(f.ring_id),
    }
}

/// The values of every frame but an MCAST.
pub(super) fn fields(frame: &Frame) -> Fields {
    match frame {
        Frame::Token(f) => token(f),
        Frame::Mcast(f) => mcast(f),
        Frame::MergeDetect(MergeDetect {
            header,
            system_from,
            ring_id,
        }) => Fields::new("")
            .with("from", *system_from)
            .with("ring", *ring_id)
            .detail("target", header.target),
        Frame::Join(f) => join(f),
        Frame::Commit(f) => commit(f),
        Frame::HoldCancel(HoldCancel { header, ring_id }) => Fields::new("")
            .with("from", header.node)
            .with("ring", *ring_id)
            .detail("target", header.target),
    }
}

fn token(f: &Token) -> Fields {
    let requests = f
        .rtr
        .iter()
        .map(|r| Fields::new(format!("{}/{:x}", r.ring_id, r.seq)));
    Fields::new("")
        .with("from", f.header.node)
        .with("ring", f.ring_id)
        .with("seq", hex(f.seq))
        .with("token_seq", hex(f.token_seq))
        .with("aru", hex(f.aru))
        .with_if(f.aru_addr.0 != 0, "aru_addr", f.aru_addr)
        .with_if(f.backlog != 0, "backlog", f.backlog)
        .with_if(f.fcc != 0, "fcc", f.fcc)
        .with_if(f.retrans_flg != 0, "retrans_flg", f.retrans_flg)
        .with_if(!f.rtr.is_empty(), "rtr", requests.collect::<Vec<_>>())
        .detail("target", f.header.target)
}

/// An MCAST's own header, without what it carries.
pub(super) fn mcast(f: &Mcast) -> Fields {
    Fields::new("")
        .with("from", f.system_from)
        .with("ring", f.ring_id)
        .with("seq", hex(f.seq))
        .detail("this_seqno", f.this_seqno)
        .detail("encapsulated", f.header.encapsulated)
        .detail("target", f.header.target)
        .detail("node_id", f.node_id)
        .detail("guarantee", f.guarantee)
}

fn join(f: &Join) -> Fields {
    Fields::new("")
        .with("from", f.system_from)
        .with("ring_seq", hex(f.ring_seq))
        .with("proc", f.proc_list.as_slice())
        .with("failed", f.failed_list.as_slice())
        .detail("header_node", f.header.node)
        .detail("target", f.header.target)
}

fn commit(f: &Commit) -> Fields {
    let members: Vec<_> = f.members.iter().map(|(node, _)| *node).collect();
    let entries = f.members.iter().map(|(node, entry)| {
        Fields::new(node.to_string())
            .with("old_ring", entry.ring_id)
            .with("aru", hex(entry.aru))
            .with("high_delivered", hex(entry.high_delivered))
            .with("received", entry.received)
    });
    Fields::new("")
        .with("from", f.header.node)
        .with("ring", f.ring_id)
        .with("token_seq", hex(f.token_seq))
        .with("members", Value::Nodes(members))
        .with("filled", f.memb_index)
        .detail("entries", entries.collect::<Vec<_>>())
        .detail("retrans_flg", f.retrans_flg)
        .detail("target", f.header.target)
}
