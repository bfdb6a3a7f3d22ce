//! One seed, told.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use ringwright_sims::scenario::Run;

use super::subject::Subject;
use super::{UNEXPECTED, text};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::html::{self, Page};
use crate::{figure, story};

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();

/// How the run is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// The timeline as JSON, instead of words.
    pub(crate) json: bool,
    /// Steps of the ring protocol, too.
    pub(crate) all: bool,
    /// A page.
    pub(crate) html: Option<PathBuf>,
    /// A picture.
    pub(crate) svg: Option<PathBuf>,
}

/// Runs a seed and shows it; the status says whether it was as expected.
pub(crate) fn run(subject: &Subject, seed: u64, shown: &Shown) -> Outcome {
    let told = Told::of(subject, seed)?;
    let mut out = anstream::stdout().lock();
    if shown.json {
        writeln!(out, "{}", serde_json::json!(told.run.timeline))?;
    } else {
        told.print(&mut out, shown.all)?;
    }
    if let Some(path) = &shown.html {
        told.page().write(path)?;
    }
    if let Some(path) = &shown.svg {
        html::write(path, &figure::alone(&told.title(), &told.run.timeline))?;
    }
    Ok(ExitCode::from(if told.is_as_expected() {
        0
    } else {
        UNEXPECTED
    }))
}

/// A run, with everything to tell of it.
pub(super) struct Told {
    subject: Subject,
    seed: u64,
    /// Each line of what was expected, and whether it was met.
    expected: Vec<(String, bool)>,
    parameters: String,
    pub(super) run: Run,
}

impl Told {
    pub(super) fn of(subject: &Subject, seed: u64) -> Result<Self, Failure> {
        let case = subject.case(seed)?;
        let run = subject.run(seed)?;
        let drawn = case.iter().flat_map(|case| &case.parameters);
        let drawn = drawn.map(|(name, time)| format!("{name} {:.3} s", time.as_secs_f64()));
        let parameters: Vec<String> = drawn.collect();
        let lines = case.iter().flat_map(|case| &case.expectations);
        let lines = lines.map(|wanted| {
            let is_met = wanted.check(&run.timeline).is_ok();
            (wanted.text.trim().to_owned(), is_met)
        });
        Ok(Self {
            expected: lines.collect(),
            parameters: parameters.join(", "),
            subject: subject.clone(),
            seed,
            run,
        })
    }

    fn is_as_expected(&self) -> bool {
        self.run.unmet.is_empty() && self.run.violation.is_none()
    }

    fn title(&self) -> String {
        let software = story::vintage(self.subject.vintage);
        format!("{} on {software}, seed {}", self.subject.name, self.seed)
    }

    /// Under which circumstances.
    fn circumstances(&self) -> String {
        let mut text = self.subject.circumstances();
        let _ = write!(text, ", seed {}", self.seed);
        if !self.parameters.is_empty() {
            let _ = write!(text, "; drawn: {}", self.parameters);
        }
        text
    }

    /// What was expected and how it came; one line each.
    fn verdicts(&self) -> Vec<(bool, String)> {
        let expected = self.expected.iter();
        let mut lines: Vec<(bool, String)> = expected
            .map(|(line, is_met)| {
                let unmet = self
                    .run
                    .unmet
                    .iter()
                    .find(|unmet| !is_met && unmet.starts_with(line.as_str()));
                (*is_met, unmet.unwrap_or(line).clone())
            })
            .collect();
        let broken = self.run.violation.iter();
        lines.extend(broken.map(|violation| (false, format!("property broken: {violation}"))));
        lines
    }

    fn print(&self, out: &mut dyn Write, all: bool) -> std::io::Result<()> {
        let timeline = &self.run.timeline;
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}: {}",
            self.subject.name,
            self.subject.sentence()
        )?;
        writeln!(out, "{}\n", self.circumstances())?;
        text::story(out, timeline, all)?;
        writeln!(out)?;
        text::ends(out, timeline)?;
        writeln!(out)?;
        text::lost(out, timeline)?;
        writeln!(out)?;
        for (is_met, line) in self.verdicts() {
            let (style, word) = if is_met {
                (GOOD, "as expected    ")
            } else {
                (BAD, "NOT as expected")
            };
            writeln!(out, "{style}{word}{style:#}  {line}")?;
        }
        if self.expected.is_empty() && self.run.violation.is_none() {
            writeln!(
                out,
                "No expectation, and every property that must always hold held."
            )?;
        }
        writeln!(out, "Digest  {}", self.run.digest)?;
        writeln!(out, "Replay  {}", self.subject.replay(self.seed))
    }

    fn page(&self) -> Page {
        let mut page = Page::new(&self.title());
        let sentence = self.subject.sentence();
        page.text(&format!("{}: {sentence}.", self.subject.name));
        page.text(&format!("{}.", self.circumstances()));
        page.timeline("", "", &self.run.timeline);
        page.heading("Expected");
        let verdicts = self.verdicts();
        for (_, line) in verdicts.iter().filter(|(is_met, _)| !is_met) {
            page.warning(&format!("not as expected: {line}"));
        }
        let met = verdicts.into_iter().filter(|(is_met, _)| *is_met);
        let met: Vec<Vec<String>> = met.map(|(_, line)| vec!["✓".into(), line]).collect();
        if !met.is_empty() {
            page.table(&["", "As expected"], &met);
        }
        if self.expected.is_empty() {
            page.text("Nothing in particular: every property that must always hold is checked.");
        }
        page.heading("See it again");
        page.code(&self.subject.replay(self.seed));
        page.text(&format!(
            "Digest {} over everything that happened in {}.",
            self.run.digest,
            story::seconds(self.run.timeline.until)
        ));
        page
    }
}
