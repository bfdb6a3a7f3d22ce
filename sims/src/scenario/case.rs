//! One story, drawn from a seed, and its run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use ringwright::Instant;
use serde::{Deserialize, Serialize};

use super::expect::Expectation;
use super::{Draw, Options, REPORT, Scenario};
use crate::check::Violation;
use crate::digest::Digest;
use crate::rng::Rng;
use crate::run::run_until;
use crate::script::{Script, text};
use crate::setup::Setup;
use crate::step::Step;
use crate::timeline::{Outcome, Timeline};
use crate::turmoil::Turmoil;
use crate::vintage::Vintage;
use crate::world::{Settings, Unsupported, World};

/// An engine, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// [`Step`]: the event queue.
    Step,
    /// [`Turmoil`]: the production loop.
    Turmoil,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Step => "step",
            Self::Turmoil => "turmoil",
        })
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "step" => Ok(Self::Step),
            "turmoil" => Ok(Self::Turmoil),
            _ => Err(format!("unknown engine `{text}`: known are step, turmoil")),
        }
    }
}

/// A cluster, what is done to it, and what is expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// The cluster and the seed.
    pub settings: Settings,
    /// What is done when.
    pub script: Script,
    /// When it is over.
    pub until: Instant,
    /// What is expected.
    pub expectations: Vec<Expectation>,
    /// What was drawn from the seed, for the reader.
    pub parameters: Vec<(&'static str, Duration)>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the tools on all nodes show at the end.
    pub outcome: Outcome,
    /// Everything that can be drawn.
    pub timeline: Timeline,
    /// The expectations that were not met.
    pub unmet: Vec<String>,
    /// A property that every history must have and this one has not.
    pub violation: Option<Violation>,
    /// Over everything that happened.
    pub digest: Digest,
}

impl Scenario {
    /// The story that a seed tells.
    ///
    /// # Panics
    /// If the scenario is written wrongly: a test holds that none is.
    #[must_use]
    pub fn case(&self, seed: u64, options: &Options) -> Case {
        let conf = if options.two_node {
            REPORT.to_owned()
        } else {
            REPORT.replace("  two_node: 1\n", "")
        };
        let setup = Setup::from_conf(&conf, options.vintage, &BTreeMap::new());
        let setup = setup.expect("the report's file describes machines");
        let token = Settings::of(setup.clone(), 0).timing.token;
        let mut draw = Draw {
            vintage: options.vintage,
            two_node: options.two_node,
            rng: Rng::new(seed ^ 0x5CE9_A210),
            setup,
            token,
            parameters: Vec::new(),
        };
        let story = (self.story)(&mut draw);
        let script = text::parse(&story.script);
        let script = script.unwrap_or_else(|error| panic!("{}: script {error}", self.name));
        let expectations = Expectation::parse_all(&story.expect, token);
        Case {
            settings: Settings::of(draw.setup, draw.rng.bits()),
            script,
            until: Instant::ZERO + story.until,
            expectations: expectations.unwrap_or_else(|error| panic!("{}: {error}", self.name)),
            parameters: draw.parameters,
        }
    }
}

impl Case {
    /// A case without expectations.
    #[must_use]
    pub fn new(settings: Settings, script: Script, until: Instant) -> Self {
        Self {
            settings,
            script,
            until,
            expectations: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Runs it on an engine.
    pub fn run_on(&self, engine: Engine) -> Result<Run, Unsupported> {
        match engine {
            Engine::Step => self.run::<Step>(),
            Engine::Turmoil => self.run::<Turmoil>(),
        }
    }

    /// Runs it and judges what happened.
    pub fn run<W: World>(&self) -> Result<Run, Unsupported> {
        W::supports(&self.settings, &self.script)?;
        let mut world = W::new(&self.settings);
        for (at, verb) in &self.script {
            run_until(&mut world, *at);
            world.apply(verb);
        }
        run_until(&mut world, self.until);
        let (history, losses) = (world.history(), world.losses());
        let timeline = Timeline::of(history, &losses, &self.settings, self.until);
        let unmet = self
            .expectations
            .iter()
            .filter_map(|wanted| wanted.check(&timeline).err());
        Ok(Run {
            outcome: timeline.outcome(),
            unmet: unmet.collect(),
            violation: W::SAFETY
                .iter()
                .find_map(|judge| judge(history, &self.settings).err()),
            digest: history.digest,
            timeline,
        })
    }

    /// What the machines run, if it is one vintage.
    #[must_use]
    pub fn vintage(&self) -> Option<Vintage> {
        let setup = self.settings.setup.as_ref()?;
        let mut vintages = setup.machines.values().map(|machine| machine.vintage);
        let first = vintages.next()?;
        vintages.all(|other| other == first).then_some(first)
    }
}
