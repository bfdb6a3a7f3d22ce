//! What a sweep, or a part of it, came to: counted, stored, shown.

use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use ringwright_sims::sweep::{Summary, Tally};
use ringwright_sims::timeline::{Micros, Outcome as Ends};
use serde::{Deserialize, Serialize};

use super::shard::Part as Shard;
use super::subject::Subject;
use super::{UNEXPECTED, UNUSABLE};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::html::{self, Page, Share};
use crate::story;

const BOLD: Style = Style::new().bold();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();

/// The form of the files; another one cannot be read.
pub(super) const FORMAT: u32 = 1;
/// Outcomes in the table, the most frequent; the file has all.
const ROWS_MAX: usize = 30;
/// Timelines on a page, of the most frequent outcomes.
const TIMELINES_MAX: usize = 12;
/// A file of a part is far smaller.
const BYTES_MAX: u64 = 64 << 20;

/// How results are shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    /// As JSON.
    pub(crate) json: bool,
    /// As JSON, to a file.
    pub(crate) out: Option<PathBuf>,
    /// As a page.
    pub(crate) html: Option<PathBuf>,
}

/// What was run, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// The version that ran it.
    pub(super) ringwright: String,
    /// What was run.
    pub(super) subject: Subject,
    /// The seeds of all parts together.
    pub(super) seeds: Range<u64>,
    /// When the outcomes are looked at; at the end if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) at: Option<Micros>,
    /// Which part this is.
    pub(super) shard: Shard,
    /// What came of it.
    pub(super) summary: Summary,
}

