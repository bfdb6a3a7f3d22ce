//! The command `ringwright`: a node of a Totem ring, questions to it, and a reader of recorded rings.

mod check;
mod command;
mod control;
mod daemon;
mod decode;
mod demo;
mod failure;
mod replay;
mod text;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = command::Cli::parse();
    match cli.command.run() {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
