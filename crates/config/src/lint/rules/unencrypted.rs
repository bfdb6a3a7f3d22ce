//! Traffic that everybody on the network can read and forge.

use super::{Check, Cluster, Found, Rule, Severity, Version};
use crate::{Config, Transport};

pub(super) const RULE: Rule = Rule {
    name: "unencrypted",
    severity: Severity::Warning,
    concerns: "corosync 3; corosync 2 encrypts by default, unless told otherwise",
    summary: "traffic that is neither encrypted nor authenticated",
    explanation: "Whoever reaches the port can read every message, join the ring and tear it down: one forged datagram is \
        enough. The nodelist is no protection, as senders' addresses can be forged too.",
    remedy: "with `transport: knet`: `crypto_cipher: aes256`, `crypto_hash: sha256` and the same key file on every node; \
        otherwise a network for the cluster alone, or a firewall that lets only the nodes reach the port",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    let by_default = cluster
        .version()
        .is_some_and(|version| version < Version::KNET);
    let plain =
        |config: &Config| config.totem.crypto.is_none() && (!by_default || is_switched_off(config));
    for (file, config) in cluster.configs().filter(|(_, config)| plain(config)) {
        let message = match config.known_transport() {
            Some(Transport::Knet) if config.nodes.len() > 1 => {
                "no `crypto_cipher` and `crypto_hash`: knet sends in the clear".to_owned()
            }
            Some(transport @ (Transport::Udpu | Transport::Udp)) if config.nodes.len() > 1 => {
                format!("{transport} sends in the clear")
            }
            _ => continue,
        };
        found.at(file, config.place("totem.transport"), message);
    }
}

/// Whether corosync 2, which encrypts by default, is told not to.
fn is_switched_off(config: &Config) -> bool {
    let says = |key: &str, value: &str| config.cmap.text(key) == Some(value);
    let none = says("totem.crypto_cipher", "none") && says("totem.crypto_hash", "none");
    says("totem.secauth", "off") || none
}
