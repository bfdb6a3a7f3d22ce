//! `ringwright bench throughput`, and what it runs on the loaded host.

use std::path::PathBuf;

use clap::Args;
use ringwright::PAYLOAD_MAX;

use crate::bench::throughput::{self, load};
use crate::command::Outcome;
use crate::control::client::Control;

/// Measure how much one node of a ring sends, ours and, if installed, corosync's in turn
///
/// As root it makes hosts in network namespaces on one bridge, and removes them again. In each repeat one ring after another
/// is started, and a process on its first host sends messages of each size as fast as they are taken, as corosync's cpgbench
/// does; counted are those that are delivered on that host:
///
/// corosync: its daemons, and a process that sends and receives through libcpg, compiled here.
/// ringwright: a process that embeds the node, sends and receives; our daemons on the other hosts.
/// client: our daemons, and a process that sends through the control socket, which tells how many were delivered.
/// mixed: a process that embeds the node; corosync on the other hosts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright bench throughput
  ringwright bench throughput --seconds 3 --repeats 5 --json throughput.json --svg throughput.svg")]
pub(crate) struct Throughput {
    /// Nodes, 2 to 64
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u32).range(2..=64))]
    nodes: u32,
    /// Payloads, bytes, at most 1 MiB less 1 KiB
    #[arg(
        long,
        value_name = "BYTES",
        value_delimiter = ',',
        default_value = "64,320,1600,8000,40000,1000000",
        value_parser = size
    )]
    sizes: Vec<usize>,
    /// For each size
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Of each ring
    #[arg(long, value_name = "COUNT", default_value = "3", value_parser = clap::value_parser!(u32).range(1..))]
    repeats: u32,
    /// Write what was measured, size by size
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the rates over the sizes
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Throughput {
    pub(crate) fn run(self) -> Outcome {
        throughput::run(&throughput::Request {
            nodes: self.nodes,
            sizes: self.sizes,
            seconds: self.seconds,
            repeats: self.repeats,
            json: self.json,
            svg: self.svg,
        })
    }
}

/// Load the first node of a ring of NODES: write `size messages seconds` for each size
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct Load {
    nodes: usize,
    seconds: u32,
    #[arg(value_parser = size)]
    sizes: Vec<usize>,
    /// Through a daemon's control socket, instead of as a node
    #[arg(long)]
    client: bool,
    #[command(flatten)]
    control: Control,
}

impl Load {
    pub(crate) fn run(self) -> Outcome {
        let way = if self.client {
            load::Way::Client(self.control)
        } else {
            throughput::embedded()
        };
        load::run(&load::Load {
            way,
            nodes: self.nodes,
            seconds: self.seconds,
            sizes: self.sizes,
        })
    }
}

/// libcpg takes a little less than 1 MiB.
fn size(text: &str) -> Result<usize, String> {
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=PAYLOAD_MAX - 1024).contains(size));
    size.ok_or_else(|| format!("not between 1 and {}", PAYLOAD_MAX - 1024))
}
