//! corosync.conf by the grammar of corosync 3.1.7: what that daemon takes is taken, what it refuses is refused, and every
//! finding points at its place.
//!
//! Three layers, each usable alone:
//! - [`Document`]: the file as lines with sections, keys and places; lossless.
//! - [`Cmap`]: the same as the flat map of typed values that the daemon works with.
//! - [`Config`]: the meaning, with defaults: what a node needs to start.
//!
//! ```
//! let text = "\
//! totem {
//!   version: 2
//!   transport: udpu
//!   tokn: 5000
//! }
//! nodelist {
//!   node {
//!     nodeid: 1
//!     ring0_addr: 192.168.56.2
//!   }
//!   node {
//!     nodeid: 2
//!     ring0_addr: 192.168.56.3
//!   }
//! }
//! ";
//! let parsed = ringwright_config::parse("corosync.conf", text);
//! let findings: Vec<_> = parsed.diagnostics.iter().map(ToString::to_string).collect();
//! assert_eq!(
//!     findings,
//!     ["corosync.conf:4:3: warning: unknown key `totem.tokn` (did you mean `totem.token`?)"]
//! );
//!
//! let config = parsed.accepted().expect("a warning does not keep a node from starting");
//! assert_eq!(config.nodes.len(), 2);
//! assert_eq!(config.totem.interface.mcastport, 5405);
//! ```
//!
//! Some keys mean something to us and nothing to corosync, which accepts and ignores them. `totem.detect_*` say how early a
//! failure is suspected: see [`ringwright_totem::ring::timing::Detection`].
//! `quorum.two_node_semantics: strict` (the default) applies `two_node` to clusters of exactly two nodes as votequorum(5)
//! promises; `corosync` applies it as corosync 3.1.7 computes it, to any partition of at most two nodes.
//!
//! Whether a node starts is one question; whether the cluster holds together is another: [`lint`] has its rules.
//!
//! Nothing is looked up while reading, so a few refusals of corosync are left to whoever starts a node: key files and
//! log files that cannot be opened, names in `uidgid` that nobody has, names in the nodelist without an address
//! ([`Config::resolve`]), a host that is not in the nodelist ([`Config::local_node`]). An `mcastaddr` has to be an
//! address: a name that resolves to one is refused.

mod checks;
mod cmap;
mod config;
mod diagnostic;
mod document;
mod line;
pub mod lint;
mod local;
mod logging;
mod nodelist;
mod quorum;
mod schema;
mod span;
mod store;
mod totem;
mod unknown;
mod value;

pub use checks::QUORUM_CONFLICT;
pub use cmap::{Cmap, Entry, Value};
pub use config::{Config, Parsed, Refused, parse};
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Document, Line, LineKind};
pub use logging::{Debug, Logging, Subsystem, Timestamp};
pub use nodelist::Node;
pub use quorum::{Provider, Quorum};
pub use span::Span;
pub use totem::{Crypto, Interface, IpVersion, Totem, Transport};
