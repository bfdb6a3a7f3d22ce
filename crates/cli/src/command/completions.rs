//! `ringwright completions`.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome};

/// Print a script that completes this command in a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright completions bash > /etc/bash_completion.d/ringwright
  ringwright completions zsh > ~/.zfunc/_ringwright")]
pub(crate) struct Completions {
    /// Which shell's
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "ringwright", &mut script);
        std::io::stdout().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}
