//! The loop around a node.

mod outputs;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use ringwright::{
    Config, ConfigError, Event, Input, Instant, Node, Rejected, Sign, Stable, Target, manager,
};
use tokio::sync::{broadcast, watch};
use tokio::time;
use tracing::{debug, error, info, warn};

use crate::clock::Clock;
use crate::executor::NoExecutor;
use crate::handle::EVENTS_MAX;
use crate::jobs::Jobs;
use crate::journal::{HostEvent, Journal, Start};
use crate::request::{ChangeReply, Control, Dropped, Inbox, Request, Until, channels};
use crate::sessions::Sessions;
use crate::{Batch, Counters, Ended, Executor, Handle, Socket, Store, Transport};

/// The pauses between attempts to bind: doubled from the first to the last.
const BIND_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Why a node was not started.
#[derive(Debug)]
pub enum StartError {
    /// The configuration does not hold together.
    Config(ConfigError),
    /// What was stored cannot be read.
    Store(io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Store(error) => write!(f, "the stored state cannot be read: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// The loop around a node. See [`Driver::start`].
pub struct Driver<T: Transport, S, E = NoExecutor> {
    clock: Clock,
    seed: u64,
    config: Config,
    stable: Stable,
    /// `None` until the first socket is bound.
    node: Option<Node>,
    transport: T,
    socket: Option<T::Socket>,
    /// The next attempt to bind, and the pause after it.
    bind_at: Option<time::Instant>,
    bind_pause: Duration,
    batch: Batch,
    /// What the node wants sent next, in a row.
    train: Vec<(Target, Bytes)>,
    /// Whether the node's address is on this machine.
    address: watch::Receiver<bool>,
    /// Somebody still tells.
    watched: bool,
    counters: Counters,
    /// When a failure to send was logged last.
    unsent_logged: Option<time::Instant>,
    store: S,
    inbox: Inbox,
    /// Handles are left.
    wanted: bool,
    /// Somebody ordered the node to leave: no more requests are taken.
    leaving: bool,
    /// Requests that the node had no room for, oldest first; no others are taken meanwhile.
    held: VecDeque<Request>,
    sessions: Sessions,
    /// What handles wait for.
    conditions: Vec<Until>,
    events: broadcast::Sender<Event>,
    resource_events: broadcast::Sender<manager::Event>,
    /// What the executor is at.
    jobs: Jobs<E>,
    /// Who waits for a change, and the number of the last one.
    changes: BTreeMap<u64, ChangeReply>,
    last_change: u64,
    /// Why the node is leaving, if not for an order.
    reason: Option<Ended>,
    journal: Option<Journal>,
}

/// What the loop woke up for.
enum Woken {
    Received(io::Result<()>),
    Control(Option<Control>),
    Request(Option<Request>),
    Job(manager::Input),
    Dropped(Option<Dropped>),
    Address(bool),
    Time,
}

impl<T: Transport, S: Store> Driver<T, S> {
    /// Starts a node that runs no resources, on tokio's current runtime.
    ///
    /// See [`Driver::start_with`]; the configuration's `resources` are not looked at.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(
        mut config: Config,
        seed: u64,
        transport: T,
        store: S,
        address: watch::Receiver<bool>,
    ) -> Result<Handle, StartError> {
        config.resources = None;
        Driver::start_with(config, seed, transport, store, address, NoExecutor)
    }
}

impl<T: Transport, S: Store, E: Executor> Driver<T, S, E> {
    /// Starts a node on tokio's current runtime; if its configuration has `resources`, with a resource manager whose actions
    /// `executor` carries out. Their stored configuration is read here.
    ///
    /// `address` tells whether the node's own address is on this machine. The node is started when it is there for the first
    /// time: before, it would form a ring alone. Whenever the address goes away the socket is closed, and bound again
    /// when it is back; the node goes on meanwhile and what it has queued stays. Without anybody to tell, hand in
    /// `watch::channel(true).1`: then the socket is tried every second until it can be bound.
    ///
    /// `seed` feeds the node's only randomness.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start_with(
        config: Config,
        seed: u64,
        transport: T,
        store: S,
        address: watch::Receiver<bool>,
        executor: E,
    ) -> Result<Handle, StartError> {
        Self::start_recorded(config, seed, transport, store, address, executor, None)
    }

    /// As [`Driver::start_with`], and records what the node is told in a journal, if there is one.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start_recorded(
        mut config: Config,
        seed: u64,
        transport: T,
        mut store: S,
        address: watch::Receiver<bool>,
        executor: E,
        journal: Option<Journal>,
    ) -> Result<Handle, StartError> {
        let stable = store.load().map_err(StartError::Store)?;
        if let Some(resources) = &mut config.resources {
            resources.base = store.load_base().map_err(StartError::Store)?;
        }
        // What the node will say of its configuration once its address is there, said now.
        Node::new(config.clone(), stable, seed, Instant::ZERO).map_err(StartError::Config)?;
        let me = config.me;
        let (outbox, inbox) = channels();
        let (events, _) = broadcast::channel(EVENTS_MAX);
        let (resource_events, _) = broadcast::channel(EVENTS_MAX);
        let (ended_tx, ended) = watch::channel(None);
        let clock = Clock::start();
        let handle = Handle {
            me,
            clock,
            outbox,
            events: events.downgrade(),
            resource_events: resource_events.downgrade(),
            ended,
        };
        let driver = Self {
            clock,
            seed,
            config,
            stable,
            node: None,
            transport,
            socket: None,
            bind_at: None,
            bind_pause: BIND_PAUSES.0,
            batch: Batch::new(),
            train: Vec::new(),
            address,
            watched: true,
            counters: Counters::default(),
            unsent_logged: None,
            store,
            inbox,
            wanted: true,
            leaving: false,
            held: VecDeque::new(),
            sessions: Sessions::new(me),
            conditions: Vec::new(),
            events,
            resource_events,
            jobs: Jobs::new(executor),
            changes: BTreeMap::new(),
            last_change: 0,
            reason: None,
            journal,
        };
        tokio::spawn(async move {
            let ended = driver.run().await;
            ended_tx.send_replace(Some(ended));
        });
        Ok(handle)
    }

