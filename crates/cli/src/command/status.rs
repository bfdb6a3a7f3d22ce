//! `ringwright status`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use crate::control::client::Control;
use crate::control::{Request, report};
use crate::text;

/// Show the node, its ring, and what it has dropped
///
/// Dropped: malformed (no frames), unlisted (frames of or naming nodes outside the nodelist), implausible (numbers that no
/// honest peer can send), rejected (addresses outside the nodelist), too long, undeliverable (of members, but unreadable).
/// Notices tell what was done with options that did not mean what was written, such as `two_node` in a cluster of three.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright status
  ringwright status --json | jq .dropped
  ringwright status --wait-members 3      as soon as a ring of three is synchronised")]
pub(crate) struct Status {
    #[command(flatten)]
    control: Control,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Answer as soon as the node is in a synchronised ring of so many members
    #[arg(long, value_name = "N")]
    wait_members: Option<usize>,
}

impl Status {
    pub(crate) fn run(self) -> Outcome {
        let wait_members = self.wait_members;
        let status: report::Status = self.control.ask(&Request::Status { wait_members })?;
        let mut out = anstream::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::json!(status))?;
        } else {
            write!(out, "{}", text::status(&status))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
