//! Loading a node of a ring that is there: what the measured process does.

use std::cell::Cell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ringwright::group::Event;
use ringwright::{GroupName, Node, NodeId};
use ringwright_driver::from_conf::settings;
use ringwright_driver::{Driver, FileStore, Handle};
use tokio::sync::watch;
use tokio::time;

use crate::command::Outcome;
use crate::control::Request;
use crate::control::client::Control;
use crate::control::report::{Payload, Status};
use crate::failure::Failure;

const GROUP: &str = "bench";

/// How often a daemon is asked that does not answer yet, and the pause between.
const TRIES_MAX: u32 = 600;
const TRY_PAUSE: Duration = Duration::from_millis(50);

/// How a node is loaded.
#[derive(Debug)]
pub(crate) enum Way {
    /// This process is node 1 of this corosync.conf, and keeps its state there.
    Embedded { config: PathBuf, state: PathBuf },
    /// This process is a client of a daemon.
    Client(Control),
}

/// What to send.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) way: Way,
    /// How many nodes the ring must have first.
    pub(crate) nodes: usize,
    pub(crate) seconds: u32,
    /// Of payloads, bytes.
    pub(crate) sizes: Vec<usize>,
}

/// Sends, and writes `size messages seconds` for each size.
pub(crate) fn run(load: &Load) -> Outcome {
    match &load.way {
        Way::Client(control) => client(load, control)?,
        Way::Embedded { config, state } => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let node = start(config, state)?;
                let result = embedded(load, &node).await;
                node.leave().await;
                result
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(size: usize, messages: u64, took: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{size} {messages} {:.6}", took.as_secs_f64())?;
    out.flush()
}

/// Says messages to the daemon as fast as it takes them; it answers when the last is delivered.
#[expect(clippy::disallowed_methods, reason = "real daemons run in real time")]
fn client(load: &Load, control: &Control) -> Result<(), Failure> {
    let wait_members = Some(load.nodes);
    let mut tries = 0;
    // A daemon that has just been started does not listen yet.
    while let Err(failure) = control.ask::<Status>(&Request::Status { wait_members }) {
        tries += 1;
        if tries > TRIES_MAX {
            return Err(failure);
        }
        thread::sleep(TRY_PAUSE);
    }
    for &size in &load.sizes {
        let payload = Payload::of(&vec![b'.'; size]);
        let group = GROUP.to_owned();
        let mut connection = control.connect(&Request::Send { group })?;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(load.seconds.into()) {
            connection.say(&payload)?;
        }
        connection.end()?;
        let delivered = connection.next::<u64>()?;
        let delivered = delivered.ok_or_else(|| connection.gone())?;
        tell(size, delivered, start.elapsed())?;
    }
    Ok(())
}

/// Must be called in a runtime.
fn start(config: &Path, state: &Path) -> Result<Handle, Failure> {
    let text = std::fs::read_to_string(config)?;
    let parsed = ringwright_config::parse(&config.display().to_string(), text);
    let config = parsed
        .accepted()
        .map_err(|_| Failure::new("a refused corosync.conf"))?;
    let me = NodeId(1);
    let settings = settings(&config, me).map_err(Failure::new)?;
    let store = FileStore::open(state, me)?;
    let address = watch::channel(true).1;
    Driver::start(settings.node, 1, settings.transport, store, address).map_err(Failure::new)
}

async fn embedded(load: &Load, node: &Handle) -> Result<(), Failure> {
    let nodes = load.nodes;
    let formed = move |node: &Node| {
        node.engine().is_synchronised() && node.engine().ring().members().len() == nodes
    };
    node.until(formed).await.map_err(Failure::new)?;
    for &size in &load.sizes {
        let (delivered, took) = send(node, size, load.seconds).await?;
        tell(size, delivered, took)?;
    }
    Ok(())
}

/// Sends as fast as the node takes messages, and counts those that are delivered to this process.
async fn send(node: &Handle, size: usize, seconds: u32) -> Result<(u64, Duration), Failure> {
    let group = GroupName::new(GROUP.as_bytes()).map_err(Failure::new)?;
    let mut session = node.join(group).await.map_err(Failure::new)?;
    // The first event is our own join: everything of the size before is delivered.
    session.recv().await.map_err(Failure::new)?;
    let sender = session.sender().clone();
    let payload = Bytes::from(vec![b'.'; size]);
    let delivered = Cell::new(0_u64);
    let sending = async {
        loop {
            if let Err(error) = sender.send(payload.clone()).await {
                return Failure::new(error);
            }
        }
    };
    let receiving = async {
        loop {
            match session.recv().await {
                Ok(Event::Message { .. }) => delivered.set(delivered.get() + 1),
                Ok(Event::Membership { .. }) => {}
                Err(ended) => return Failure::new(ended),
            }
        }
    };
    let start = time::Instant::now();
    let over = time::sleep(Duration::from_secs(seconds.into()));
    tokio::select! {
        failure = sending => Err(failure),
        failure = receiving => Err(failure),
        () = over => Ok((delivered.get(), start.elapsed())),
    }
}
