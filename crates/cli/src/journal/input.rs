//! What a node was told, in words.

use ringwright::{Input, NodeId, QuorumCall, Sign};
use ringwright_totem::wire::Frame;

use super::entry::{Detail, Told};
use super::resource;

pub(super) fn told(input: &Input) -> Told {
    match input {
        Input::Datagram(datagram) => {
            let frame = Frame::decode(datagram).ok();
            let kind = frame.as_ref().map_or("unreadable", frame_name);
            let node = frame.as_ref().and_then(frame_sender);
            let from = node.map_or_else(|| "somebody".into(), |node| format!("node {node}"));
            let len = datagram.len();
            Told::new("datagram", format!("<- {from}: {kind}, {len} bytes"))
                .at(Detail::Inputs)
                .with("type", kind)
                .with("from", node.map(|node| node.0))
                .with("bytes", len)
        }
        Input::Timeout => Told::new("timeout", "a deadline").at(Detail::Inputs),
        Input::Sign(Sign::Refused(node)) => {
            let text = format!("the host of node {node} refuses datagrams");
            Told::new("refused", text)
                .at(Detail::Groups)
                .with("node", node.0)
        }
        Input::Sign(Sign::Unplugged) => {
            let text = "this node's own address or carrier is gone";
            Told::new("unplugged", text).at(Detail::Rings)
        }
        Input::JoinGroup { pid, group } => {
            Told::new("join", format!("process {pid} joins group {group}"))
                .at(Detail::Groups)
                .with("pid", *pid)
                .with("group", group.to_string())
        }
        Input::LeaveGroup { pid, group, died } => {
            let how = if *died { "died in" } else { "leaves" };
            Told::new("leave", format!("process {pid} {how} group {group}"))
                .at(Detail::Groups)
                .with("pid", *pid)
                .with("group", group.to_string())
                .with("died", *died)
        }
        Input::Multicast {
            pid,
            group,
            payload,
        } => {
            let len = payload.len();
            Told::new(
                "send",
                format!("process {pid} sends {len} bytes to group {group}"),
            )
            .at(Detail::Inputs)
            .with("pid", *pid)
            .with("group", group.to_string())
            .with("bytes", len)
        }
        Input::Quorum(call) => {
            let detail = match call {
                QuorumCall::Device(_) => Detail::Groups,
                _ => Detail::Rings,
            };
            Told::new("call", format!("an operator's call: {call:?}"))
                .at(detail)
                .with("call", format!("{call:?}"))
        }
        Input::Resource(input) => resource::told(input),
        Input::Leave => Told::new("leaving", "is told to leave"),
    }
}

pub(super) fn frame_name(frame: &Frame) -> &'static str {
    match frame {
        Frame::Token(_) => "token",
        Frame::Mcast(_) => "message",
        Frame::MergeDetect(_) => "merge detection",
        Frame::Join(join) if join.is_leave() => "leave",
        Frame::Join(_) => "join",
        Frame::Commit(_) => "commit token",
        Frame::HoldCancel(_) => "hold cancel",
    }
}

fn frame_sender(frame: &Frame) -> Option<NodeId> {
    let node = match frame {
        Frame::Token(token) => token.header.node,
        Frame::Mcast(mcast) => mcast.system_from,
        Frame::MergeDetect(merge) => merge.system_from,
        Frame::Join(join) => join.system_from,
        Frame::Commit(commit) => commit.header.node,
        Frame::HoldCancel(cancel) => cancel.header.node,
    };
    (node.0 != 0).then_some(node)
}
