//! `ringwright demo`.

use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use crate::demo;

/// Watch three nodes form a ring, lose one and take it back: no root, no files, a few seconds
///
/// Real UDP on loopback addresses, in one process, with the configuration of a report whose third node sometimes stayed
/// alone. Runs side by side do not meet.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright demo
  NO_COLOR=1 ringwright demo")]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run() -> Outcome {
        demo::run(&mut anstream::stdout().lock())?;
        Ok(ExitCode::SUCCESS)
    }
}
