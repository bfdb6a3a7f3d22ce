//! What has no effect, or not the one that it seems to have.

use super::ignored;
use crate::lint::fix::Fix;
use crate::lint::rule::Rule;

pub(in crate::lint) const IGNORED: &[Rule] = &[
    Rule {
        concerns: "corosync 2 and 3",
        fix: Some(Fix::RemoveKey),
        ..ignored(
            "broadcast",
            "`broadcast` without `transport: udp`",
            "It is left over from multicast setups, and makes a reader look for the fault in the wrong place.",
            "remove it; `--fix` does",
        )
    },
    Rule {
        concerns: "corosync 2.4 and 3; corosync 2.3.3 ends if it names another network of this machine",
        fix: Some(Fix::RemoveKey),
        ..ignored(
            "bindnetaddr",
            "`bindnetaddr` beside a nodelist",
            "What stands here is often wrong without anybody noticing: a network, a placeholder, another node's address copied \
             along.",
            "remove it; `--fix` does",
        )
    },
    Rule {
        concerns: "corosync 2 and 3",
        fix: Some(Fix::RemoveSection),
        ..ignored(
            "dead-section",
            "a section that corosync ignores, such as `service`",
            "Tutorials still show `service { name: pacemaker }`. The service manager starts Pacemaker, or nobody does: a cluster \
             without it has members, and nothing that moves an address.",
            "remove it, and enable the service itself (`systemctl enable pacemaker`); `--fix` removes it",
        )
    },
    ignored(
        "member",
        "`member` beside a nodelist",
        "The nodelist says who the members are.",
        "remove the section `member`",
    ),
    ignored(
        "dead-key",
        "a key that corosync 3 ignores",
        "It belonged to an older version; what it asked for is not done.",
        "remove it, once no node runs that version",
    ),
    ignored(
        "unknown-section",
        "a section that nobody knows",
        "corosync accepts and ignores it: a misspelt name switches off all that is in it, without a word.",
        "correct the name, or remove the section",
    ),
    ignored(
        "unknown-key",
        "a key that nobody knows",
        "corosync accepts and ignores it: a misspelt `tokn: 5000` leaves the default, without a word.",
        "correct the name, or remove the key",
    ),
    ignored(
        "misplaced-key",
        "a number written under a path with dots, outside its section",
        "corosync stores it as text, and whoever reads it looks for a number: it has no effect.",
        "write the key inside its section",
    ),
    ignored(
        "quorum-option",
        "an option of votequorum that another one switches off",
        "votequorum goes on without it and says so in its log only.",
        "keep the option that is meant and remove the other",
    ),
    ignored(
        "node-without-address",
        "a node without a `ring0_addr`",
        "Nobody can reach it, but its vote counts.",
        "write its address, or remove the node",
    ),
    ignored(
        "no-logfile",
        "`to_logfile` without a `logfile`",
        "Nothing is written: after a split there is no log to read.",
        "write `logfile: /var/log/corosync/corosync.log`",
    ),
];
