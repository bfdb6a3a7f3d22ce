//! A name that nobody knows.

use super::address_unparsable::can_be_a_name;
use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "unresolved-address",
    severity: Severity::Error,
    concerns: "corosync 2 and 3: the daemon ends at start",
    summary: "a name in the nodelist that this machine cannot resolve, or not to a family that `ip_version` allows",
    explanation: "Every name in the nodelist is looked up when the daemon starts, also those of the other nodes. A name server \
        that does not answer at boot keeps the node out of the cluster.",
    remedy: "write addresses into the nodelist, or the names into /etc/hosts of every node",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        let Some(addresses) = cluster.lookup(entry.text) else {
            continue;
        };
        let ip_version = cluster.files()[entry.file].config.totem.ip_version;
        if ip_version.choose(addresses).is_none() && can_be_a_name(entry.text) {
            found.at(
                entry.file,
                entry.span,
                format!(
                    "`{}` has no address on this machine that `ip_version` allows",
                    entry.text
                ),
            );
        }
    }
}
