//! What was measured, on a terminal and as a picture.

use std::io::Write;

use super::{Request, Ring, Run};
use crate::bench::sample::{Sample, float};
use crate::bench::table::{self, Table};
use crate::chart::{Chart, Measure, Panel, Point, Spacing};
use crate::failure::Failure;

/// Messages a second.
fn rates(runs: &[Run], ring: Ring, size: usize) -> Option<Sample> {
    let is_it = |run: &&Run| (run.ring, run.size) == (ring, size);
    Sample::of(runs.iter().filter(is_it).map(Run::rate))
}

/// How many times corosync's rate, repeat by repeat.
fn ratios(runs: &[Run], ring: Ring, size: usize) -> Option<Sample> {
    let of = |ring: Ring| {
        let is_it = move |run: &&Run| (run.ring, run.size) == (ring, size);
        runs.iter().filter(is_it)
    };
    let pairs = of(ring).zip(of(Ring::Corosync));
    Sample::of(pairs.map(|(ours, theirs)| ours.rate() / theirs.rate()))
}

pub(super) fn print(request: &Request, rings: &[Ring], runs: &[Run]) -> Result<(), Failure> {
    let mut head = vec!["bytes".to_owned()];
    for ring in rings {
        head.extend([format!("{ring}, msg/s"), "MB/s".into()]);
        if *ring != Ring::Corosync && rings.contains(&Ring::Corosync) {
            head.extend(["ratio".to_owned(), "least … most".into()]);
        }
    }
    let mut table = Table::new(0, head);
    for &size in &request.sizes {
        let mut row = vec![size.to_string()];
        for &ring in rings {
            let rate = rates(runs, ring, size).map(|rates| rates.median());
            let rate = rate.unwrap_or_default();
            row.push(format!("{rate:.0}"));
            row.push(table::digits(rate * float(size as u64) / 1e6));
            if ring != Ring::Corosync && rings.contains(&Ring::Corosync) {
                row.extend(ratios(runs, ring, size).map_or(
                    [String::new(), String::new()],
                    |ratios| {
                        let (least, most) = (ratios.least(), ratios.most());
                        let spread = format!("{} … {}", table::digits(least), table::digits(most));
                        [table::digits(ratios.median()), spread]
                    },
                ));
            }
        }
        table.row(row);
    }
    let mut out = anstream::stdout().lock();
    table.print(&mut out)?;
    out.flush()?;
    Ok(())
}

pub(super) fn picture(request: &Request, rings: &[Ring], runs: &[Run]) -> Chart {
    let panel = |heading: &str, unit: f64, bytes: bool| {
        let points = |&ring: &Ring| {
            let point = |&size: &usize| {
                let rates = rates(runs, ring, size)?;
                let size = float(size as u64);
                let scale = if bytes { size / unit } else { 1.0 / unit };
                Some(Point {
                    x: size,
                    median: rates.median() * scale,
                    least: rates.least() * scale,
                    most: rates.most() * scale,
                })
            };
            request.sizes.iter().filter_map(point).collect()
        };
        Panel {
            heading: heading.into(),
            y: Measure {
                name: heading.into(),
                spacing: Spacing::Logarithmic,
                label: |value| table::short(value, ""),
                ticks: None,
            },
            points: rings.iter().map(points).collect(),
            formula: Vec::new(),
        }
    };
    Chart {
        title: "What one node of a ring sends".into(),
        subtitle: format!(
            "{} nodes in network namespaces of one machine; median, least and most of {} repeats of {} s in turn",
            request.nodes, request.repeats, request.seconds
        ),
        lines: rings.iter().map(Ring::to_string).collect(),
        formula: None,
        rows: vec![vec![
            panel("messages a second", 1.0, false),
            panel("MB a second", 1e6, true),
        ]],
        x: Measure {
            name: "payload, bytes".into(),
            spacing: Spacing::Logarithmic,
            label: |value| table::short(value, ""),
            ticks: Some(
                request
                    .sizes
                    .iter()
                    .map(|&size| float(size as u64))
                    .collect(),
            ),
        },
    }
}
