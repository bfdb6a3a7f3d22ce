//! Chat in a process group: every participant sees the same lines in the same order.
//!
//! `chat --me 1 --peers 127.0.0.1,127.0.0.2,127.0.0.3` is node 1 of three, on the address that stands first; so a second
//! terminal on the same machine takes `--me 2`. `chat -c corosync.conf --me 1` takes the nodes from a corosync.conf and
//! speaks with real corosync nodes as well. Lines typed are sent; the end of input leaves. `RUST_LOG` chooses what is told
//! of the cluster beside it, by default `info`.

use std::error::Error;
use std::net::IpAddr;

use ringwright::group::Event;
use ringwright::{Config, GroupName, NodeId};
use ringwright_driver::from_conf;
use ringwright_driver::{Driver, FileStore, Handle, MemoryStore, Store, Udp};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

const USAGE: &str = "usage: chat --me ID (--peers ADDRESS,ADDRESS,… | -c COROSYNC.CONF)";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    log.with_writer(std::io::stderr).init();

    let mut arguments = std::env::args().skip(1);
    let (mut me, mut peers, mut file) = (None, None, None);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match option.as_str() {
            "--me" => me = Some(NodeId(value.parse()?)),
            "--peers" => peers = Some(value),
            "-c" => file = Some(value),
            _ => return Err(USAGE.into()),
        }
    }
    let me = me.ok_or(USAGE)?;
    let node = match (peers, file) {
        (Some(peers), None) => {
            let addresses = peers
                .split(',')
                .map(str::parse)
                .collect::<Result<Vec<_>, _>>()?;
            start(of_peers(me, &addresses), MemoryStore::default())?
        }
        (None, Some(file)) => {
            let mut config = ringwright_config::parse(&file, std::fs::read(&file)?).accepted()?;
            from_conf::resolve(&mut config).await?;
            let settings = from_conf::settings(&config, me)?;
            let store = FileStore::open(&settings.state_dir, me)?;
            start((settings.node, settings.transport), store)?
        }
        _ => return Err(USAGE.into()),
    };
    chat(
        &node,
        BufReader::new(tokio::io::stdin()),
        tokio::io::stdout(),
    )
    .await
}

/// Nodes 1, 2, … on these addresses.
fn of_peers(me: NodeId, addresses: &[IpAddr]) -> (Config, Udp) {
    let nodes: Vec<_> = (1..).map(NodeId).zip(addresses.iter().copied()).collect();
    let ids = nodes.iter().map(|(id, _)| id.0);
    (Config::of(me.0, ids), Udp::unicast(me, nodes))
}

fn start((config, udp): (Config, Udp), store: impl Store) -> Result<Handle, Box<dyn Error>> {
    let seed = std::process::id().into();
    // Nobody watches the address here: the socket is tried until it can be bound.
    let address = watch::channel(true).1;
    Ok(Driver::start(config, seed, udp, store, address)?)
}

/// Sends the lines that come in, prints the lines of all, until the input ends.
async fn chat(
    node: &Handle,
    input: impl AsyncBufRead + Unpin,
    mut output: impl AsyncWrite + Unpin,
) -> Result<(), Box<dyn Error>> {
    let mut session = node.join(GroupName::new(b"chat")?).await?;
    let mut lines = input.lines();
    let mut open = true;
    loop {
        tokio::select! {
            line = lines.next_line(), if open => if let Some(line) = line? {
                session.send(line).await?;
            } else {
                open = false;
                // What was sent comes back first.
                session.leave().await?;
            },
            event = session.recv() => match event {
                Ok(event) => output.write_all(text(&event).as_bytes()).await?,
                Err(_) if !open => break,
                Err(ended) => return Err(ended.into()),
            },
        }
        output.flush().await?;
    }
    node.leave().await;
    Ok(())
}

/// A line for what happens in the group.
fn text(event: &Event) -> String {
    match event {
        Event::Message { from, payload, .. } => {
            format!("{}: {}\n", from.node, String::from_utf8_lossy(payload))
        }
        Event::Membership { members, .. } => {
            let nodes: Vec<_> = members
                .iter()
                .map(|process| process.node.to_string())
                .collect();
            format!("* here: {}\n", nodes.join(" "))
        }
    }
}
