//! What corosync 3.1.7 does not start with.

use super::refused;
use crate::lint::rule::Rule;

pub(in crate::lint) const REFUSED: &[Rule] = &[
    refused(
        "wrong-value",
        "a value of the wrong type, out of range, or none of the allowed words",
        "Numbers are decimal and have nothing after them (no comment either); words are taken literally, in lower \
             case.",
        "write one of the values that the finding names",
    ),
    refused(
        "member-key",
        "a key other than `memberaddr` in a section `member`",
        "corosync takes no other key there.",
        "remove the key; the nodelist says who the members are",
    ),
    refused(
        "uidgid-key",
        "a key other than `uid` and `gid` in a section `uidgid`",
        "The section names users and groups that may use corosync, nothing else.",
        "remove the key",
    ),
    refused(
        "uidgid-value",
        "a `uid` or `gid` that is neither a number nor a name",
        "corosync looks the name up when it starts.",
        "write a user's or group's number or name",
    ),
    refused(
        "logger-subsys",
        "a section `logger_subsys` without `subsys`",
        "Without it nobody knows whose messages the section is about.",
        "add `subsys: NAME`, such as `QUORUM` or `TOTEM`",
    ),
    refused(
        "logging-daemon",
        "a section `logging_daemon` without `name`",
        "Without it nobody knows whose messages the section is about.",
        "add `name: corosync`",
    ),
    refused(
        "section-in-logger",
        "a section inside `logger_subsys` or `logging_daemon`",
        "corosync 3.1.7 crashes on it.",
        "move the section out",
    ),
    refused(
        "logfile-empty",
        "an empty `logfile`",
        "A log file needs a path.",
        "write a path, such as `/var/log/corosync/corosync.log`, or remove the key",
    ),
    refused(
        "version",
        "`totem.version` other than 2, or missing",
        "It is the version of the file's format, and there is no other.",
        "write `version: 2` in section `totem`",
    ),
    refused(
        "no-nodelist",
        "no nodelist with a `ring0_addr`",
        "corosync 3 finds its peers and itself in the nodelist alone; `bindnetaddr` and `member` are not enough \
             any more.",
        "list every node in a section `nodelist`",
    ),
    refused(
        "no-address",
        "an empty `ring0_addr`",
        "It is what the other nodes send to.",
        "write the node's address",
    ),
    refused(
        "address-family",
        "an address of a family that `ip_version` or the others of its link do not allow",
        "The addresses of one link are all IPv4 or all IPv6.",
        "use one family, or correct `ip_version`",
    ),
    refused(
        "nodeid",
        "a node without an id, or with one that its transport does not allow",
        "knet needs ids from 1 to 65535; udpu and udp make one of an IPv4 address, but not of another.",
        "write a `nodeid` for every node: 1, 2, 3, …",
    ),
    refused(
        "duplicate-nodeid",
        "one id for two nodes",
        "corosync 2.4 and 3 refuse it. corosync 2.3 does not, and crashes on all nodes.",
        "give each node an id of its own",
    ),
    refused(
        "no-name",
        "a node without `name` where there are several links",
        "With several addresses a node is known by its name.",
        "write a `name` for every node, best its host name",
    ),
    refused(
        "links-differ",
        "nodes with different numbers of links",
        "Every node needs an address on every link.",
        "write the missing `ringN_addr`, or remove the link everywhere",
    ),
    refused(
        "too-many-links",
        "more links than the transport has",
        "udpu and udp have one link, knet has eight, numbered from 0.",
        "remove the link, or use `transport: knet`",
    ),
    refused(
        "unused-link",
        "an interface of knet without addresses",
        "A link needs a `ringN_addr` of every node.",
        "write the addresses, or remove the section",
    ),
    refused(
        "ttl",
        "a `ttl` other than 1 without multicast",
        "Only udp sends multicast datagrams.",
        "remove `ttl`",
    ),
    refused(
        "knet-link-priority",
        "`knet_link_priority` without knet",
        "A single link has no priority.",
        "remove the key, or use `transport: knet`",
    ),
    refused(
        "cipher-without-hash",
        "a `crypto_cipher` without a `crypto_hash`",
        "Traffic that is encrypted and not authenticated can be forged.",
        "add `crypto_hash: sha256`",
    ),
    refused(
        "crypto-needs-knet",
        "encryption with udpu or udp",
        "corosync 3 encrypts with knet only. corosync 2 encrypts udpu too: such a file is a 2.x file.",
        "use `transport: knet`, or `crypto_cipher: none` and `crypto_hash: none`",
    ),
    refused(
        "no-group",
        "udp without a group to send to",
        "The group is `mcastaddr`, or follows from `cluster_name`.",
        "write a `cluster_name`",
    ),
    refused(
        "mcastaddr",
        "an `mcastaddr` that is no multicast address, or of another family",
        "udp sends to it, and every transport refuses what is no address.",
        "write an address from 239.0.0.0/8, or remove the key",
    ),
    refused(
        "timing",
        "a timer that is too short, or that does not fit the others",
        "Timers have a floor of 30 ms (`hold`: 14 ms), `consensus` is at least `join`, `token_warning` at most \
             100 percent. What is not written follows from `token`.",
        "raise the timer, or remove it to have its default",
    ),
    refused(
        "quorum-conflict",
        "options of votequorum that exclude each other",
        "Two of them would decide the same question in different ways.",
        "keep the one that is meant",
    ),
];
