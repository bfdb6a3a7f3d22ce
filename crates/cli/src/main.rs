//! The command `ringwright`: a node of a Totem ring, questions to it, and a reader of recorded rings.

mod bench;
mod chart;
mod check;
mod command;
mod control;
mod daemon;
mod decode;
mod demo;
mod edit;
mod evidence;
mod explain;
mod failure;
mod figure;
mod histories;
mod html;
mod journal;
mod near;
mod place;
mod sim;
mod story;
mod text;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = match command::Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // Where it goes is gone: nobody to tell.
            let _ = usage.print();
            // Not 2, which says of `quorum` that there is none.
            return ExitCode::from(u8::from(usage.use_stderr()));
        }
    };
    match cli.command.run() {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
