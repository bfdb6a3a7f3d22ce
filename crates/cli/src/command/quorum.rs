//! `ringwright quorum`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Outcome;
use crate::control::client::Control;
use crate::control::{Request, report};
use crate::failure::Failure;
use crate::{histories, text};

/// Show the votes and the verdict in the form of `corosync-quorumtool -s`; change them; replay recorded histories
///
/// The exit status is 0 if the partition is quorate, 2 if not, 1 on an error.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  ringwright quorum && start-something
  ringwright quorum --why
  ringwright quorum --json | jq .votes.flags
  ringwright quorum expected 2
  ringwright quorum replay scenarios.jsonl"
)]
pub(crate) struct Quorum {
    #[command(subcommand)]
    change: Option<Change>,
    #[command(flatten)]
    control: Control,
    /// One JSON object
    #[arg(long, conflicts_with = "why")]
    json: bool,
    /// Which rule decided, and what would change the verdict
    #[arg(long)]
    why: bool,
}

#[derive(Debug, Subcommand)]
enum Change {
    /// Change the expected votes of this partition, as `corosync-quorumtool -e` does
    ///
    /// Refused with `CS_ERR_INVALID_PARAM` if the members have more votes than that, or if a quorate partition would be
    /// so no more.
    #[command(after_help = "Example:\n  ringwright quorum expected 2")]
    Expected {
        /// How many votes all nodes together have
        #[arg(value_name = "N")]
        votes: u32,
        #[command(flatten)]
        control: Control,
    },
    /// Change the votes of a node, as `corosync-quorumtool -n NODE -v N` does
    ///
    /// Refused with `CS_ERR_INVALID_PARAM` if this partition would have no quorum after it, and with
    /// `CS_ERR_NAME_NOT_FOUND` for a node never heard of.
    #[command(after_help = "Example:\n  ringwright quorum votes 3 0")]
    Votes {
        /// Its id
        node: u32,
        /// Its votes from now on
        #[arg(value_name = "N")]
        votes: u32,
        #[command(flatten)]
        control: Control,
    },
    /// Stop waiting for all nodes
    #[command(after_help = "Example:\n  ringwright quorum cancel-wait-for-all")]
    CancelWaitForAll {
        #[command(flatten)]
        control: Control,
    },
    /// Play recorded votequorum histories of corosync, and compare what every node shows after every step
    ///
    /// Needs no daemon. One JSON object a line: seed, config, steps with their views. `two_node` is computed as corosync
    /// does. A line for each disagreement, and a last one that counts; the exit status is 1 if anything disagrees.
    #[command(after_help = "\
Examples:
  ringwright quorum replay scenarios.jsonl
  ringwright quorum replay scenarios.jsonl --seed 100017")]
    Replay {
        /// The histories; `-` is standard input
        file: PathBuf,
        /// Play this one only, and tell its steps
        #[arg(long)]
        seed: Option<u64>,
    },
}

impl Quorum {
    pub(crate) fn run(self) -> Outcome {
        match self.change {
            None => self.show(),
            Some(change) => change.run(),
        }
    }

    fn show(&self) -> Outcome {
        let quorum: report::Quorum = self.control.ask(&Request::Quorum)?;
        let mut out = anstream::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::json!(quorum))?;
        } else if self.why {
            write!(out, "{}", quorum.why)?;
        } else {
            let date = jiff::Zoned::now().strftime("%a %b %e %H:%M:%S %Y");
            write!(out, "{}", text::quorum(&quorum, &date.to_string()))?;
        }
        Ok(ExitCode::from(if quorum.quorate { 0 } else { 2 }))
    }
}

impl Change {
    fn run(self) -> Outcome {
        match self {
            Self::Expected { votes: 0, .. } => Err(Failure::new(
                "0 is no number of expected votes, try a positive one",
            )),
            Self::Expected { votes, control } => {
                done(control.ask(&Request::SetExpected { votes }), || {
                    "unable to set expected votes".into()
                })
            }
            Self::Votes {
                node,
                votes,
                control,
            } => done(control.ask(&Request::SetVotes { node, votes }), || {
                format!("unable to set votes {votes} for node {node}")
            }),
            Self::CancelWaitForAll { control } => {
                done(control.ask(&Request::CancelWaitForAll), || {
                    "unable to cancel wait for all".into()
                })
            }
            Self::Replay { file, seed } => {
                let mut out = std::io::BufWriter::new(anstream::stdout().lock());
                let tally = histories::replay(&file, seed, &mut out)?;
                out.flush()?;
                Ok(ExitCode::from(u8::from(!tally.all_agree)))
            }
        }
    }
}

fn done(result: Result<(), Failure>, what: impl FnOnce() -> String) -> Outcome {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) => Err(failure.while_doing(&what())),
    }
}
