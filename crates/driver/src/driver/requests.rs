//! What handles and sessions ask for.

use ringwright::{Input, Rejected, manager};
use tracing::{debug, info};

use super::Driver;
use crate::request::{Control, Dropped, Member, Request};
use crate::{Counters, Ended, Executor, Socket, Store, Transport};

/// Requests that are taken in a row before the network gets its turn.
const REQUESTS_IN_A_ROW: usize = 16;

impl<T: Transport, S: Store, E: Executor> Driver<T, S, E> {
    /// Tries again what the node had no room for, then takes what waits, a bounded number.
    pub(super) fn take_requests(&mut self) {
        if self.node.is_none() {
            return;
        }
        while let Some(request) = self.held.pop_front() {
            if let Some(refused) = self.try_request(request) {
                self.held.push_front(refused);
                return;
            }
        }
        if self.leaving {
            // What was asked before the order to leave is with the node: now the order itself.
            self.input(Input::Leave);
            return;
        }
        for _ in 0..REQUESTS_IN_A_ROW {
            let Ok(request) = self.inbox.requests.try_recv() else {
                return;
            };
            self.on_request(request);
            if !self.held.is_empty() {
                return;
            }
        }
    }

    /// Puts all requests that wait in line, so that what comes next does not overtake them.
    fn line_up(&mut self) {
        while let Ok(request) = self.inbox.requests.try_recv() {
            self.on_request(request);
        }
    }

    pub(super) fn on_control(&mut self, control: Option<Control>) -> Result<(), Ended> {
        match control {
            Some(Control::Query(query)) => query(self.node.as_ref()),
            Some(Control::Until(condition)) => self.conditions.push(condition),
            Some(Control::Quorum(call, reply)) => {
                let answer = self.feed(Input::Quorum(call));
                // Whoever asked may have gone.
                let _ = reply.send(answer);
            }
            Some(Control::Change(change, reply)) => {
                if self.node.is_none() {
                    let _ = reply.send(None);
                    return Ok(());
                }
                self.last_change += 1;
                let id = self.last_change;
                self.changes.insert(id, reply);
                self.input(Input::Resource(manager::Input::Change { id, change }));
            }
            Some(Control::Counters(reply)) => {
                let _ = reply.send(self.counters());
            }
            Some(Control::Leave) => self.leave()?,
            None => {
                self.wanted = false;
                self.leave()?;
            }
        }
        Ok(())
    }

    /// What the network's edge has dropped since the start.
    pub(super) fn counters(&self) -> Counters {
        let mut counters = self.counters;
        if let Some(socket) = &self.socket {
            counters += socket.counters();
        }
        counters
    }

    /// Answers those who wait for something to be true.
    pub(super) fn check_conditions(&mut self) {
        if let Some(node) = &self.node {
            self.conditions.retain_mut(|done| !done(node));
        }
    }

    fn leave(&mut self) -> Result<(), Ended> {
        if self.node.is_none() {
            return Err(Ended::Left);
        }
        if !self.leaving {
            info!("leaving the cluster");
            self.line_up();
            self.leaving = true;
        }
        Ok(())
    }

    pub(super) fn on_dropped(&mut self, dropped: Dropped) {
        self.line_up();
        if self.sessions.remove(&dropped) {
            let member = dropped.member;
            self.on_request(Request::Leave {
                member,
                died: false,
            });
        }
    }

    pub(super) fn on_request(&mut self, request: Request) {
        // In order: nothing overtakes what waits.
        if !self.held.is_empty() {
            self.held.push_back(request);
        } else if let Some(refused) = self.try_request(request) {
            self.held.push_back(refused);
        }
    }

    /// Hands a request to the node; returns it if there is no room for it now.
    fn try_request(&mut self, request: Request) -> Option<Request> {
        match request {
            Request::Join {
                member,
                mailbox,
                reply,
            } => {
                if mailbox.is_closed() {
                    return None;
                }
                let Member { group, pid } = member.clone();
                match self.command(Input::JoinGroup { pid, group }) {
                    Err(Rejected::QueueFull { .. }) => {
                        return Some(Request::Join {
                            member,
                            mailbox,
                            reply,
                        });
                    }
                    Ok(()) => {
                        self.sessions.insert(member, mailbox);
                        let _ = reply.send(Ok(()));
                    }
                    Err(rejected) => {
                        let _ = reply.send(Err(rejected));
                    }
                }
            }
            Request::Leave { member, died } => {
                let Member { group, pid } = member.clone();
                if let Err(Rejected::QueueFull { .. }) =
                    self.command(Input::LeaveGroup { pid, group, died })
                {
                    return Some(Request::Leave { member, died });
                }
            }
            Request::Multicast { member, payload } => {
                let Member { group, pid } = member.clone();
                let input = Input::Multicast {
                    pid,
                    group,
                    payload: payload.clone(),
                };
                match self.command(input) {
                    Err(Rejected::QueueFull { .. }) => {
                        return Some(Request::Multicast { member, payload });
                    }
                    Err(rejected) => debug!("process {}: message not sent: {rejected}", member.pid),
                    Ok(()) => {}
                }
            }
        }
        None
    }

    fn command(&mut self, input: Input) -> Result<(), Rejected> {
        self.feed(input).unwrap_or(Ok(()))
    }
}
