//! All resources of this host behind one [`Executor`].

use std::collections::BTreeMap;

use ringwright::resource::{
    Action, Agent, AttemptId, Execution, ExitCode, Fencing, Operation, Outcome, Renewal,
};
use ringwright_driver::Executor;
use tokio::time::Instant;

use crate::address::AddressExecutor;
use crate::agent::{self, MetaData, MetaDataError, Paths};

/// Who holds addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addresses {
    /// ringwright itself, by netlink, on leases if the node gives some.
    #[default]
    BuiltIn,
    /// The script `IPaddr2`, as for Pacemaker: no leases.
    Script,
}

/// Carries out actions by the kernel and by the agents that are installed.
#[derive(Debug, Default)]
pub struct LinuxExecutor {
    paths: Paths,
    addresses: Addresses,
    leases: AddressExecutor,
}

/// Why an agent's description cannot be had.
#[derive(Debug)]
pub enum DescribeError {
    /// The agent did not give it.
    Agent(Outcome),
    /// It gave something else.
    Xml(MetaDataError),
}

impl std::fmt::Display for DescribeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Agent(outcome) => write!(f, "the agent does not describe itself: {outcome}"),
            Self::Xml(error) => write!(f, "the agent's description cannot be read: {error}"),
        }
    }
}

impl std::error::Error for DescribeError {}

impl LinuxExecutor {
    /// An executor with agents in these places.
    #[must_use]
    pub fn new(paths: Paths, addresses: Addresses) -> Self {
        Self {
            paths,
            addresses,
            leases: AddressExecutor::default(),
        }
    }

    /// What an OCF agent says of itself.
    pub async fn describe(&self, agent: &Agent) -> Result<MetaData, DescribeError> {
        let action = Action {
            attempt: AttemptId::default(),
            resource: agent.kind.clone(),
            agent: agent.clone(),
            operation: Operation::MetaData,
            interval: std::time::Duration::ZERO,
            timeout: std::time::Duration::from_secs(20),
            parameters: BTreeMap::new(),
            meta: BTreeMap::new(),
            lease: None,
        };
        let outcome = self.execute(&action, None).await;
        if (outcome.execution, outcome.code) != (Execution::Done, ExitCode::Ok) {
            return Err(DescribeError::Agent(outcome));
        }
        MetaData::parse(&outcome.output).map_err(DescribeError::Xml)
    }

    fn is_built_in(&self, agent: &Agent) -> bool {
        agent.is_address() && self.addresses == Addresses::BuiltIn
    }
}

impl Executor for LinuxExecutor {
    async fn execute(&self, action: &Action, until: Option<Instant>) -> Outcome {
        let start = Instant::now();
        if self.is_built_in(&action.agent) {
            let outcome = self.leases.execute(action, until).await;
            return Outcome {
                took: start.elapsed(),
                ..outcome
            };
        }
        if until.is_some() {
            let reason = format!("{} cannot be held on a lease", action.agent);
            let code = ExitCode::NotConfigured;
            return Outcome::failed(Execution::NotSupported, code, &reason);
        }
        agent::execute(&self.paths, action).await
    }

    async fn renew(&self, resource: &str, until: Instant) -> Renewal {
        self.leases.renew(resource, until).await
    }

    async fn fence(&self, request: &Fencing) -> Outcome {
        agent::fence(&self.paths, request).await
    }
}
