//! A notice board: each node has one notice on it, and every node shows the notices of all that it is together with.
//!
//! All of it is [`run`], which an application spawns beside its node. Its tests (`tests/simulated.rs`) run the same
//! function on simulated hosts, under cuts and crashes, in virtual time.

use std::collections::BTreeMap;

use ringwright_driver::ringwright::group::Event;
use ringwright_driver::ringwright::{GroupName, NodeId};
use ringwright_driver::{GroupSession, Handle};
use tokio::sync::watch;

/// What the board shows.
pub type Board = BTreeMap<NodeId, String>;

/// Keeps a board until the node ends, or until nobody can write to it or look at it any more.
///
/// Messages and memberships come in one order everywhere, so nodes that are together show the same board: who leaves
/// takes its notice along, and when somebody comes, all put theirs up again.
pub async fn run(handle: Handle, mut notice: watch::Receiver<String>, shown: watch::Sender<Board>) {
    let Ok(group) = GroupName::try_from("board") else {
        unreachable!("the name is short");
    };
    let Ok(mut session) = handle.join(group).await else {
        return;
    };
    loop {
        let sent = tokio::select! {
            biased;
            event = session.recv() => match event {
                Ok(event) => on_event(event, &session, &notice, &shown).await,
                Err(_) => return,
            },
            changed = notice.changed() => match changed {
                Ok(()) => put_up(&session, &notice).await,
                Err(_) => return,
            },
        };
        if !sent || shown.is_closed() {
            return;
        }
    }
}

/// False once the node is done.
async fn on_event(
    event: Event,
    session: &GroupSession,
    notice: &watch::Receiver<String>,
    shown: &watch::Sender<Board>,
) -> bool {
    match event {
        Event::Message { from, payload, .. } => {
            let text = String::from_utf8_lossy(&payload).into_owned();
            shown.send_modify(|board| {
                board.insert(from.node, text);
            });
            true
        }
        Event::Membership {
            members, joined, ..
        } => {
            shown.send_modify(|board| {
                board.retain(|node, _| members.iter().any(|member| member.node == *node));
            });
            joined.is_empty() || put_up(session, notice).await
        }
    }
}

async fn put_up(session: &GroupSession, notice: &watch::Receiver<String>) -> bool {
    let text = notice.borrow().clone();
    session.send(text).await.is_ok()
}
