//! `ringwright resource`.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ringwright::resource::{Agent, Class};
use ringwright_linux::LinuxExecutor;
use ringwright_linux::agent::MetaData;
use ringwright_placement::{Cib, Options, active};

use super::Outcome;
use crate::control::client::Control;
use crate::control::configuration::Configuration;
use crate::control::{Request, resources};
use crate::edit::create::{Create, create};
use crate::edit::resource::{self, Sent};
use crate::edit::{Edited, pairs, property};
use crate::failure::Failure;
use crate::text;

/// Create resources, and say where and whether they run: in the words of `pcs resource`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright resource create ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s
  ringwright resource list
  ringwright resource move ClusterIP secondary
  ringwright resource clear ClusterIP
  ringwright resource disable ClusterIP")]
pub(crate) struct Resource {
    #[command(subcommand)]
    what: What,
}

/// A resource, and a node or none.
#[derive(Debug, Args)]
struct Where {
    /// Its id
    resource: String,
    /// The node's name
    node: Option<String>,
    /// Its promoted instances only
    #[arg(long, visible_alias = "master")]
    promoted: bool,
    #[command(flatten)]
    configuration: Configuration,
}

#[derive(Debug, Args)]
struct Which {
    /// Their ids
    #[arg(value_name = "RESOURCE", required = true)]
    resources: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
}

#[derive(Debug, Args)]
struct Values {
    /// Its id
    resource: String,
    /// What to set; an empty value takes one away
    #[arg(value_name = "NAME=VALUE", required = true)]
    pairs: Vec<String>,
    #[command(flatten)]
    configuration: Configuration,
}

#[derive(Debug, Args)]
struct New {
    /// Its id
    id: String,
    /// Its agent, CLASS:PROVIDER:TYPE or CLASS:TYPE
    agent: String,
    /// NAME=VALUE..., op NAME NAME=VALUE..., meta NAME=VALUE..., clone|promotable [ID] NAME=VALUE..., group NAME
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Make it a member of this group, which is made if it is not there
    #[arg(long)]
    group: Option<String>,
    /// Before this member
    #[arg(
        long,
        value_name = "MEMBER",
        requires = "group",
        conflicts_with = "after"
    )]
    before: Option<String>,
    /// After this member
    #[arg(long, value_name = "MEMBER", requires = "group")]
    after: Option<String>,
    /// Do not run it yet
    #[arg(long)]
    disabled: bool,
    /// Only the operations that are named, and a monitor
    #[arg(long)]
    no_default_ops: bool,
    /// Although it does not fit the agent's description, or there is none
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    configuration: Configuration,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create one
    ///
    /// Its parameters are compared with the agent's description on this host, which also says what time its operations
    /// get unless `op` says it. Without a monitor it gets one.
    #[command(after_help = "\
Examples:
  ringwright resource create ClusterIP ocf:heartbeat:IPaddr2 ip=192.168.56.56 cidr_netmask=24 op monitor interval=30s
  ringwright resource create web systemd:nginx --group site --disabled
  ringwright resource create db ocf:pacemaker:Stateful promotable notify=true")]
    Create(Box<New>),
    /// Show all, and where they run
    #[command(
        visible_alias = "status",
        after_help = "Example:\n  ringwright resource list"
    )]
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        control: Control,
    },
    /// Let it run on a node, or elsewhere than now, until `clear`
    #[command(after_help = "\
Examples:
  ringwright resource move ClusterIP secondary
  ringwright resource move ClusterIP              anywhere but where it is")]
    Move(Where),
    /// Keep it from a node, or from where it is, until `clear`
    #[command(after_help = "Example:\n  ringwright resource ban ClusterIP primary")]
    Ban(Where),
    /// End what `move` and `ban` said
    #[command(after_help = "Example:\n  ringwright resource clear ClusterIP")]
    Clear(Where),
    /// Forget what was done and what failed, of one or of all, and look again
    #[command(
        visible_alias = "refresh",
        after_help = "Example:\n  ringwright resource cleanup ClusterIP"
    )]
    Cleanup {
        /// Its id
        resource: Option<String>,
        /// The node's name
        #[arg(long)]
        node: Option<String>,
        #[command(flatten)]
        configuration: Configuration,
    },
    /// Let them run again
    #[command(after_help = "Example:\n  ringwright resource enable ClusterIP")]
    Enable(Which),
    /// Stop them, wherever they run
    #[command(after_help = "Example:\n  ringwright resource disable ClusterIP")]
    Disable(Which),
    /// Take them away, with all constraints that name them; what runs is stopped
    #[command(
        visible_alias = "remove",
        after_help = "Example:\n  ringwright resource delete ClusterIP"
    )]
    Delete(Which),
    /// Set meta attributes of one
    #[command(
        after_help = "Example:\n  ringwright resource meta ClusterIP resource-stickiness=100"
    )]
    Meta(Values),
    /// Set parameters of one
    #[command(after_help = "Example:\n  ringwright resource update ClusterIP cidr_netmask=16")]
    Update(Values),
    /// Set meta attributes of all that do not say otherwise
    #[command(after_help = "Example:\n  ringwright resource defaults resource-stickiness=100")]
    Defaults {
        /// What to set, after an optional `update`; an empty value takes one away
        #[arg(value_name = "NAME=VALUE", required = true)]
        pairs: Vec<String>,
        #[command(flatten)]
        configuration: Configuration,
    },
}

