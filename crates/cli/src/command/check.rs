//! `ringwright check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use ringwright_config::Severity;
use ringwright_config::lint::{RULES, Rule, Version, rule};

use super::Outcome;
use crate::check;

/// Find what keeps a cluster from starting, and what splits it, in its corosync.conf
///
/// Give one file, or the files of all nodes together: then they have to agree. A directory stands for the *.conf files in
/// it and the corosync.conf files one level below. Each finding shows its rule, its place, why it matters, what to do and
/// which versions of corosync it concerns. An `authkey` beside a file is compared with the others'. Nothing is looked up and no machine is asked, except this one with --local.
///
/// --fix removes what does nothing or harms and can be removed without a question of taste. It shows a diff first and asks
/// before it writes; without a terminal it needs --yes. Only whole lines go, everything else stays as it is; a file is
/// replaced at once or not at all.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit statuses:
  0  no finding at or above the level of --deny
  1  there are some, or --fix --dry-run would change something; or the command line is wrong
  2  a file cannot be read or written, or a fix was not confirmed

Examples:
  ringwright check /etc/corosync/corosync.conf
  ringwright check --local /etc/corosync/corosync.conf       this machine has to be in it
  ringwright check master1.conf master2.conf master3.conf    and they have to agree
  ringwright check master1/ master2/ master3/                copies of /etc/corosync: the keys beside are compared
  ringwright check --corosync 2.4.3 corosync.conf            what that version does with it
  ringwright check --fix corosync.conf
  ringwright check --deny warnings --allow udpu,unencrypted conf/
  ringwright check --sarif corosync.conf > corosync.sarif
  ringwright check --explain two-node")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct Check {
    /// Files, directories, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present_any = ["explain", "list"])]
    files: Vec<PathBuf>,
    /// The files are this machine's: look for its name, its addresses and the names in the nodelist
    #[arg(long)]
    local: bool,
    /// The corosync that the files are for, such as 2.4.3: its defaults hold, and what is known of it is said
    #[arg(long, value_name = "VERSION")]
    corosync: Option<Version>,
    /// One JSON object a line and finding, the last one {"summary": …}
    #[arg(long, conflicts_with_all = ["sarif", "fix"])]
    json: bool,
    /// A SARIF 2.1.0 log, for code scanning
    #[arg(long, conflicts_with = "fix")]
    sarif: bool,
    /// Remove what can be removed safely, after showing a diff
    #[arg(long)]
    fix: bool,
    /// With --fix: show the diff alone, write nothing
    #[arg(long, requires = "fix", conflicts_with = "yes")]
    dry_run: bool,
    /// With --fix: do not ask
    #[arg(long, requires = "fix")]
    yes: bool,
    /// Status 1 for findings of this severity and worse ones
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    deny: Level,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = rules(), hide_possible_values = true)]
    allow: Vec<String>,
    /// Say what a rule is about
    #[arg(long, value_name = "RULE", value_parser = rules(), hide_possible_values = true, exclusive = true)]
    explain: Option<String>,
    /// List all rules
    #[arg(long, exclusive = true)]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    #[value(alias = "errors")]
    Error,
    #[value(alias = "warnings")]
    Warning,
    #[value(alias = "infos")]
    Info,
}

fn rules() -> PossibleValuesParser {
    let rules = RULES.iter().copied().flatten();
    PossibleValuesParser::new(rules.map(|rule: &Rule| rule.name))
}

impl Check {
    pub(crate) fn run(self) -> Outcome {
        if let Some(rule) = self.explain.as_deref().and_then(rule) {
            check::explain(rule)?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.list {
            check::list()?;
            return Ok(ExitCode::SUCCESS);
        }
        let request = check::Request {
            local: self.local,
            allow: self.allow,
            version: self.corosync,
            deny: match self.deny {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
                Level::Info => Severity::Info,
            },
        };
        let files = check::read(&self.files)?;
        match (self.json, self.sarif) {
            _ if self.fix => check::fix(&request, files, self.dry_run, self.yes),
            (true, _) => check::report(&request, &files, check::json),
            (_, true) => check::report(&request, &files, check::sarif),
            _ => check::report(&request, &files, check::text),
        }
    }
}
