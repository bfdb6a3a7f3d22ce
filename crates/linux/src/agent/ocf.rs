//! OCF agents, as they are installed.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringwright::resource::{Action, Execution, ExitCode, Outcome};
use tokio::process::Command;
use tracing::{debug, warn};

use super::environment::{BadName, environment};
use super::outcome::outcome;
use super::paths::Paths;
use super::process::run;

/// Where the script of an action's agent is.
fn script(paths: &Paths, action: &Action) -> PathBuf {
    let folder = paths.ocf.join("resource.d");
    folder.join(&action.agent.provider).join(&action.agent.kind)
}

/// Runs an OCF agent for one action.
pub(crate) async fn execute(paths: &Paths, action: &Action) -> Outcome {
    let path = script(paths, action);
    if let Some(refused) = missing(&path) {
        return refused;
    }
    let variables = match environment(action, &paths.ocf) {
        Ok(variables) => variables,
        Err(BadName(name)) => {
            let reason = format!("'{name}' cannot be the name of a parameter");
            return Outcome::done(ExitCode::NotConfigured).because(&reason);
        }
    };
    make_scratch(&paths.scratch);
    let mut command = Command::new(&path);
    command.arg(action.operation.name());
    command.env_clear().envs(variables).current_dir("/");
    let finished = run(command, b"", action.timeout).await;
    for line in finished.stderr.lines() {
        debug!("{} {}: {line}", action.resource, action.operation);
    }
    outcome(finished, &path, action.timeout, ExitCode::from)
}

/// Why there is nothing to run at `path`.
pub(crate) fn missing(path: &Path) -> Option<Outcome> {
    let (execution, code, why) = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => (
            Execution::Error,
            ExitCode::InsufficientPrivileges,
            "may not be looked at",
        ),
        Err(_) => (
            Execution::NotInstalled,
            ExitCode::NotInstalled,
            "is not installed on this host",
        ),
        Ok(found) if !found.is_file() => (
            Execution::NotInstalled,
            ExitCode::NotInstalled,
            "is no agent: it is no file",
        ),
        Ok(found) if found.permissions().mode() & 0o111 == 0 => (
            Execution::Error,
            ExitCode::InsufficientPrivileges,
            "may not be executed: it has no execute permission",
        ),
        Ok(_) => return None,
    };
    let reason = format!("{} {why}", path.display());
    Some(Outcome::failed(execution, code, &reason))
}

/// Makes the folder that agents expect, with the mode that Debian's package gives it; systemd would have made it at boot.
fn make_scratch(path: &Path) {
    if path.exists() {
        return;
    }
    let made = DirBuilder::new().recursive(true).create(path);
    let made = made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o1755)));
    if let Err(error) = made {
        warn!(
            "{}, which agents need, cannot be made: {error}",
            path.display()
        );
    }
}
