//! Units of systemd, by `systemctl`.

use std::time::Duration;

use ringwright::resource::{Action, Execution, ExitCode, Operation, Outcome};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::environment::PATH;
use super::outcome::outcome;
use super::paths::Paths;
use super::process::{Finished, run};

/// The time between two looks at a unit that is on its way.
const PAUSE: Duration = Duration::from_millis(500);

/// What `systemctl` exits with for a unit that does not exist.
const NO_SUCH_UNIT: u8 = 5;

/// Carries out one action on a unit.
pub(crate) async fn execute(paths: &Paths, action: &Action) -> Outcome {
    let verb = match action.operation {
        Operation::Start => "start",
        Operation::Stop => "stop",
        Operation::Monitor => return monitor(paths, action).await,
        operation => return not_supported(operation, "a unit of systemd"),
    };
    if let Some(absent) = absent(paths) {
        return absent;
    }
    let finished = systemctl(paths, verb, action, action.timeout).await;
    let done = outcome(
        finished,
        &paths.systemctl,
        action.timeout,
        |status| match status {
            0 => ExitCode::Ok,
            // A unit that does not exist runs nowhere.
            NO_SUCH_UNIT if action.operation == Operation::Stop => ExitCode::Ok,
            NO_SUCH_UNIT => ExitCode::NotInstalled,
            _ => ExitCode::Error,
        },
    );
    match done.code {
        ExitCode::NotInstalled => {
            let reason = format!("this host has no unit {}", action.agent.kind);
            done.because(&reason)
        }
        _ => done,
    }
}

/// Why nothing can be asked of systemd here.
fn absent(paths: &Paths) -> Option<Outcome> {
    let runs = paths.systemd.exists();
    (!runs).then(|| {
        let reason = "systemd does not run on this host";
        Outcome::failed(Execution::NotInstalled, ExitCode::NotInstalled, reason)
    })
}

async fn monitor(paths: &Paths, action: &Action) -> Outcome {
    if let Some(absent) = absent(paths) {
        return absent;
    }
    let start = Instant::now();
    loop {
        let left = action.timeout.saturating_sub(start.elapsed());
        let finished = systemctl(paths, "is-active", action, left).await;
        let state = finished.stdout.trim().to_owned();
        let code = match state.as_str() {
            "active" | "reloading" | "refreshing" => ExitCode::Ok,
            // On its way: its end is what counts.
            "activating" | "deactivating" if left > PAUSE => {
                sleep(PAUSE).await;
                continue;
            }
            "inactive" | "failed" | "unknown" => ExitCode::NotRunning,
            _ => ExitCode::Error,
        };
        let looked = outcome(finished, &paths.systemctl, action.timeout, |_| code);
        let looked = Outcome {
            took: start.elapsed(),
            ..looked
        };
        return match looked.execution {
            Execution::Done if code != ExitCode::Ok => {
                looked.because(&format!("{} is {state}", action.agent.kind))
            }
            _ => looked,
        };
    }
}

async fn systemctl(paths: &Paths, verb: &str, action: &Action, limit: Duration) -> Finished {
    let unit = match action.agent.kind.as_str() {
        unit if unit.contains('.') => unit.to_owned(),
        service => format!("{service}.service"),
    };
    let mut command = Command::new(&paths.systemctl);
    command.args([verb, "--", &unit]);
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C");
    run(command, b"", limit).await
}

/// What a class of agents has no word for.
pub(crate) fn not_supported(operation: Operation, what: &str) -> Outcome {
    let reason = format!("{what} cannot {operation}");
    Outcome::failed(Execution::NotSupported, ExitCode::Unimplemented, &reason)
}
