//! What each transport can do, and the ring's timing.

use std::net::IpAddr;

use ringwright_totem::ring::timing::{Timing, TimingKeys, TimingRule};

use crate::diagnostic::Report;
use crate::{Config, Transport};

/// Links are numbered from 0 to this.
const LINK_MAX: u32 = 7;

/// Whether `transport` is absent or one that there is.
pub(super) fn is_known(config: &Config) -> bool {
    let named = config.cmap.text("totem.transport");
    named.is_none_or(|text| text == config.totem.transport.as_str())
}

pub(super) fn version(config: &Config, report: &mut Report) {
    let place = config.place("totem.version");
    match config.cmap.u32("totem.version") {
        Some(2) => {}
        None if config.cmap.is_refused("totem.version") => {}
        Some(other) => {
            report.error(
                "version",
                place,
                format!("`version` must be 2, found {other}"),
            );
        }
        None if config.cmap.section("totem").is_none() => {
            report.error(
                "version",
                place,
                "there is no section `totem`; it has to say `version: 2`",
            );
        }
        None => {
            report.error("version", place, "section `totem` has to say `version: 2`");
        }
    }
}

/// udp and udpu have link 0 alone, knet has links 0 to 7.
pub(super) fn links(config: &Config, report: &mut Report) {
    let transport = config.totem.transport;
    let last = if transport == Transport::Knet {
        LINK_MAX
    } else {
        0
    };
    let links = match last {
        0 => "has one link only: `ring0_addr` and `linknumber: 0`".to_owned(),
        last => format!("has links 0 to {last} only"),
    };
    let say = |what: &str| format!("{what} is not possible: `transport: {transport}` {links}");
    for node in &config.nodes {
        for (&link, _) in node.ring_addrs.range(last + 1..) {
            let key = format!("ring{link}_addr");
            let place = config
                .cmap
                .get(&node.path(&key))
                .map_or_else(|| config.place(&node.path(&key)), |e| e.key_span);
            report.error("too-many-links", place, say(&format!("`{key}`")));
        }
    }
    let mut told = last;
    for (link, entry) in interfaces(config).map(|(link, _, entry)| (link, entry)) {
        if link > told {
            told = link;
            report.error(
                "too-many-links",
                entry.key_span,
                say(&format!("an interface with `linknumber: {link}`")),
            );
        }
    }
}

/// A link of knet needs addresses.
pub(super) fn unused_links(config: &Config, report: &mut Report) {
    if config.totem.transport != Transport::Knet {
        return;
    }
    let mut told = 0;
    for (link, entry) in interfaces(config).map(|(link, _, entry)| (link, entry)) {
        let used = config
            .nodes
            .iter()
            .any(|node| node.ring_addrs.contains_key(&link));
        if link > told && link <= LINK_MAX && !used {
            told = link;
            let message =
                format!("link {link} has an interface and no node has a `ring{link}_addr`");
            report.error("unused-link", entry.key_span, message);
        }
    }
}

/// The keys of `totem.interface.N`.
fn interfaces(config: &Config) -> impl Iterator<Item = (u32, &str, &crate::Entry)> {
    config
        .cmap
        .under("totem.interface.")
        .filter_map(|(rest, entry)| {
            let (link, key) = rest.split_once('.')?;
            Some((link.parse().ok()?, key, entry))
        })
}

pub(super) fn multicast_only(config: &Config, report: &mut Report) {
    let transport = config.totem.transport;
    for (_, _, entry) in interfaces(config).filter(|(_, key, _)| *key == "ttl") {
        if transport != Transport::Udp && entry.value != crate::Value::U8(1) {
            let message = format!(
                "`ttl` must be 1 with `transport: {transport}`, found {}: only udp sends multicast",
                entry.value
            );
            report.error("ttl", entry.span, message);
        }
    }
}

pub(super) fn knet_only(config: &Config, report: &mut Report) {
    let transport = config.totem.transport;
    for (_, _, entry) in interfaces(config).filter(|(_, key, _)| *key == "knet_link_priority") {
        let fine = matches!(entry.value, crate::Value::U8(0 | 1));
        if transport != Transport::Knet && !fine {
            let message =
                format!("`knet_link_priority` needs `transport: knet`, found `{transport}`");
            report.error("knet-link-priority", entry.span, message);
        }
    }
}

