//! Why a cluster splits: the question put together, and the answer shown.

mod ask;
mod compare;
mod json;
mod nodes;
mod page;
mod show;

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use ringwright_driver::journal;
use ringwright_sims::explain::{Answer, Question};
use ringwright_sims::{UnknownVintage, Vintage};

use crate::command::Outcome;
use crate::evidence::{self, Evidence};
use crate::failure::Failure;
use nodes::Nodes;

/// The exit status for what cannot be read or describes no cluster.
const UNUSABLE: u8 = 2;

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) symptom: Option<String>,
    pub(crate) steady: bool,
    pub(crate) vintages: Vintages,
    pub(crate) seeds: u64,
    /// Schedules with all remedies, at least.
    pub(crate) proof: u64,
    pub(crate) capture: Option<PathBuf>,
    pub(crate) journal: Option<PathBuf>,
    pub(crate) json: bool,
    pub(crate) html: Option<PathBuf>,
}

/// One version, or all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vintages {
    One(Vintage),
    All,
}

impl FromStr for Vintages {
    type Err = UnknownVintage;

    fn from_str(text: &str) -> Result<Self, UnknownVintage> {
        match text {
            "all" => Ok(Self::All),
            text => text.parse().map(Self::One),
        }
    }
}

/// A question with its answer and all that is told around it.
pub(super) struct Explained {
    question: Question,
    nodes: Nodes,
    answer: Answer,
    /// Rules of `check` that find something in the files: name, severity, summary.
    findings: Vec<(String, String, String)>,
    /// The files as they were given.
    files: Vec<String>,
}

/// Answers, and shows the answer.
pub(crate) fn run(asked: &Asked) -> Outcome {
    let (files, cluster) = ask::files(&asked.files)?;
    let evidence = match (&asked.capture, &asked.journal) {
        (Some(capture), _) => Some(evidence::of_capture(capture, &cluster)?),
        (None, Some(file)) => {
            let parts = journal::parts(file)
                .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
            Some(evidence::of_journal(&parts, &cluster)?)
        }
        (None, None) => None,
    };
    let mut explained = Vec::new();
    if !files.is_empty() {
        for vintage in asked.vintages.list() {
            explained.push(ask::ask(
                asked,
                &files,
                &cluster,
                vintage,
                evidence.as_ref(),
            )?);
        }
    }
    show(asked, &explained, evidence.as_ref())?;
    Ok(ExitCode::SUCCESS)
}

impl Vintages {
    fn list(self) -> Vec<Vintage> {
        match self {
            Self::One(vintage) => vec![vintage],
            Self::All => Vintage::ALL.to_vec(),
        }
    }
}

fn show(
    asked: &Asked,
    explained: &[Explained],
    evidence: Option<&Evidence>,
) -> Result<(), Failure> {
    if let (Some(path), false) = (&asked.html, explained.is_empty()) {
        page::write(path, explained)?;
    }
    let mut out = BufWriter::new(anstream::stdout().lock());
    if asked.json {
        writeln!(out, "{}", json::answers(explained, evidence))?;
    } else {
        if let Some(evidence) = evidence {
            evidence.write(&mut out)?;
            if !explained.is_empty() {
                writeln!(out)?;
            }
        }
        match explained {
            [] => {}
            [one] => show::answer(&mut out, one)?,
            several => compare::answers(&mut out, several)?,
        }
    }
    out.flush()?;
    Ok(())
}
