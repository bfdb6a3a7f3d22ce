//! What the handles ask of the loop.

use std::sync::Arc;

use bytes::Bytes;
use ringwright::manager::{Change, ChangeError, Version};
use ringwright::{GroupName, Node, QuorumCall, Rejected};
use tokio::sync::{mpsc, oneshot};

use crate::Counters;
use crate::sessions::{Mailbox, Shared};

/// How many requests of all sessions wait for the loop; senders wait beyond.
const REQUESTS_MAX: usize = 32;

/// A question to the node.
pub(crate) type Query = Box<dyn FnOnce(Option<&Node>) + Send>;

/// Whether a condition has come true, or nobody waits for it any more.
pub(crate) type Until = Box<dyn FnMut(&Node) -> bool + Send>;

/// Who waits for a change.
pub(crate) type ChangeReply = oneshot::Sender<Option<Result<Version, ChangeError>>>;

/// Questions and orders, answered at once; changes when they are stored everywhere.
pub(crate) enum Control {
    /// Runs a closure on the node; `None` before it has started.
    Query(Query),
    /// Asks after every turn until the answer is yes.
    Until(Until),
    /// Calls votequorum; `None` before the node has started.
    Quorum(QuorumCall, oneshot::Sender<Option<Result<(), Rejected>>>),
    /// Changes what all nodes share; `None` before the node has started.
    Change(Change, ChangeReply),
    /// Asks what the network's edge has dropped.
    Counters(oneshot::Sender<Counters>),
    /// Leaves in order.
    Leave,
}

/// What sessions want, in their order; waits while the node has no room.
#[derive(Debug)]
pub(crate) enum Request {
    /// Joins, answered when the node has taken it.
    Join {
        member: Member,
        mailbox: Mailbox,
        reply: oneshot::Sender<Result<(), Rejected>>,
    },
    /// Leaves.
    Leave { member: Member, died: bool },
    /// Sends to the group.
    Multicast { member: Member, payload: Bytes },
}

/// A local process in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub(crate) group: GroupName,
    pub(crate) pid: u32,
}

/// A session whose owner has dropped it; told apart from a later one of the same process by what it shared.
#[derive(Debug)]
pub(crate) struct Dropped {
    pub(crate) member: Member,
    pub(crate) shared: Arc<Shared>,
}

/// The loop's ends of the channels.
pub(crate) struct Inbox {
    pub(crate) control: mpsc::Receiver<Control>,
    pub(crate) requests: mpsc::Receiver<Request>,
    /// Sessions whose owner has dropped them. As many as there are sessions at most.
    pub(crate) dropped: mpsc::UnboundedReceiver<Dropped>,
}

/// The handles' ends of the channels.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) control: mpsc::Sender<Control>,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) dropped: mpsc::UnboundedSender<Dropped>,
}

pub(crate) fn channels() -> (Outbox, Inbox) {
    let (control, control_of_loop) = mpsc::channel(REQUESTS_MAX);
    let (requests, requests_of_loop) = mpsc::channel(REQUESTS_MAX);
    let (dropped, dropped_of_loop) = mpsc::unbounded_channel();
    let outbox = Outbox {
        control,
        requests,
        dropped,
    };
    let inbox = Inbox {
        control: control_of_loop,
        requests: requests_of_loop,
        dropped: dropped_of_loop,
    };
    (outbox, inbox)
}
