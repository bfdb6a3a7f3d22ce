//! `ringwright members`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use crate::control::client::Control;
use crate::control::{Request, report};
use crate::text;

/// List every node that is or was a member of the ring
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright members
  ringwright members --json | jq -r '.[] | select(.joined).name'")]
pub(crate) struct Members {
    #[command(flatten)]
    control: Control,
    /// One JSON array
    #[arg(long)]
    json: bool,
}

impl Members {
    pub(crate) fn run(self) -> Outcome {
        let request = Request::Status { wait_members: None };
        let status: report::Status = self.control.ask(&request)?;
        let mut out = anstream::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::json!(status.members))?;
        } else {
            write!(out, "{}", text::members(&status.members))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
