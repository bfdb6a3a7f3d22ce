//! What corosync checks once the whole file is read: one function a rule.

mod leftovers;
mod logging;
mod nodelist;
mod quorum;
mod transport;
mod words;

use crate::Config;
use crate::diagnostic::Report;

type Check = fn(&Config, &mut Report);

/// The rules, by subject.
const CHECKS: &[Check] = &[
    words::last_word,
    transport::version,
    transport::links,
    transport::unused_links,
    transport::multicast_only,
    transport::knet_only,
    transport::crypto,
    transport::group,
    transport::timing,
    nodelist::present,
    nodelist::addresses,
    nodelist::same_links,
    nodelist::family,
    nodelist::ids,
    nodelist::duplicate_ids,
    quorum::options,
    quorum::two_node_as_corosync,
    logging::logfile,
    leftovers::broadcast,
    leftovers::bindnetaddr,
    leftovers::members,
];

/// The rules that can find more once names are resolved.
const RESOLVED: &[Check] = &[nodelist::resolved_family, nodelist::duplicate_ids];

pub(crate) fn run(config: &Config, report: &mut Report) {
    for check in CHECKS {
        check(config, report);
    }
}

pub(crate) fn run_resolved(config: &Config, report: &mut Report) {
    for check in RESOLVED {
        check(config, report);
    }
}
