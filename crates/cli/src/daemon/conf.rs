//! From a corosync.conf to what a node is started with.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::Path;

use ringwright::quorum::Votequorum;
use ringwright_config::{Config, QUORUM_CONFLICT, Refused};
use ringwright_driver::from_conf::{self, Settings};
use ringwright_linux::Interfaces;
use ringwright_totem::NodeId;
use tokio::sync::watch;
use tracing::warn;

use super::{Options, status};
use crate::check;
use crate::control::report::{Key, Status};
use crate::failure::Failure;

/// This host's node.
pub(super) struct Found {
    pub(super) settings: Settings,
    /// What is known of it before it runs.
    pub(super) facts: Status,
    /// The configuration map's keys that come from the file.
    pub(super) keys: Vec<Key>,
}

/// Reads a file, draws its findings, and refuses it if there are errors.
pub(super) fn read(path: &Path) -> Result<Config, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read(path)
        .map_err(|error| Failure::with_status(status::CONFIG, format!("{name}: {error}")))?;
    let parsed = ringwright_config::parse(&name, text.clone());
    let source = check::source(&text);
    for found in &parsed.diagnostics {
        anstream::eprintln!("{}", check::diagnostic(&source, found));
    }
    let quorum_alone = parsed
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .all(|d| d.code == QUORUM_CONFLICT);
    let status = if quorum_alone {
        status::QUORUM
    } else {
        status::CONFIG
    };
    parsed
        .accepted()
        .map_err(|_| Failure::with_status(status, format!("{name} is refused, as said above")))
}

/// Finds this host in the nodelist, as corosync does unless the command line names it.
///
/// The host may be known by an address that is not there yet: then this waits for it.
pub(super) async fn find(
    options: &Options,
    mut config: Config,
    mut interfaces: watch::Receiver<Interfaces>,
) -> Result<Found, Failure> {
    let fail = |why: String| Failure::with_status(status::CONFIG, why);
    from_conf::resolve(&mut config)
        .await
        .map_err(|Refused { diagnostics }| {
            let lines: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
            fail(lines.join("\n"))
        })?;
    let path = options.config.display();
    let node = until_local(options, &config, &mut interfaces)
        .await
        .map_err(|why| fail(format!("{path}: {why}")))?;
    let me = node
        .id
        .ok_or_else(|| fail(format!("{path}: node {} has no id", node.label())))?;
    let settings = from_conf::settings(&config, me).map_err(|e| fail(format!("{path}: {e}")))?;
    let facts = Status {
        node: me.0,
        name: node.label(),
        address: settings.address.to_string(),
        config: path.to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        quorate: settings.node.quorum.is_none(),
        notices: notices(&config, &settings, me),
        ..Status::default()
    };
    let keys = keys(&config, node.position);
    Ok(Found {
        settings,
        facts,
        keys,
    })
}

async fn until_local<'a>(
    options: &Options,
    config: &'a Config,
    interfaces: &mut watch::Receiver<Interfaces>,
) -> Result<&'a ringwright_config::Node, String> {
    let mut told = false;
    loop {
        let addresses = interfaces.borrow_and_update().usable_addresses();
        if let Some(node) = local(options, config, &addresses) {
            return Ok(node);
        }
        match (&options.name, options.nodeid) {
            (Some(name), _) => return Err(format!("the nodelist has no node called {name}")),
            (None, Some(id)) => return Err(format!("the nodelist has no node {id}")),
            (None, None) => {}
        }
        if !std::mem::replace(&mut told, true) {
            warn!(
                "no node of the nodelist has this host's name or one of its addresses: waiting for an address; --name or --nodeid says which node it is"
            );
        }
        let gone =
            |_| "this host is not in the nodelist, and the kernel tells no more of its addresses";
        interfaces.changed().await.map_err(gone)?;
    }
}

fn local<'a>(
    options: &Options,
    config: &'a Config,
    addresses: &[IpAddr],
) -> Option<&'a ringwright_config::Node> {
    if let Some(name) = &options.name {
        return config
            .nodes
            .iter()
            .find(|node| node.name.as_ref() == Some(name));
    }
    if let Some(id) = options.nodeid {
        return config.nodes.iter().find(|node| node.id == Some(NodeId(id)));
    }
    let hostname = ringwright_linux::hostname().unwrap_or_default();
    let resolve = |name: &str| {
        let found = (name, 0).to_socket_addrs().into_iter().flatten();
        found.map(|address| address.ip()).collect()
    };
    config.local_node(&hostname, addresses, resolve)
}

/// What votequorum makes of its options, with the place in the file.
fn notices(config: &Config, settings: &Settings, me: NodeId) -> Vec<String> {
    let Some(options) = &settings.node.quorum else {
        return Vec::new();
    };
    // A refusal is told when the node starts.
    let Ok((_, notices)) = Votequorum::new(me, options, None) else {
        return Vec::new();
    };
    let placed = notices.iter().map(|notice| match notice.keys().first() {
        Some(key) => {
            let place = config.place(key);
            format!("{}:{}:{}: {notice}", config.file, place.line, place.column)
        }
        None => notice.to_string(),
    });
    placed.collect()
}

/// The file's keys, and those that the daemon adds for its own place in it.
fn keys(config: &Config, position: usize) -> Vec<Key> {
    let key = |path: &str, kind: &str, value: String| Key {
        path: path.into(),
        kind: kind.into(),
        value,
    };
    let block = u32::from(config.totem.block_unlisted_ips);
    let retransmits = config.totem.timing_keys.token_retransmits_before_loss_const;
    let added = [
        key("nodelist.local_node_pos", "u32", position.to_string()),
        key(
            "runtime.config.totem.block_unlisted_ips",
            "u32",
            block.to_string(),
        ),
        key(
            "runtime.config.totem.token_retransmits_before_loss_const",
            "u32",
            retransmits.filter(|&n| n != 0).unwrap_or(4).to_string(),
        ),
    ];
    let file = config
        .cmap
        .iter()
        .map(|(path, entry)| key(path, entry.value.type_name(), entry.value.to_string()));
    file.chain(added).collect()
}
