//! Who carries out what the node decides about resources.

use ringwright::resource::{Action, Execution, ExitCode, Fencing, Outcome, Renewal};
use tokio::time::Instant;

/// Carries out actions on resources: a kernel and its agents, a model of them, or the program that the node is part of.
///
/// The loop calls [`Executor::execute`] for different resources at the same time, for one resource one after another.
/// It drops the future of an action that nobody wants any more; what was begun must then come to an end by itself, within
/// the action's time-out.
pub trait Executor: Send + Sync + 'static {
    /// Carries out one action. Always answers, at the latest a little after `action.timeout`.
    ///
    /// `until` is `action.lease` on tokio's clock: what is started must be gone by then unless it is renewed, also when this
    /// process is stopped or killed. An executor that cannot promise that for the agent answers
    /// [`Execution::NotSupported`] when an end is given.
    fn execute(
        &self,
        action: &Action,
        until: Option<Instant>,
    ) -> impl Future<Output = Outcome> + Send;

    /// Lets a resource that was started with an end be held until a later one. A call that comes after `until` holds
    /// nothing longer, however late it is carried out.
    fn renew(&self, resource: &str, until: Instant) -> impl Future<Output = Renewal> + Send {
        let _ = (resource, until);
        std::future::ready(Renewal::Lost)
    }

    /// Asks a fence agent. Always answers, at the latest a little after `request.timeout`.
    fn fence(&self, request: &Fencing) -> impl Future<Output = Outcome> + Send {
        let reason = format!("nobody here runs the fence agent {}", request.agent);
        std::future::ready(Outcome::failed(
            Execution::NotSupported,
            ExitCode::NotInstalled,
            &reason,
        ))
    }
}

/// Of a node that runs no resources.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExecutor;

impl Executor for NoExecutor {
    async fn execute(&self, _: &Action, _: Option<Instant>) -> Outcome {
        Outcome::failed(
            Execution::NotInstalled,
            ExitCode::NotInstalled,
            "this node runs no resources",
        )
    }
}
