//! What to do with one resource.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use ringwright_totem::Instant;

use super::Agent;

/// The node's number of an attempt. An outcome that comes with another one is of an attempt given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct AttemptId(pub u64);

/// What an agent is asked for: OCF's actions. [`Operation::name`] is the word on the agent's command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum Operation {
    /// Make it run.
    Start,
    /// Make it stand still; of what stands still already too.
    Stop,
    /// Look how it is. With no interval, a probe: it may well not run here.
    Monitor,
    /// From unpromoted to promoted.
    Promote,
    /// From promoted to unpromoted.
    Demote,
    /// Be told what happens to the clone's other instances.
    Notify,
    /// Take changed parameters without a restart (OCF 1.0).
    Reload,
    /// Take changed agent parameters without a restart (OCF 1.1).
    ReloadAgent,
    /// Hand the running resource to another node: on the old one.
    MigrateTo,
    /// Take the running resource from another node: on the new one.
    MigrateFrom,
    /// Describe yourself, in XML.
    MetaData,
    /// Judge the parameters.
    ValidateAll,
}

impl Operation {
    const ALL: [Self; 12] = [
        Self::Start,
        Self::Stop,
        Self::Monitor,
        Self::Promote,
        Self::Demote,
        Self::Notify,
        Self::Reload,
        Self::ReloadAgent,
        Self::MigrateTo,
        Self::MigrateFrom,
        Self::MetaData,
        Self::ValidateAll,
    ];

    /// Its name on an OCF agent's command line and in an `op` of a CIB.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Monitor => "monitor",
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Notify => "notify",
            Self::Reload => "reload",
            Self::ReloadAgent => "reload-agent",
            Self::MigrateTo => "migrate_to",
            Self::MigrateFrom => "migrate_from",
            Self::MetaData => "meta-data",
            Self::ValidateAll => "validate-all",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No operation has this name. Nothing was made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOperation(pub String);

impl fmt::Display for UnknownOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no operation of a resource", self.0)
    }
}

impl core::error::Error for UnknownOperation {}

impl FromStr for Operation {
    type Err = UnknownOperation;

    fn from_str(name: &str) -> Result<Self, UnknownOperation> {
        let operation = Self::ALL.into_iter().find(|op| op.name() == name);
        operation.ok_or_else(|| UnknownOperation(name.to_string()))
    }
}

/// One thing to do with one resource, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Action {
    /// This attempt's number.
    pub attempt: AttemptId,
    /// The resource's id, of a clone with the instance: `ClusterIP`, `ping:0`.
    pub resource: String,
    /// Who does it.
    pub agent: Agent,
    /// What is to be done.
    pub operation: Operation,
    /// Of a recurring operation the time between two; zero of all others, which makes a monitor a probe.
    pub interval: Duration,
    /// The time after which it counts as failed and is ended; Pacemaker's default is 20 s.
    pub timeout: Duration,
    /// The resource's parameters by their names: `ip`, `cidr_netmask`.
    pub parameters: BTreeMap<String, String>,
    /// What the agent is told of its surroundings besides `interval`, `timeout` and `name`: meta-attributes of the resource
    /// and the operation by their names in the CIB (`clone-max`, `on_node`, `notify_type`).
    pub meta: BTreeMap<String, String>,
    /// Until when the resource may be held without further word, by the last evidence of a live quorate ring. Only of a
    /// start of an address ([`Agent::is_address`]); without, the address stays until it is stopped, as Pacemaker's.
    pub lease: Option<Instant>,
}

impl Action {
    /// Whether it only finds out if the resource runs here.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.operation == Operation::Monitor && self.interval.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_read_by_the_name_that_it_has() {
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(operation));
        }
        let refused = "restart".parse::<Operation>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "'restart' is no operation of a resource"
        );
    }
}
