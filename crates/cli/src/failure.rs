//! Why a command ends early.

use std::fmt::{self, Display};
use std::io;
use std::process::ExitCode;

/// A message for standard error, and an exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// Exit status 1.
    pub(crate) fn new(message: impl Display) -> Self {
        Self::with_status(1, message)
    }

    pub(crate) fn with_status(status: u8, message: impl Display) -> Self {
        Self {
            status,
            message: message.to_string(),
        }
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }

    /// Says first what did not succeed.
    pub(crate) fn while_doing(self, what: &str) -> Self {
        Self {
            message: format!("{what}: {}", self.message),
            ..self
        }
    }

    /// Says it, unless nobody reads any more.
    pub(crate) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            anstream::eprintln!("ringwright: {}", self.message);
        }
        ExitCode::from(self.status)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A reader that closed our standard output (`| head`) has seen enough: a quiet success.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::with_status(0, ""),
            _ => Self::new(error),
        }
    }
}