pub(super) fn crypto(config: &Config, report: &mut Report) {
    let Some(crypto) = &config.totem.crypto else {
        return;
    };
    let written = ["totem.crypto_cipher", "totem.crypto_hash", "totem.secauth"];
    let on = |path: &&&str| config.cmap.text(path).is_some_and(|text| text != "none");
    let place = config.place(written.iter().find(on).unwrap_or(&"totem.crypto_cipher"));
    if crypto.cipher != "none" && crypto.hash == "none" {
        let message = format!(
            "`crypto_cipher: {}` needs a `crypto_hash` other than none",
            crypto.cipher
        );
        report.error("cipher-without-hash", place, message);
    }
    if config.totem.transport != Transport::Knet {
        let message = format!(
            "encryption needs `transport: knet`, found `{}`",
            config.totem.transport
        );
        let found = report.error("crypto-needs-knet", place, message);
        found.help("`crypto_cipher: none` and `crypto_hash: none` switch it off");
    }
}

/// The group that udp sends to has to be one, and of the nodes' family.
pub(super) fn group(config: &Config, report: &mut Report) {
    let transport = config.totem.transport;
    let path = "totem.interface.0.mcastaddr";
    let place = config.place(path);
    let Some(text) = config.cmap.text(path) else {
        let interface = &config.totem.interface;
        if transport == Transport::Udp && interface.mcastaddr.is_none() && !interface.broadcast {
            let message =
                "udp needs a group to send to: `cluster_name`, `mcastaddr` or `broadcast: yes`";
            report.error("no-group", config.place("totem.transport"), message);
        }
        return;
    };
    let Ok(address) = text.parse::<IpAddr>() else {
        let message = format!("`mcastaddr` must be a multicast address, found \"{text}\"");
        report.error("mcastaddr", place, message);
        return;
    };
    let family = config
        .nodes
        .iter()
        .find_map(|node| node.address)
        .map(|node| node.is_ipv4());
    if config.totem.ip_version.choose(&[address]).is_none() {
        report.error(
            "mcastaddr",
            place,
            format!("`ip_version` does not allow the `mcastaddr` {address}"),
        );
    } else if transport == Transport::Udp
        && !config.totem.interface.broadcast
        && !address.is_multicast()
    {
        report.error(
            "mcastaddr",
            place,
            format!("`mcastaddr` must be a multicast address, found {address}"),
        );
    } else if transport == Transport::Udp && family.is_some_and(|v4| v4 != address.is_ipv4()) {
        let message =
            format!("`mcastaddr` {address} is of another family than the nodes' addresses");
        report.error("mcastaddr", place, message);
    }
}

/// Every timer that is out of its range: one that is written is taken out to find the next.
pub(super) fn timing(config: &Config, report: &mut Report) {
    let mut keys = config.totem.timing_keys.clone();
    while let Err(error) = Timing::resolve(&keys, config.nodes.len()) {
        let message = error.to_string();
        if let Some(entry) = config.cmap.get(&format!("totem.{}", error.key))
            && unset(&mut keys, error.key)
        {
            report.error("timing", entry.span, message);
            continue;
        }
        let source = match error.rule {
            TimingRule::AtLeastJoin(_) if config.cmap.get("totem.join").is_some() => "join",
            _ => "token",
        };
        let help = format!(
            "`{}` is not set and follows from `token`; change `{source}` or set it",
            error.key
        );
        report
            .error("timing", config.place(&format!("totem.{source}")), message)
            .help(help);
        return;
    }
}

/// Takes a key out; false if it was not there or is none of those that can be wrong.
fn unset(keys: &mut TimingKeys, key: &str) -> bool {
    let slot = match key {
        "token" => &mut keys.token,
        "token_retransmit" => &mut keys.token_retransmit,
        "hold" => &mut keys.hold,
        "join" => &mut keys.join,
        "consensus" => &mut keys.consensus,
        "merge" => &mut keys.merge,
        "downcheck" => &mut keys.downcheck,
        "max_network_delay" => &mut keys.max_network_delay,
        "token_warning" => &mut keys.token_warning,
        "detect_silence" => &mut keys.detect_silence,
        "detect_patience" => &mut keys.detect_patience,
        "detect_pulse" => &mut keys.detect_pulse,
        _ => return false,
    };
    slot.take().is_some()
}
