//! Recorded votequorum histories, played against ours.

mod record;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use ringwright_totem::quorum::scenario::{Cluster, Disagreement, Op, Order, Scenario, Step};

use crate::failure::Failure;
use record::Recorded;

/// What a file of histories amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    scenarios: usize,
    views: usize,
    agreeing: usize,
    /// Whether everything agrees, answers to calls and refused starts included.
    pub(crate) all_agree: bool,
}

/// Plays a file's histories, or the one of `seed` with its steps told, and prints every disagreement.
pub(crate) fn replay(
    path: &Path,
    seed: Option<u64>,
    out: &mut dyn Write,
) -> Result<Tally, Failure> {
    let mut tally = Tally {
        all_agree: true,
        ..Tally::default()
    };
    for recorded in read(path)? {
        let recorded = recorded?;
        if seed.is_none_or(|seed| seed == recorded.seed) {
            tally.play(&recorded, seed.is_some(), out)?;
        }
    }
    if let (Some(seed), 0) = (seed, tally.scenarios) {
        return Err(Failure::new(format!(
            "{}: no scenario has seed {seed}",
            path.display()
        )));
    }
    writeln!(
        out,
        "{} scenarios, {} views: {} agree",
        tally.scenarios, tally.views, tally.agreeing
    )?;
    Ok(tally)
}

/// The histories of a file; errors name it, and the line.
fn read(path: &Path) -> Result<impl Iterator<Item = Result<Recorded, Failure>>, Failure> {
    let name = path.display().to_string();
    let input: Box<dyn BufRead> = if name == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        let file = File::open(path).map_err(|e| Failure::new(format!("{name}: {e}")))?;
        Box::new(BufReader::new(file))
    };
    Ok(input.lines().enumerate().filter_map(move |(i, line)| {
        let at = |why: String| Failure::new(format!("{name}:{}: {why}", i + 1));
        match line {
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some(Recorded::parse(&line).map_err(at)),
            Err(error) => Some(Err(at(error.to_string()))),
        }
    }))
}

impl Tally {
    fn play(&mut self, recorded: &Recorded, narrate: bool, out: &mut dyn Write) -> io::Result<()> {
        let Recorded { seed, scenario } = recorded;
        let mut told = Vec::new();
        let found = scenario.replay(Order::default(), |number, step, cluster| {
            if narrate {
                told.extend(narrated(number, step, cluster));
            }
        });
        if narrate {
            writeln!(out, "seed {seed}: {}", described(scenario))?;
        }
        for line in told {
            writeln!(out, "{line}")?;
        }
        for disagreement in &found {
            writeln!(out, "{}", line(*seed, disagreement))?;
        }
        let wrong: BTreeSet<_> = found
            .iter()
            .filter_map(|d| Some((d.step, d.node?)))
            .collect();
        let views = scenario.view_count();
        self.scenarios += 1;
        self.views += views;
        self.agreeing += views - wrong.len();
        self.all_agree &= found.is_empty();
        Ok(())
    }
}

fn line(seed: u64, disagreement: &Disagreement) -> String {
    let Disagreement {
        step,
        node,
        field,
        expected,
        got,
    } = disagreement;
    let node = node.map_or_else(|| "-".into(), |node| node.to_string());
    format!("seed {seed} step {step} node {node} field {field}: expected {expected}, got {got}")
}

fn described(scenario: &Scenario) -> String {
    match scenario.startup_error_rule {
        Some(rule) => format!("no node starts, by rule {rule}"),
        None => format!(
            "{} nodes, {} steps",
            scenario.options.nodes.len(),
            scenario.steps.len()
        ),
    }
}

/// A step and what every running node shows after it.
fn narrated(number: usize, step: &Step, cluster: &Cluster) -> Vec<String> {
    let mut lines = vec![format!("step {number}: {}", verb(&step.op))];
    if let Some(result) = step.result {
        lines.push(format!("  recorded answer: {result}"));
    }
    let views = cluster.views();
    lines.extend(
        views
            .iter()
            .map(|(node, view)| format!("  node {node}: {view}")),
    );
    lines
}

fn verb(op: &Op) -> String {
    match op {
        Op::Up { node, partition } => format!("node {node} boots into partition {partition}"),
        Op::Down(node) => format!("node {node} crashes"),
        Op::Leave(node) => format!("node {node} leaves"),
        Op::Split { nodes, partition } => format!("nodes {nodes:?} become partition {partition}"),
        Op::Merge { into, from } => format!("partition {from} merges into {into}"),
        Op::Wait(time) => format!("{} ms pass", time.as_millis()),
        Op::DeviceOn { nodes, cast } => {
            let votes = if *cast { "votes" } else { "does not vote" };
            format!("the device polls on {nodes:?} and {votes}")
        }
        Op::DeviceDie(nodes) => format!("the device dies on {nodes:?}"),
        Op::DeviceOff(nodes) => format!("the device unregisters on {nodes:?}"),
        Op::MasterWins { nodes, allow } => {
            format!(
                "master wins on {nodes:?}: {}",
                if *allow { "on" } else { "off" }
            )
        }
        Op::SetExpected { node, value } => format!("node {node} sets expected votes to {value}"),
        Op::SetVotes {
            node,
            target,
            value,
        } => format!("node {node} gives node {target} {value} votes"),
    }
}
