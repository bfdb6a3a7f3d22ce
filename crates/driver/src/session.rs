//! A local process in a group.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use ringwright::group::{Event, Process};
use ringwright::{GroupName, PAYLOAD_MAX};
use tokio::sync::mpsc;

use crate::request::{Dropped, Member, Request};
use crate::sessions::{Shared, payload_len};
use crate::{Ended, Handle};

/// How many events may wait unread in a session.
pub const SESSION_EVENTS_MAX: usize = 8192;

/// How many payload bytes may wait unread in a session.
pub const SESSION_BYTES_MAX: usize = 16 << 20;

/// Why a session gets no more events and sends no more.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEnded {
    /// It left the group.
    Left,
    /// More than [`SESSION_EVENTS_MAX`] events or [`SESSION_BYTES_MAX`] bytes waited unread: it was put out of the group.
    TooSlow,
    /// The node is done.
    Node(Ended),
}

impl fmt::Display for SessionEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the process left the group"),
            Self::TooSlow => write!(
                f,
                "the process was put out of the group: more than {SESSION_EVENTS_MAX} events or \
                 {SESSION_BYTES_MAX} bytes waited unread"
            ),
            Self::Node(ended) => ended.fmt(f),
        }
    }
}

impl std::error::Error for SessionEnded {}

/// Why a message was not sent.
#[derive(Clone, Debug)]
pub enum SendError {
    /// It is longer than [`PAYLOAD_MAX`]. The session goes on.
    TooLong {
        /// Its length, bytes.
        len: usize,
    },
    /// The session is over.
    Ended(SessionEnded),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len } => write!(f, "a payload of {len} bytes, more than {PAYLOAD_MAX}"),
            Self::Ended(ended) => ended.fmt(f),
        }
    }
}

impl std::error::Error for SendError {}

/// The sending half of a session; clones send to the same group as the same process.
#[derive(Clone, Debug)]
pub struct GroupSender {
    node: Handle,
    member: Member,
    shared: Arc<Shared>,
}

impl GroupSender {
    /// Sends a message to the group, this process included.
    ///
    /// Waits while more messages wait for the token than the node keeps, so that a sender is as fast as the ring. `Ok` means
    /// that the node has taken it; it is delivered, in the order of sending, unless the node dies first.
    pub async fn send(&self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        let payload = payload.into();
        if payload.len() > PAYLOAD_MAX {
            return Err(SendError::TooLong { len: payload.len() });
        }
        if let Some(ended) = self.shared.ended.get() {
            return Err(SendError::Ended(ended.clone()));
        }
        let member = self.member.clone();
        self.request(Request::Multicast { member, payload })
            .await
            .map_err(SendError::Ended)
    }

    async fn request(&self, request: Request) -> Result<(), SessionEnded> {
        let sent = self.node.outbox.requests.send(request).await;
        match sent {
            Ok(()) => Ok(()),
            Err(_) => Err(SessionEnded::Node(self.node.ended().await)),
        }
    }
}

/// A local process in a group: sends to it, and sees what happens in it in the same order as every other member.
///
/// Dropping it leaves the group. The node runs on as long as a session is there.
#[derive(Debug)]
pub struct GroupSession {
    sender: GroupSender,
    events: mpsc::Receiver<Event>,
    process: Process,
}

impl GroupSession {
    pub(crate) fn new(
        node: Handle,
        process: Process,
        member: Member,
        events: mpsc::Receiver<Event>,
        shared: Arc<Shared>,
    ) -> Self {
        let sender = GroupSender {
            node,
            member,
            shared,
        };
        Self {
            sender,
            events,
            process,
        }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &GroupName {
        &self.sender.member.group
    }

    /// This process, as the others see it.
    #[must_use]
    pub fn process(&self) -> Process {
        self.process
    }

    /// The sending half.
    #[must_use]
    pub fn sender(&self) -> &GroupSender {
        &self.sender
    }

    /// Sends a message to the group: see [`GroupSender::send`].
    pub async fn send(&self, payload: impl Into<Bytes>) -> Result<(), SendError> {
        self.sender.send(payload).await
    }

    /// The next event. The first is the membership with this process in it. Cancel safe.
    pub async fn recv(&mut self) -> Result<Event, SessionEnded> {
        if let Some(event) = self.events.recv().await {
            let len = payload_len(&event);
            self.sender.shared.bytes.fetch_sub(len, Ordering::Relaxed);
            return Ok(event);
        }
        match self.sender.shared.ended.get() {
            Some(ended) => Err(ended.clone()),
            None => Err(SessionEnded::Node(self.sender.node.ended().await)),
        }
    }

    /// Leaves the group. Events go on until [`SessionEnded::Left`]; the last is the membership without this process.
    pub async fn leave(&self) -> Result<(), SessionEnded> {
        let member = self.sender.member.clone();
        let request = Request::Leave {
            member,
            died: false,
        };
        self.sender.request(request).await
    }
}

impl Drop for GroupSession {
    fn drop(&mut self) {
        // Without a loop there is nobody to tell.
        let GroupSender {
            node,
            member,
            shared,
        } = &self.sender;
        let dropped = Dropped {
            member: member.clone(),
            shared: Arc::clone(shared),
        };
        let _ = node.outbox.dropped.send(dropped);
    }
}
