//! `ringwright cib`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ringwright_placement::Cib as Document;

use super::Outcome;
use crate::control::configuration::Configuration;
use crate::place::input;
use crate::text;

/// Show, replace and compare the whole configuration, as XML
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright cib show --configuration > cib.xml
  ringwright cib diff cib.xml
  ringwright cib replace --if-unchanged cib.xml
  cibadmin --query | ringwright cib replace -      a Pacemaker's")]
pub(crate) struct Cib {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print it
    #[command(after_help = "Example:\n  ringwright cib show --configuration > cib.xml")]
    Show {
        /// Without what is known of nodes and resources at the moment
        #[arg(long)]
        configuration: bool,
        #[command(flatten)]
        of: Configuration,
    },
    /// Put another one in its place, on all nodes; print its version
    ///
    /// One from a Pacemaker is taken as it is; its status counts for nothing. A mistake is pointed at, and nothing changes.
    #[command(after_help = "\
Examples:
  ringwright cib replace cib.xml
  ringwright cib replace --if-unchanged cib.xml      refused if somebody changed it since `cib show`")]
    Replace {
        /// The XML; `-` is standard input
        document: PathBuf,
        /// Only if the cluster's is still of the version that the XML says
        #[arg(long)]
        if_unchanged: bool,
        #[command(flatten)]
        of: Configuration,
    },
    /// What would change by `cib replace`, or between two files
    ///
    /// Status, versions and the order of attributes aside. The exit status is 0 if nothing differs, else 1.
    #[command(after_help = "\
Examples:
  ringwright cib diff cib.xml
  ringwright cib diff old.xml new.xml")]
    Diff {
        /// The XML; `-` is standard input
        document: PathBuf,
        /// What it becomes: the first file is compared with this one instead of the cluster's with the first
        other: Option<PathBuf>,
        #[command(flatten)]
        of: Configuration,
    },
}

impl Cib {
    pub(crate) fn run(self) -> Outcome {
        let mut out = anstream::stdout().lock();
        match self.what {
            What::Show { configuration, of } => {
                let mut cib = of.read()?;
                if configuration {
                    cib.status = ringwright_placement::cib::Status::default();
                }
                write!(out, "{}", cib.to_xml())?;
            }
            What::Replace {
                document,
                if_unchanged,
                of,
            } => {
                of.cluster()?;
                let (_, cib) = input::cib(&document)?;
                let base = if_unchanged.then(|| version(&cib));
                let version = of.replace(cib, base)?;
                writeln!(out, "{version}")?;
            }
            What::Diff {
                document,
                other,
                of,
            } => {
                let (name, first) = input::cib(&document)?;
                let (from, before, to, after) = match other {
                    Some(other) => {
                        let (other, second) = input::cib(&other)?;
                        (name, first, other, second)
                    }
                    None => ("the cluster".into(), of.read()?, name, first),
                };
                let diff = text::difference((&from, &before), (&to, &after));
                write!(out, "{diff}")?;
                return Ok(ExitCode::from(u8::from(!diff.is_empty())));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// `admin_epoch` and `epoch`.
fn version(cib: &Document) -> (u64, u64) {
    let number = |name| {
        cib.attrs
            .get(name)
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    };
    (number("admin_epoch"), number("epoch"))
}
