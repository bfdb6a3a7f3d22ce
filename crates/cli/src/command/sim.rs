//! `ringwright sim`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use ringwright_sims::Vintage;
use ringwright_sims::scenario::Engine;

use super::Outcome;
use crate::sim::{self, Form, Given, Shard, Shown, Subject};

/// Simulate clusters of corosync and of ringwright under faults: by scenario, by script, over many seeds
///
/// Everything runs in virtual time and nothing leaves this process. A seed tells the same story again, byte for byte.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Exit statuses:
    0  as expected
    1  an expectation was not met or a property broken; or the command line is wrong
    2  a file cannot be read or written, or results do not fit together
  130  a sweep was interrupted

Examples:
  ringwright sim list
  ringwright sim run s09 --vintage 2.4.3 --seed 3
  ringwright sim run s03 --without two_node --html cut.html
  ringwright sim sweep s09 --vintage 2.4.3 --seeds 0..10000"
)]
pub(crate) struct Sim {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the scenarios: what happens, on which vintages, on which engines
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    Run(Run),
    Sweep(Sweep),
    Merge(Merge),
}

/// Run one seed, and tell what happened when, how it ended, what was lost, and whether that was expected
///
/// A script is lines, or parts between `;`, of a time and a verb: `0s start 1; 0s start 2; 10s cut 1 <> 2; 20s heal`. The
/// verbs are start, stop, restart, crash, crash-at-store, pause, resume, when, cut, mend, link, heal, lose, down, flush, up,
/// twin, forget, key, file, join, quit, send and inject.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright sim run s09 --vintage 2.4.3 --seed 3
  ringwright sim run s03 --without two_node --vintage 3.1.7 --html cut.html
  ringwright sim run s03 --conf /etc/corosync/corosync.conf
  ringwright sim run --conf corosync.conf --script '0s start 1; 0s start 2; 10s cut 1 > 2; 30s heal'
  ringwright sim run random --seed 0x5eed -v")]
struct Run {
    #[command(flatten)]
    cluster: Cluster,
    /// From which everything random derives; decimal, or hexadecimal as 0x5eed
    #[arg(long, default_value = "0", value_parser = number)]
    seed: u64,
    /// The timeline as one JSON object
    #[arg(long, conflicts_with = "verbose")]
    json: bool,
    /// Steps of the ring protocol and messages of processes, too
    #[arg(short, long)]
    verbose: bool,
    /// Write a page with the timeline, for a browser; it needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the timeline as a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Run many seeds on all cores, and count how they end
///
/// With --shard I/N only the I-th of N parts of the seeds is run; `merge` puts the results of all parts together. With
/// --shard auto, part and number come from the variables of Slurm's job array; with
/// --shard auto/N, the part may come from an Indexed Job of Kubernetes, which does not say N.
/// Ctrl-C ends it early and shows what was done.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright sim sweep s09 --vintage 2.4.3 --seeds 0..10000
  ringwright sim sweep random --seeds 0..100000
  ringwright sim sweep s12 --seeds 0..1000 --at 25 --html twin.html
  sbatch --array=1-16 --wrap 'ringwright sim sweep s09 --seeds 0..1000000 --shard auto --out s09.$SLURM_ARRAY_TASK_ID.json'
  ringwright sim merge s09.*.json")]
struct Sweep {
    #[command(flatten)]
    cluster: Cluster,
    /// The first, and the one after the last
    #[arg(long, value_name = "FROM..TO", value_parser = range)]
    seeds: std::ops::Range<u64>,
    /// Count what the tools show at this time, not at the end
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    at: Option<Duration>,
    /// Run this part only: I/N with I from 1 to N, auto, or auto/N
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = Shard::parse)]
    shard: Shard,
    /// Threads; as many as there are cores unless told otherwise
    #[arg(long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    form: FormArgs,
}

