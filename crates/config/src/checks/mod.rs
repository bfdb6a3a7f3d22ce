//! What corosync checks once the whole file is read: one function a rule.

mod leftovers;
mod logging;
mod nodelist;
mod quorum;
mod transport;
mod words;

pub use quorum::QUORUM_CONFLICT;
pub(crate) use quorum::two_node_yields;

use crate::Config;
use crate::diagnostic::Report;

type Check = fn(&Config, &mut Report);

/// The rules for every file, by subject.
const ALWAYS: &[Check] = &[
    words::last_word,
    transport::version,
    transport::timing,
    nodelist::present,
    nodelist::addresses,
    nodelist::duplicate_ids,
    quorum::options,
    quorum::two_node_as_corosync,
    logging::logfile,
    leftovers::bindnetaddr,
    leftovers::members,
];

/// The rules that say nothing sensible unless the transport is known.
const BY_TRANSPORT: &[Check] = &[
    transport::links,
    transport::unused_links,
    transport::multicast_only,
    transport::knet_only,
    transport::crypto,
    transport::group,
    nodelist::same_links,
    nodelist::family,
    nodelist::ids,
    leftovers::broadcast,
];

/// The rules that can find more once names are resolved.
const RESOLVED: &[Check] = &[
    nodelist::resolved_family,
    nodelist::ids,
    nodelist::duplicate_ids,
];

pub(crate) fn run(config: &Config, report: &mut Report) {
    for check in ALWAYS {
        check(config, report);
    }
    for check in BY_TRANSPORT.iter().filter(|_| transport::is_known(config)) {
        check(config, report);
    }
}

pub(crate) fn run_resolved(config: &Config, report: &mut Report) {
    for check in RESOLVED {
        check(config, report);
    }
}
