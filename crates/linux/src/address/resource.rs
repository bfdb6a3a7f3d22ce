//! The operations of `ocf:heartbeat:IPaddr2` on addresses that ringwright holds itself: the exit codes of the script for the
//! same parameters, wherever they make sense (`docs/RESOURCES.md` lists the others).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringwright::resource::{Action, Execution, ExitCode, Operation, Outcome, Renewal};
use tokio::time::Instant;

use super::error::AddressError;
use super::kernel::{self, PROTOCOL};
use super::lease::{AddressLease, blocking, remove_ours};
use super::place::Place;
use super::spec::{AddressSpec, SpecError};

/// What describes the agent, as the script's `meta-data`.
const META_DATA: &str = include_str!("IPaddr2.xml");

/// Holds floating addresses, each on its resource's lease.
#[derive(Debug, Default)]
pub struct AddressExecutor {
    leases: Mutex<BTreeMap<String, AddressLease>>,
}

impl AddressExecutor {
    fn leases(&self) -> MutexGuard<'_, BTreeMap<String, AddressLease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self, resource: &str) -> Option<AddressLease> {
        self.leases().get(resource).cloned()
    }

    /// Carries out one operation on an address; see [`ringwright_driver::Executor::execute`]. It takes no longer than the
    /// action's time-out.
    pub async fn execute(&self, action: &Action, until: Option<Instant>) -> Outcome {
        let spec = match AddressSpec::from_parameters(&action.parameters) {
            Ok(spec) => spec,
            Err(error) => return self.without_spec(action, &error).await,
        };
        let judged = [Operation::Start, Operation::ValidateAll].contains(&action.operation);
        if judged && is_on_several_nodes(action) {
            let reason = "clone-max is above 1: only one node may hold an address";
            return Outcome::done(ExitCode::NotConfigured).because(reason);
        }
        match action.operation {
            Operation::Start => self.start(action, spec, until).await,
            Operation::Stop => self.stop(&action.resource, spec).await,
            Operation::Monitor => self.monitor(action, spec).await,
            Operation::ValidateAll => validate(spec).await,
            Operation::MetaData => meta_data(),
            _ => Outcome::done(ExitCode::Unimplemented),
        }
    }

    /// Renews the lease of one resource; see [`ringwright_driver::Executor::renew`].
    pub async fn renew(&self, resource: &str, until: Instant) -> Renewal {
        match self.lease(resource) {
            Some(lease) => lease.renew(until).await,
            None => Renewal::Lost,
        }
    }

    /// What is asked of parameters that describe no address.
    async fn without_spec(&self, action: &Action, error: &SpecError) -> Outcome {
        let judged = match action.operation {
            Operation::MetaData => return meta_data(),
            Operation::Start | Operation::ValidateAll => true,
            // To hold nothing is what a stop wants, even of what nobody could start.
            Operation::Stop => {
                return match self.forget(&action.resource).await {
                    Ok(()) => Outcome::done(ExitCode::Ok),
                    Err(error) => failure(&error),
                };
            }
            Operation::Monitor => error.always,
            _ => return Outcome::done(ExitCode::Unimplemented),
        };
        let code = match judged {
            true => ExitCode::NotConfigured,
            false if action.is_probe() => ExitCode::NotRunning,
            // What does not keep the script from looking.
            false if ["broadcast", "nic"].contains(&error.parameter) => ExitCode::NotRunning,
            false => ExitCode::Error,
        };
        Outcome::done(code).because(&error.to_string())
    }

    async fn start(&self, action: &Action, spec: AddressSpec, until: Option<Instant>) -> Outcome {
        let known = self.lease(&action.resource);
        let known = known.filter(|known| *known.spec() == spec && known.reopen(until));
        let lease = if let Some(known) = known {
            // What is held already stays, and gets its end anew.
            known
        } else {
            if let Err(error) = self.forget(&action.resource).await {
                return failure(&error);
            }
            AddressLease::new(spec, until)
        };
        self.leases().insert(action.resource.clone(), lease.clone());
        match lease.acquire(Instant::now() + action.timeout).await {
            Ok(()) => Outcome::done(ExitCode::Ok),
            Err(error) => {
                self.leases().remove(&action.resource);
                failure(&error)
            }
        }
    }

    async fn stop(&self, resource: &str, spec: AddressSpec) -> Outcome {
        let released = self.forget(resource).await;
        // What a process before this one has left.
        let removed = blocking(move || remove_ours(spec.ip).map_err(AddressError::from)).await;
        match released.and(removed) {
            Ok(()) => Outcome::done(ExitCode::Ok),
            Err(error) => failure(&error),
        }
    }

    /// Gives back what is held for a resource.
    async fn forget(&self, resource: &str) -> Result<(), AddressError> {
        let lease = self.leases().remove(resource);
        match lease {
            Some(lease) => Ok(lease.release().await?),
            None => Ok(()),
        }
    }

    async fn monitor(&self, action: &Action, spec: AddressSpec) -> Outcome {
        let refresh = spec.refresh;
        let known = self.lease(&action.resource);
        let sure = spec.prefix_len.is_some();
        let remembered = known.as_ref().is_some_and(AddressLease::is_held);
        match blocking(move || look(&spec, remembered)).await {
            Ok(outcome) => {
                if outcome.code == ExitCode::Ok
                    && let Some(lease) = known
                    && let Err(error) = lease.announce_again(refresh).await
                {
                    return failure(&error);
                }
                outcome
            }
            Err(AddressError::NoRoute(_) | AddressError::NoInterface(_)) if action.is_probe() => {
                Outcome::done(ExitCode::NotRunning)
            }
            // An interface that went with all its addresses.
            Err(AddressError::NoInterface(name)) if sure => {
                let reason = AddressError::NoInterface(name).to_string();
                Outcome::done(ExitCode::NotRunning).because(&reason)
            }
            Err(error @ AddressError::NoInterface(_)) => {
                Outcome::done(ExitCode::Error).because(&error.to_string())
            }
            Err(error) => failure(&error),
        }
    }
}

