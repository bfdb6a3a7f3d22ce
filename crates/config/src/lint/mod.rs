//! Rules for the configuration of a whole cluster: what splits it, what its files disagree about, what does nothing.
//!
//! [`parse`](crate::parse) judges one file as corosync would: does a node start with it? A [`Cluster`] is the file, or
//! the files of all nodes together, and what is known of the machine; [`lint`] asks every [`Rule`] about it. What the
//! parser finds is part of the answer: each of its codes is the name of a rule too.
//!
//! ```
//! use ringwright_config::lint::{Cluster, lint};
//!
//! let file = |port: u16| {
//!     format!("totem {{\nversion: 2\ntransport: udpu\ninterface {{\nmcastport: {port}\n}}\n}}\n")
//! };
//! let files = [("a.conf", 5405), ("b.conf", 5406)];
//! let cluster = Cluster::of(files.map(|(name, port)| ringwright_config::parse(name, file(port))));
//! let found = lint(&cluster);
//! let differs = found.iter().find(|found| found.rule.name == "port-differs").expect("a finding");
//! assert_eq!(differs.message, "`mcastport` differs: 5406 in b.conf, 5405 in a.conf");
//! ```
//!
//! A rule is one file in `lint/rules`; those of the parser's codes are the tables in `lint/reader`. A new rule is a new
//! file, a line in [`RULES`], and a folder of its name in `tests/data/lint`.

mod cluster;
mod finding;
mod fix;
mod reader;
mod rule;
mod rules;
mod sides;
mod version;

pub use cluster::{Cluster, Host};
pub use finding::{Finding, Label};
pub use fix::{Fixed, fix};
pub use rule::{RULES, Rule, lint, rule};
pub use version::Version;
