//! `ringwright bench convergence`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ringwright_sims::Vintage;
use ringwright_sims::convergence::Fault;

use crate::bench::{self, convergence};
use crate::command::Outcome;

/// Measure in virtual time how long clusters take to form a new ring, and what they send for that
///
/// Each line is a fault at a number of nodes, on the same simulated network: the median over all seeds, and the least and
/// the most, of the time from the fault until the last of all whom it leaves has installed their new ring, and the median of
/// the datagrams and bytes that all daemons sent until then, and of this machine's processor time for each node.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright bench convergence
  ringwright bench convergence --nodes 3,8,16,32,64 --faults kill,cut --svg convergence.svg
  ringwright bench convergence --nodes 5 --faults kill --loss 0,5,10,20 --seeds 50
  ringwright bench convergence --nodes 16 --token 1000 --token-coefficient 0,650 --latency 50,5000")]
pub(crate) struct Convergence {
    /// Nodes, 2 to 384
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "3,8,16", value_parser = clap::value_parser!(u32).range(2..=384))]
    nodes: Vec<u32>,
    /// boot (all), join, leave, kill, cut (one off), heal, halves; all of them unless told otherwise
    #[arg(long, value_name = "FAULT", value_delimiter = ',')]
    faults: Vec<Fault>,
    /// What the machines run: 2.3.3, 2.4.3, 3.1.7 or ringwright; others are compared to the first
    #[arg(
        long,
        value_name = "VINTAGE",
        value_delimiter = ',',
        default_value = "ringwright,3.1.7"
    )]
    vintages: Vec<Vintage>,
    /// Datagrams lost from the fault on, %
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_value = "0", value_parser = bench::permille)]
    loss: Vec<u32>,
    /// totem.token, ms
    #[arg(long, value_name = "MS", value_delimiter = ',', default_value = "1000")]
    token: Vec<u32>,
    /// `totem.token_coefficient`, ms for each node beyond two
    #[arg(long, value_name = "MS", value_delimiter = ',', default_value = "650")]
    token_coefficient: Vec<u32>,
    /// Least time of a datagram on its way, µs; up to as much again is added at random
    #[arg(
        long,
        value_name = "MICROS",
        value_delimiter = ',',
        default_value = "50"
    )]
    latency: Vec<u32>,
    /// Runs of each
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Threads; as many as there are cores unless told otherwise
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Write what was measured, run by run
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw time and datagrams over the nodes
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Convergence {
    pub(crate) fn run(self) -> Outcome {
        let faults = if self.faults.is_empty() {
            Fault::ALL.to_vec()
        } else {
            self.faults
        };
        convergence::run(&convergence::Request {
            nodes: self.nodes,
            faults,
            vintages: self.vintages,
            loss: self.loss,
            token: self.token,
            token_coefficient: self.token_coefficient,
            latency: self.latency,
            seeds: self.seeds,
            jobs: self.jobs,
            json: self.json,
            svg: self.svg,
        })
    }
}
