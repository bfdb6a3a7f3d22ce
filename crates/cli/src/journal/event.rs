//! What a node put out, in words.

use ringwright::group::{self, Process};
use ringwright::{Event, NodeId, Output, Target, ring};
use ringwright_totem::wire::Frame;

use super::entry::{Detail, Mood, Told};
use super::input::frame_name;
use super::resource;

pub(super) fn output(output: &Output) -> Option<Told> {
    Some(match output {
        Output::Event(Event::Ring(event)) => ring(event),
        Output::Event(Event::Transitional(c)) if c.left.is_empty() => return None,
        Output::Event(event) => configuration(event).unwrap_or_else(|| other(event)),
        Output::Group(event) => group(event),
        Output::Transmit { to, bytes } => {
            let to = match to {
                Target::All => "all".into(),
                Target::Node(node) => format!("node {node}"),
            };
            let kind = Frame::decode(bytes).map_or("unreadable", |frame| frame_name(&frame));
            let len = bytes.len();
            Told::new("transmit", format!("-> {to}: {kind}, {len} bytes"))
                .at(Detail::Inputs)
                .with("type", kind)
                .with("to", to)
                .with("bytes", len)
        }
        Output::Store(stable) => {
            Told::new("store", format!("stores ring sequence {}", stable.ring_seq))
                .at(Detail::Inputs)
                .with("ring_seq", stable.ring_seq)
                .with("expected_votes", stable.expected_votes)
        }
        Output::Resource(output) => resource::output(output),
        Output::Drain => Told::new("drain", "throws away what waits in its socket"),
        Output::Left => Told::new("left", "has said goodbye").at(Detail::Groups),
    })
}

fn group(event: &group::Event) -> Told {
    match event {
        group::Event::Message {
            group,
            from,
            payload,
        } => {
            let (from, len) = (process(*from), payload.len());
            Told::new("message", format!("group {group}: {len} bytes of {from}"))
                .at(Detail::Inputs)
                .with("group", group.to_string())
                .with("from", from)
                .with("bytes", len)
        }
        group::Event::Membership { group, members, .. } => {
            let members: Vec<_> = members.iter().map(|member| process(*member)).collect();
            Told::new(
                "group",
                format!("group {group}: members {}", members.join(" ")),
            )
            .at(Detail::Groups)
            .with("group", group.to_string())
            .with("members", members)
        }
    }
}

/// Who is in the ring, and may act.
fn configuration(event: &Event) -> Option<Told> {
    Some(match event {
        Event::Transitional(c) => Told::new("left", format!("loses {}", list(&c.left)))
            .mood(Mood::Bad)
            .with("left", ids(&c.left))
            .with("with", ids(&c.members)),
        Event::Regular(c) => {
            let joined = if c.joined.is_empty() {
                String::new()
            } else {
                format!(", new: {}", list(&c.joined))
            };
            let text = format!("ring {} of {}{joined}", c.ring_id, list(&c.members));
            Told::new("ring", text)
                .mood(Mood::Good)
                .with("ring", c.ring_id.to_string())
                .with("members", ids(&c.members))
                .with("joined", ids(&c.joined))
        }
        Event::Synchronised(ring) => Told::new("synchronised", "services are synchronised")
            .at(Detail::Groups)
            .with("ring", ring.to_string()),
        Event::Quorum {
            quorate,
            members,
            ring_id,
        } => {
            let (mood, not) = if *quorate {
                (Mood::Good, "")
            } else {
                (Mood::Bad, "not ")
            };
            Told::new("verdict", format!("{not}quorate with {}", list(members)))
                .mood(mood)
                .with("quorate", *quorate)
                .with("members", ids(members))
                .with("ring", ring_id.to_string())
        }
        _ => return None,
    })
}

fn other(event: &Event) -> Told {
    match event {
        Event::ExpectedVotes(votes) => Told::new("expected", format!("expects {votes} votes"))
            .at(Detail::Groups)
            .with("votes", *votes),
        Event::QuorumNotice(notice) => {
            Told::new("notice", format!("votequorum: {notice}")).mood(Mood::Warning)
        }
        Event::ConfigVersion { node, version } => Told::new(
            "config",
            format!("node {node} has config_version {version}"),
        )
        .at(Detail::Groups)
        .with("node", node.0)
        .with("version", *version),
        Event::ConfigTooOld { own, highest } => {
            let text =
                format!("its config_version {own} is older than the cluster's {highest}: leaves");
            Told::new("config", text).mood(Mood::Bad)
        }
        Event::Killed { by, .. } => Told::new("killed", format!("node {by} wants it gone: leaves"))
            .mood(Mood::Bad)
            .with("by", by.0),
        Event::Undeliverable { from, error } => Told::new(
            "dropped",
            format!("a message of node {from} was dropped: {error}"),
        )
        .mood(Mood::Warning),
        other => Told::new("event", format!("{other:?}")).at(Detail::Groups),
    }
}

fn ring(event: &ring::Event) -> Told {
    use ring::Event as E;
    let dropped = |text: String| Told::new("dropped", text).mood(Mood::Warning);
    match event {
        E::Gather(reason) => Told::new("phase", format!("gathers: {reason}"))
            .with("phase", "gather")
            .with("reason", reason.number()),
        E::Commit(ring) => phase("commit", "commits to", ring),
        E::Recovery(ring) => phase("recovery", "recovers old messages for", ring),
        E::Operational(ring) => phase("operational", "is operational on", ring),
        E::TokenLate(late) => {
            let text = format!(
                "the token came after {} ms, close to its timeout",
                late.as_millis()
            );
            Told::new("late", text).mood(Mood::Warning)
        }
        E::Malformed(error) => dropped(format!("a datagram was dropped: {error}")),
        E::Unlisted(node) => dropped(format!(
            "a frame was dropped: it names node {node}, which is not in the nodelist"
        ))
        .with("node", node.0),
        E::Implausible(what) => dropped(format!("a frame was dropped: implausible {what}")),
        E::RetransmitRequested { first, count } => {
            let text = format!("asks for {count} messages again, from {first:#x} on");
            Told::new("missing", text).at(Detail::Groups)
        }
        E::FailedToReceive => {
            Told::new("failed", "has missed messages for too long: goes on alone").mood(Mood::Bad)
        }
        E::Left(node) => {
            Told::new("goodbye", format!("node {node} says goodbye")).with("node", node.0)
        }
        E::Paused => {
            let text = "this process stood still for more than half a token timeout";
            Told::new("paused", text).mood(Mood::Bad)
        }
        other => Told::new("event", format!("{other:?}")).at(Detail::Groups),
    }
}

fn phase(name: &str, verb: &str, ring: &ringwright::RingId) -> Told {
    Told::new("phase", format!("{verb} ring {ring}"))
        .with("phase", name)
        .with("ring", ring.to_string())
}

fn process(process: Process) -> String {
    format!("{}:{}", process.node, process.pid)
}

pub(super) fn ids(nodes: &[NodeId]) -> Vec<u32> {
    nodes.iter().map(|node| node.0).collect()
}

/// `{1,2,3}`.
pub(super) fn list(nodes: &[NodeId]) -> String {
    let nodes: Vec<_> = nodes.iter().map(ToString::to_string).collect();
    format!("{{{}}}", nodes.join(","))
}
