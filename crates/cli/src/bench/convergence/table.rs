//! What was measured, on a terminal.

use std::io::Write;

use super::{Cell, Cells, How, Request};
use crate::bench::table::{self, Table};
use crate::failure::Failure;

pub(super) fn print(request: &Request, cells: &Cells) -> Result<(), Failure> {
    let mut table = Table::new(1, head(request));
    for line in request.lines() {
        let mut row = vec![line.fault.to_string(), line.nodes.to_string()];
        row.extend(request.varied(line.how).into_iter().map(|(_, value)| value));
        let mut of_vintages = request
            .vintages
            .iter()
            .map(|&vintage| cells.get(&(line, vintage)));
        let first = of_vintages.clone().next().flatten();
        for (index, cell) in of_vintages.by_ref().enumerate() {
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

fn head(request: &Request) -> Vec<String> {
    let mut head = vec!["fault".to_owned(), "nodes".into()];
    let any = How {
        token: 0,
        token_coefficient: 0,
        latency: 0,
        loss: 0,
    };
    let varied = request.varied(any).into_iter();
    head.extend(varied.map(|(name, _)| name.to_owned()));
    for (index, vintage) in request.vintages.iter().enumerate() {
        head.push(vintage.to_string());
        head.extend(["least … most", "datagrams", "bytes", "CPU/node"].map(String::from));
        if index > 0 {
            head.push("ratio".into());
        }
    }
    head
}

fn shown(cell: Option<&Cell>) -> Vec<String> {
    let empty = || std::iter::repeat_n(String::new(), 4);
    let Some(cell) = cell else {
        return empty().chain([String::new()]).collect();
    };
    let samples = (&cell.seconds, &cell.datagrams, &cell.bytes, &cell.processor);
    let (Some(seconds), Some(datagrams), Some(bytes), Some(processor)) = samples else {
        let never = format!("never ({})", cell.missed);
        return [never].into_iter().chain(empty()).collect();
    };
    let mut spread = format!(
        "{} … {}",
        table::seconds(seconds.least()),
        table::seconds(seconds.most())
    );
    if cell.missed > 0 {
        spread = format!("{spread}, never {}", cell.missed);
    }
    vec![
        table::seconds(seconds.median()),
        spread,
        table::many(datagrams.median()),
        table::many(bytes.median()),
        table::seconds(processor.median()),
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
