//! What a capture or a journal says of a split: facts first, then a verdict on each of its known causes.
//!
//! ```text
//! capture ─┐                          ┌─ cause a … h ─┐
//!          ├─ talk ─ rings ─ facts ───┤               ├─ Evidence
//! journal ─┘      configurations ─────┘               ┘
//! ```
//!
//! The causes are those of docs: an interface reconfigured under the daemon (A), two owners of an address (B), packets lost
//! on one path (C), a daemon that does not run because its address came late (D), configurations or keys that differ (E), a
//! pause (F), random loss (G), start order and shared addresses (H). [`judge`] is a pure function of the facts.

mod capture;
mod cause;
mod fact;
mod files;
mod journal;
mod judge;
mod rings;
mod show;
#[cfg(test)]
mod table;
mod talk;

use std::path::{Path, PathBuf};

use ringwright_config::lint::Cluster;

use crate::failure::Failure;
use cause::{Finding, Verdict};
use fact::Facts;

/// What was found, and what follows from it.
#[derive(Debug)]
pub(crate) struct Evidence {
    facts: Facts,
    verdicts: Vec<Verdict>,
}

/// What a capture says. `cluster` has the file that all nodes share, each node's own, or none.
pub(crate) fn of_capture(path: &Path, cluster: &Cluster) -> Result<Evidence, Failure> {
    Ok(Evidence::of(capture::facts(path, cluster)?))
}

/// What a node's journal says; `files` are its parts.
pub(crate) fn of_journal(files: &[PathBuf], cluster: &Cluster) -> Result<Evidence, Failure> {
    Ok(Evidence::of(journal::facts(files, cluster)?))
}

impl Evidence {
    /// The letters of the causes that it supports.
    pub(crate) fn supported(&self) -> Vec<char> {
        self.letters(Finding::Supported)
    }

    /// The letters of the causes that it rules out.
    pub(crate) fn ruled_out(&self) -> Vec<char> {
        self.letters(Finding::RuledOut)
    }

    fn letters(&self, finding: Finding) -> Vec<char> {
        let such = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.finding == finding);
        such.filter_map(|verdict| format!("{:?}", verdict.cause).chars().next())
            .collect()
    }

    fn of(facts: Facts) -> Self {
        let verdicts = judge::judge(&facts);
        Self { facts, verdicts }
    }
}