    async fn run(mut self) -> Ended {
        let Err(ended) = self.turns().await;
        if let Some(journal) = &mut self.journal {
            let settled = !matches!(ended, Ended::Store(_));
            journal.end(self.clock.now(), &ended.to_string(), settled);
        }
        if let Ended::Left = ended {
            info!("{ended}");
        } else {
            error!("{ended}");
        }
        ended
    }

    async fn turns(&mut self) -> Result<Infallible, Ended> {
        let usable = *self.address.borrow_and_update();
        self.on_address(usable);
        loop {
            let woken = self.wait().await;
            self.on_woken(woken)?;
            self.bind_if_due().await?;
            self.handle_batch().await?;
            self.handle_signs().await?;
            self.handle_timeout().await?;
            self.take_requests();
            self.carry_out().await?;
            self.settle_journal();
            self.check_conditions();
        }
    }

    async fn wait(&mut self) -> Woken {
        let deadline = self.deadline();
        let accepts = self.wanted && !self.leaving && self.node.is_some() && self.held.is_empty();
        tokio::select! {
            biased;
            received = receive(&mut self.socket, &mut self.batch) => Woken::Received(received),
            changed = self.address.changed(), if self.watched => Woken::Address(changed.is_ok()),
            control = self.inbox.control.recv(), if self.wanted => Woken::Control(control),
            dropped = self.inbox.dropped.recv(), if self.wanted => Woken::Dropped(dropped),
            job = self.jobs.next(self.clock) => Woken::Job(job),
            request = self.inbox.requests.recv(), if accepts => Woken::Request(request),
            () = sleep_until(deadline) => Woken::Time,
        }
    }

    fn deadline(&self) -> Option<time::Instant> {
        let node = self.node.as_ref().and_then(Node::poll_timeout);
        let node = node.map(|at| self.clock.at(at));
        [node, self.bind_at].into_iter().flatten().min()
    }

    fn on_woken(&mut self, woken: Woken) -> Result<(), Ended> {
        match woken {
            Woken::Received(Ok(())) | Woken::Time | Woken::Dropped(None) | Woken::Request(None) => {
            }
            Woken::Received(Err(error)) => {
                warn!("the socket failed: {error}; binding another");
                self.note(|| HostEvent::SocketFailed(error.to_string()));
                self.close();
                self.bind_after_pause();
            }
            Woken::Address(told) => {
                self.watched = told;
                let usable = *self.address.borrow_and_update();
                if told {
                    self.on_address(usable);
                }
            }
            Woken::Job(job) => self.input(Input::Resource(job)),
            Woken::Control(control) => self.on_control(control)?,
            Woken::Dropped(Some(dropped)) => self.on_dropped(dropped),
            Woken::Request(Some(request)) => self.on_request(request),
        }
        Ok(())
    }

