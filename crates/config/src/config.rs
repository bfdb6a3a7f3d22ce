//! The whole configuration of a node.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::Report;
use crate::{Cmap, Diagnostic, Document, Logging, Node, Quorum, Span, Totem};
use crate::{checks, nodelist, store, unknown};

/// What corosync.conf says, with defaults for what it does not say.
///
/// The place of any key is [`Config::place`] of its path in the [`Cmap`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name of the file.
    pub file: Arc<str>,
    /// The section `totem`.
    pub totem: Totem,
    /// The section `nodelist`, by position.
    pub nodes: Vec<Node>,
    /// The section `quorum`.
    pub quorum: Quorum,
    /// The section `logging`.
    pub logging: Logging,
    /// `system.state_dir`: where the ring id is kept. Default `/var/lib/corosync`.
    pub state_dir: String,
    /// Every key as corosync stores it, also those that nobody reads.
    pub cmap: Cmap,
}

/// A file that has been read, well or not.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The text, lossless.
    pub document: Document,
    /// The configuration as far as it could be understood; trust it only without errors.
    pub config: Config,
    /// All findings in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file with errors: corosync would not start with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// All findings in the order of their places, warnings too.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a corosync.conf; `name` is what diagnostics call it.
///
/// Nothing is looked up: addresses that are names are left for [`Config::resolve`], key files and log files for whoever
/// opens them.
#[must_use]
pub fn parse(name: &str, bytes: impl Into<Vec<u8>>) -> Parsed {
    let mut report = Report::new(name);
    let document = Document::read(name, bytes.into(), &mut report);
    let cmap = store::store(&document, &mut report);
    let config = Config::read(name, cmap);
    // Without its braces a file has all keys in wrong sections: anything more to say about them would be noise.
    if document.is_balanced() {
        unknown::check(&document, &mut report);
        checks::run(&config, &mut report);
    }
    Parsed {
        document,
        config,
        diagnostics: report.finish(),
    }
}

impl Parsed {
    /// The configuration, unless there are errors.
    pub fn accepted(self) -> Result<Config, Refused> {
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            Err(Refused {
                diagnostics: self.diagnostics,
            })
        } else {
            Ok(self.config)
        }
    }

    /// The findings that do not keep a node from starting.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| !found.is_error())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, found) in self.diagnostics.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{found}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl Config {
    fn read(file: &str, cmap: Cmap) -> Self {
        let nodes = nodelist::read(&cmap);
        Self {
            file: file.into(),
            totem: Totem::read(&cmap, nodes.len()),
            quorum: Quorum::read(&cmap),
            logging: Logging::read(&cmap),
            state_dir: cmap
                .text("system.state_dir")
                .unwrap_or("/var/lib/corosync")
                .into(),
            nodes,
            cmap,
        }
        .with_numeric_addresses()
    }

    /// The place of the value at this path of the [`Cmap`], or of the section where it would stand.
    #[must_use]
    pub fn place(&self, path: &str) -> Span {
        self.cmap.place(path)
    }
}
