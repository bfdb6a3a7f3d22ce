//! From a subject and a seed to a run.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright::{Instant, NodeId};
use ringwright_sims::scenario::{Case, Engine, Options, REPORT, Run, Scenario};
use ringwright_sims::script::{Script, Verb, text};
use ringwright_sims::{
    Settings, Setup, Step, Timeline, Turmoil, Unsupported, World, run, schedule,
};

use super::UNUSABLE;
use super::name::{self, Named};
use super::subject::{SCRIPT, Subject};
use crate::failure::Failure;
use crate::story;

/// Virtual time after the last verb of a script, unless said otherwise.
const AFTERMATH: Duration = Duration::from_secs(30);
/// The line of the report's file that scenarios know to be with and without.
const TWO_NODE: &str = "two_node";

impl Subject {
    /// What the seed runs; [`RANDOM`] has a plan instead.
    pub(crate) fn case(&self, seed: u64) -> Result<Option<Case>, Failure> {
        match name::find(&self.name) {
            _ if self.name == SCRIPT => self.own_case(seed).map(Some),
            Ok(Named::Random) => Ok(None),
            Ok(Named::Scenario(scenario)) => self.scenario_case(scenario, seed).map(Some),
            Err(unknown) => Err(unknown),
        }
    }

    /// Runs a seed.
    pub(crate) fn run(&self, seed: u64) -> Result<Run, Failure> {
        let refused = |why| {
            Failure::new(format!(
                "{} on {}: cannot express {why}",
                self.name, self.engine
            ))
        };
        match (self.case(seed)?, self.engine) {
            (Some(case), engine) => case.run_on(engine).map_err(refused),
            (None, Engine::Step) => random::<Step>(seed, self.nodes).map_err(refused),
            (None, Engine::Turmoil) => random::<Turmoil>(seed, self.nodes).map_err(refused),
        }
    }

    /// A scenario on the report's file as it knows it, or its script on another file.
    fn scenario_case(&self, scenario: &Scenario, seed: u64) -> Result<Case, Failure> {
        let two_node = !self.without.iter().any(|key| key == TWO_NODE);
        let options = Options {
            vintage: self.vintage,
            two_node,
        };
        let case = scenario.case(seed, &options);
        let is_known = self.without.iter().all(|key| key == TWO_NODE);
        if self.conf.is_none() && self.confs.is_empty() && is_known {
            return Ok(case);
        }
        let mut setup = self.setup()?;
        let known = if two_node {
            REPORT.to_owned()
        } else {
            stripped(REPORT, TWO_NODE).unwrap_or_default()
        };
        let theirs = case.settings.setup.unwrap_or_default();
        for (node, machine) in &theirs.machines {
            if *machine.conf != *known {
                return Err(Failure::new(format!(
                    "{} gives {} a file of its own: other files make no sense with it",
                    scenario.name, machine.hostname
                )));
            }
            if let Some(ours) = setup.machines.get_mut(node) {
                ours.key = machine.key;
            }
        }
        setup.files.extend(theirs.files);
        Self::validate(&setup, &case.script)?;
        let settings = Settings::of(setup, case.settings.seed);
        Ok(Case {
            parameters: case.parameters,
            ..Case::new(settings, case.script, case.until)
        })
    }

    fn own_case(&self, seed: u64) -> Result<Case, Failure> {
        let written = self.script.as_deref().unwrap_or_default();
        let script = text::parse(written).map_err(|error| {
            let drawn = place(written, &error);
            Failure::with_status(UNUSABLE, format!("script:{error}\n{drawn}"))
        })?;
        let setup = self.setup()?;
        Self::validate(&setup, &script)?;
        let last = script.last().map_or(Instant::ZERO, |(at, _)| *at);
        let until = self.until.map_or_else(
            || last + AFTERMATH,
            |until| Instant::ZERO + Duration::from_micros(until),
        );
        if until < last {
            return Err(Failure::new(
                "--until is before the last verb of the script",
            ));
        }
        Ok(Case::new(Settings::of(setup, seed), script, until))
    }

