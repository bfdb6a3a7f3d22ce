//! All scenarios.

use std::io::{self, Write};

use anstyle::Style;
use ringwright_sims::scenario::{self, Options, Scenario};
use ringwright_sims::{Step, Turmoil, Vintage, World};
use serde_json::json;

use super::name::RANDOM;
use crate::check::wrapped;

const BOLD: Style = Style::new().bold();
/// Of the sentences, characters.
const WIDTH: usize = 52;

/// A scenario of the list.
struct Row {
    name: &'static str,
    sentence: &'static str,
    vintages: Vec<Vintage>,
    /// On [`Step`].
    step: Vec<Vintage>,
    /// On [`Turmoil`].
    turmoil: Vec<Vintage>,
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = scenario::all().into_iter().map(row).collect();
    let ours = vec![Vintage::Ringwright];
    rows.push(Row {
        name: RANDOM,
        sentence: "faults and messages drawn from the seed for 2 to 7 nodes, then peace, in which all must come together",
        vintages: ours.clone(),
        step: ours,
        turmoil: Vec::new(),
    });
    rows
}

fn row(scenario: &'static Scenario) -> Row {
    let on =
        |supports: fn(&ringwright_sims::Settings, &ringwright_sims::script::Script) -> bool| {
            let vintages = scenario.vintages.iter().copied();
            let runs = |vintage: &Vintage| {
                let case = scenario.case(0, &Options::of(*vintage));
                supports(&case.settings, &case.script)
            };
            vintages.filter(runs).collect()
        };
    Row {
        name: scenario.name,
        sentence: scenario.sentence,
        vintages: scenario.vintages.to_vec(),
        step: on(|settings, script| Step::supports(settings, script).is_ok()),
        turmoil: on(|settings, script| Turmoil::supports(settings, script).is_ok()),
    }
}

/// One a line, as a table.
pub(crate) fn table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{BOLD}{:<20} {:<WIDTH$} {:<17} Engines{BOLD:#}",
        "Name", "What happens", "Vintages"
    )?;
    for row in rows() {
        let sentence = wrapped(row.sentence, WIDTH);
        let vintages = words(&row.vintages, &Vintage::ALL);
        let engines = engines(&row);
        let mut lines = sentence.lines();
        let first = lines.next().unwrap_or_default();
        let Row { name, .. } = row;
        writeln!(
            out,
            "{BOLD}{name:<20}{BOLD:#} {first:<WIDTH$} {vintages:<17} {engines}"
        )?;
        for line in lines {
            writeln!(out, "{:<20} {line}", "")?;
        }
    }
    let all = Vintage::ALL.map(Vintage::as_str).join(", ");
    writeln!(
        out,
        "\nThe vintages are corosync's and ringwright's own: {all}."
    )?;
    writeln!(
        out,
        "master1 to master3 are nodes 1 to 3; the report's corosync.conf names them primary, secondary, terciary."
    )
}

/// `all`, or which.
fn words(vintages: &[Vintage], all: &[Vintage]) -> String {
    if vintages == all {
        return "all".into();
    }
    let words: Vec<&str> = vintages.iter().map(|vintage| vintage.as_str()).collect();
    words.join(" ")
}

fn engines(row: &Row) -> String {
    let engines = [("step", &row.step), ("turmoil", &row.turmoil)];
    let told = engines
        .into_iter()
        .filter(|(_, vintages)| !vintages.is_empty());
    let told = told.map(|(engine, vintages)| {
        if *vintages == row.vintages {
            engine.to_owned()
        } else {
            format!("{engine} ({})", words(vintages, &Vintage::ALL))
        }
    });
    told.collect::<Vec<_>>().join(" ")
}

/// One object a line.
pub(crate) fn json(out: &mut dyn Write) -> io::Result<()> {
    for row in rows() {
        let Row {
            name,
            sentence,
            vintages,
            step,
            turmoil,
        } = row;
        let object = json!({
            "name": name, "sentence": sentence, "vintages": vintages,
            "engines": {"step": step, "turmoil": turmoil},
        });
        writeln!(out, "{object}")?;
    }
    Ok(())
}
