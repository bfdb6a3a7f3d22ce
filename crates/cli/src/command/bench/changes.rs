//! `ringwright bench changes`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use ringwright_sims::Vintage;

use crate::bench::{self, changes};
use crate::command::Outcome;

/// Count in virtual time how often a ring changes although nobody is gone
///
/// A ring of all nodes has formed; from then on datagrams are lost in every direction, or some node stands still for a part of
/// the token timeout, every 10 s on average. Counted are rings that form after that, and those of them that leave somebody
/// out. Nothing is sent through the ring but what it needs itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright bench changes
  ringwright bench changes --nodes 3 --loss 10 --pause 50 --seeds 100")]
pub(crate) struct Changes {
    /// Nodes, 2 to 384
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "3,8,16", value_parser = clap::value_parser!(u32).range(2..=384))]
    nodes: Vec<u32>,
    /// What the machines run: 2.3.3, 2.4.3, 3.1.7 or ringwright
    #[arg(
        long,
        value_name = "VINTAGE",
        value_delimiter = ',',
        default_value = "ringwright,3.1.7"
    )]
    vintages: Vec<Vintage>,
    /// Datagrams lost, %, in runs without pauses
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_value = "0,5,10,20", value_parser = bench::permille)]
    loss: Vec<u32>,
    /// Length of pauses, % of the token timeout, in runs without loss
    #[arg(
        long,
        value_name = "PERCENT",
        value_delimiter = ',',
        default_value = "50"
    )]
    pause: Vec<u32>,
    /// totem.token, ms
    #[arg(long, value_name = "MS", default_value = "1000")]
    token: u32,
    /// `totem.token_coefficient`, ms for each node beyond two
    #[arg(long, value_name = "MS", default_value = "650")]
    token_coefficient: u32,
    /// Virtual time that each ring is watched, s
    #[arg(long, value_name = "SECONDS", default_value = "3600", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Runs of each
    #[arg(long, value_name = "COUNT", default_value = "20", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Threads; as many as there are cores unless told otherwise
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Write what was seen, run by run
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the changes over the loss
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Changes {
    pub(crate) fn run(self) -> Outcome {
        changes::run(&changes::Request {
            nodes: self.nodes,
            vintages: self.vintages,
            loss: self.loss,
            pause: self.pause,
            token: self.token,
            token_coefficient: self.token_coefficient,
            seconds: self.seconds,
            seeds: self.seeds,
            jobs: self.jobs,
            json: self.json,
            svg: self.svg,
        })
    }
}