/// Put the results of a sweep's parts together
///
/// All parts must be there, each once, of the same sweep by the same version. What is shown is what the sweep would have shown in one piece.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ringwright sim merge s09.*.json --html s09.html")]
struct Merge {
    /// What the parts' --out wrote
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    form: FormArgs,
}

#[derive(Debug, Args)]
struct FormArgs {
    /// One JSON object: what was run, and the counts
    #[arg(long)]
    json: bool,
    /// Write that object to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a page with the distribution, and a timeline of one seed for each outcome
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Cluster {
    /// A scenario, or the beginning of its name, such as s09; `random` draws faults for ringwright's own node
    #[arg(required_unless_present = "script", conflicts_with = "script")]
    name: Option<String>,
    /// A script instead of a scenario: a file, `-`, or the script itself
    #[arg(long, value_name = "FILE|TEXT")]
    script: Option<String>,
    /// The machines' corosync.conf instead of the report's; NODE=FILE for a single one
    #[arg(long = "conf", value_name = "FILE")]
    confs: Vec<String>,
    /// A file for the script's verb `file`
    #[arg(long = "file", value_name = "NAME=FILE")]
    files: Vec<String>,
    /// What the machines run: 2.3.3, 2.4.3, 3.1.7 or ringwright; the newest of the scenario's unless told otherwise
    #[arg(long)]
    vintage: Option<Vintage>,
    /// step (an event queue) or turmoil (the production loop on simulated hosts)
    #[arg(long, default_value = "step")]
    engine: Engine,
    /// Leave the lines of a key out of corosync.conf, such as `two_node`
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    without: Vec<String>,
    /// When a script's run is over, s; 30 s after its last verb unless told otherwise
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    until: Option<Duration>,
    /// How many nodes `random` has; drawn from the seed unless told otherwise
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=384))]
    nodes: Option<u32>,
}

impl Sim {
    pub(crate) fn run(self) -> Outcome {
        match self.what {
            What::List { json } => {
                let mut out = anstream::stdout().lock();
                if json {
                    sim::list_json(&mut out)?;
                } else {
                    sim::list(&mut out)?;
                }
                out.flush()?;
                Ok(ExitCode::SUCCESS)
            }
            What::Run(run) => {
                let shown = Shown {
                    json: run.json,
                    all: run.verbose,
                    html: run.html,
                    svg: run.svg,
                };
                sim::run(&Subject::of(&run.cluster.into())?, run.seed, &shown)
            }
            What::Sweep(sweep) => sim::sweep(&sim::Request {
                subject: Subject::of(&sweep.cluster.into())?,
                seeds: sweep.seeds,
                at: sweep
                    .at
                    .map(|at| u64::try_from(at.as_micros()).unwrap_or(u64::MAX)),
                shard: sweep.shard,
                jobs: sweep.jobs,
                form: sweep.form.into(),
            }),
            What::Merge(merge) => sim::merge(&merge.files, &merge.form.into()),
        }
    }
}

impl From<Cluster> for Given {
    fn from(cluster: Cluster) -> Self {
        Self {
            name: cluster.name,
            script: cluster.script,
            confs: cluster.confs,
            files: cluster.files,
            vintage: cluster.vintage,
            engine: Some(cluster.engine),
            without: cluster.without,
            until: cluster.until,
            nodes: cluster.nodes,
        }
    }
}

impl From<FormArgs> for Form {
    fn from(form: FormArgs) -> Self {
        let FormArgs { json, out, html } = form;
        Self { json, out, html }
    }
}

/// Decimal, or hexadecimal with 0x.
fn number(text: &str) -> Result<u64, String> {
    let read = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    read.map_err(|error| error.to_string())
}

fn range(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (from, to) = text
        .split_once("..")
        .ok_or("not FROM..TO, such as 0..10000")?;
    let seeds = number(from)?..number(to)?;
    if seeds.is_empty() {
        Err("no seed is in it".into())
    } else {
        Ok(seeds)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text
        .trim_end_matches('s')
        .parse()
        .map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}