/// Whether the resource is a clone with more than one instance.
fn is_on_several_nodes(action: &Action) -> bool {
    let names = ["clone-max", "clone_max"];
    let mut values = names.iter().filter_map(|name| action.meta.get(*name));
    values.any(|value| value.parse::<u32>().is_ok_and(|max| max > 1))
}

/// Whether the address is here, by us. `remembered`: this process has added it, if anybody has.
fn look(spec: &AddressSpec, remembered: bool) -> Result<Outcome, AddressError> {
    let table = kernel::interfaces()?;
    let place = Place::find(spec, &table)?;
    let mut reason = String::new();
    for address in table.addresses.iter().filter(|a| a.ip == spec.ip) {
        let here = (address.link, address.prefix_len) == (place.link, place.prefix_len);
        let ours = address.protocol == PROTOCOL || remembered && address.protocol == 0;
        if here && ours && !address.duplicate {
            return Ok(Outcome::done(ExitCode::Ok));
        }
        if !ours {
            let link = table.links.get(&address.link);
            let link = link.map(|link| link.name.clone()).unwrap_or_default();
            reason = AddressError::Foreign { ip: spec.ip, link }.to_string();
        }
    }
    Ok(Outcome::done(ExitCode::NotRunning).because(&reason))
}

async fn validate(spec: AddressSpec) -> Outcome {
    let place = blocking(move || Place::find(&spec, &kernel::interfaces()?)).await;
    match place {
        Ok(_) => Outcome::done(ExitCode::Ok),
        Err(error) => failure(&error),
    }
}

fn meta_data() -> Outcome {
    Outcome {
        output: META_DATA.to_owned(),
        ..Outcome::done(ExitCode::Ok)
    }
}

/// An error as an outcome. An interface that is missing is no matter of this host alone for the script, nor for us.
fn failure(error: &AddressError) -> Outcome {
    let reason = error.to_string();
    let code = match error {
        AddressError::Spec(_) | AddressError::NoInterface(_) => ExitCode::NotConfigured,
        AddressError::NotPermitted(_) => ExitCode::InsufficientPrivileges,
        AddressError::TooLate => {
            return Outcome::failed(Execution::Cancelled, ExitCode::Error, &reason);
        }
        AddressError::Tentative { .. } | AddressError::TimedOut(_) => {
            return Outcome::failed(Execution::TimedOut, ExitCode::Error, &reason);
        }
        _ => ExitCode::Error,
    };
    Outcome::done(code).because(&reason)
}
