//! What is simulated: a cluster and what is done to it, for every seed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use ringwright_sims::Vintage;
use ringwright_sims::scenario::Engine;
use serde::{Deserialize, Serialize};

use super::UNUSABLE;
use super::name::{self, Named, RANDOM};
use crate::failure::Failure;
use crate::story;

/// What a subject of one's own is called.
pub(super) const SCRIPT: &str = "script";
/// A script or a corosync.conf is far smaller.
const BYTES_MAX: u64 = 1 << 20;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) name: Option<String>,
    pub(crate) script: Option<String>,
    pub(crate) confs: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) vintage: Option<Vintage>,
    pub(crate) engine: Option<Engine>,
    pub(crate) without: Vec<String>,
    pub(crate) until: Option<Duration>,
    pub(crate) nodes: Option<u32>,
}

/// Everything that a seed needs to become a run, and nothing that lies in files: it goes from machine to machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// A scenario, [`RANDOM`] or `script`.
    pub(crate) name: String,
    /// What the machines run.
    pub(crate) vintage: Vintage,
    /// What runs them.
    pub(crate) engine: Engine,
    /// Keys whose lines are left out of corosync.conf.
    pub(crate) without: Vec<String>,
    /// corosync.conf, if it is not the report's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) conf: Option<String>,
    /// Those of single machines.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(super) confs: BTreeMap<u32, String>,
    /// Files for the verb `file`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(super) files: BTreeMap<String, String>,
    /// What is done, if it is no scenario's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) script: Option<String>,
    /// When it is over, µs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) until: Option<u64>,
    /// How many nodes [`RANDOM`] has, if that is not drawn.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) nodes: Option<u32>,
    /// What replays it, without the seed.
    pub(crate) command: String,
}

impl Subject {
    /// Reads what the command line names, and refuses what makes no sense together.
    pub(crate) fn of(given: &Given) -> Result<Self, Failure> {
        let named = match (&given.name, &given.script) {
            (Some(name), None) => Some(name::find(name)?),
            (None, Some(_)) => None,
            _ => return Err(Failure::new("a NAME or --script, one of them")),
        };
        let name = match named {
            Some(Named::Scenario(scenario)) => scenario.name,
            Some(Named::Random) => RANDOM,
            None => SCRIPT,
        };
        let mut subject = Self {
            name: name.into(),
            vintage: vintage(named, given.vintage)?,
            engine: given.engine.unwrap_or(Engine::Step),
            without: given.without.clone(),
            conf: None,
            confs: BTreeMap::new(),
            files: BTreeMap::new(),
            script: given.script.as_deref().map(script).transpose()?,
            until: given
                .until
                .map(|until| u64::try_from(until.as_micros()).unwrap_or(u64::MAX)),
            nodes: given.nodes,
            command: String::new(),
        };
        subject.read_confs(&given.confs)?;
        for file in &given.files {
            let (name, path) = file
                .split_once('=')
                .ok_or_else(|| Failure::new(format!("--file {file}: not NAME=FILE")))?;
            subject.files.insert(name.into(), read(path)?);
        }
        subject.check(named)?;
        subject.command = command(given, &subject);
        // What can be wrong with files and scripts is wrong for every seed.
        subject.case(0)?;
        Ok(subject)
    }

    fn read_confs(&mut self, confs: &[String]) -> Result<(), Failure> {
        for conf in confs {
            let own = conf
                .split_once('=')
                .and_then(|(node, path)| Some((node.parse().ok()?, path)));
            if let Some((node, path)) = own {
                self.confs.insert(node, read(path)?);
            } else if self.conf.replace(read(conf)?).is_some() {
                return Err(Failure::new(
                    "--conf: one FILE for all machines, NODE=FILE for single ones",
                ));
            }
        }
        Ok(())
    }

    fn check(&self, named: Option<Named>) -> Result<(), Failure> {
        let is_random = matches!(named, Some(Named::Random));
        let has_files = self.conf.is_some() || !self.confs.is_empty() || !self.files.is_empty();
        if is_random && (has_files || !self.without.is_empty()) {
            return Err(Failure::new(
                "random draws its own cluster: no --conf, no --file, no --without",
            ));
        }
        if !is_random && self.nodes.is_some() {
            return Err(Failure::new(
                "--nodes is for random; a scenario's nodes are those of its corosync.conf",
            ));
        }
        if named.is_some() && self.until.is_some() {
            return Err(Failure::new(
                "--until is for --script; a scenario knows when it is over",
            ));
        }
        Ok(())
    }