    fn on_address(&mut self, usable: bool) {
        if usable {
            // Also when it was away so shortly that only its return is seen: what was bound may hear nothing.
            self.note(|| HostEvent::AddressBack);
            self.close();
            self.bind_pause = BIND_PAUSES.0;
            self.bind_at = Some(time::Instant::now());
            return;
        }
        self.bind_at = None;
        if self.socket.is_some() {
            warn!(
                "the node's address is gone from this machine: nothing can be sent or received until it is back"
            );
            self.note(|| HostEvent::AddressGone);
        } else {
            info!("the node's address is not on this machine: waiting for it");
            self.note(|| HostEvent::AddressAwaited);
        }
        self.close();
        self.input(Input::Sign(Sign::Unplugged));
    }

    fn close(&mut self) {
        if let Some(socket) = self.socket.take() {
            self.counters += socket.counters();
        }
    }

    fn bind_after_pause(&mut self) {
        self.bind_at = Some(time::Instant::now() + self.bind_pause);
        self.bind_pause = (self.bind_pause * 2).min(BIND_PAUSES.1);
    }

    async fn bind_if_due(&mut self) -> Result<(), Ended> {
        if self.bind_at.is_none_or(|at| at > time::Instant::now()) {
            return Ok(());
        }
        self.bind_at = None;
        match self.transport.bind().await {
            Ok(socket) => {
                info!("the socket is bound");
                self.note(|| HostEvent::Bound);
                self.socket = Some(socket);
                self.bind_pause = BIND_PAUSES.0;
                self.start_node()?;
            }
            Err(error) => {
                if self.bind_pause == BIND_PAUSES.0 {
                    warn!("the socket cannot be bound: {error}; trying again until it can");
                    self.note(|| HostEvent::NotBound(error.to_string()));
                } else {
                    debug!("the socket cannot be bound: {error}");
                }
                self.bind_after_pause();
            }
        }
        self.carry_out().await
    }

    fn start_node(&mut self) -> Result<(), Ended> {
        if self.node.is_none() {
            let now = self.clock.now();
            if let Some(journal) = &mut self.journal {
                let start = Start {
                    config: self.config.clone(),
                    stable: self.stable,
                    seed: self.seed,
                };
                journal.start(now, &start);
            }
            let node = Node::new(self.config.clone(), self.stable, self.seed, now);
            self.node = Some(node.map_err(Ended::Config)?);
        }
        Ok(())
    }

    async fn handle_batch(&mut self) -> Result<(), Ended> {
        while let Some(datagram) = self.batch.pop_front() {
            self.input(Input::Datagram(datagram));
            self.carry_out().await?;
        }
        Ok(())
    }

    async fn handle_signs(&mut self) -> Result<(), Ended> {
        while let Some(sign) = self.socket.as_mut().and_then(Socket::sign) {
            self.input(Input::Sign(sign));
            self.carry_out().await?;
        }
        Ok(())
    }

    async fn handle_timeout(&mut self) -> Result<(), Ended> {
        let due = self.node.as_ref().and_then(Node::poll_timeout);
        if due.is_some_and(|at| at <= self.clock.now()) {
            self.input(Input::Timeout);
            self.carry_out().await?;
        }
        Ok(())
    }

    /// Feeds what a node never refuses.
    fn input(&mut self, input: Input) {
        if let Some(answer) = self.feed(input) {
            answer.expect("only requests are refused");
        }
    }

    /// Feeds the node, and the journal; `None` before the node has started.
    fn feed(&mut self, input: Input) -> Option<Result<(), Rejected>> {
        let now = self.clock.now();
        let node = self.node.as_mut()?;
        let Some(journal) = &mut self.journal else {
            return Some(node.handle_input(now, input));
        };
        journal.begin_input(now, &input);
        let answer = node.handle_input(now, input);
        journal.end_input(answer.is_ok());
        Some(answer)
    }

    /// Tells the journal what happened around the node.
    fn note(&mut self, event: impl FnOnce() -> HostEvent) {
        if let Some(journal) = &mut self.journal {
            journal.host(self.clock.now(), &event());
        }
    }

    /// Between two turns the node's outputs are all carried out: the journal may go on to its next part.
    fn settle_journal(&mut self) {
        let counters = self.counters();
        if let Some(journal) = &mut self.journal {
            journal.settle(self.node.as_ref(), counters);
            if journal.is_dead() {
                self.journal = None;
            }
        }
    }
}

async fn receive<S: Socket>(socket: &mut Option<S>, batch: &mut Batch) -> io::Result<()> {
    match socket {
        Some(socket) => socket.receive(batch).await,
        None => pending().await,
    }
}

async fn sleep_until(deadline: Option<time::Instant>) {
    match deadline {
        Some(deadline) => time::sleep_until(deadline).await,
        None => pending().await,
    }
}
