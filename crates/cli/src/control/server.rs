//! The daemon's side.

use std::fmt::Display;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;

use ringwright::manager::{ChangeError, Manager};
use ringwright::{Cmap, QuorumCall, Rejected};
use ringwright_driver::{Handle, Refused};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;
use tokio::task;
use tracing::{debug, warn};

use super::report::{Dropped, Key, Member, Quorum, Status};
use super::{Answer, LINE_MAX, Request, groups, peer, resources};

/// The daemon as its clients see it: a running node, and what is known of it besides.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) handle: Handle,
    /// What holds before the node's address is there, and always.
    pub(crate) facts: Status,
    /// The keys of the configuration map that come from corosync.conf.
    pub(crate) config: Vec<Key>,
}

/// Listens; a socket that is there is replaced, so the caller has made sure that nobody else listens.
pub(crate) fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves clients for ever. Must run in a [`task::LocalSet`].
pub(crate) async fn serve(listener: UnixListener, daemon: Rc<Daemon>) -> ! {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let daemon = Rc::clone(&daemon);
                task::spawn_local(async move {
                    if let Err(error) = client(stream, &daemon).await {
                        debug!("a client of the control socket: {error}");
                    }
                });
            }
            Err(error) => {
                // Out of descriptors, most likely: clients that go make room.
                warn!("the control socket: {error}");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

async fn client(stream: UnixStream, daemon: &Daemon) -> io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let (input, output) = stream.into_split();
    let mut client = Client {
        input: BufReader::new(input),
        output,
    };
    // Read also of those who may not ask: a connection closed upon unread bytes loses the answer.
    let Some(request) = client.line::<Request>(LINE_MAX).await? else {
        return Ok(());
    };
    if !peer::may_ask(uid) {
        warn!("user {uid} may not use the control socket: only root and the daemon's own user");
        let refused = "only root and the daemon's own user may ask";
        return client.answer(&error::<()>(refused)).await;
    }
    match request {
        Ok(request) => daemon.serve(request, client).await,
        Err(malformed) => client.answer(&error::<()>(malformed)).await,
    }
}

/// A client's connection.
pub(super) struct Client {
    input: BufReader<OwnedReadHalf>,
    output: OwnedWriteHalf,
}

impl Client {
    pub(super) async fn answer(&mut self, answer: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        self.output.write_all(&line).await
    }

    /// The next line of at most `max` bytes, malformed or not; `None` when the client has shut its side. Not cancel safe.
    pub(super) async fn line<T: serde::de::DeserializeOwned>(
        &mut self,
        max: u64,
    ) -> io::Result<Option<Result<T, serde_json::Error>>> {
        let mut line = Vec::new();
        (&mut self.input)
            .take(max)
            .read_until(b'\n', &mut line)
            .await?;
        if line.is_empty() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&line)))
    }

    /// Waits until the client hangs up. Cancel safe.
    pub(super) async fn hung_up(&mut self) {
        let mut ignored = [0; 64];
        while let Ok(1..) = self.input.read(&mut ignored).await {}
    }
}

impl Daemon {
    async fn serve(&self, request: Request, mut client: Client) -> io::Result<()> {
        match request {
            Request::Status { wait_members } => {
                tokio::select! {
                    answer = self.status(wait_members) => client.answer(&answer).await,
                    () = client.hung_up(), if wait_members.is_some() => Ok(()),
                }
            }
            Request::Quorum => {
                let quorum = self.handle.query(Quorum::of).await;
                client.answer(&answered(quorum)).await
            }
            Request::Cmap { stats, prefixes } => {
                client.answer(&self.cmap(stats, &prefixes).await).await
            }
            Request::SetExpected { votes } => {
                client
                    .answer(&self.call(QuorumCall::SetExpected(votes)).await)
                    .await
            }
            Request::SetVotes { node, votes } => {
                let call = QuorumCall::SetVotes(node.into(), votes);
                client.answer(&self.call(call).await).await
            }
            Request::CancelWaitForAll => {
                client
                    .answer(&self.call(QuorumCall::CancelWaitForAll).await)
                    .await
            }
            Request::Resources { wait_members } => {
                tokio::select! {
                    answer = self.resources(wait_members) => client.answer(&answer).await,
                    () = client.hung_up(), if wait_members.is_some() => Ok(()),
                }
            }
            Request::Cib => {
                let cib = self.managed(|_, manager| resources::Cib::of(manager)).await;
                client.answer(&cib).await
            }
            Request::Change(change) => {
                let changed = self.handle.change(change.into()).await;
                client
                    .answer(&answered(changed.map(|version| version.to_string())))
                    .await
            }
            Request::ResourceEvents => self.follow(client).await,
            Request::Watch { group } => groups::watch(&self.handle, &group, client).await,
            Request::Send { group } => groups::send(&self.handle, &group, client).await,
        }
    }

