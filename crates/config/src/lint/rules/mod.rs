//! The rules of whole clusters, one file each.

mod address_contested;
mod address_differs;
mod address_duplicate;
mod address_everywhere;
mod address_loopback;
mod address_not_here;
mod address_special;
mod address_unparsable;
mod cluster_name_differs;
mod config_differs;
mod consensus_short;
mod crypto_differs;
mod even_votes;
mod expected_votes;
mod interface_abort;
mod interface_loss;
mod key_differs;
mod name_differs;
mod name_loopback;
mod no_fencing;
mod no_quorum;
mod nodeid_differs;
mod nodelist_differs;
mod not_listed;
mod port_differs;
mod quorum_differs;
mod timers_differ;
mod token_short;
mod transport_differs;
mod two_node;
mod two_node_start;
mod udpu;
mod unencrypted;
mod unresolved_address;

use super::cluster::Cluster;
use super::finding::Found;
use super::fix::Fix;
use super::rule::{Check, Rule};
use super::sides;
use super::version::Version;
use crate::Severity;

/// All of them, by subject: quorum, addresses, agreement of the files, timing, traffic.
pub(super) const ALL: &[Rule] = &[
    two_node::RULE,
    two_node_start::RULE,
    even_votes::RULE,
    expected_votes::RULE,
    no_quorum::RULE,
    no_fencing::RULE,
    not_listed::RULE,
    address_not_here::RULE,
    address_unparsable::RULE,
    unresolved_address::RULE,
    address_loopback::RULE,
    name_loopback::RULE,
    address_everywhere::RULE,
    address_duplicate::RULE,
    address_special::RULE,
    address_contested::RULE,
    nodelist_differs::RULE,
    nodeid_differs::RULE,
    address_differs::RULE,
    name_differs::RULE,
    port_differs::RULE,
    transport_differs::RULE,
    crypto_differs::RULE,
    key_differs::RULE,
    timers_differ::RULE,
    cluster_name_differs::RULE,
    quorum_differs::RULE,
    config_differs::RULE,
    token_short::RULE,
    consensus_short::RULE,
    interface_loss::RULE,
    interface_abort::RULE,
    unencrypted::RULE,
    udpu::RULE,
];
