//! `ringwright place`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use crate::place::{self, Event, Form, Request};

/// Say where resources will run, what has to be done for it, and why, as Pacemaker 2.1's scheduler decides
///
/// Give cluster information bases as Pacemaker writes them (`cibadmin --query`, pe-input-*.bz2): how the cluster stands, what
/// is planned, each action with what it waits for, and how it stands afterwards. Nothing is changed and no cluster is asked.
///
/// A directory stands for the *.xml and *.xml.bz2 files in it. The switches under "What if" change the status first, as
/// `crm_simulate` does; they apply to every file, in the order of this list.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit statuses:
  0  placed
  1  an event of \"What if\" cannot happen, nothing is known of a resource; or the command line is wrong
  2  a file cannot be read, is no cluster information base, or uses what is not supported; other files are placed all the same

Examples:
  ringwright place cib.xml
  cibadmin --query | ringwright place -                   the live cluster
  ringwright place --node-lost n1 cib.xml                 what happens if n1 vanishes
  ringwright place --fail ip@n1 --quorum no cib.xml
  ringwright place --why ip cib.xml                       each node's score, and what made it
  ringwright place --dot cib.xml | dot -Tsvg > plan.svg   the actions as a graph
  ringwright place --json --output out cases/             out/NAME.json for each file")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Place {
    /// Files, directories, or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Only what is planned
    #[arg(short, long, conflicts_with_all = ["json", "dot", "why"])]
    quiet: bool,
    /// One JSON object a line and file: placements, actions, graph, and with --scores scores
    #[arg(long, conflicts_with_all = ["dot", "why"])]
    json: bool,
    /// With --json: write DIR/NAME.json for each file instead
    #[arg(long, value_name = "DIR", requires = "json")]
    output: Option<PathBuf>,
    /// The graph of actions, for graphviz
    #[arg(long, conflicts_with = "why")]
    dot: bool,
    /// The score of each node for a resource, and the reasons
    #[arg(long, value_name = "RESOURCE")]
    why: Option<String>,
    /// The scores of each step
    #[arg(long, conflicts_with_all = ["dot", "why"])]
    scores: bool,
    /// These nodes are online
    #[arg(
        long,
        value_name = "NODE",
        value_delimiter = ',',
        help_heading = "What if"
    )]
    node_up: Vec<String>,
    /// These nodes left in good order
    #[arg(
        long,
        value_name = "NODE",
        value_delimiter = ',',
        help_heading = "What if"
    )]
    node_down: Vec<String>,
    /// These nodes vanished: what ran there may run there still
    #[arg(
        long,
        value_name = "NODE",
        value_delimiter = ',',
        help_heading = "What if"
    )]
    node_lost: Vec<String>,
    /// These nodes are on standby
    #[arg(
        long,
        value_name = "NODE",
        value_delimiter = ',',
        help_heading = "What if"
    )]
    standby: Vec<String>,
    /// A monitor of these resources fails, where they run or on NODE
    #[arg(
        long,
        value_name = "RESOURCE[@NODE]",
        value_delimiter = ',',
        help_heading = "What if"
    )]
    fail: Vec<String>,
    /// Whether there is quorum
    #[arg(
        long,
        value_name = "yes|no",
        hide_possible_values = true,
        help_heading = "What if"
    )]
    quorum: Option<Quorum>,
    /// The time: seconds since 1970, or such as 2026-11-25T12:00:00Z (UTC if no offset is given)
    #[arg(long, value_name = "TIME", value_parser = place::time, help_heading = "What if")]
    now: Option<i64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Quorum {
    Yes,
    No,
}

impl Place {
    pub(crate) fn run(self) -> Outcome {
        let form = match self.why {
            Some(resource) => Form::Why(resource),
            None if self.json => Form::Json(self.output),
            None if self.dot => Form::Dot,
            None if self.quiet => Form::Quiet,
            None => Form::Text,
        };
        let mut events: Vec<Event> = Vec::new();
        events.extend(self.node_up.into_iter().map(Event::NodeUp));
        events.extend(self.node_down.into_iter().map(Event::NodeDown));
        events.extend(self.node_lost.into_iter().map(Event::NodeLost));
        events.extend(self.standby.into_iter().map(Event::Standby));
        events.extend(self.fail.into_iter().map(Event::Fail));
        events.extend(self.quorum.map(|q| Event::Quorum(matches!(q, Quorum::Yes))));
        place::run(&Request {
            files: self.files,
            form,
            scores: self.scores,
            events,
            now: self.now,
        })
    }
}