    /// The sentence of the scenario, or what else it is.
    pub(crate) fn sentence(&self) -> &'static str {
        match name::find(&self.name) {
            Ok(Named::Scenario(scenario)) => scenario.sentence,
            Ok(Named::Random) => {
                "faults and messages drawn from the seed, then peace, in which all must come together"
            }
            Err(_) => "a script",
        }
    }

    /// What runs where, in a line.
    pub(crate) fn circumstances(&self) -> String {
        let software = story::vintage(self.vintage);
        let conf = match (&self.conf, self.name.as_str()) {
            _ if self.name == RANDOM => "a cluster of its own",
            (None, _) => "the report's corosync.conf (master1 is primary)",
            (Some(_), _) => "a corosync.conf of its own",
        };
        let mut text = format!("{software}, {conf}");
        if !self.without.is_empty() {
            let _ = write!(text, " without {}", self.without.join(", "));
        }
        let _ = write!(text, ", engine {}", self.engine);
        text
    }

    /// The line that shows a seed again.
    pub(crate) fn replay(&self, seed: u64) -> String {
        format!("{} --seed {seed}", self.command)
    }
}

/// The vintage asked for, or ringwright, or the newest that the scenario tells something of.
fn vintage(named: Option<Named>, wanted: Option<Vintage>) -> Result<Vintage, Failure> {
    match (named, wanted) {
        (Some(Named::Scenario(scenario)), Some(vintage))
            if !scenario.vintages.contains(&vintage) =>
        {
            let known: Vec<&str> = scenario
                .vintages
                .iter()
                .map(|vintage| vintage.as_str())
                .collect();
            Err(Failure::new(format!(
                "{} tells nothing of {vintage}: its vintages are {}",
                scenario.name,
                known.join(", ")
            )))
        }
        (Some(Named::Random), Some(vintage)) if vintage != Vintage::Ringwright => Err(
            Failure::new("random is about ringwright's own node: no other --vintage"),
        ),
        (_, Some(vintage)) => Ok(vintage),
        (Some(Named::Scenario(scenario)), None) => Ok(scenario
            .vintages
            .last()
            .copied()
            .unwrap_or(Vintage::Ringwright)),
        _ => Ok(Vintage::Ringwright),
    }
}

/// A script is a file, `-`, or the script itself.
fn script(given: &str) -> Result<String, Failure> {
    let is_inline = given.contains(char::is_whitespace) && !Path::new(given).exists();
    if is_inline {
        Ok(given.to_owned())
    } else {
        read(given)
    }
}

fn read(path: &str) -> Result<String, Failure> {
    let unusable =
        |why: &dyn std::fmt::Display| Failure::with_status(UNUSABLE, format!("{path}: {why}"));
    let mut text = String::new();
    let read = if path == "-" {
        std::io::stdin()
            .lock()
            .take(BYTES_MAX + 1)
            .read_to_string(&mut text)
    } else {
        let file = std::fs::File::open(path).map_err(|error| unusable(&error))?;
        file.take(BYTES_MAX + 1).read_to_string(&mut text)
    };
    let bytes = read.map_err(|error| unusable(&error))?;
    if bytes as u64 > BYTES_MAX {
        return Err(unusable(&"larger than 1 MiB"));
    }
    Ok(text)
}

/// The command that runs it, with every option that matters and short where a name is enough.
fn command(given: &Given, subject: &Subject) -> String {
    let mut line = "ringwright sim run".to_owned();
    match &given.script {
        Some(script) => {
            let _ = write!(line, " --script {}", quoted(script));
        }
        None => {
            let _ = write!(line, " {}", subject.name);
        }
    }
    if subject.name != RANDOM {
        let _ = write!(line, " --vintage {}", subject.vintage);
    }
    if subject.engine != Engine::Step {
        let _ = write!(line, " --engine {}", subject.engine);
    }
    for key in &subject.without {
        let _ = write!(line, " --without {}", quoted(key));
    }
    for (option, values) in [("--conf", &given.confs), ("--file", &given.files)] {
        for value in values {
            let _ = write!(line, " {option} {}", quoted(value));
        }
    }
    if let Some(until) = given.until {
        let _ = write!(line, " --until {}", until.as_secs_f64());
    }
    if let Some(nodes) = subject.nodes {
        let _ = write!(line, " --nodes {nodes}");
    }
    line
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
