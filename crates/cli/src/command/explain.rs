//! `ringwright explain`.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::explain::{self, Asked, Vintages};

/// Say why a cluster splits, from its corosync.conf: which faults do it, how, and what helps
///
/// The cluster is simulated under every class of fault that is known to split clusters, over many schedules. Shown are the
/// faults that lead to what was seen, the best explanation first, each with its shortest schedule, what the tools of
/// each node show, how it looks from outside, and the remedies: each is proven by running the same schedules with the
/// remedy applied. Equal questions have equal answers.
///
/// Give one file, or the files of all nodes: then each node runs with its own, found by `bindnetaddr`, by the file's name, or
/// by its place. Nothing is looked up and no machine is asked.
///
/// A symptom is one of alone=NODE, dead=NODE, apart, split-brain and no-quorum. NODE is a name, an address or an id; a
/// name such as master2 that no node has means the second node. A symptom is taken to come and go, as splits that need
/// an explanation do; --steady says that it is there each time.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit statuses:
  0  done
  1  the command line is wrong, or names a node that is not there
  2  a file cannot be read, or describes no cluster
  8  a file is refused: no node would start with it

Examples:
  ringwright explain corosync.conf
  ringwright explain --symptom alone=master1 --vintage 2.4.3 corosync.conf
  ringwright explain --symptom apart --vintage all --html why.html conf/
  ringwright explain --capture split.pcap corosync.conf")]
pub(crate) struct Explain {
    /// corosync.conf: the one of all nodes, or each node's own
    #[arg(value_name = "FILE", required_unless_present_any = ["capture", "journal"])]
    files: Vec<PathBuf>,
    /// What was seen
    #[arg(long, value_name = "SYMPTOM")]
    symptom: Option<String>,
    /// It is seen each time, not on some days only
    #[arg(long, requires = "symptom")]
    steady: bool,
    /// What runs: 2.3.3, 2.4.3, 3.1.7, ringwright, or all
    #[arg(long, value_name = "VERSION", default_value = "3.1.7")]
    vintage: Vintages,
    /// Schedules of each class of fault
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: u64,
    /// Fewer schedules: 40 of each class, with all remedies, too, instead of 10,000 together
    #[arg(long, conflicts_with = "seeds")]
    quick: bool,
    /// A capture of the split, in pcap format: causes that it rules out come last
    #[arg(long, value_name = "FILE", conflicts_with = "journal")]
    capture: Option<PathBuf>,
    /// A node's journal of the split
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// One page with everything and a timeline for each cause
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Explain {
    pub(crate) fn run(self) -> Outcome {
        explain::run(&Asked {
            files: self.files,
            symptom: self.symptom,
            steady: self.steady,
            vintages: self.vintage,
            seeds: if self.quick { 40 } else { self.seeds },
            proof: if self.quick { 0 } else { 10_000 },
            capture: self.capture,
            journal: self.journal,
            json: self.json,
            html: self.html,
        })
    }
}
