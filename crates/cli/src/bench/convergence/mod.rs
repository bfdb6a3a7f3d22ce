//! `ringwright bench convergence`: rings formed in virtual time.

mod picture;
mod table;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use ringwright_sims::Vintage;
use ringwright_sims::convergence::{Fault, Measured, Site, Trial};
use serde::Serialize;

use super::parallel;
use super::processor;
use super::sample::{self, Sample};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::{chart, html};

/// What to measure: every combination.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) nodes: Vec<u32>,
    pub(crate) faults: Vec<Fault>,
    /// The others are compared to the first.
    pub(crate) vintages: Vec<Vintage>,
    /// Of a thousand.
    pub(crate) loss: Vec<u32>,
    /// ms.
    pub(crate) token: Vec<u32>,
    /// ms.
    pub(crate) token_coefficient: Vec<u32>,
    /// µs.
    pub(crate) latency: Vec<u32>,
    /// Runs of each.
    pub(crate) seeds: u64,
    /// Threads; as many as cores if `None`.
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

/// One run, as it is written.
#[derive(Debug, Serialize)]
struct Run {
    #[serde(flatten)]
    site: Site,
    fault: Fault,
    seed: u64,
    /// Until the new ring, s; absent if it did not come.
    seconds: Option<f64>,
    datagrams: u64,
    bytes: u64,
    /// Rings formed on the way.
    rings: usize,
    /// Of this machine's processor, for all nodes and the network between them, s.
    processor: f64,
}

/// A line of the table: what is done, where, whatever runs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    fault: Fault,
    nodes: u32,
    how: How,
}

/// Everything else that may be varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct How {
    token: u32,
    token_coefficient: u32,
    latency: u32,
    loss: u32,
}

/// All runs of a line and a vintage.
#[derive(Debug)]
struct Cell {
    seconds: Option<Sample>,
    datagrams: Option<Sample>,
    bytes: Option<Sample>,
    /// A node's share of the processor's time, s.
    processor: Option<Sample>,
    /// Runs in which the ring did not come about in time.
    missed: usize,
}

type Cells = BTreeMap<(Line, Vintage), Cell>;

/// Measures and shows.
pub(crate) fn run(request: &Request) -> Outcome {
    html::try_open(request.json.iter().chain(&request.svg))?;
    let mut trials = trials(request);
    // The longest first, so that no core is left with one of them at the end.
    trials.sort_by_key(|trial| std::cmp::Reverse((trial.site.nodes, trial.site.vintage)));
    let measured = parallel::map(&trials, request.jobs, measure);
    let mut runs = measured.into_iter().collect::<Result<Vec<_>, _>>()?;
    runs.sort_by_key(|run| (run.fault, run.site, run.seed));
    let cells = cells(&runs);
    table::print(request, &cells)?;
    if let Some(path) = &request.json {
        let text = serde_json::to_string_pretty(&runs).map_err(Failure::new)?;
        html::write(path, &text)?;
    }
    if let Some(path) = &request.svg {
        html::write(path, &chart::svg(&picture::chart(request, &cells)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn trials(request: &Request) -> Vec<Trial> {
    let mut trials = Vec::new();
    for line in request.lines() {
        for &vintage in &request.vintages {
            let site = Site {
                vintage,
                nodes: line.nodes,
                token: line.how.token,
                token_coefficient: line.how.token_coefficient,
                loss: line.how.loss,
                latency: line.how.latency,
            };
            let fault = line.fault;
            trials.extend((0..request.seeds).map(|seed| Trial { site, fault, seed }));
        }
    }
    trials
}

fn measure(trial: &Trial) -> Result<Run, Failure> {
    let prepared = trial.prepare().map_err(Failure::new)?;
    let before = processor::used();
    let measured: Measured = prepared.run();
    let processor = processor::used().saturating_sub(before);
    let all = measured.traffic.all();
    Ok(Run {
        site: trial.site,
        fault: trial.fault,
        seed: trial.seed,
        seconds: measured.time.map(|time| time.as_secs_f64()),
        datagrams: all.datagrams,
        bytes: all.bytes,
        rings: measured.rings,
        processor: processor.as_secs_f64(),
    })
}

impl Request {
    /// In the order in which they are shown.
    fn lines(&self) -> Vec<Line> {
        let hows = self.hows();
        let of_fault = |&fault: &Fault| {
            let of_how = |&how: &How| {
                let line = move |&nodes: &u32| Line { fault, nodes, how };
                self.nodes.iter().map(line).collect::<Vec<_>>()
            };
            hows.iter().flat_map(of_how).collect::<Vec<_>>()
        };
        self.faults.iter().flat_map(of_fault).collect()
    }

    fn hows(&self) -> Vec<How> {
        let mut hows = Vec::new();
        for &token in &self.token {
            for &token_coefficient in &self.token_coefficient {
                for &latency in &self.latency {
                    hows.extend(self.loss.iter().map(|&loss| How {
                        token,
                        token_coefficient,
                        latency,
                        loss,
                    }));
                }
            }
        }
        hows
    }

    /// What differs between the lines: its name, and how it stands there.
    fn varied(&self, how: How) -> Vec<(&'static str, String)> {
        let all = [
            (self.token.len(), "token", format!("{} ms", how.token)),
            (
                self.token_coefficient.len(),
                "coefficient",
                format!("{} ms", how.token_coefficient),
            ),
            (self.latency.len(), "latency", format!("{} µs", how.latency)),
            (
                self.loss.len(),
                "loss",
                format!("{} %", f64::from(how.loss) / 10.0),
            ),
        ];
        all.into_iter()
            .filter(|(count, _, _)| *count > 1)
            .map(|(_, name, value)| (name, value))
            .collect()
    }
}

fn cells(runs: &[Run]) -> Cells {
    let mut of_cells: BTreeMap<_, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        let how = How {
            token: run.site.token,
            token_coefficient: run.site.token_coefficient,
            latency: run.site.latency,
            loss: run.site.loss,
        };
        let line = Line {
            fault: run.fault,
            nodes: run.site.nodes,
            how,
        };
        of_cells
            .entry((line, run.site.vintage))
            .or_default()
            .push(run);
    }
    let cell = |runs: Vec<&Run>| {
        let there = || runs.iter().filter(|run| run.seconds.is_some());
        Cell {
            seconds: Sample::of(there().filter_map(|run| run.seconds)),
            datagrams: Sample::of(there().map(|run| sample::float(run.datagrams))),
            bytes: Sample::of(there().map(|run| sample::float(run.bytes))),
            processor: Sample::of(there().map(|run| run.processor / f64::from(run.site.nodes))),
            missed: runs.len() - there().count(),
        }
    };
    of_cells
        .into_iter()
        .map(|(key, runs)| (key, cell(runs)))
        .collect()
}
