//! What a program holds of a running node.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use ringwright::group::Process;
use ringwright::manager::{self, Change, ChangeError, Version};
use ringwright::{Event, GroupName, Instant, Node, NodeId, QuorumCall, Rejected};
use tokio::sync::{broadcast, oneshot, watch};

use crate::clock::Clock;
use crate::request::{Control, Member, Outbox, Request};
use crate::session::GroupSession;
use crate::{Counters, Ended, sessions};

/// How many events wait for a subscriber of [`Handle::events`] before it misses the oldest.
pub(crate) const EVENTS_MAX: usize = 4096;

/// Why a node does not do what a handle asks.
#[derive(Clone, Debug)]
pub enum Refused {
    /// The node waits for its address to be on this machine, and has not started yet.
    NotStarted,
    /// The node refuses; nothing changed.
    Rejected(Rejected),
    /// A change was not made.
    Change(ChangeError),
    /// The node is done.
    Ended(Ended),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted => {
                f.write_str("the node has not started: its address is not on this machine yet")
            }
            Self::Rejected(rejected) => rejected.fmt(f),
            Self::Change(error) => error.fmt(f),
            Self::Ended(ended) => ended.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// A running node. Clones are the same node; when the last one and all sessions are gone, it leaves in order.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(crate) me: NodeId,
    pub(crate) clock: Clock,
    pub(crate) outbox: Outbox,
    pub(crate) events: broadcast::WeakSender<Event>,
    pub(crate) resource_events: broadcast::WeakSender<manager::Event>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
}

impl Handle {
    /// The node's id.
    #[must_use]
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// The node's time now.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Joins a process group as a new process: this program's process id, counted up for each session.
    ///
    /// Waits until the node has started.
    pub async fn join(&self, group: GroupName) -> Result<GroupSession, Refused> {
        static SESSIONS: AtomicU32 = AtomicU32::new(0);
        let pid = std::process::id().wrapping_add(SESSIONS.fetch_add(1, Ordering::Relaxed));
        self.join_as(pid, group).await
    }

    /// Joins a process group as process `pid` of this node, which must not be in it.
    ///
    /// Waits until the node has started.
    pub async fn join_as(&self, pid: u32, group: GroupName) -> Result<GroupSession, Refused> {
        let process = Process { node: self.me, pid };
        let member = Member { group, pid };
        let (mailbox, events, shared) = sessions::mailbox();
        let (reply, answer) = oneshot::channel();
        let request = Request::Join {
            member: member.clone(),
            mailbox,
            reply,
        };
        // Made first: dropping it, also with this future, takes the join back.
        let session = GroupSession::new(self.clone(), process, member, events, shared);
        if self.outbox.requests.send(request).await.is_err() {
            return Err(Refused::Ended(self.ended().await));
        }
        match answer.await {
            Ok(Ok(())) => Ok(session),
            Ok(Err(rejected)) => Err(Refused::Rejected(rejected)),
            Err(_) => Err(Refused::Ended(self.ended().await)),
        }
    }

    /// Everything worth telling from now on. A subscriber that falls 4096 events behind is told how many it missed.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        match self.events.upgrade() {
            Some(events) => events.subscribe(),
            // Of a node that is done: a channel that is closed.
            None => broadcast::channel(1).1,
        }
    }

    /// Everything worth telling of resources from now on. A subscriber that falls 4096 events behind is told how many it
    /// missed.
    #[must_use]
    pub fn resource_events(&self) -> broadcast::Receiver<manager::Event> {
        match self.resource_events.upgrade() {
            Some(events) => events.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// Changes what all nodes share, and waits until every member has stored it. Returns the version that has it.
    pub async fn change(&self, change: Change) -> Result<Version, Refused> {
        let (reply, answer) = oneshot::channel();
        match self.order(Control::Change(change, reply), answer).await? {
            Some(result) => result.map_err(Refused::Change),
            None => Err(Refused::NotStarted),
        }
    }

    /// Runs a closure on the node, between two inputs, and returns what it returns.
    pub async fn query<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Node) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        let query = move |node: Option<&Node>| {
            // Whoever asked may have gone.
            let _ = reply.send(node.map(ask));
        };
        self.order(Control::Query(Box::new(query)), answer)
            .await?
            .ok_or(Refused::NotStarted)
    }

    /// Waits until something is true of the node, between two inputs; it is asked again after each.
    pub async fn until(
        &self,
        holds: impl Fn(&Node) -> bool + Send + 'static,
    ) -> Result<(), Refused> {
        let (reply, answer) = oneshot::channel();
        let mut reply = Some(reply);
        let done = move |node: &Node| {
            let gone = reply.as_ref().is_none_or(oneshot::Sender::is_closed);
            if !gone && holds(node) {
                // It may have gone since.
                let _ = reply.take().map(|reply| reply.send(()));
            }
            gone || reply.is_none()
        };
        self.order(Control::Until(Box::new(done)), answer).await
    }

    /// Calls votequorum, as `corosync-quorumtool` does.
    pub async fn quorum_call(&self, call: QuorumCall) -> Result<(), Refused> {
        let (reply, answer) = oneshot::channel();
        match self.order(Control::Quorum(call, reply), answer).await? {
            Some(result) => result.map_err(Refused::Rejected),
            None => Err(Refused::NotStarted),
        }
    }

    /// What the network's edge has dropped since the start.
    pub async fn counters(&self) -> Result<Counters, Refused> {
        let (reply, answer) = oneshot::channel();
        self.order(Control::Counters(reply), answer).await
    }

    /// Leaves the cluster in order and waits for the end: what waits is sent first, and the others form their next ring at
    /// once.
    pub async fn leave(&self) -> Ended {
        // If the loop is gone, it has ended already.
        let _ = self.outbox.control.send(Control::Leave).await;
        self.ended().await
    }

    /// Waits until the node is done. Cancel safe.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or(Ended::Aborted),
            Err(_) => Ended::Aborted,
        }
    }

    async fn order<T>(&self, order: Control, answer: oneshot::Receiver<T>) -> Result<T, Refused> {
        // If the loop is gone, so is its end of the answer.
        let _ = self.outbox.control.send(order).await;
        match answer.await {
            Ok(answer) => Ok(answer),
            Err(_) => Err(Refused::Ended(self.ended().await)),
        }
    }
}
