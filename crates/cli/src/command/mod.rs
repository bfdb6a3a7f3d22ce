//! The commands, one file each.

mod completions;
mod decode;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// How a command ends: with a status of its own, or early.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "ringwright",
    version,
    about = "A node of a Totem ring, byte for byte as corosync 3.1 speaks it",
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Decode(decode::Decode),
    Completions(completions::Completions),
}

impl Command {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Decode(command) => command.run(),
            Self::Completions(command) => command.run(),
        }
    }
}
