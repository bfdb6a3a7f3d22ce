//! Init scripts, by the Linux Standard Base.

use ringwright::resource::{Action, ExitCode, Operation, Outcome};
use tokio::process::Command;

use super::environment::PATH;
use super::ocf::missing;
use super::outcome::outcome;
use super::paths::Paths;
use super::process::run;
use super::systemd::not_supported;

/// Whether this host has the init script of an action's agent.
pub(crate) fn exists(paths: &Paths, action: &Action) -> bool {
    paths.init.join(&action.agent.kind).is_file()
}

/// Carries out one action by an init script.
pub(crate) async fn execute(paths: &Paths, action: &Action) -> Outcome {
    let verb = match action.operation {
        Operation::Start => "start",
        Operation::Stop => "stop",
        Operation::Monitor => "status",
        operation => return not_supported(operation, "an init script"),
    };
    let path = paths.init.join(&action.agent.kind);
    if let Some(refused) = missing(&path) {
        return refused;
    }
    let mut command = Command::new(&path);
    command.arg(verb).current_dir("/");
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C");
    let finished = run(command, b"", action.timeout).await;
    let looks = action.operation == Operation::Monitor;
    outcome(finished, &path, action.timeout, |status| match status {
        // LSB core 5.0, section 22.2: 1 and 2 are dead with traces left, 3 is not running.
        1..=3 if looks => ExitCode::NotRunning,
        4.. if looks => ExitCode::Error,
        other => ExitCode::from(other),
    })
}
