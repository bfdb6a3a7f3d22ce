//! The control socket: how the other commands ask the daemon.
//!
//! A connection carries one request, a line of JSON, and its answer: one line, or for a group's session as many as there
//! are events. Everything that a request shows comes from [`Daemon`](server::Daemon), the daemon's one query interface.

pub(crate) mod client;
pub(crate) mod configuration;
mod groups;
mod peer;
pub(crate) mod report;
pub(crate) mod resources;
pub(crate) mod server;

use std::env;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The longest line that either side reads, bytes: a configuration of 8 MiB whose every other byte is escaped in JSON, and
/// some room.
pub(crate) const LINE_MAX: u64 = 32 << 20;

/// What a client may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// A [`report::Status`], as soon as a synchronised ring has as many members as asked for.
    Status { wait_members: Option<usize> },
    /// A [`report::Quorum`].
    Quorum,
    /// [`report::Key`]s that begin with any of the prefixes, or all.
    Cmap { stats: bool, prefixes: Vec<String> },
    /// Changes the expected votes.
    SetExpected { votes: u32 },
    /// Changes a node's votes.
    SetVotes { node: u32, votes: u32 },
    /// Ends waiting for all.
    CancelWaitForAll,
    /// [`report::GroupEvent`]s of a group until the client hangs up.
    Watch { group: String },
    /// [`resources::Resources`], as soon as so many members as asked for agree and nothing is being done.
    Resources { wait_members: Option<usize> },
    /// The [`resources::Cib`].
    Cib,
    /// Changes what all nodes share; the answer is the version that has it, as text, once every member has stored it.
    Change(resources::Change),
    /// [`resources::Event`]s until the client hangs up.
    ResourceEvents,
    /// Takes [`report::Payload`]s, a line each, until the client shuts its side; the answer is how many were delivered.
    Send { group: String },
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer<T> {
    Ok(T),
    /// What does not work, in words; of corosync's calls its error's name alone.
    Error(String),
}

/// Where the daemon of this user listens unless told otherwise.
pub(crate) fn default_path() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = match runtime {
        Some(directory) if !peer::is_root() => directory.join("ringwright"),
        _ => PathBuf::from("/run/ringwright"),
    };
    directory.join("control.sock")
}
