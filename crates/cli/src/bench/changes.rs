//! `ringwright bench changes`: how often a ring changes for nothing.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use ringwright_sims::Vintage;
use ringwright_sims::convergence::Site;
use ringwright_sims::stability::{Seen, Watch};
use serde::Serialize;

use super::parallel;
use super::sample::Sample;
use super::table::{self, Table};
use crate::chart::{self, Chart, Measure, Panel, Point, Spacing};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::html;

/// What to watch.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) nodes: Vec<u32>,
    pub(crate) vintages: Vec<Vintage>,
    /// Each in a run without pauses, of a thousand.
    pub(crate) loss: Vec<u32>,
    /// Each in a run without loss, percent of the token timeout.
    pub(crate) pause: Vec<u32>,
    /// ms.
    pub(crate) token: u32,
    /// ms.
    pub(crate) token_coefficient: u32,
    /// Of virtual time.
    pub(crate) seconds: u32,
    pub(crate) seeds: u64,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

/// What the ring has to bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burden {
    Loss(u32),
    Pause(u32),
}

/// One run, as it is written.
#[derive(Debug, Serialize)]
struct Run {
    #[serde(flatten)]
    watch: Watch,
    /// Absent if no first ring came about.
    seen: Option<Seen>,
}

/// Watches and shows.
pub(crate) fn run(request: &Request) -> Outcome {
    html::try_open(request.json.iter().chain(&request.svg))?;
    let watches = request.watches();
    let seen = parallel::map(&watches, request.jobs, Watch::run);
    let mut runs = Vec::new();
    for (&watch, seen) in watches.iter().zip(seen) {
        let seen = seen.map_err(Failure::new)?;
        runs.push(Run { watch, seen });
    }
    print(request, &runs)?;
    if let Some(path) = &request.json {
        let text = serde_json::to_string_pretty(&runs).map_err(Failure::new)?;
        html::write(path, &text)?;
    }
    if let Some(path) = &request.svg {
        html::write(path, &chart::svg(&picture(request, &runs)))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Burden {
    fn loss(self) -> u32 {
        match self {
            Self::Loss(loss) => loss,
            Self::Pause(_) => 0,
        }
    }

    fn pause(self) -> u32 {
        match self {
            Self::Loss(_) => 0,
            Self::Pause(pause) => pause,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Loss(loss) => format!("{} % lost", f64::from(loss) / 10.0),
            Self::Pause(pause) => format!("pauses of {} token", f64::from(pause) / 100.0),
        }
    }
}

impl Request {
    fn burdens(&self) -> Vec<Burden> {
        let loss = self.loss.iter().map(|&loss| Burden::Loss(loss));
        let pause = self.pause.iter().map(|&pause| Burden::Pause(pause));
        loss.chain(pause).collect()
    }

    fn watches(&self) -> Vec<Watch> {
        let mut watches = Vec::new();
        for &nodes in &self.nodes {
            for burden in self.burdens() {
                for &vintage in &self.vintages {
                    let site = Site {
                        vintage,
                        nodes,
                        token: self.token,
                        token_coefficient: self.token_coefficient,
                        loss: burden.loss(),
                        latency: 50,
                    };
                    watches.extend((0..self.seeds).map(|seed| Watch {
                        site,
                        pause: burden.pause(),
                        seconds: self.seconds,
                        seed,
                    }));
                }
            }
        }
        watches
    }
}

/// The runs of a line of the table and a vintage.
fn of(
    runs: &[Run],
    nodes: u32,
    burden: Burden,
    vintage: Vintage,
) -> impl Iterator<Item = &Seen> + Clone {
    let is_it = move |run: &&Run| {
        let Site {
            loss,
            vintage: v,
            nodes: n,
            ..
        } = run.watch.site;
        (n, v, loss, run.watch.pause) == (nodes, vintage, burden.loss(), burden.pause())
    };
    runs.iter()
        .filter(is_it)
        .filter_map(|run| run.seen.as_ref())
}

fn an_hour(request: &Request, count: u32) -> f64 {
    f64::from(count) * 3600.0 / f64::from(request.seconds)
}

fn print(request: &Request, runs: &[Run]) -> Result<(), Failure> {
    let mut head = vec!["ring bears".to_owned(), "nodes".into()];
    for vintage in &request.vintages {
        head.push(format!("{vintage}: changes/h"));
        head.extend(["most", "without any", "exclusions/h"].map(String::from));
    }
    let mut table = Table::new(1, head);
    for &nodes in &request.nodes {
        for burden in request.burdens() {
            let mut row = vec![burden.name(), nodes.to_string()];
            for &vintage in &request.vintages {
                row.extend(shown(request, of(runs, nodes, burden, vintage)));
            }
            table.row(row);
        }
    }
    let mut out = anstream::stdout().lock();
    table.print(&mut out)?;
    out.flush()?;
    Ok(())
}

fn shown<'a>(request: &Request, seen: impl Iterator<Item = &'a Seen> + Clone) -> Vec<String> {
    let count = seen.clone().count();
    let changes = Sample::of(seen.clone().map(|seen| an_hour(request, seen.changes)));
    let exclusions = Sample::of(seen.clone().map(|seen| an_hour(request, seen.exclusions)));
    let (Some(changes), Some(exclusions)) = (changes, exclusions) else {
        return vec![
            "no ring".into(),
            String::new(),
            String::new(),
            String::new(),
        ];
    };
    let quiet = seen.filter(|seen| seen.changes == 0).count();
    vec![
        table::rate(changes.mean()),
        table::rate(changes.most()),
        format!("{quiet} of {count}"),
        table::rate(exclusions.mean()),
    ]
}

/// A panel for each number of nodes: changes over loss.
fn picture(request: &Request, runs: &[Run]) -> Chart {
    let panel = |&nodes: &u32| {
        let points = |&vintage: &Vintage| {
            let point = |&loss: &u32| {
                let seen = of(runs, nodes, Burden::Loss(loss), vintage);
                let sample = Sample::of(seen.map(|seen| an_hour(request, seen.changes)))?;
                Some(Point {
                    median: sample.mean(),
                    ..sample.point(f64::from(loss) / 10.0)
                })
            };
            request.loss.iter().filter_map(point).collect()
        };
        Panel {
            heading: format!("{nodes} nodes: ring changes an hour"),
            y: Measure {
                name: "changes".into(),
                spacing: Spacing::Linear,
                label: |value| table::short(value, ""),
                ticks: None,
            },
            points: request.vintages.iter().map(points).collect(),
            formula: Vec::new(),
        }
    };
    Chart {
        title: "Rings that change although nobody is gone".into(),
        subtitle: format!(
            "mean, least and most of {} runs of {} s of virtual time; token {} ms + {} ms a node beyond two",
            request.seeds, request.seconds, request.token, request.token_coefficient
        ),
        lines: request
            .vintages
            .iter()
            .map(|&vintage| super::program(vintage))
            .collect(),
        formula: None,
        rows: chart::rows(request.nodes.iter().map(panel), 4),
        x: Measure {
            name: "datagrams lost, %".into(),
            spacing: Spacing::Linear,
            label: |value| value.to_string(),
            ticks: Some(
                request
                    .loss
                    .iter()
                    .map(|&loss| f64::from(loss) / 10.0)
                    .collect(),
            ),
        },
    }
}