impl Resource {
    pub(crate) fn run(self) -> Outcome {
        match self.what {
            What::Create(new) => new.run()?,
            What::List { json, control } => list(&control, json)?,
            What::Move(sent) => sent.send(resource::send)?,
            What::Ban(sent) => sent.send(resource::ban)?,
            What::Clear(sent) => sent.clear()?,
            What::Cleanup {
                resource,
                node,
                configuration,
            } => cleanup(&configuration, resource, node)?,
            What::Enable(which) => which.each(|cib, id| resource::set_disabled(cib, id, false))?,
            What::Disable(which) => which.each(|cib, id| resource::set_disabled(cib, id, true))?,
            What::Delete(which) => which.delete()?,
            What::Meta(values) => values.set(resource::set_meta)?,
            What::Update(values) => values.set(resource::update)?,
            What::Defaults {
                mut pairs,
                configuration,
            } => {
                if pairs.first().is_some_and(|word| word == "update") {
                    pairs.remove(0);
                }
                let pairs = pairs::pairs(&pairs)?;
                configuration.change(|cib| {
                    property::set_defaults(cib, &pairs);
                    Ok(())
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl New {
    fn run(self) -> Result<(), Failure> {
        let mut wanted = Create::read(&self.id, &self.agent, &self.words)?;
        if let Some(group) = &self.group {
            wanted.place(group)?;
        }
        if let Some(place) = &mut wanted.group {
            (place.before, place.after) = (self.before, self.after);
        }
        wanted.disabled = self.disabled;
        wanted.force = self.force;
        wanted.default_operations = !self.no_default_ops;
        let described = describe(&wanted.agent, self.force)?;
        self.configuration
            .change(|cib| create(cib, &wanted, described.as_ref()))
    }
}

/// What an OCF agent of this host says of itself; those of other classes say nothing.
fn describe(agent: &Agent, force: bool) -> Result<Option<MetaData>, Failure> {
    if agent.class != Class::Ocf {
        return Ok(None);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match runtime.block_on(LinuxExecutor::default().describe(agent)) {
        Ok(described) => Ok(Some(described)),
        Err(_) if force => Ok(None),
        Err(error) => Err(Failure::new(format!(
            "{agent}: {error}; --force adds the resource nevertheless"
        ))),
    }
}

impl Where {
    fn send(&self, edit: fn(&mut Cib, &Sent<'_>) -> Edited<String>) -> Result<(), Failure> {
        let told = self.configuration.change(|cib| {
            let homes = homes(cib, &self.resource);
            let sent = Sent {
                resource: &self.resource,
                node: self.node.as_deref(),
                promoted: self.promoted,
                homes: &homes,
            };
            edit(cib, &sent)
        })?;
        Ok(writeln!(anstream::stdout(), "{told}")?)
    }

    fn clear(&self) -> Result<(), Failure> {
        let node = self.node.as_deref();
        let gone = self
            .configuration
            .change(|cib| resource::clear(cib, &self.resource, node))?;
        tell_gone(&gone)
    }
}

/// Where a resource, or what is inside, runs.
fn homes(cib: &Cib, id: &str) -> Vec<String> {
    let found = active(cib, &Options::default()).unwrap_or_default();
    let inside = resource::inside(cib, id);
    let mut homes: Vec<String> = found
        .iter()
        .filter(|active| {
            let name = active.resource.split(':').next().unwrap_or_default();
            inside.contains(&name)
        })
        .map(|active| active.node.to_string())
        .collect();
    homes.sort();
    homes.dedup();
    homes
}

fn tell_gone(gone: &[String]) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    for id in gone {
        writeln!(out, "{id} is gone")?;
    }
    Ok(())
}

impl Which {
    fn each(&self, edit: fn(&mut Cib, &str) -> Edited) -> Result<(), Failure> {
        let all = |cib: &mut Cib| self.resources.iter().try_for_each(|id| edit(cib, id));
        self.configuration.change(all)
    }

    fn delete(&self) -> Result<(), Failure> {
        let gone = self.configuration.change(|cib| {
            let mut gone = Vec::new();
            for id in &self.resources {
                // One that went with another before is gone as wished.
                if !gone.contains(id) {
                    gone.extend(resource::delete(cib, id)?);
                }
            }
            Ok(gone)
        })?;
        tell_gone(&gone)
    }
}

impl Values {
    fn set(&self, edit: fn(&mut Cib, &str, &[pairs::Pair]) -> Edited) -> Result<(), Failure> {
        let pairs = pairs::pairs(&self.pairs)?;
        self.configuration
            .change(|cib| edit(cib, &self.resource, &pairs))
    }
}

fn cleanup(
    configuration: &Configuration,
    resource: Option<String>,
    node: Option<String>,
) -> Result<(), Failure> {
    let cib = configuration.read()?;
    if let Some(id) = &resource {
        resource::known(&cib, id)?;
    }
    let change = resources::Change::Cleanup { resource, node };
    let _: String = configuration.cluster()?.ask(&Request::Change(change))?;
    Ok(())
}

fn list(control: &Control, json: bool) -> Result<(), Failure> {
    let request = Request::Resources { wait_members: None };
    let told: resources::Resources = control.ask(&request)?;
    let mut out = anstream::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::json!(told.resources))?;
    } else {
        let cib: resources::Cib = control.ask(&Request::Cib)?;
        write!(out, "{}", text::resources(&cib, &told)?)?;
    }
    Ok(())
}
