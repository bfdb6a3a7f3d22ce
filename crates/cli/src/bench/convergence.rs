//! `ringwright bench convergence`: rings formed in virtual time.

use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use ringwright_sims::Vintage;
use ringwright_sims::convergence::{Fault, Measured, Site, Trial};
use serde::Serialize;

use super::parallel;
use super::sample::Sample;
use super::table::{self, Table};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::html;

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
}

/// A line of the table: what is done, where, whatever runs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    fault: Fault,
    nodes: u32,
    loss: u32,
    token: u32,
    token_coefficient: u32,
    latency: u32,
}

/// All runs of a line and a vintage.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) seconds: Option<Sample>,
    pub(super) datagrams: Option<Sample>,
    pub(super) bytes: Option<Sample>,
    /// Runs in which the ring did not come about in time.
    pub(super) missed: usize,
}

/// Measures and shows.
pub(crate) fn run(request: &Request) -> Outcome {
    html::try_open(request.json.iter())?;
    let mut trials = trials(request);
    // The longest first, so that no core is left with one of them at the end.
    trials.sort_by_key(|trial| std::cmp::Reverse((trial.site.nodes, trial.site.vintage)));
    let measured = parallel::map(&trials, request.jobs, Trial::run);
    let mut runs = Vec::new();
    for (trial, measured) in trials.iter().zip(measured) {
        runs.push(told(trial, measured.map_err(Failure::new)?));
    }
    runs.sort_by_key(|run| (run.fault, run.site, run.seed));
    print(request, &cells(&runs))?;
    if let Some(path) = &request.json {
        let text = serde_json::to_string_pretty(&runs).map_err(Failure::new)?;
        html::write(path, &text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn trials(request: &Request) -> Vec<Trial> {
    let mut trials = Vec::new();
    for line in lines(request) {
        for &vintage in &request.vintages {
            let site = Site {
                vintage,
                nodes: line.nodes,
                token: line.token,
                token_coefficient: line.token_coefficient,
                loss: line.loss,
                latency: line.latency,
            };
            let fault = line.fault;
            trials.extend((0..request.seeds).map(|seed| Trial { site, fault, seed }));
        }
    }
    trials
}

/// In the order in which they are shown.
fn lines(request: &Request) -> Vec<Line> {
    let mut lines = vec![];
    for &fault in &request.faults {
        for &token in &request.token {
            for &token_coefficient in &request.token_coefficient {
                for &latency in &request.latency {
                    for &loss in &request.loss {
                        lines.extend(request.nodes.iter().map(|&nodes| Line {
                            fault,
                            nodes,
                            loss,
                            token,
                            token_coefficient,
                            latency,
                        }));
                    }
                }
            }
        }
    }
    lines
}

fn told(trial: &Trial, measured: Measured) -> Run {
    let all = measured.traffic.all();
    Run {
        site: trial.site,
        fault: trial.fault,
        seed: trial.seed,
        seconds: measured.time.map(|time| time.as_secs_f64()),
        datagrams: all.datagrams,
        bytes: all.bytes,
        rings: measured.rings,
    }
}

fn cells(runs: &[Run]) -> BTreeMap<(Line, Vintage), Cell> {
    let mut of_cells: BTreeMap<_, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        let Site {
            vintage,
            nodes,
            token,
            token_coefficient,
            loss,
            latency,
        } = run.site;
        let line = Line {
            fault: run.fault,
            nodes,
            loss,
            token,
            token_coefficient,
            latency,
        };
        of_cells.entry((line, vintage)).or_default().push(run);
    }
    let cell = |runs: Vec<&Run>| {
        let there = || runs.iter().filter(|run| run.seconds.is_some());
        Cell {
            seconds: Sample::of(there().filter_map(|run| run.seconds)),
            datagrams: Sample::of(there().map(|run| float(run.datagrams))),
            bytes: Sample::of(there().map(|run| float(run.bytes))),
            missed: runs.len() - there().count(),
        }
    };
    of_cells
        .into_iter()
        .map(|(key, runs)| (key, cell(runs)))
        .collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "datagrams and bytes of a run are far below 2^52"
)]
fn float(number: u64) -> f64 {
    number as f64
}

fn print(request: &Request, cells: &BTreeMap<(Line, Vintage), Cell>) -> Result<(), Failure> {
    let varied = [
        ("Loss", request.loss.len() > 1),
        ("Token", request.token.len() > 1),
        ("Coefficient", request.token_coefficient.len() > 1),
        ("Latency", request.latency.len() > 1),
    ];
    let mut head = vec!["Fault".to_owned(), "Nodes".into()];
    let columns = varied.iter().filter(|(_, varied)| *varied);
    head.extend(columns.map(|(name, _)| (*name).to_owned()));
    for (index, vintage) in request.vintages.iter().enumerate() {
        head.extend([
            vintage.to_string(),
            "least … most".into(),
            "datagrams".into(),
            "bytes".into(),
        ]);
        if index > 0 {
            head.push("ratio".into());
        }
    }
    let mut table = Table::new(1, head);
    for line in lines(request) {
        let values = [
            format!("{} %", f64::from(line.loss) / 10.0),
            format!("{} ms", line.token),
            format!("{} ms", line.token_coefficient),
            format!("{} µs", line.latency),
        ];
        let mut row = vec![line.fault.to_string(), line.nodes.to_string()];
        let values = values.into_iter().zip(varied);
        row.extend(
            values
                .filter(|(_, (_, varied))| *varied)
                .map(|(value, _)| value),
        );
        let first = request
            .vintages
            .first()
            .and_then(|&vintage| cells.get(&(line, vintage)));
        for (index, &vintage) in request.vintages.iter().enumerate() {
            let cell = cells.get(&(line, vintage));
            row.extend(shown(cell));
            if index > 0 {
                row.push(ratio(cell, first));
            }
        }
        table.row(row);
    }
    let mut out = anstream::stdout().lock();
    table.print(&mut out)?;
    out.flush()?;
    Ok(())
}

fn shown(cell: Option<&Cell>) -> [String; 4] {
    let Some(cell) = cell else {
        return std::array::from_fn(|_| String::new());
    };
    let (Some(seconds), Some(datagrams), Some(bytes)) =
        (&cell.seconds, &cell.datagrams, &cell.bytes)
    else {
        let never = format!("never ({})", cell.missed);
        return [never, String::new(), String::new(), String::new()];
    };
    let mut spread = format!(
        "{} … {}",
        table::seconds(seconds.least()),
        table::seconds(seconds.most())
    );
    if cell.missed > 0 {
        spread = format!("{spread}, never {}", cell.missed);
    }
    [
        table::seconds(seconds.median()),
        spread,
        table::many(datagrams.median()),
        table::many(bytes.median()),
    ]
}

/// How many times as long as the first.
fn ratio(cell: Option<&Cell>, first: Option<&Cell>) -> String {
    let median = |cell: Option<&Cell>| Some(cell?.seconds.as_ref()?.median());
    match (median(cell), median(first)) {
        (Some(this), Some(first)) if first > 0.0 => table::digits(this / first),
        _ => String::new(),
    }
}
