//! Agents of all classes, run as the programs that they are.

mod environment;
mod fence;
mod lsb;
mod metadata;
mod ocf;
mod outcome;
mod paths;
mod process;
mod systemd;
mod validate;

pub use metadata::{ActionHint, MetaData, MetaDataError, Parameter, duration};
pub use paths::Paths;
pub use validate::{Misfit, Why};

use ringwright::resource::{Action, Class, Execution, ExitCode, Fencing, Outcome};

/// Runs an agent for one action; it takes a little more than the action's time-out at most.
pub(crate) async fn execute(paths: &Paths, action: &Action) -> Outcome {
    match action.agent.class {
        Class::Ocf => ocf::execute(paths, action).await,
        Class::Lsb => lsb::execute(paths, action).await,
        Class::Service if lsb::exists(paths, action) => lsb::execute(paths, action).await,
        Class::Systemd | Class::Service => systemd::execute(paths, action).await,
        Class::Stonith => Outcome::failed(
            Execution::NotSupported,
            ExitCode::Unimplemented,
            "a fence agent is asked to fence, not started",
        ),
    }
}

/// Asks a fence agent.
pub(crate) async fn fence(paths: &Paths, request: &Fencing) -> Outcome {
    fence::fence(paths, request).await
}
