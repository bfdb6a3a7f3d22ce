//! Cluster options, and defaults of resources.

use ringwright_placement::Cib;

use super::ids::Ids;
use super::pairs::{Pair, put};
use super::{Edited, refuse};
use crate::near;

/// Pacemaker 2.1's cluster options, and `ringwright-lease`.
const KNOWN: [&str; 49] = [
    "batch-limit",
    "cluster-delay",
    "cluster-infrastructure",
    "cluster-ipc-limit",
    "cluster-name",
    "cluster-recheck-interval",
    "concurrent-fencing",
    "dc-deadtime",
    "dc-version",
    "election-timeout",
    "enable-acl",
    "enable-startup-probes",
    "fence-reaction",
    "have-watchdog",
    "join-finalization-timeout",
    "join-integration-timeout",
    "load-threshold",
    "maintenance-mode",
    "migration-limit",
    "no-quorum-policy",
    "node-action-limit",
    "node-health-base",
    "node-health-green",
    "node-health-red",
    "node-health-strategy",
    "node-health-yellow",
    "pe-error-series-max",
    "pe-input-series-max",
    "pe-warn-series-max",
    "placement-strategy",
    "priority-fencing-delay",
    "remove-after-stop",
    "ringwright-lease",
    "shutdown-escalation",
    "shutdown-lock",
    "shutdown-lock-limit",
    "start-failure-is-fatal",
    "startup-fencing",
    "stonith-action",
    "stonith-enabled",
    "stonith-max-attempts",
    "stonith-timeout",
    "stonith-watchdog-timeout",
    "stop-all-resources",
    "stop-orphan-actions",
    "stop-orphan-resources",
    "symmetric-cluster",
    "transition-delay",
    "last-lrm-refresh",
];

/// Sets cluster options; an empty value takes one away. With `force` also such that are not known.
pub(crate) fn set(cib: &mut Cib, pairs: &[Pair], force: bool) -> Edited {
    for (name, _) in pairs.iter().filter(|_| !force) {
        if !KNOWN.contains(&name.as_str()) {
            let near = near::told(name, KNOWN);
            return refuse(format!(
                "no cluster option is called `{name}`{near}; --force sets it nevertheless"
            ));
        }
    }
    let mut ids = Ids::of(cib);
    for (name, value) in pairs {
        let set = "cib-bootstrap-options";
        put(&mut cib.crm_config, &mut ids, set, name, Some(value));
    }
    Ok(())
}

/// Sets meta attributes of all resources that do not say otherwise; an empty value takes one away.
pub(crate) fn set_defaults(cib: &mut Cib, pairs: &[Pair]) {
    let mut ids = Ids::of(cib);
    for (name, value) in pairs {
        let set = "rsc_defaults-meta_attributes";
        put(&mut cib.rsc_defaults, &mut ids, set, name, Some(value));
    }
}

/// Every cluster option that is set.
pub(crate) fn list(cib: &Cib) -> Vec<Pair> {
    let pairs = cib.crm_config.iter().flat_map(|set| &set.pairs);
    pairs
        .filter_map(|pair| Some((pair.get("name")?.to_owned(), pair.get("value")?.to_owned())))
        .collect()
}
