//! Carrying out what the node wants.

use std::sync::Arc;
use std::time::Duration;

use ringwright::{Event, Node, Output, manager};
use tokio::task::yield_now;
use tokio::time;
use tracing::warn;

use super::Driver;
use crate::journal::HostEvent;
use crate::request::Request;
use crate::sessions::payload_len;
use crate::{Ended, Executor, Socket, Store, Transport, log};

/// Failures to send come by the hundred; one in this time is logged.
const UNSENT_LOG_PERIOD: Duration = Duration::from_secs(10);

/// Deliveries in a row, pages of payload counted, before sessions on the same thread get their turn to read: a burst must
/// not make them look slow.
const DELIVERIES_IN_A_ROW: usize = 64;

impl<T: Transport, S: Store, E: Executor> Driver<T, S, E> {
    /// Everything that the node has put out, in order.
    pub(super) async fn carry_out(&mut self) -> Result<(), Ended> {
        let mut weight = 0;
        while let Some(output) = self.node.as_mut().and_then(Node::poll_output) {
            if let Some(journal) = &mut self.journal {
                journal.output(&output);
            }
            // What is to be sent in a row leaves in a row.
            if !matches!(output, Output::Transmit { .. }) {
                self.send_train().await;
            }
            match output {
                Output::Store(stable) => {
                    let saved = self.store.save(stable).await;
                    saved.map_err(|error| Ended::Store(Arc::new(error)))?;
                }
                Output::Transmit { to, bytes } => self.train.push((to, bytes)),
                Output::Group(event) => {
                    for member in self.sessions.deliver(&event) {
                        self.on_request(Request::Leave { member, died: true });
                    }
                    weight += 1 + payload_len(&event) / 4096;
                    if weight >= DELIVERIES_IN_A_ROW {
                        weight = 0;
                        yield_now().await;
                    }
                }
                Output::Drain => {
                    self.batch.clear();
                    if let Some(socket) = &mut self.socket {
                        socket.drain();
                    }
                }
                Output::Event(event) => self.tell(event),
                Output::Resource(output) => self.manage(output).await?,
                Output::Left => return Err(self.reason.take().unwrap_or(Ended::Left)),
            }
        }
        self.send_train().await;
        Ok(())
    }

    async fn manage(&mut self, output: manager::Output) -> Result<(), Ended> {
        match output {
            manager::Output::Store(base) => {
                let saved = self.store.save_base(base).await;
                saved.map_err(|error| Ended::Store(Arc::new(error)))?;
            }
            manager::Output::Act(action) => self.jobs.act(self.clock, action),
            manager::Output::Cancel(attempt) => self.jobs.cancel(self.clock, attempt),
            manager::Output::Renew { resource, until } => {
                self.jobs.renew(self.clock, resource, until);
            }
            manager::Output::Fence { attempt, requests } => self.jobs.fence(attempt, requests),
            manager::Output::Changed { id, result } => {
                if let Some(reply) = self.changes.remove(&id) {
                    // Whoever asked may have gone.
                    let _ = reply.send(Some(result));
                }
            }
            manager::Output::Event(event) => {
                log::resource_event(&event);
                // Nobody may be listening.
                let _ = self.resource_events.send(event);
            }
        }
        Ok(())
    }

    async fn send_train(&mut self) {
        let sent = match &mut self.socket {
            Some(socket) if !self.train.is_empty() => socket.send(&self.train).await,
            _ => Ok(()),
        };
        self.train.clear();
        if let Err(error) = sent {
            let now = time::Instant::now();
            if self
                .unsent_logged
                .is_none_or(|at| now - at > UNSENT_LOG_PERIOD)
            {
                warn!("datagrams cannot be sent: {error}");
                self.note(|| HostEvent::NotSent(error.to_string()));
                self.unsent_logged = Some(now);
            }
        }
    }

    fn tell(&mut self, event: Event) {
        log::event(&event);
        match event {
            Event::ConfigTooOld { own, highest } => {
                self.reason = Some(Ended::ConfigTooOld { own, highest });
            }
            Event::Killed { by, .. } => self.reason = Some(Ended::Killed { by }),
            _ => {}
        }
        // Nobody may be listening.
        let _ = self.events.send(event);
    }
}
