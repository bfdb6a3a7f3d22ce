//! Which local session gets what happens in its group.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use ringwright::NodeId;
use ringwright::group::{Event, Process, Reason};
use tokio::sync::mpsc;
use tracing::warn;

use crate::request::{Dropped, Member};
use crate::session::{SESSION_BYTES_MAX, SESSION_EVENTS_MAX, SessionEnded};

/// The loop's end of a session's queue.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    events: mpsc::Sender<Event>,
    shared: Arc<Shared>,
}

/// What both ends of a queue see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Payload bytes in the queue.
    pub(crate) bytes: AtomicUsize,
    /// Why nothing more will come.
    pub(crate) ended: OnceLock<SessionEnded>,
}

/// A bounded queue to a session.
pub(crate) fn mailbox() -> (Mailbox, mpsc::Receiver<Event>, Arc<Shared>) {
    let (events, receiver) = mpsc::channel(SESSION_EVENTS_MAX);
    let shared = Arc::<Shared>::default();
    let mailbox = Mailbox {
        events,
        shared: Arc::clone(&shared),
    };
    (mailbox, receiver, shared)
}

pub(crate) fn payload_len(event: &Event) -> usize {
    match event {
        Event::Message { payload, .. } => payload.len(),
        Event::Membership { .. } => 0,
    }
}

impl Mailbox {
    pub(crate) fn is_closed(&self) -> bool {
        self.events.is_closed()
    }

    /// Queues an event, unless the session does not keep up.
    fn push(&self, event: Event) -> bool {
        let len = payload_len(&event);
        if self.shared.bytes.fetch_add(len, Ordering::Relaxed) + len > SESSION_BYTES_MAX {
            return false;
        }
        self.events.try_send(event).is_ok()
    }

    fn end(&self, why: SessionEnded) {
        // Whatever ended it first counts.
        let _ = self.shared.ended.set(why);
    }
}

#[derive(Debug)]
struct Session {
    mailbox: Mailbox,
    /// Its own join has come back in the total order: what happens from then on is for it.
    joined: bool,
}

/// Whether this process joins, and whether it leaves.
fn event_names(event: &Event, us: Process) -> (bool, bool) {
    match event {
        Event::Message { .. } => (false, false),
        Event::Membership { joined, left, .. } => {
            let names = |list: &[(Process, Reason)]| list.iter().any(|(process, _)| *process == us);
            (names(joined), names(left))
        }
    }
}

/// The local sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    me: NodeId,
    by_member: BTreeMap<Member, Session>,
}

impl Sessions {
    pub(crate) fn new(me: NodeId) -> Self {
        Self {
            me,
            by_member: BTreeMap::new(),
        }
    }

    /// A session whose join was taken.
    pub(crate) fn insert(&mut self, member: Member, mailbox: Mailbox) {
        let session = Session {
            mailbox,
            joined: false,
        };
        self.by_member.insert(member, session);
    }

    /// Gives an event to the sessions in its group; those that could not take it are dropped and returned.
    pub(crate) fn deliver(&mut self, event: &Event) -> Vec<Member> {
        let (Event::Message { group, .. } | Event::Membership { group, .. }) = event;
        let first = Member {
            group: group.clone(),
            pid: 0,
        };
        let last = Member {
            group: group.clone(),
            pid: u32::MAX,
        };
        let mut unread = Vec::new();
        let mut left = Vec::new();
        for (member, session) in self.by_member.range_mut(first..=last) {
            let us = Process {
                node: self.me,
                pid: member.pid,
            };
            session.joined |= event_names(event, us).0;
            // Of a session whose owner has dropped it, word is on its way.
            if !session.joined || session.mailbox.is_closed() {
                continue;
            }
            if !session.mailbox.push(event.clone()) {
                unread.push(member.clone());
            } else if event_names(event, us).1 {
                left.push(member.clone());
            }
        }
        for member in &left {
            self.end(member, SessionEnded::Left);
        }
        for member in &unread {
            warn!(
                "process {} does not read what is sent to group {group}: it is put out of it",
                member.pid
            );
            self.end(member, SessionEnded::TooSlow);
        }
        unread
    }

    fn end(&mut self, member: &Member, why: SessionEnded) {
        if let Some(session) = self.by_member.remove(member) {
            session.mailbox.end(why);
        }
    }

    /// Forgets a session whose owner has dropped it; whether it was there.
    pub(crate) fn remove(&mut self, dropped: &Dropped) -> bool {
        let session = self.by_member.get(&dropped.member);
        let same =
            session.is_some_and(|session| Arc::ptr_eq(&session.mailbox.shared, &dropped.shared));
        if same {
            self.by_member.remove(&dropped.member);
        }
        same
    }
}