    fn setup(&self) -> Result<Setup, Failure> {
        let unusable =
            |why: String| Failure::with_status(UNUSABLE, format!("corosync.conf: {why}"));
        let conf = self.stripped(self.conf.as_deref().unwrap_or(REPORT))?;
        let setup = Setup::from_conf(&conf, self.vintage, &BTreeMap::new());
        let mut setup = setup.map_err(|error| unusable(error.to_string()))?;
        for (node, conf) in &self.confs {
            if !setup.machines.contains_key(&NodeId(*node)) {
                return Err(unusable(format!("there is no node {node} to give a file")));
            }
            setup = setup.with_conf(NodeId(*node), &self.stripped(conf)?);
        }
        let files = self
            .files
            .iter()
            .map(|(name, text)| (name.clone(), text.as_str().into()));
        setup.files.extend(files);
        Ok(setup)
    }

    /// Without the lines of `--without`.
    fn stripped(&self, conf: &str) -> Result<String, Failure> {
        let mut conf = conf.to_owned();
        for key in &self.without {
            conf = stripped(&conf, key).ok_or_else(|| {
                Failure::new(format!(
                    "--without {key}: there is no such line in corosync.conf"
                ))
            })?;
        }
        Ok(conf)
    }

    /// Every machine and file that the script speaks of must be there.
    fn validate(setup: &Setup, script: &Script) -> Result<(), Failure> {
        let all: Vec<String> = setup.machines.keys().map(ToString::to_string).collect();
        for (_, verb) in script {
            let (nodes, file) = mentions(verb);
            if let Some(node) = nodes.iter().find(|node| !setup.machines.contains_key(node)) {
                return Err(Failure::new(format!(
                    "`{verb}` speaks of node {node}; the machines are {}",
                    story::list(&all)
                )));
            }
            if let Some(file) = file.filter(|file| !setup.files.contains_key(*file)) {
                return Err(Failure::new(format!(
                    "`{verb}`: say what that is by --file {file}=FILE"
                )));
            }
        }
        Ok(())
    }
}

/// A random plan, until its cluster has settled.
fn random<W: World>(seed: u64, nodes: Option<u32>) -> Result<Run, Unsupported> {
    let plan = schedule::draw(seed, nodes);
    W::supports(&plan.settings, &plan.script)?;
    let mut world = W::new(&plan.settings);
    let violation = run::run(&mut world, &plan).err();
    let (history, losses) = (world.history(), world.losses());
    let timeline = Timeline::of(history, &losses, &plan.settings, world.now());
    Ok(Run {
        outcome: timeline.outcome(),
        unmet: Vec::new(),
        violation,
        digest: history.digest,
        timeline,
    })
}

/// The nodes and the file that a verb speaks of.
fn mentions(verb: &Verb) -> (Vec<NodeId>, Option<&str>) {
    let nodes = match verb {
        Verb::Start { node, .. }
        | Verb::CrashAtStore { node, .. }
        | Verb::Key { node, .. }
        | Verb::Join { node, .. }
        | Verb::Quit { node, .. }
        | Verb::Send { node, .. }
        | Verb::Crash(node)
        | Verb::Leave(node)
        | Verb::Restart(node)
        | Verb::Pause(node)
        | Verb::Resume(node)
        | Verb::Down(node)
        | Verb::Flush(node)
        | Verb::Up(node) => vec![*node],
        Verb::DropNext { to, .. } | Verb::Inject { to, .. } => vec![*to],
        Verb::Twin { of, .. } => vec![*of],
        Verb::Forget(nodes) => nodes.clone(),
        Verb::Link { from, to, .. } => from.iter().chain(to).copied().collect(),
        Verb::Heal => Vec::new(),
        Verb::File { node, name } => return (vec![*node], Some(name)),
        Verb::When { node, then, .. } => {
            let (mut nodes, file) = mentions(then);
            nodes.push(*node);
            return (nodes, file);
        }
    };
    (nodes, None)
}

/// The line of a script, with its place marked.
fn place(script: &str, error: &text::Error) -> String {
    let line = script.lines().nth(error.line - 1).unwrap_or_default();
    let before: String = line.chars().take(error.column - 1).collect();
    let indent: String = before
        .chars()
        .map(|c| if c == '\t' { c } else { ' ' })
        .collect();
    format!("  {line}\n  {indent}^")
}

/// Without the lines of a key; `None` if there are none.
fn stripped(conf: &str, key: &str) -> Option<String> {
    let stays = |line: &&str| {
        line.split_once(':')
            .is_none_or(|(found, _)| found.trim() != key)
    };
    let kept: String = conf.split_inclusive('\n').filter(stays).collect();
    (kept.len() < conf.len()).then_some(kept)
}
