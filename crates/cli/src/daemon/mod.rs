//! The daemon: a node of a corosync.conf in the foreground.

mod conf;
mod lock;
mod log;

use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use ringwright::{ConfigError, manager};
use ringwright_driver::journal::Journal;
use ringwright_driver::{Driver, Ended, FileStore, StartError};
use ringwright_linux::{LinuxExecutor, Privileges};
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;
use tracing::{error, info, warn};

use crate::control::report::Status;
use crate::control::server::{self, Daemon};
use crate::failure::Failure;

/// The exit statuses of the daemon; those of corosync where it has one for the same.
pub(crate) mod status {
    /// The configuration is refused, or names no node that this host is.
    pub(crate) const CONFIG: u8 = 8;
    /// Something that cannot be helped, such as a full disk under the ring's state.
    pub(crate) const FATAL: u8 = 15;
    /// The state directory cannot be made.
    pub(crate) const STATE_DIR: u8 = 16;
    /// The lock beside the control socket cannot be taken.
    pub(crate) const LOCK: u8 = 17;
    /// A daemon runs with this control socket already.
    pub(crate) const RUNNING: u8 = 18;
    /// votequorum refuses its options.
    pub(crate) const QUORUM: u8 = 20;
    /// The stored ring id cannot be read.
    pub(crate) const RING_ID: u8 = 21;
    /// Another node's operator wanted this node gone.
    pub(crate) const KILLED: u8 = 255;
}

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) config: PathBuf,
    pub(crate) name: Option<String>,
    pub(crate) nodeid: Option<u32>,
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) control: PathBuf,
    /// Where to record what the node is told, and how many bytes that may take.
    pub(crate) journal: Option<(PathBuf, u64)>,
}

/// Runs a node until it leaves.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let config = conf::read(&options.config)?;
    log::start(&config.logging)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::with_status(status::FATAL, error))?;
    let local = LocalSet::new();
    let ended = local.block_on(&runtime, node(options, config))?;
    match ended {
        Ended::Left | Ended::ConfigTooOld { .. } => Ok(ExitCode::SUCCESS),
        Ended::Killed { .. } => Err(Failure::with_status(status::KILLED, ended)),
        other => Err(Failure::with_status(status::FATAL, other)),
    }
}

async fn node(options: &Options, config: ringwright_config::Config) -> Result<Ended, Failure> {
    let fatal = |error: std::io::Error| Failure::with_status(status::FATAL, error);
    let interfaces = ringwright_linux::follow().await.map_err(fatal)?;
    let found = conf::find(options, config, interfaces.clone()).await?;
    let _lock = lock::take(&options.control)?;
    let listener = server::listen(&options.control).map_err(|error| {
        let path = options.control.display();
        Failure::with_status(status::FATAL, format!("control socket {path}: {error}"))
    })?;
    let settings = found.settings;
    let state_dir = options.state_dir.clone().unwrap_or(settings.state_dir);
    let store = FileStore::open(state_dir, settings.node.me)
        .map_err(|error| Failure::with_status(status::STATE_DIR, error))?;
    let address = ringwright_linux::watch(settings.address, interfaces);
    let (me, name) = (found.facts.node, &found.facts.name);
    info!("node {me} ({name}) of {}", options.config.display());
    let (node, transport) = (with_resources(settings.node), settings.transport);
    let (executor, journal) = (LinuxExecutor::default(), journal(options));
    let handle = Driver::start_recorded(node, seed(), transport, store, address, executor, journal)
        .map_err(|error| refused(&error))?;
    let daemon = Daemon {
        handle,
        facts: Status {
            phase: "waiting".into(),
            ..found.facts
        },
        config: found.keys,
    };
    let ended = serve(listener, Rc::new(daemon)).await;
    // A daemon started at once finds no stale socket; a client finds nobody rather than silence.
    let _ = std::fs::remove_file(&options.control);
    ended
}

/// The node with a resource manager, and what this process cannot do for it.
fn with_resources(node: ringwright::Config) -> ringwright::Config {
    match Privileges::probe() {
        Ok(privileges) if privileges.suffice() => {}
        Ok(privileges) => warn!("{privileges}"),
        Err(error) => warn!("the kernel's addresses cannot be asked for: {error}"),
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    ringwright::Config {
        resources: Some(manager::Settings {
            base: None,
            unix_at_zero: since_1970.map_or(0, |time| time.as_secs()),
        }),
        ..node
    }
}

/// A node without a journal is better than none.
fn journal(options: &Options) -> Option<Journal> {
    let (path, size) = options.journal.as_ref()?;
    match Journal::create(path, *size) {
        Ok(journal) => {
            info!("the journal is {}", path.display());
            Some(journal)
        }
        Err(error) => {
            error!("no journal: {error}; the node goes on without it");
            None
        }
    }
}

/// Serves clients until the node is done: by itself, or by SIGTERM or SIGINT, in order.
async fn serve(listener: UnixListener, daemon: Rc<Daemon>) -> Result<Ended, Failure> {
    let fatal = |error: std::io::Error| Failure::with_status(status::FATAL, error);
    let mut terminate = signal(SignalKind::terminate()).map_err(fatal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fatal)?;
    let handle = daemon.handle.clone();
    let clients = tokio::task::spawn_local(server::serve(listener, daemon));
    tokio::select! {
        ended = handle.ended() => return Ok(ended),
        _ = terminate.recv() => info!("SIGTERM: leaving"),
        _ = interrupt.recv() => info!("SIGINT: leaving"),
    }
    let ended = handle.leave().await;
    clients.abort();
    Ok(ended)
}

fn refused(error: &StartError) -> Failure {
    let status = match error {
        StartError::Config(ConfigError::Quorum(_)) => status::QUORUM,
        StartError::Config(_) => status::CONFIG,
        StartError::Store(_) => status::RING_ID,
    };
    Failure::with_status(status, error)
}

/// Feeds nothing but the delay of `totem.send_join`, which shall differ between the nodes of a cluster.
fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.subsec_nanos());
    u64::from(nanos) << 32 | u64::from(std::process::id())
}
