//! What happens in the cluster, as log lines.

use std::fmt::Display;

use ringwright::ring::Configuration;
use ringwright::{Event, NodeId, manager, ring};
use tracing::{debug, error, info, warn};

/// What happens to resources.
pub(crate) fn resource_event(event: &manager::Event) {
    use manager::Event as E;
    match event {
        E::NotPlaced(_)
        | E::Fenced {
            failure: Some(_), ..
        } => error!("resources: {event}"),
        E::Done {
            result: (0, code),
            expected,
            ..
        } if code == expected => info!("resources: {event}"),
        E::Done { .. }
        | E::Lapsed { .. }
        | E::NotRenewed { .. }
        | E::Fenced { .. }
        | E::Features { .. }
        | E::Dropped { .. } => warn!("resources: {event}"),
        _ => info!("resources: {event}"),
    }
}

pub(crate) fn event(event: &Event) {
    match event {
        Event::Ring(event) => ring_event(event),
        Event::Transitional(Configuration { left, .. }) if left.is_empty() => {}
        Event::Transitional(Configuration { left, .. }) => {
            warn!("left[{}]: {}", left.len(), list(left));
        }
        Event::Regular(Configuration {
            ring_id,
            members,
            joined,
            ..
        }) => {
            let (members_len, joined_len) = (members.len(), joined.len());
            let (members, joined) = (list(members), list(joined));
            info!(
                "ring {ring_id}: members[{members_len}]: {members}; joined[{joined_len}]: {joined}"
            );
        }
        Event::Synchronised(ring_id) => {
            info!("ring {ring_id}: services are synchronised and ready");
        }
        Event::Quorum {
            quorate: true,
            members,
            ..
        } => {
            info!(
                "members[{}]: {}: this partition has quorum and may act",
                members.len(),
                list(members)
            );
        }
        Event::Quorum { members, .. } => {
            warn!(
                "members[{}]: {}: this partition has no quorum and must not act",
                members.len(),
                list(members)
            );
        }
        Event::QuorumNotice(notice) => warn!("votequorum: {notice}"),
        Event::ConfigVersion { node, version } => {
            debug!("node {node} has config_version {version}");
        }
        Event::ConfigTooOld { own, highest } => error!(
            "config_version {own} is older than the cluster's {highest}: bring the configuration up to date; leaving"
        ),
        Event::Killed { by, reason } => {
            error!("node {by} wants this node gone ({reason:?}); leaving");
        }
        Event::Undeliverable { from, error } => {
            warn!("a message of node {from} was dropped: {error}");
        }
        other => debug!("{other:?}"),
    }
}

fn ring_event(event: &ring::Event) {
    use ring::Event as E;
    match event {
        E::Gather(reason) => info!("looking for members: {reason} ({})", reason.number()),
        E::Commit(ring_id) => debug!("ring {ring_id}: agreed"),
        E::Recovery(ring_id) => debug!("ring {ring_id}: exchanging old messages"),
        E::Operational(ring_id) => debug!("ring {ring_id}: operational"),
        E::TokenLate(late) => warn!(
            "the token came after {} ms, close to its timeout",
            late.as_millis()
        ),
        E::Malformed(error) => debug!("a datagram was dropped: {error}"),
        E::Unlisted(node) => {
            debug!("a frame that names node {node}, which is not in the nodelist, was dropped");
        }
        E::Implausible(what) => warn!("a frame was dropped: implausible {what}"),
        E::RetransmitRequested { first, count } => {
            debug!("{count} messages were missing, from {first:#x} on: asked for again");
        }
        E::FailedToReceive => error!(
            "this node has missed messages for too long: it goes on alone and tries to join again"
        ),
        E::Left(node) => info!("node {node} says goodbye"),
        E::Paused => warn!("this process stood still for more than half a token timeout"),
        other => debug!("{other:?}"),
    }
}

/// Node ids as corosync lists them: `1 2 3`.
fn list(nodes: &[NodeId]) -> impl Display {
    nodes
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}
