//! Entries for people and for programs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::civil::Date;
use ringwright_driver::journal::Outcome;
use serde_json::{Value, json};

use super::entry::{Entry, Mood};

const GOOD: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const HEADING: Style = Style::new().bold();

/// A line an entry, under the day that it is of.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    day: Option<Date>,
}

impl Lines {
    pub(crate) fn write(&mut self, out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
        let local = entry.local();
        if self.day.replace(local.date()) != Some(local.date()) {
            writeln!(
                out,
                "{HEADING}{}{HEADING:#}",
                local.strftime("%a %Y-%m-%d %Z")
            )?;
        }
        let style = match entry.mood {
            Mood::Plain => Style::new(),
            Mood::Good => GOOD,
            Mood::Warning => WARNING,
            Mood::Bad => BAD,
        };
        writeln!(
            out,
            "{} {:>13.6}  {style}{}{style:#}",
            local.strftime("%H:%M:%S%.6f"),
            entry.at.as_secs_f64(),
            entry.text
        )
    }
}

/// One object.
pub(crate) fn json(entry: &Entry) -> Value {
    let mut object = json!({
        "time": entry.local().timestamp().to_string(),
        "at": entry.at.as_secs_f64(),
        "kind": entry.kind,
        "text": entry.text,
    });
    if let Some(object) = object.as_object_mut() {
        object.extend(entry.values.clone());
    }
    object
}

/// What a replay amounts to, after its entries.
pub(crate) fn outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let count =
        |n: u64, what: &str, plural: &str| format!("{n} {}", if n == 1 { what } else { plural });
    writeln!(
        out,
        "\nReplayed    {}, {}: {} inputs, {} outputs",
        count(outcome.parts, "part", "parts"),
        count(outcome.lives, "life of the node", "lives of the node"),
        outcome.inputs,
        outcome.outputs
    )?;
    if outcome.missed > 0 {
        writeln!(
            out,
            "Missing     {WARNING}{} inputs were not recorded: the disk was too slow{WARNING:#}",
            outcome.missed
        )?;
    }
    for (file, torn) in &outcome.torn {
        writeln!(
            out,
            "Cut off     {} at byte {}, {} bytes",
            file.display(),
            torn.offset,
            torn.len
        )?;
    }
    let places = count(outcome.agreed, "place", "places");
    if outcome.is_exact() && outcome.agreed > 0 {
        writeln!(
            out,
            "Agrees      {GOOD}as recorded at all of {places}, digest {}{GOOD:#}",
            outcome.digest
        )?;
    } else if outcome.agreed == 0 && outcome.differences.is_empty() {
        writeln!(
            out,
            "Agrees      {WARNING}nothing to compare with: there is no mark in what could be read{WARNING:#}"
        )?;
    } else {
        writeln!(out, "Agrees      at {places}")?;
    }
    for difference in &outcome.differences {
        writeln!(out, "Differs     {BAD}{difference}{BAD:#}")?;
    }
    for damage in &outcome.damaged {
        writeln!(out, "Damaged     {BAD}{damage}{BAD:#}")?;
    }
    Ok(())
}

/// The same as one object.
pub(crate) fn outcome_json(outcome: &Outcome) -> Value {
    let differences: Vec<_> = outcome
        .differences
        .iter()
        .map(ToString::to_string)
        .collect();
    let damaged: Vec<_> = outcome.damaged.iter().map(ToString::to_string).collect();
    let torn: Vec<_> = outcome
        .torn
        .iter()
        .map(|(file, torn)| json!({"file": file.display().to_string(), "offset": torn.offset, "bytes": torn.len}))
        .collect();
    json!({"summary": {
        "parts": outcome.parts,
        "lives": outcome.lives,
        "inputs": outcome.inputs,
        "missed": outcome.missed,
        "outputs": outcome.outputs,
        "agreed": outcome.agreed,
        "digest": outcome.digest.to_string(),
        "torn": torn,
        "differences": differences,
        "damaged": damaged,
    }})
}
