//! Fence agents, by their calling convention: `name=value` lines on standard input, one program run a request.

use std::collections::BTreeMap;

use ringwright::resource::{ExitCode, FenceOperation, Fencing, Outcome};
use tokio::process::Command;

use super::environment::PATH;
use super::ocf::missing;
use super::outcome::outcome;
use super::paths::Paths;
use super::process::run;

/// What a fence agent exits with for a target that is off.
const OFF: u8 = 2;

/// Asks a fence agent.
pub(crate) async fn fence(paths: &Paths, request: &Fencing) -> Outcome {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if request.agent.is_empty() || !request.agent.chars().all(plain) {
        let reason = format!("'{}' cannot be the name of a fence agent", request.agent);
        return Outcome::done(ExitCode::NotConfigured).because(&reason);
    }
    let path = paths.fence.join(&request.agent);
    if let Some(refused) = missing(&path) {
        return refused;
    }
    let input = match input(request) {
        Ok(input) => input,
        Err(name) => {
            let reason = format!("parameter '{name}' does not fit on a line name=value");
            return Outcome::done(ExitCode::NotConfigured).because(&reason);
        }
    };
    let mut command = Command::new(&path);
    command
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .current_dir("/");
    let finished = run(command, input.as_bytes(), request.timeout).await;
    let last = finished
        .stderr
        .trim()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned();
    let looks = request.operation == FenceOperation::Status;
    let asked = outcome(finished, &path, request.timeout, |status| match status {
        0 => ExitCode::Ok,
        OFF if looks => ExitCode::NotRunning,
        // A fence agent's statuses are not OCF's; which failure it is stands in what it says.
        _ => ExitCode::Error,
    });
    match asked.code {
        ExitCode::Error if asked.reason.is_empty() => asked.because(&last),
        _ => asked,
    }
}

/// What the agent reads; the name of the parameter that cannot be written.
fn input(request: &Fencing) -> Result<String, String> {
    let mut lines: BTreeMap<&str, &str> = BTreeMap::new();
    if let Some(target) = &request.target {
        lines.extend([
            ("nodename", target.as_str()),
            ("plug", target),
            ("port", target),
        ]);
    }
    let given = request.parameters.iter();
    lines.extend(given.map(|(name, value)| (name.as_str(), value.as_str())));
    // Two names of one thing: what is given says which.
    match ["plug", "port"].map(|name| request.parameters.contains_key(name)) {
        [true, false] => lines.remove("port"),
        [false, true] => lines.remove("plug"),
        _ => None,
    };
    lines.insert("action", request.operation.name());
    let mut input = String::new();
    for (name, value) in lines {
        if name.is_empty() || name.contains(['=', '\n', '\0']) || value.contains(['\n', '\0']) {
            return Err(name.to_owned());
        }
        input.extend([name, "=", value, "\n"]);
    }
    Ok(input)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(target: Option<&str>, parameters: &[(&str, &str)]) -> Fencing {
        let pairs = parameters.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Fencing {
            agent: "fence_x".into(),
            operation: FenceOperation::Off,
            target: target.map(str::to_owned),
            parameters: pairs.collect(),
            timeout: Duration::from_mins(1),
        }
    }

    #[test]
    fn an_agent_is_told_its_action_its_target_and_its_parameters() {
        let told = input(&request(Some("n2"), &[("ip", "10.0.0.9")])).unwrap();
        assert_eq!(
            told,
            "action=off\nip=10.0.0.9\nnodename=n2\nplug=n2\nport=n2\n"
        );
        let told = input(&request(Some("n2"), &[("port", "7")])).unwrap();
        assert_eq!(told, "action=off\nnodename=n2\nport=7\n");
        assert_eq!(input(&request(None, &[])).unwrap(), "action=off\n");
    }

    #[test]
    fn a_parameter_cannot_smuggle_in_another_one() {
        let refused = input(&request(None, &[("ip", "x\naction=on")]));
        assert_eq!(refused, Err("ip".to_owned()));
    }

    #[test]
    fn the_action_is_the_requests_own() {
        let told = input(&request(None, &[("action", "on")])).unwrap();
        assert_eq!(told, "action=off\n");
    }
}
