//! The rules for corosync.conf asked, and their findings shown: drawn, as JSON or as SARIF.

mod draw;
mod explain;
mod fix;
mod host;
mod input;
mod json;
mod sarif;

use std::io::{self, Write};
use std::process::ExitCode;

use ringwright_config::lint::{Cluster, Finding, Version, lint};
use ringwright_config::{Severity, parse};

use crate::command::Outcome;
use crate::failure::Failure;

pub(crate) use draw::{diagnostic, source, text, wrapped};
pub(crate) use explain::{explain, list};
pub(crate) use fix::fix;
pub(crate) use input::read;
pub(crate) use json::json;
pub(crate) use sarif::sarif;

/// The exit status for what cannot be read, written or asked.
const UNUSABLE: u8 = 2;

/// What to ask.
#[derive(Debug)]
pub(crate) struct Request {
    /// The files are this machine's.
    pub(crate) local: bool,
    /// Rules to leave out.
    pub(crate) allow: Vec<String>,
    /// The corosync that the files are for.
    pub(crate) version: Option<Version>,
    /// What counts as failed.
    pub(crate) deny: Severity,
}

/// A file as it was read.
#[derive(Debug)]
pub(crate) struct File {
    /// As it was given, for messages.
    name: String,
    bytes: Vec<u8>,
    /// Its device and number there, if it has any.
    identity: Option<(u64, u64)>,
    /// A sum of the key beside it.
    key: Option<u64>,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Findings {
    cluster: Cluster,
    findings: Vec<Finding>,
}

/// Asks all rules and shows what they find.
pub(crate) fn report(
    request: &Request,
    files: &[File],
    show: fn(&mut dyn Write, &Findings) -> io::Result<()>,
) -> Outcome {
    let found = ask(request, files)?;
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    show(&mut out, &found)?;
    out.flush()?;
    Ok(status(request, &found))
}

/// The files as one cluster's.
pub(crate) fn cluster(files: &[File]) -> Cluster {
    let parsed = files
        .iter()
        .map(|file| parse(&file.name, file.bytes.clone()));
    Cluster::of(parsed).with_keys(files.iter().map(|file| file.key).collect())
}

fn ask(request: &Request, files: &[File]) -> Result<Findings, Failure> {
    let mut cluster = cluster(files);
    if let Some(version) = request.version {
        cluster = cluster.for_version(version);
    }
    if request.local {
        cluster = cluster
            .with_names(host::addresses_of)
            .on_host(host::this().map_err(|error| Failure::with_status(UNUSABLE, error))?);
    }
    let mut findings = lint(&cluster);
    findings.retain(|found| request.wants(found.rule.name));
    Ok(Findings { cluster, findings })
}

fn status(request: &Request, found: &Findings) -> ExitCode {
    let denied = |finding: &Finding| finding.rule.severity <= request.deny;
    ExitCode::from(u8::from(found.findings.iter().any(denied)))
}

impl Request {
    fn wants(&self, rule: &str) -> bool {
        !self.allow.iter().any(|allowed| allowed == rule)
    }
}

impl Findings {
    /// Whether a fix would put it right.
    fn is_fixable(&self, finding: &Finding) -> bool {
        let file = &self.cluster.files()[finding.place().file];
        !finding.removals(&file.document).is_empty()
    }

    fn name(&self, file: usize) -> &str {
        self.cluster.files()[file].document.name()
    }
}

fn count<'a>(findings: impl IntoIterator<Item = &'a Finding>, severity: Severity) -> usize {
    let findings = findings.into_iter();
    findings
        .filter(|found| found.rule.severity == severity)
        .count()
}
