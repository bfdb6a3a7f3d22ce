//! `ringwright cmap`.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Outcome;
use crate::control::client::Control;
use crate::control::{Request, report};
use crate::text;

/// List the configuration map's keys in the form of `corosync-cmapctl`, sorted
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright cmap runtime.members
  ringwright cmap totem. nodelist.
  ringwright cmap -m stats stats.srp")]
pub(crate) struct Cmap {
    /// Only keys that begin with one of these
    #[arg(value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// Which map
    #[arg(short, long, value_enum, default_value_t = Map::Icmap)]
    map: Map,
    /// One JSON object a line: key, type, value
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    control: Control,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Map {
    /// The configuration and what follows from it
    Icmap,
    /// Counters
    Stats,
}

impl Cmap {
    pub(crate) fn run(self) -> Outcome {
        let request = Request::Cmap {
            stats: self.map == Map::Stats,
            prefixes: self.prefixes,
        };
        let keys: Vec<report::Key> = self.control.ask(&request)?;
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        for key in &keys {
            if self.json {
                writeln!(out, "{}", serde_json::json!(key))?;
            } else {
                writeln!(out, "{}", text::cmap(key))?;
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
