//! From how a program ended to what came of an action.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use ringwright::resource::{Execution, ExitCode, Outcome};

use super::environment::REASON_PREFIX;
use super::process::{Ended, Finished};

/// What came of running the program at `path`; `code` says what its exit status stands for.
pub(crate) fn outcome(
    finished: Finished,
    path: &Path,
    limit: Duration,
    code: impl Fn(u8) -> ExitCode,
) -> Outcome {
    let outcome = match finished.ended {
        Ended::Exited(status) => Outcome::done(code(status)).because(reason(&finished.stderr)),
        Ended::Signalled(signal) => {
            let reason = format!("it was ended by signal {signal}");
            Outcome::failed(Execution::Error, ExitCode::Error, &reason)
        }
        Ended::TimedOut => {
            let reason = format!("it took longer than {limit:?} and was ended");
            Outcome::failed(Execution::TimedOut, ExitCode::Error, &reason)
        }
        Ended::NotStarted(error) => {
            let reason = format!("{}: {error}", path.display());
            let (execution, code) = match error.kind() {
                // Of a script also its interpreter.
                ErrorKind::NotFound | ErrorKind::NotADirectory => {
                    (Execution::NotInstalled, ExitCode::NotInstalled)
                }
                ErrorKind::PermissionDenied => (Execution::Error, ExitCode::InsufficientPrivileges),
                _ => (Execution::Error, ExitCode::Error),
            };
            Outcome::failed(execution, code, &reason)
        }
    };
    Outcome {
        output: finished.stdout,
        took: finished.took,
        ..outcome
    }
}

/// The last reason that an agent has given on its standard error.
fn reason(stderr: &str) -> &str {
    let reasons = stderr.rsplit_once(REASON_PREFIX);
    reasons.map(|(_, last)| last).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reason_counts_and_other_words_do_not() {
        let stderr = "noise\nocf-exit-reason:first\nocf-exit-reason:second one\nmore\n";
        let outcome = Outcome::done(ExitCode::Error).because(reason(stderr));
        assert_eq!(outcome.reason, "second one");
        assert_eq!(reason("noise\n"), "");
    }
}
