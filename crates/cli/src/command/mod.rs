//! The commands, one file each.

mod bench;
mod check;
mod cib;
mod cmap;
mod completions;
mod constraint;
mod cpg;
mod decode;
mod demo;
mod events;
mod explain;
mod members;
mod node;
mod place;
mod property;
mod quorum;
mod replay;
mod resource;
mod sim;
mod status;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// How a command ends: with a status of its own, or early.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "ringwright",
    version,
    about = "A node of a Totem ring, byte for byte as corosync 3.1 speaks it",
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  ringwright demo
  ringwright node -c /etc/corosync/corosync.conf
  ringwright resource create ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s
  ringwright status
  ringwright quorum
  ringwright cmap runtime.members
  ringwright decode boot3.pcap
  ringwright replay node.journal
  ringwright sim run s09 --vintage 2.4.3
  ringwright bench convergence --nodes 3,8,16 --faults kill
  ringwright explain corosync.conf
  ringwright place --node-down node1 cluster.xml"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(demo::Demo),
    Node(node::Node),
    Status(status::Status),
    Members(members::Members),
    Quorum(quorum::Quorum),
    Cmap(cmap::Cmap),
    Cpg(cpg::Cpg),
    Resource(resource::Resource),
    Constraint(constraint::Constraint),
    Property(property::Property),
    Cib(cib::Cib),
    Events(events::Events),
    Check(check::Check),
    Place(place::Place),
    Decode(decode::Decode),
    Replay(replay::Replay),
    Explain(explain::Explain),
    Sim(sim::Sim),
    Bench(bench::Bench),
    Completions(completions::Completions),
}

impl Command {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Demo(demo::Demo {}) => demo::Demo::run(),
            Self::Node(command) => command.run(),
            Self::Status(command) => command.run(),
            Self::Members(command) => command.run(),
            Self::Quorum(command) => command.run(),
            Self::Cmap(command) => command.run(),
            Self::Cpg(command) => command.run(),
            Self::Resource(command) => command.run(),
            Self::Constraint(command) => command.run(),
            Self::Property(command) => command.run(),
            Self::Cib(command) => command.run(),
            Self::Events(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Place(command) => command.run(),
            Self::Decode(command) => command.run(),
            Self::Replay(command) => command.run(),
            Self::Explain(command) => command.run(),
            Self::Sim(command) => command.run(),
            Self::Bench(command) => command.run(),
            Self::Completions(command) => command.run(),
        }
    }
}
