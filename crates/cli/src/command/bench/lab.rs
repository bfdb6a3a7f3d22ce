//! `ringwright bench lab`.

use std::path::PathBuf;

use clap::Args;

use crate::bench::lab;
use crate::command::Outcome;

/// Measure how long rings of real daemons take to form anew, ours and, if installed, corosync's in turn
///
/// As root it makes hosts in network namespaces on one bridge, and removes them again. On each runs a daemon with the same
/// corosync.conf. In each repeat ringwright and then corosync boots, a member leaves by SIGTERM and joins again, one is
/// killed by SIGKILL and joins again, one is cut off at its port of the bridge and reached again.
///
/// Measured is what the bridge sees, by the kernel's time stamps, the same for both: from just before the signal, the start or
/// the port's change until the last of all members of a ring of just those whom it leaves has sent its first message that
/// counts on that ring, which it does once it has installed it. Starts include loading the program.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright bench lab
  ringwright bench lab --nodes 3,8,16 --repeats 5 --json lab.json --svg lab.svg")]
pub(crate) struct Lab {
    /// Nodes, 2 to 64
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "3", value_parser = clap::value_parser!(u32).range(2..=64))]
    nodes: Vec<u32>,
    /// Of each program, with each number of nodes
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    repeats: u32,
    /// totem.token, ms
    #[arg(long, value_name = "MS", default_value = "1000")]
    token: u32,
    /// `totem.token_coefficient`, ms for each node beyond two
    #[arg(long, value_name = "MS", default_value = "650")]
    token_coefficient: u32,
    /// From which it follows which nodes it befalls, and when
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,
    /// Write what was measured, fault by fault
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the times over the nodes
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Lab {
    pub(crate) fn run(self) -> Outcome {
        lab::run(&lab::Request {
            nodes: self.nodes,
            token: self.token,
            token_coefficient: self.token_coefficient,
            repeats: self.repeats,
            seed: self.seed,
            json: self.json,
            svg: self.svg,
        })
    }
}
