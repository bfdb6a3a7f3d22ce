//! What was measured, drawn over the number of nodes.

use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright_sims::Vintage;
use ringwright_sims::convergence::Fault;

use super::{Cell, Cells, How, Line, Request};
use crate::bench::sample::Sample;
use crate::bench::table;
use crate::chart::{self, Chart, Measure, Panel, Spacing};

/// Panels side by side at most.
const COLUMNS_MAX: usize = 4;

/// A measure: its name, a value as it stands at the axis, where it is, and what corosync's timers predict.
struct Shown {
    name: &'static str,
    label: fn(f64) -> String,
    of: fn(&Cell) -> Option<&Sample>,
    formula: fn(&Timing, u32) -> f64,
}

const TIME: Shown = Shown {
    name: "time to the new ring",
    label: |value| table::short(value, "s"),
    of: |cell| cell.seconds.as_ref(),
    formula: |timing, _| (timing.token + timing.consensus).as_secs_f64(),
};
const DATAGRAMS: Shown = Shown {
    name: "datagrams sent",
    label: |value| table::short(value, ""),
    of: |cell| cell.datagrams.as_ref(),
    // Each of those that are left tells all others but itself, again and again until consensus expires.
    formula: |timing, nodes| {
        let joins = timing.consensus.as_secs_f64() / timing.join.as_secs_f64();
        f64::from(nodes - 1).powi(2) * joins
    },
};
const PROCESSOR: Shown = Shown {
    name: "processor time of a node",
    label: |value| table::short(value, "s"),
    of: |cell| cell.processor.as_ref(),
    formula: |_, _| f64::NAN,
};

pub(super) fn chart(request: &Request, cells: &Cells) -> Chart {
    let lines = lines(request);
    // In rows of their own as long as all faults stand in one.
    let measures = if request.faults.len() <= COLUMNS_MAX {
        vec![TIME, DATAGRAMS, PROCESSOR]
    } else {
        vec![TIME, DATAGRAMS]
    };
    let rows = measures.iter().flat_map(|shown| {
        let panel = |&fault: &Fault| panel(request, cells, shown, fault);
        chart::rows(request.faults.iter().map(panel), COLUMNS_MAX)
    });
    let rows: Vec<Vec<Panel>> = rows.collect();
    let has_formula = rows.iter().flatten().any(|panel| !panel.formula.is_empty());
    Chart {
        title: "From a fault to the new ring".into(),
        subtitle: subtitle(request),
        lines: lines.iter().map(|line| name(request, *line)).collect(),
        formula: has_formula.then(|| "token + consensus, (n − 1)² · consensus / join".to_owned()),
        rows,
        x: Measure {
            name: "nodes".into(),
            spacing: Spacing::Logarithmic,
            label: |value| format!("{value:.0}"),
            ticks: Some(request.nodes.iter().map(|&n| f64::from(n)).collect()),
        },
    }
}

fn subtitle(request: &Request) -> String {
    let list = |values: &[u32], unit: &str| {
        let values = values.iter().map(u32::to_string);
        format!("{} {unit}", values.collect::<Vec<_>>().join(", "))
    };
    let loss = request.loss.iter().map(|&loss| f64::from(loss) / 10.0);
    let loss = loss.map(|loss| loss.to_string()).collect::<Vec<_>>();
    format!(
        "median, least and most of {} runs in virtual time; token {} + {} a node beyond two, latency {}, loss {} %",
        request.seeds,
        list(&request.token, "ms"),
        list(&request.token_coefficient, "ms"),
        list(&request.latency, "µs"),
        loss.join(", "),
    )
}

fn lines(request: &Request) -> Vec<(Vintage, How)> {
    let of_vintage = |&vintage: &Vintage| {
        let hows = request.hows().into_iter();
        hows.map(move |how| (vintage, how))
    };
    request.vintages.iter().flat_map(of_vintage).collect()
}

fn name(request: &Request, (vintage, how): (Vintage, How)) -> String {
    let varied = request.varied(how).into_iter();
    let varied = varied.map(|(name, value)| format!(", {name} {value}"));
    let program = crate::bench::program(vintage);
    format!("{program}{}", varied.collect::<String>())
}

/// The keys of the timers, if all lines have the same and there is a corosync to go by them.
fn timing(request: &Request) -> Option<TimingKeys> {
    let (&[token], &[coefficient]) = (&request.token[..], &request.token_coefficient[..]) else {
        return None;
    };
    let newest = request.vintages.contains(&Vintage::Corosync3_1_7);
    newest.then(|| TimingKeys {
        token: Some(token),
        token_coefficient: Some(coefficient),
        ..TimingKeys::default()
    })
}

/// Faults after which somebody is silent, so that the timers have to expire.
fn is_silent(fault: Fault) -> bool {
    matches!(fault, Fault::Kill | Fault::Cut)
}

fn panel(request: &Request, cells: &Cells, shown: &Shown, fault: Fault) -> Panel {
    let points = |(vintage, how): (Vintage, How)| {
        let point = |&nodes: &u32| {
            let cell = cells.get(&(Line { fault, nodes, how }, vintage))?;
            let sample = (shown.of)(cell)?;
            Some(sample.point(f64::from(nodes)))
        };
        request.nodes.iter().filter_map(point).collect()
    };
    let keys = timing(request).filter(|_| is_silent(fault));
    let formula = |&nodes: &u32| {
        let timing = Timing::resolve(keys.as_ref()?, nodes as usize).ok()?;
        Some((f64::from(nodes), (shown.formula)(&timing, nodes)))
    };
    let formula = request.nodes.iter().filter_map(formula);
    Panel {
        heading: format!("{fault}: {}", shown.name),
        y: Measure {
            name: shown.name.into(),
            spacing: Spacing::Logarithmic,
            label: shown.label,
            ticks: None,
        },
        points: lines(request).into_iter().map(points).collect(),
        formula: formula.filter(|(_, value)| value.is_finite()).collect(),
    }
}