impl Part {
    /// Reads one that [`Form::out`] wrote.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let unusable = |why: &dyn std::fmt::Display| {
            Failure::with_status(UNUSABLE, format!("{}: {why}", path.display()))
        };
        let length = std::fs::metadata(path)
            .map_err(|error| unusable(&error))?
            .len();
        if length > BYTES_MAX {
            return Err(unusable(&"too large for the result of a sweep"));
        }
        let bytes = std::fs::read(path).map_err(|error| unusable(&error))?;
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|error| unusable(&format_args!("no result of a sweep: {error}")))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(FORMAT)) {
            return Err(unusable(&"no result of a sweep of this version"));
        }
        serde_json::from_value(value)
            .map_err(|error| unusable(&format_args!("no result of a sweep: {error}")))
    }

    /// Shows it in every form that was asked for; the status says whether all was as expected.
    pub(super) fn show(&self, form: &Form) -> Outcome {
        let json = serde_json::json!(self).to_string() + "\n";
        let mut out = anstream::stdout().lock();
        if form.json {
            out.write_all(json.as_bytes())?;
        } else {
            self.print(&mut out)?;
        }
        out.flush()?;
        if let Some(path) = &form.out {
            html::write(path, &json)?;
        }
        if let Some(path) = &form.html {
            self.page()?.write(path)?;
        }
        let failed = !self.summary.failures.is_empty();
        Ok(ExitCode::from(if failed { UNEXPECTED } else { 0 }))
    }

    /// The table of outcomes, the most frequent first, and what was not as expected.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Subject { name, .. } = &self.subject;
        writeln!(out, "{BOLD}{name}{BOLD:#}: {}", self.subject.sentence())?;
        let which = if self.shard == Shard::WHOLE {
            String::new()
        } else {
            format!(", part {} of {}", self.shard.index, self.shard.of)
        };
        let Range { start, end } = self.seeds;
        writeln!(
            out,
            "{}, seeds {start}..{end}{which}\n",
            self.subject.circumstances()
        )?;
        let outcomes = self.outcomes();
        let shown = &outcomes[..outcomes.len().min(ROWS_MAX)];
        let widths = shown
            .iter()
            .map(|(ends, _)| ends.to_string().chars().count());
        let width = widths.max().unwrap_or(0).max(self.column().len());
        writeln!(
            out,
            "{BOLD}{:<width$}  {:>9}  {:>8}  Seed{BOLD:#}",
            self.column(),
            "Count",
            "Share"
        )?;
        for (ends, tally) in shown {
            let style = if is_bad(ends) { BAD } else { Style::new() };
            let (count, share) = (tally.count, percent(tally.count, self.summary.runs));
            let ends = ends.to_string();
            writeln!(
                out,
                "{style}{ends:<width$}{style:#}  {count:>9}  {share:>8}  {}",
                tally.seed
            )?;
        }
        let rarer = &outcomes[shown.len()..];
        if !rarer.is_empty() {
            let runs: u64 = rarer.iter().map(|(_, tally)| tally.count).sum();
            writeln!(
                out,
                "and {} rarer outcomes of {runs} runs; --json has them all",
                rarer.len()
            )?;
        }
        let Summary { runs, failures, .. } = &self.summary;
        if failures.is_empty() {
            return writeln!(out, "\n{GOOD}{runs} runs, all as expected{GOOD:#}");
        }
        writeln!(out, "\n{runs} runs, {BAD}not all as expected{BAD:#}:")?;
        for (what, tally) in failures {
            let replay = self.subject.replay(tally.seed);
            writeln!(
                out,
                "{BAD}{:>9}{BAD:#}  {what}\n{:>9}  replay: {replay}",
                tally.count, ""
            )?;
        }
        Ok(())
    }

    /// What the outcomes are.
    fn column(&self) -> String {
        let at = self.at.map(|at| format!(" at {}", story::seconds(at)));
        format!("Outcome{}", at.unwrap_or_default())
    }

    /// The most frequent first.
    fn outcomes(&self) -> Vec<(&Ends, &Tally)> {
        let mut outcomes: Vec<_> = self.summary.outcomes.iter().collect();
        outcomes.sort_by_key(|(ends, tally)| (u64::MAX - tally.count, *ends));
        outcomes
    }

    /// The distribution, and a timeline of one seed for each of the most frequent outcomes.
    fn page(&self) -> Result<Page, Failure> {
        let Range { start, end } = self.seeds;
        let subject = &self.subject;
        let mut page = Page::new(&format!(
            "{} on {}, seeds {start} to {}",
            subject.name,
            story::vintage(subject.vintage),
            end - 1
        ));
        page.text(&format!("{}: {}.", subject.name, subject.sentence()));
        page.text(&format!(
            "{}; {} runs.",
            subject.circumstances(),
            self.summary.runs
        ));
        page.heading(&match self.at {
            Some(at) => format!("What the tools show at {}", story::seconds(at)),
            None => "How it ends".into(),
        });
        let outcomes = self.outcomes();
        let shares: Vec<Share> = outcomes
            .iter()
            .map(|(ends, tally)| Share {
                what: ends.to_string(),
                count: tally.count,
                note: format!("seed {}", tally.seed),
                is_bad: is_bad(ends),
            })
            .collect();
        page.shares(self.summary.runs, &shares);
        for (what, tally) in &self.summary.failures {
            page.warning(&format!(
                "{} of {} runs: {what}",
                tally.count, self.summary.runs
            ));
            page.code(&subject.replay(tally.seed));
        }
        page.heading("One of each");
        for (ends, tally) in outcomes.iter().take(TIMELINES_MAX) {
            let told = super::run::Told::of(subject, tally.seed)?;
            let share = percent(tally.count, self.summary.runs);
            page.timeline(
                &ends.to_string(),
                &format!(
                    "Seed {}, one of {} ({}).",
                    tally.seed,
                    tally.count,
                    share.trim()
                ),
                &told.run.timeline,
            );
            page.code(&subject.replay(tally.seed));
        }
        if outcomes.len() > TIMELINES_MAX {
            page.text(&format!(
                "And {} rarer outcomes.",
                outcomes.len() - TIMELINES_MAX
            ));
        }
        Ok(page)
    }
}

/// An end with more than one view that says that it is quorate.
fn is_bad(ends: &Ends) -> bool {
    ends.quorate_groups() > 1
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of runs are far below 2^52"
)]
fn percent(count: u64, all: u64) -> String {
    format!("{:.2} %", count as f64 * 100.0 / all.max(1) as f64)
}
