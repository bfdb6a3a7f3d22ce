//! Splits and other troubles of three nodes with the report's configuration, each by name: what is done, and what is
//! expected to be seen, as measured on real corosync.
//!
//! ```
//! use ringwright_sims::scenario::{self, Options};
//! use ringwright_sims::{Step, Vintage};
//!
//! let cut = scenario::find("s03-cut").unwrap();
//! let run = cut.case(7, &Options::of(Vintage::Corosync2_4_3)).run::<Step>().unwrap();
//! assert_eq!(run.unmet, Vec::<String>::new());
//! assert_eq!(run.outcome.to_string(), "1:{1,2,3}Q 2:{1,2,3}Q 3:{1,2,3}Q");
//! ```

mod case;
mod expect;
mod faults;
mod gaps;
mod paths;
mod starts;
mod twins;

use std::time::Duration;

use crate::rng::Rng;
use crate::setup::Setup;
use crate::vintage::Vintage;

pub use case::{Case, Engine, Run};
pub use expect::{Expectation, ExpectationError};

/// The report's corosync.conf, word for word; `bindnetaddr` is that of the first node.
pub const REPORT: &str = include_str!("conf/report.conf");
/// The same for a node that lists only itself.
pub const ALONE: &str = include_str!("conf/alone.conf");

/// A story by name.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, such as `s09-gap-alone`.
    pub name: &'static str,
    /// What it is about, a sentence.
    pub sentence: &'static str,
    /// The vintages that it tells something of.
    pub vintages: &'static [Vintage],
    story: fn(&mut Draw) -> Story,
}

/// How a scenario is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the machines run.
    pub vintage: Vintage,
    /// Whether the line `two_node: 1` stays in the file.
    pub two_node: bool,
}

impl Options {
    /// The report's file on a vintage.
    #[must_use]
    pub const fn of(vintage: Vintage) -> Self {
        let two_node = true;
        Self { vintage, two_node }
    }
}

/// What a story is drawn from.
struct Draw {
    vintage: Vintage,
    two_node: bool,
    rng: Rng,
    setup: Setup,
    /// The token timeout.
    token: Duration,
    parameters: Vec<(&'static str, Duration)>,
}

/// What is done, and what is expected.
struct Story {
    /// As [`crate::script::text`] reads it.
    script: String,
    /// As [`Expectation`] reads it, a line each.
    expect: String,
    /// When the run is over.
    until: Duration,
}

impl Draw {
    /// Draws a parameter and notes it.
    fn time(&mut self, name: &'static str, from: f64, to: f64) -> f64 {
        let (from, to) = (Duration::from_secs_f64(from), Duration::from_secs_f64(to));
        let drawn = from + self.rng.duration(to.saturating_sub(from));
        // Whole microseconds: they are written into the script.
        let drawn = Duration::from_micros(u64::try_from(drawn.as_micros()).unwrap_or(0));
        self.parameters.push((name, drawn));
        drawn.as_secs_f64()
    }

    /// Ringwright, or without `two_node` any of them.
    fn is_safe(&self) -> bool {
        !self.two_node || self.vintage == Vintage::Ringwright
    }

    /// From the moment when members do not hear each other any more until they are in rings apart. corosync waits for the
    /// token and for consensus. ringwright waits for the token as written (3 s; `T` has 0.65 s more for a third node),
    /// and then for those who are suspected.
    fn apart(&self) -> &'static str {
        match self.vintage {
            Vintage::Ringwright => "3.3",
            _ => "2.2T",
        }
    }

    /// The token timeout, s.
    fn token(&self) -> f64 {
        self.token.as_secs_f64()
    }
}

/// All scenarios, by name.
#[must_use]
pub fn all() -> Vec<&'static Scenario> {
    let families = [starts::ALL, faults::ALL, paths::ALL, gaps::ALL, twins::ALL];
    let mut all: Vec<_> = families.into_iter().flatten().collect();
    all.sort_by_key(|scenario| scenario.name);
    all
}

/// A scenario by its name, or by what its name begins with up to a hyphen, such as `s09`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scenario> {
    let mut all = all().into_iter();
    all.find(|scenario| scenario.name == name || scenario.name.split('-').next() == Some(name))
}
