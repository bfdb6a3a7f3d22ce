//! `ringwright bench`: one file a benchmark.

mod changes;
mod convergence;
mod lab;
mod throughput;

use clap::{Args, Subcommand};

use super::Outcome;

/// Measure how fast rings form, carry and change, ours beside corosync's
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  ringwright bench convergence
  ringwright bench convergence --nodes 3,8,16,32,64 --faults kill,cut --svg convergence.svg
  ringwright bench changes --nodes 3 --loss 10 --seeds 100
  ringwright bench lab --nodes 3,8
  ringwright bench throughput"
)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Convergence(convergence::Convergence),
    Changes(changes::Changes),
    Lab(lab::Lab),
    Throughput(throughput::Throughput),
    Load(throughput::Load),
}

impl Bench {
    pub(crate) fn run(self) -> Outcome {
        match self.what {
            What::Convergence(command) => command.run(),
            What::Changes(command) => command.run(),
            What::Lab(command) => command.run(),
            What::Throughput(command) => command.run(),
            What::Load(command) => command.run(),
        }
    }
}
