//! What was measured, on a terminal and as a picture.

use std::io::Write;

use ringwright_sims::convergence::Fault;

use super::{FAULTS, Program, Request, Run};
use crate::bench::sample::Sample;
use crate::bench::table::{self, Table};
use crate::chart::{self, Chart, Measure, Panel, Spacing};
use crate::failure::Failure;

fn sample(runs: &[Run], program: Program, nodes: u32, fault: Fault) -> Option<Sample> {
    let is_it = |run: &&Run| (run.program, run.nodes, run.fault) == (program, nodes, fault);
    Sample::of(runs.iter().filter(is_it).filter_map(|run| run.seconds))
}

/// corosync's time for ours, repeat by repeat.
fn ratios(runs: &[Run], nodes: u32, fault: Fault) -> Option<Sample> {
    let of = |program: Program| {
        let is_it =
            move |run: &&Run| (run.program, run.nodes, run.fault) == (program, nodes, fault);
        runs.iter().filter(is_it)
    };
    // A fault that comes twice in a repeat comes in the same order for both.
    let pairs = of(Program::Ringwright).zip(of(Program::Corosync));
    Sample::of(pairs.filter_map(|(ours, theirs)| Some(theirs.seconds? / ours.seconds?)))
}

pub(super) fn print(request: &Request, programs: &[Program], runs: &[Run]) -> Result<(), Failure> {
    let mut head = vec!["fault".to_owned(), "nodes".into()];
    for program in programs {
        head.extend([program.to_string(), "least … most".into()]);
    }
    if programs.len() > 1 {
        head.extend(["times as long".to_owned(), "least … most".into()]);
    }
    let mut table = Table::new(1, head);
    for fault in FAULTS {
        for &nodes in &request.nodes {
            let mut row = vec![fault.to_string(), nodes.to_string()];
            for &program in programs {
                row.extend(shown(sample(runs, program, nodes, fault), table::seconds));
            }
            if programs.len() > 1 {
                row.extend(shown(ratios(runs, nodes, fault), table::digits));
            }
            table.row(row);
        }
    }
    let mut out = anstream::stdout().lock();
    table.print(&mut out)?;
    out.flush()?;
    Ok(())
}

fn shown(sample: Option<Sample>, as_text: fn(f64) -> String) -> [String; 2] {
    sample.map_or(["never".into(), String::new()], |sample| {
        let (least, most) = (as_text(sample.least()), as_text(sample.most()));
        [as_text(sample.median()), format!("{least} … {most}")]
    })
}

pub(super) fn picture(request: &Request, programs: &[Program], runs: &[Run]) -> Chart {
    let panel = |fault: Fault| {
        let points = |&program: &Program| {
            let point = |&nodes: &u32| {
                let sample = sample(runs, program, nodes, fault)?;
                Some(sample.point(f64::from(nodes)))
            };
            request.nodes.iter().filter_map(point).collect()
        };
        Panel {
            heading: format!("{fault}: time to the new ring"),
            y: Measure {
                name: "time".into(),
                spacing: Spacing::Logarithmic,
                label: |value| table::short(value, "s"),
                ticks: None,
            },
            points: programs.iter().map(points).collect(),
            formula: Vec::new(),
        }
    };
    Chart {
        title: "From a fault to the new ring, real daemons".into(),
        subtitle: format!(
            "median, least and most of {} repeats in turn, network namespaces of one machine; token {} ms + {} ms a node beyond two",
            request.repeats, request.token, request.token_coefficient
        ),
        lines: programs.iter().map(Program::to_string).collect(),
        formula: None,
        rows: chart::rows(FAULTS.into_iter().map(panel), 3),
        x: Measure {
            name: "nodes".into(),
            spacing: Spacing::Logarithmic,
            label: |value| format!("{value:.0}"),
            ticks: Some(
                request
                    .nodes
                    .iter()
                    .map(|&nodes| f64::from(nodes))
                    .collect(),
            ),
        },
    }
}
