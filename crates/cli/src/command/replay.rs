//! `ringwright replay`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ringwright_driver::journal;

use super::Outcome;
use crate::failure::Failure;
use crate::journal::{Detail, Lines, json, outcome, outcome_json, story};

/// Play a node's journal again and show what happened
///
/// Feeds what the node was told to the same core, at the same times, and compares what it does with what was recorded: a
/// digest of its outputs now and then, and its whole state where a part of the journal begins. Shown are rings, verdicts,
/// phases, what was dropped and what happened around the node, by the clock of its host and by its own time in seconds.
///
/// FILE stands for all parts of the journal, FILE.N included; FILE.N is that part alone. Parts that are deleted are not
/// shown; the oldest one left goes on from a snapshot.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit statuses:
  0  the replay did what was recorded; a last record that a crash cut off is told and ignored
  1  it did not, or the command line is wrong
  2  a file cannot be read, or is damaged

Examples:
  ringwright replay /var/lib/corosync/ringwright.journal
  ringwright replay -v node.journal.7                          one part, with groups and calls
  ringwright replay --json node.journal | jq -c 'select(.kind == \"ring\")'
  TZ=UTC ringwright replay node.journal")]
pub(crate) struct Replay {
    /// Journals, or single parts of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Groups, operators' calls and marks, too; twice: every datagram, deadline and message
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// One JSON object a line, the last one {"summary": …}
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(crate) fn run(self) -> Outcome {
        let mut files = Vec::new();
        for file in &self.files {
            let parts = journal::parts(file);
            files.extend(parts.map_err(|error| {
                Failure::with_status(2, format!("{}: {error}", file.display()))
            })?);
        }
        let detail = match self.verbose {
            0 => Detail::Rings,
            1 => Detail::Groups,
            _ => Detail::Inputs,
        };
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        let (mut lines, mut failed) = (Lines::default(), None);
        let played = story(&files, |entry| {
            if entry.detail > detail || failed.is_some() {
                return;
            }
            let written = if self.json {
                writeln!(out, "{}", json(&entry))
            } else {
                lines.write(&mut out, &entry)
            };
            failed = written.err();
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        if self.json {
            writeln!(out, "{}", outcome_json(&played))?;
        } else {
            outcome(&mut out, &played)?;
        }
        out.flush()?;
        Ok(ExitCode::from(match () {
            () if !played.damaged.is_empty() => 2,
            () if !played.differences.is_empty() => 1,
            () => 0,
        }))
    }
}
