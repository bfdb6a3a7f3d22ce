//! `ringwright property`.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Outcome;
use crate::control::configuration::Configuration;
use crate::edit::{pairs, property};

/// Set and list cluster options
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright property set stonith-enabled=false
  ringwright property set ringwright-lease=10s
  ringwright property set no-quorum-policy=
  ringwright property list")]
pub(crate) struct Property {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set options; an empty value takes one away
    ///
    /// Pacemaker's are known, and `ringwright-lease`: `true` (twice the token, 5 s at least), a time, or `false` for
    /// addresses that stay when their node dies, as Pacemaker's do.
    #[command(after_help = "Example:\n  ringwright property set stonith-enabled=false")]
    Set {
        /// What to set
        #[arg(value_name = "NAME=VALUE", required = true)]
        pairs: Vec<String>,
        /// Also options that are not known
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        configuration: Configuration,
    },
    /// Show the options that are set
    #[command(
        visible_aliases = ["config", "show"],
        after_help = "Example:\n  ringwright property list"
    )]
    List {
        /// One JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        configuration: Configuration,
    },
}

impl Property {
    pub(crate) fn run(self) -> Outcome {
        match self.what {
            What::Set {
                pairs,
                force,
                configuration,
            } => {
                let pairs = pairs::pairs(&pairs)?;
                configuration.change(|cib| property::set(cib, &pairs, force))?;
            }
            What::List {
                json,
                configuration,
            } => {
                let pairs = property::list(&configuration.read()?);
                let mut out = anstream::stdout().lock();
                if json {
                    let object: serde_json::Map<_, _> = pairs
                        .into_iter()
                        .map(|(name, value)| (name, value.into()))
                        .collect();
                    writeln!(out, "{}", serde_json::Value::Object(object))?;
                } else {
                    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                    for (name, value) in pairs {
                        writeln!(out, "{name:width$}  {value}")?;
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
