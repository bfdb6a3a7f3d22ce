//! What came of an action.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

/// The most bytes of an agent's output that an outcome carries; Debian's OCF agents print at most 13 KiB of
/// meta-data.
pub const OUTPUT_MAX: usize = 64 * 1024;

/// The most bytes of a reason.
pub const REASON_MAX: usize = 512;

/// What an agent exits with (OCF resource agent API 1.1, "Exit codes"; 190 and 191 are Pacemaker's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum ExitCode {
    /// 0: done, or it runs.
    Ok,
    /// 1: it failed, and may work elsewhere or later.
    Error,
    /// 2: a parameter makes no sense on this host.
    InvalidParameter,
    /// 3: the agent has no such action.
    Unimplemented,
    /// 4: the agent may not.
    InsufficientPrivileges,
    /// 5: the agent, or something that it needs, is not on this host.
    NotInstalled,
    /// 6: the parameters make no sense on any host.
    NotConfigured,
    /// 7: it stands still, in order.
    NotRunning,
    /// 8: it runs, promoted.
    RunningPromoted,
    /// 9: it is promoted, and failed.
    FailedPromoted,
    /// 190: it runs, and will fail.
    Degraded,
    /// 191: it runs promoted, and will fail.
    DegradedPromoted,
    /// Any other: a failure, as [`ExitCode::Error`].
    Other(u8),
}

impl From<u8> for ExitCode {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::Ok,
            1 => Self::Error,
            2 => Self::InvalidParameter,
            3 => Self::Unimplemented,
            4 => Self::InsufficientPrivileges,
            5 => Self::NotInstalled,
            6 => Self::NotConfigured,
            7 => Self::NotRunning,
            8 => Self::RunningPromoted,
            9 => Self::FailedPromoted,
            190 => Self::Degraded,
            191 => Self::DegradedPromoted,
            other => Self::Other(other),
        }
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        match code {
            ExitCode::Ok => 0,
            ExitCode::Error => 1,
            ExitCode::InvalidParameter => 2,
            ExitCode::Unimplemented => 3,
            ExitCode::InsufficientPrivileges => 4,
            ExitCode::NotInstalled => 5,
            ExitCode::NotConfigured => 6,
            ExitCode::NotRunning => 7,
            ExitCode::RunningPromoted => 8,
            ExitCode::FailedPromoted => 9,
            ExitCode::Degraded => 190,
            ExitCode::DegradedPromoted => 191,
            ExitCode::Other(other) => other,
        }
    }
}

impl fmt::Display for ExitCode {
    /// As Pacemaker's tools name it: `not running`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::InvalidParameter => "invalid parameter",
            Self::Unimplemented => "unimplemented feature",
            Self::InsufficientPrivileges => "insufficient privileges",
            Self::NotInstalled => "not installed",
            Self::NotConfigured => "not configured",
            Self::NotRunning => "not running",
            Self::RunningPromoted => "promoted",
            Self::FailedPromoted => "promoted (failed)",
            Self::Degraded => "OCF_DEGRADED",
            Self::DegradedPromoted => "OCF_DEGRADED_PROMOTED",
            Self::Other(code) => return write!(f, "unknown exit status {code}"),
        })
    }
}

/// How far it came, with the number that a CIB's `op-status` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Execution {
    /// 0: the agent ran to its end; the exit code is its own.
    Done,
    /// 1: nobody wanted it any more.
    Cancelled,
    /// 2: it took longer than its time-out, and was ended.
    TimedOut,
    /// 3: the agent's class has no such operation.
    NotSupported,
    /// 4: the agent was not run to its end, for a reason of this host or this time.
    Error,
    /// 5: it could not be run, and never can on this host.
    ErrorHard,
    /// 7: no such agent on this host.
    NotInstalled,
}

impl Execution {
    /// Its number in a CIB.
    #[must_use]
    pub fn op_status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Cancelled => 1,
            Self::TimedOut => 2,
            Self::NotSupported => 3,
            Self::Error => 4,
            Self::ErrorHard => 5,
            Self::NotInstalled => 7,
        }
    }
}

impl fmt::Display for Execution {
    /// As Pacemaker's tools name it: `Timed Out`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "complete",
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "Timed Out",
            Self::NotSupported => "NOT SUPPORTED",
            Self::Error => "Error",
            Self::ErrorHard => "Hard error",
            Self::NotInstalled => "Not installed",
        })
    }
}

/// What came of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Outcome {
    /// How far it came.
    pub execution: Execution,
    /// The agent's exit code, or what stands for it when no agent ran to its end.
    pub code: ExitCode,
    /// Why, in a line of at most [`REASON_MAX`] bytes; empty if nobody said.
    pub reason: String,
    /// What the agent printed to its standard output: the first [`OUTPUT_MAX`] bytes at most.
    pub output: String,
    /// How long it took.
    pub took: Duration,
}

impl Outcome {
    /// Something that ended with `code`, and nothing to say about it.
    #[must_use]
    pub fn done(code: ExitCode) -> Self {
        Self {
            execution: Execution::Done,
            code,
            reason: String::new(),
            output: String::new(),
            took: Duration::ZERO,
        }
    }

    /// Something that ended otherwise than by an agent's own word.
    #[must_use]
    pub fn failed(execution: Execution, code: ExitCode, reason: &str) -> Self {
        Self {
            execution,
            ..Self::done(code).because(reason)
        }
    }

    /// The same, for this reason; cut to [`REASON_MAX`] bytes and one line.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        let reason = reason.trim();
        let line = reason.lines().next().unwrap_or_default();
        self.reason = String::from(&line[..line.floor_char_boundary(REASON_MAX)]);
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.execution {
            Execution::Done => write!(f, "{}", self.code)?,
            other => write!(f, "{other} ({})", self.code)?,
        }
        if !self.reason.is_empty() {
            write!(f, ": {}", self.reason)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_exit_code_keeps_its_number() {
        for code in 0..=u8::MAX {
            assert_eq!(u8::from(ExitCode::from(code)), code);
        }
        assert_eq!(ExitCode::from(137).to_string(), "unknown exit status 137");
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let outcome = Outcome::failed(Execution::TimedOut, ExitCode::Error, "first\nsecond\n");
        assert_eq!(outcome.to_string(), "Timed Out (error): first");
        let long = "ä".repeat(REASON_MAX);
        let cut = Outcome::done(ExitCode::Error).because(&long).reason;
        assert_eq!(cut.len(), REASON_MAX);
        assert_eq!(
            Outcome::done(ExitCode::NotRunning).to_string(),
            "not running"
        );
    }
}
