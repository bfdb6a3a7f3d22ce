//! A name that leads to the loopback interface.

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "name-loopback",
    severity: Severity::Error,
    concerns: "corosync 2 and 3: the daemon of such a machine ends at start",
    summary: "a name in the nodelist that this machine resolves to 127.0.0.0/8 or ::1",
    explanation: "Installers write the machine's own name beside 127.0.1.1 into /etc/hosts. Each machine then finds itself on \
        its loopback interface while the others look elsewhere.",
    remedy: "write addresses into the nodelist, or take the name off the loopback lines of /etc/hosts on every node",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster
        .addressed()
        .filter(|entry| entry.text != "localhost")
    {
        let looked_up = cluster.lookup(entry.text).unwrap_or_default();
        if let Some(address) = looked_up.iter().find(|address| address.is_loopback()) {
            found.at(
                entry.file,
                entry.span,
                format!(
                    "`{}` is {address} on this machine: the loopback interface",
                    entry.text
                ),
            );
        }
    }
}
