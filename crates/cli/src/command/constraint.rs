//! `ringwright constraint`.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Outcome;
use crate::control::configuration::Configuration;
use crate::edit::{Edited, constraint};
use crate::text;

/// Say where resources run, together with what, and in which order: in the words of `pcs constraint`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright constraint location ClusterIP prefers primary=50
  ringwright constraint order web then ClusterIP
  ringwright constraint colocation add ClusterIP with Promoted db-clone
  ringwright constraint list
  ringwright constraint delete location-ClusterIP-primary-50")]
pub(crate) struct Constraint {
    #[command(subcommand)]
    what: What,
}

/// The words of a constraint. Options stand before them: what follows may begin with a hyphen.
#[derive(Debug, Args)]
struct Words {
    #[command(flatten)]
    configuration: Configuration,
    /// As shown above
    #[arg(value_name = "WORD", required = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// RESOURCE prefers|avoids NODE[=SCORE]...; add ID RESOURCE NODE SCORE
    ///
    /// A score is a whole number or INFINITY, which it is if nobody says.
    #[command(after_help = "\
Examples:
  ringwright constraint location ClusterIP prefers primary=50 secondary=20
  ringwright constraint location ClusterIP avoids terciary")]
    Location(Words),
    /// [ACTION] RESOURCE then [ACTION] RESOURCE [kind=KIND] [symmetrical=BOOL]; set RESOURCE... [set ...] [setoptions ...]
    ///
    /// Actions are start, stop, promote and demote; kinds Mandatory, Optional and Serialize.
    #[command(after_help = "\
Examples:
  ringwright constraint order web then ClusterIP
  ringwright constraint order promote db-clone then start ClusterIP kind=Optional")]
    Order(Words),
    /// [add] [ROLE] RESOURCE with [ROLE] RESOURCE [SCORE]; set RESOURCE... [set ...] [setoptions ...]
    ///
    /// Roles are Started, Promoted, Unpromoted and Stopped.
    #[command(after_help = "\
Examples:
  ringwright constraint colocation add ClusterIP with web
  ringwright constraint colocation web with mail -INFINITY")]
    Colocation(Words),
    /// Show all, with their ids
    #[command(
        visible_aliases = ["config", "show"],
        after_help = "Example:\n  ringwright constraint list"
    )]
    List {
        #[command(flatten)]
        configuration: Configuration,
    },
    /// Take constraints away
    #[command(
        visible_alias = "remove",
        after_help = "Example:\n  ringwright constraint delete location-ClusterIP-primary-50"
    )]
    Delete {
        /// Their ids, as `constraint list` shows them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        configuration: Configuration,
    },
}

impl Constraint {
    pub(crate) fn run(self) -> Outcome {
        let add = |words: Words, edit: fn(&mut ringwright_placement::Cib, &[String]) -> Edited| {
            words.configuration.change(|cib| edit(cib, &words.words))
        };
        match self.what {
            What::Location(words) => add(words, constraint::location)?,
            What::Order(words) => add(words, constraint::order)?,
            What::Colocation(words) => add(words, constraint::colocation)?,
            What::List { configuration } => {
                let cib = configuration.read()?;
                write!(anstream::stdout().lock(), "{}", text::constraints(&cib))?;
            }
            What::Delete { ids, configuration } => {
                configuration.change(|cib| constraint::delete(cib, &ids))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