    async fn status(&self, wait_members: Option<usize>) -> Answer<Status> {
        if let Some(wanted) = wait_members {
            let holds = move |node: &ringwright::Node| {
                node.engine().is_synchronised() && node.engine().ring().members().len() == wanted
            };
            if let Err(refused) = self.handle.until(holds).await {
                return error(refused);
            }
        }
        let counters = match self.handle.counters().await {
            Ok(counters) => counters,
            Err(refused) => return error(refused),
        };
        let mut status = Status {
            dropped: Dropped {
                rejected: counters.rejected,
                too_long: counters.too_long,
                unsent: counters.unsent,
                ..Dropped::default()
            },
            ..self.facts.clone()
        };
        let asked = self.handle.query(|node| {
            let engine = node.engine();
            let ring = engine.ring();
            status.phase = ring.phase().to_string();
            status.ring = Some(node.ring_id().to_string());
            status.quorate = node.is_quorate();
            status.synchronised = engine.is_synchronised();
            status.members = Member::all(node);
            status.dropped.malformed = ring.stats().malformed;
            status.dropped.unlisted = ring.stats().unlisted;
            status.dropped.implausible = ring.stats().implausible;
            status.dropped.undeliverable = engine.undeliverable();
            status
        });
        match asked.await {
            Err(Refused::NotStarted) => Answer::Ok(self.facts.clone()),
            other => answered(other),
        }
    }

    async fn resources(&self, wait_members: Option<usize>) -> Answer<resources::Resources> {
        if let Some(wanted) = wait_members {
            let holds = move |node: &ringwright::Node| {
                node.manager().is_none_or(|manager| {
                    let idle = manager.is_settled() && manager.is_idle();
                    idle && manager.members().len() == wanted
                })
            };
            if let Err(refused) = self.handle.until(holds).await {
                return error(refused);
            }
        }
        let now = self.handle.now();
        self.managed(move |node, manager| resources::Resources::of(node, manager, now))
            .await
    }

    /// Asks the resource manager.
    async fn managed<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&ringwright::Node, &Manager) -> T + Send + 'static,
    ) -> Answer<T> {
        let asked = self
            .handle
            .query(|node| node.manager().map(|manager| ask(node, manager)));
        match asked.await {
            Ok(Some(told)) => Answer::Ok(told),
            Ok(None) => error(ChangeError::NoManager),
            Err(refused) => error(refused),
        }
    }

    /// Tells what happens to resources until the client hangs up.
    async fn follow(&self, mut client: Client) -> io::Result<()> {
        let mut events = self.handle.resource_events();
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = client.hung_up() => return Ok(()),
            };
            let event = match event {
                Ok(event) => resources::Event::from(event),
                Err(RecvError::Lagged(count)) => resources::Event::Missed { count },
                Err(RecvError::Closed) => {
                    return client.answer(&error::<()>("the node is done")).await;
                }
            };
            client.answer(&Answer::Ok(event)).await?;
        }
    }

    async fn cmap(&self, stats: bool, prefixes: &[String]) -> Answer<Vec<Key>> {
        let ask = move |node: &ringwright::Node| {
            if stats {
                node.cmap_stats()
            } else {
                node.cmap()
            }
        };
        let runtime = match self.handle.query(ask).await {
            Ok(cmap) => cmap,
            Err(Refused::NotStarted) => Cmap::new(),
            Err(refused) => return error(refused),
        };
        let config = if stats { &[][..] } else { &self.config };
        let mut keys: Vec<_> = runtime
            .into_iter()
            .map(|(path, value)| Key {
                path,
                kind: value.type_name().into(),
                value: value.to_string(),
            })
            .chain(config.iter().cloned())
            .filter(|key| prefixes.is_empty() || prefixes.iter().any(|p| key.path.starts_with(p)))
            .collect();
        keys.sort_by(|a, b| a.path.cmp(&b.path));
        Answer::Ok(keys)
    }

    async fn call(&self, call: QuorumCall) -> Answer<()> {
        answered(self.handle.quorum_call(call).await)
    }
}

pub(super) fn error<T>(why: impl Display) -> Answer<T> {
    Answer::Error(why.to_string())
}

fn answered<T>(result: Result<T, Refused>) -> Answer<T> {
    match result {
        Ok(value) => Answer::Ok(value),
        Err(Refused::Rejected(Rejected::Quorum(call))) => error(call.name()),
        Err(refused) => error(refused),
    }
}
