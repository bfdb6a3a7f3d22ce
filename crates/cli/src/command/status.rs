//! `ringwright status`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use super::Outcome;
use crate::control::client::Control;
use crate::control::resources::{Cib, Event, Resources};
use crate::control::{Request, report};
use crate::failure::Failure;
use crate::text;

/// How old a watched view may be when nothing happens: leases run down.
const REFRESH: Duration = Duration::from_secs(1);

/// Show the cluster, its nodes and resources, then this node's ring and what it has dropped
///
/// The first part is in the form of `crm status` and `pcs status`. Dropped: malformed (no frames), unlisted (frames of or
/// naming nodes outside the nodelist), implausible (numbers that no honest peer can send), rejected (addresses outside the
/// nodelist), too long, undeliverable (of members, but unreadable). Notices tell what was done with options that did not
/// mean what was written, such as `two_node` in a cluster of three.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright status
  ringwright status --watch
  ringwright status --json | jq '.cluster.resources[] | {id, role, nodes}'
  ringwright status --wait-members 3      as soon as a ring of three is synchronised")]
pub(crate) struct Status {
    #[command(flatten)]
    control: Control,
    /// One JSON object; with --watch one a line
    #[arg(long)]
    json: bool,
    /// Show it again whenever it changes, until interrupted
    #[arg(short, long, conflicts_with = "wait_members")]
    watch: bool,
    /// Answer as soon as the node is in a synchronised ring of so many members
    #[arg(long, value_name = "N")]
    wait_members: Option<usize>,
}

/// What one look at the daemon tells.
struct Look {
    node: report::Status,
    /// Its name, resources and configuration; `None` before the node's address is there.
    cluster: Option<(Option<String>, Resources, Cib)>,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        if self.watch {
            return self.watch();
        }
        let view = self.view(self.wait_members)?;
        anstream::stdout().lock().write_all(view.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }

    fn look(&self, wait_members: Option<usize>) -> Result<Look, Failure> {
        let node: report::Status = self.control.ask(&Request::Status { wait_members })?;
        let request = Request::Resources { wait_members: None };
        let cluster = match self.control.ask::<Resources>(&request) {
            Ok(told) => {
                let name = "totem.cluster_name";
                let request = Request::Cmap {
                    stats: false,
                    prefixes: vec![name.into()],
                };
                let keys: Vec<report::Key> = self.control.ask(&request)?;
                let key = keys.into_iter().find(|key| key.path == name);
                let cib = self.control.ask(&Request::Cib)?;
                Some((key.map(|key| key.value), told, cib))
            }
            // No node runs yet, or none with resources.
            Err(_) => None,
        };
        Ok(Look { node, cluster })
    }

    fn view(&self, wait_members: Option<usize>) -> Result<String, Failure> {
        let Look { node, cluster } = self.look(wait_members)?;
        if self.json {
            let mut object = serde_json::json!(node);
            object["cluster"] = match &cluster {
                Some((name, told, _)) => {
                    let mut object = serde_json::json!(told);
                    object["name"] = serde_json::json!(name);
                    object
                }
                None => Value::Null,
            };
            return Ok(format!("{object}\n"));
        }
        let ring = text::status(&node);
        let Some((name, told, cib)) = &cluster else {
            return Ok(ring);
        };
        let cluster = text::cluster(&text::Cluster {
            name: name.as_deref(),
            version: &node.version,
            told,
            cib,
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |now| now.as_secs()),
        })?;
        Ok(format!("{cluster}\n{ring}"))
    }

    /// On a terminal the view stays in its place; elsewhere it is printed again when it is another one.
    fn watch(&self) -> Outcome {
        let screen = std::io::stdout().is_terminal() && !self.json;
        let (happened, happens) = mpsc::channel();
        let mut follower = None;
        let mut last = String::new();
        loop {
            let view = match self.view(None) {
                Ok(view) => view,
                // It may come back.
                Err(failure) if screen => format!("{failure}\n"),
                Err(failure) => return Err(failure),
            };
            let mut out = anstream::stdout().lock();
            if screen {
                // Line by line over the old ones, so that it does not flicker.
                write!(out, "\x1b[H")?;
                for line in view.lines() {
                    writeln!(out, "{line}\x1b[K")?;
                }
                write!(out, "\x1b[J")?;
            } else if view != last {
                let gap = if last.is_empty() || self.json {
                    ""
                } else {
                    "\n"
                };
                write!(out, "{gap}{view}")?;
                last = view;
            }
            out.flush()?;
            drop(out);
            if follower.as_ref().is_none_or(JoinHandle::is_finished) {
                follower = self.follow(happened.clone());
            }
            if happens.recv_timeout(REFRESH).is_ok() {
                // Several at once are shown once.
                while happens.try_recv().is_ok() {}
            }
        }
    }

    /// Says when something happens, as long as the daemon is there.
    fn follow(&self, happened: mpsc::Sender<()>) -> Option<JoinHandle<()>> {
        let mut events = self.control.connect(&Request::ResourceEvents).ok()?;
        Some(thread::spawn(move || {
            while let Ok(Some(_)) = events.next::<Event>() {
                if happened.send(()).is_err() {
                    return;
                }
            }
        }))
    }
}
