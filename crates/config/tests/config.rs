//! The typed configuration: what the keys mean, and what they default to.

use std::net::IpAddr;

use ringwright_config::{Config, Debug, IpVersion, Provider, Timestamp, Transport, parse};
use ringwright_totem::NodeId;
use ringwright_totem::quorum::{DeviceOptions, TwoNode};

fn accepted(text: &str) -> Config {
    parse("test.conf", text)
        .accepted()
        .unwrap_or_else(|refused| panic!("{refused}"))
}

/// A file for udpu with these addresses and whatever else.
fn udpu(addresses: &[&str], rest: &str) -> String {
    let nodes: Vec<String> = addresses
        .iter()
        .map(|address| {
            format!(
                "node {{
ring0_addr: {address}
}}
"
            )
        })
        .collect();
    let nodes = nodes.concat();
    format!("totem {{\nversion: 2\ntransport: udpu\n}}\nnodelist {{\n{nodes}}}\n{rest}")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect(text)
}

#[test]
fn the_report_means_three_nodes_on_udpu_with_a_log_file() {
    let config = accepted(include_str!("data/report.conf"));
    assert_eq!(config.totem.transport, Transport::Udpu);
    assert_eq!(config.totem.cluster_name.as_deref(), Some("lbcluster"));
    assert_eq!(config.totem.interface.mcastport, 5405);
    assert_eq!(config.totem.timing.token.as_millis(), 3650);
    assert!(config.totem.block_unlisted_ips);
    let nodes: Vec<_> = config
        .nodes
        .iter()
        .map(|node| (node.id, node.name.as_deref(), node.address))
        .collect();
    let expected = [
        (1, "primary", "192.168.56.2"),
        (2, "secondary", "192.168.56.3"),
        (3, "terciary", "192.168.56.4"),
    ];
    assert_eq!(
        nodes,
        expected.map(|(id, name, address)| (Some(NodeId(id)), Some(name), Some(ip(address))))
    );
    assert_eq!(config.quorum.provider, Some(Provider::Votequorum));
    assert_eq!(
        config.logging.logfile.as_deref(),
        Some("/var/log/corosync/corosync.log")
    );
    assert!(config.logging.to_logfile && config.logging.to_syslog && config.logging.to_stderr);
    assert_eq!(config.logging.timestamp, Timestamp::On);
    assert_eq!(
        config
            .local_node("primary", &[], |_| vec![])
            .map(|node| node.position),
        Some(0)
    );
}

#[test]
fn what_is_not_said_has_corosyncs_defaults() {
    let config = accepted(
        "totem {\nversion: 2\n}\nnodelist {\nnode {\nring0_addr: 10.0.0.1\nnodeid: 1\n}\n}\n",
    );
    assert_eq!(config.totem.transport, Transport::Knet);
    assert_eq!(config.totem.ip_version, IpVersion::V6Then4);
    assert_eq!(
        (config.totem.netmtu, config.totem.config_version),
        (1500, 0)
    );
    assert_eq!(
        (config.totem.interface.mcastport, config.totem.interface.ttl),
        (5405, 1)
    );
    assert_eq!(config.totem.crypto, None);
    assert_eq!(config.nodes[0].votes, 1);
    assert_eq!(config.quorum.provider, None);
    assert_eq!(config.logging.debug, Debug::Off);
    assert_eq!(config.logging.timestamp, Timestamp::Hires);
    assert_eq!(config.state_dir, "/var/lib/corosync");
}

#[test]
fn ids_are_made_of_addresses_as_corosync_makes_them() {
    assert_eq!(
        accepted(&udpu(&["192.168.56.5"], "")).nodes[0].id,
        Some(NodeId(3_232_249_861))
    );
    let cleared = udpu(&["192.168.56.5"], "totem {\nclear_node_high_bit: yes\n}\n");
    assert_eq!(accepted(&cleared).nodes[0].id, Some(NodeId(1_084_766_213)));
    let zero = udpu(&["192.168.56.5\nnodeid: 0"], "");
    assert_eq!(accepted(&zero).nodes[0].id, Some(NodeId(3_232_249_861)));
}

#[test]
fn later_values_win_and_a_second_nodelist_overlays_the_first() {
    let rest = "nodelist {\nnode {\nname: one\nnodeid: 9\n}\n}\ntotem {\ncluster_name: a\ncluster_name: b\n}\n";
    let config = accepted(&udpu(&["10.0.0.1", "10.0.0.2"], rest));
    assert_eq!(config.totem.cluster_name.as_deref(), Some("b"));
    assert_eq!(config.nodes.len(), 2);
    assert_eq!(config.nodes[0].name.as_deref(), Some("one"));
    assert_eq!(
        (config.nodes[0].id, config.nodes[0].ring0_addr()),
        (Some(NodeId(9)), Some("10.0.0.1"))
    );
}

#[test]
fn names_wait_for_their_addresses() {
    let mut config = accepted(&udpu(&["alpha", "10.0.0.2", "beta\nnodeid: 3"], ""));
    assert_eq!(
        config.nodes.iter().map(|node| node.id).collect::<Vec<_>>(),
        [None, Some(NodeId(0x0a00_0002)), Some(NodeId(3))]
    );
    config
        .resolve(|name| match name {
            "alpha" => vec![ip("10.0.0.1")],
            "beta" => vec![ip("10.0.0.3"), ip("10.0.0.4")],
            other => panic!("{other} is a number already"),
        })
        .expect("all names are known");
    assert_eq!(config.nodes[0].id, Some(NodeId(0x0a00_0001)));
    assert_eq!(config.nodes[2].address, Some(ip("10.0.0.3")));
}

#[test]
fn names_that_lead_nowhere_or_to_somebody_else_are_refused_at_their_places() {
    let mut config = accepted(&udpu(&["s192.168.56.4", "10.0.0.2", "twin", "six"], ""));
    let refused = config
        .resolve(|name| match name {
            "twin" => vec![ip("10.0.0.2")],
            "six" => vec![ip("fd00::6")],
            _ => vec![],
        })
        .unwrap_err();
    let found: Vec<_> = refused
        .diagnostics
        .iter()
        .map(|found| (found.span.line, found.code))
        .collect();
    assert_eq!(
        found,
        [
            (7, "unresolved-address"),
            (13, "duplicate-nodeid"),
            (15, "nodeid"),
            (16, "address-family")
        ]
    );
}

#[test]
fn the_family_of_a_name_is_the_one_that_ip_version_prefers() {
    let both = [ip("10.0.0.1"), ip("fd00::1")];
    let chosen = |version: IpVersion| version.choose(&both).expect("one of both").to_string();
    assert_eq!(chosen(IpVersion::V4), "10.0.0.1");
    assert_eq!(chosen(IpVersion::V6), "fd00::1");
    assert_eq!(chosen(IpVersion::V6Then4), "fd00::1");
    assert_eq!(chosen(IpVersion::V4Then6), "10.0.0.1");
    assert_eq!(IpVersion::V6.choose(&both[..1]), None);
    assert_eq!(IpVersion::V6Then4.choose(&both[..1]), Some(both[0]));
}

#[test]
fn quorum_options_come_with_the_nodes_and_their_votes() {
    let rest = "quorum {\nprovider: corosync_votequorum\nwait_for_all: 0\nlast_man_standing_window: 5\n\
                two_node_semantics: corosync\ntwo_node: 2\ndevice {\nvotes: 1\n}\n}\n";
    let options = accepted(&udpu(
        &[
            "10.0.0.1\nnodeid: 1",
            "10.0.0.2\nnodeid: 2\nquorum_votes: 3",
        ],
        rest,
    ))
    .quorum_options();
    assert_eq!(options.nodes, [(NodeId(1), 1), (NodeId(2), 3)]);
    assert_eq!(
        (options.two_node, options.two_node_semantics),
        (2, TwoNode::Corosync)
    );
    assert_eq!(
        (options.wait_for_all, options.last_man_standing_window),
        (Some(0), Some(5))
    );
    assert_eq!(options.device, None, "a device without a model is none");
    let with_model = udpu(
        &["10.0.0.1"],
        "quorum {\ndevice {\nmodel: net\nvotes: 1\ntimeout: 7\n}\n}\n",
    );
    let device = DeviceOptions {
        votes: Some(1),
        timeout: Some(7),
        sync_timeout: None,
    };
    assert_eq!(accepted(&with_model).quorum_options().device, Some(device));
}

#[test]
fn udp_sends_to_the_group_written_or_made_of_the_name_or_to_all() {
    let group = |keys: &str| {
        let text = udpu(
            &["10.0.0.1"],
            &format!("totem {{\ntransport: udp\ncluster_name: lbcluster\n{keys}}}\n"),
        );
        let interface = accepted(&text).totem.interface;
        (
            interface.mcastaddr.map(|address| address.to_string()),
            interface.broadcast,
        )
    };
    assert_eq!(group(""), (Some("239.192.209.6".into()), false));
    assert_eq!(
        group("interface {\nmcastaddr: 239.1.2.3\n}\n"),
        (Some("239.1.2.3".into()), false)
    );
    assert_eq!(group("interface {\nbroadcast: yes\n}\n"), (None, true));
}

#[test]
fn secauth_means_a_cipher_and_a_hash_unless_they_are_named() {
    let crypto = |keys: &str| {
        let text = format!(
            "totem {{\nversion: 2\n{keys}}}\nnodelist {{\nnode {{\nring0_addr: 10.0.0.1\nnodeid: 1\n}}\n}}\n"
        );
        accepted(&text)
            .totem
            .crypto
            .map(|crypto| (crypto.cipher, crypto.hash))
    };
    assert_eq!(
        crypto("secauth: on\n"),
        Some(("aes256".into(), "sha256".into()))
    );
    assert_eq!(
        crypto("secauth: on\ncrypto_hash: sha1\n"),
        Some(("aes256".into(), "sha1".into()))
    );
    assert_eq!(crypto("secauth: yes\n"), None);
    assert_eq!(
        crypto("secauth: on\ncrypto_cipher: none\ncrypto_hash: none\n"),
        None
    );
}

#[test]
fn subsystems_log_as_their_sections_say() {
    let rest = "logging {\ndebug: off\nlogger_subsys {\nsubsys: QUORUM\ndebug: trace\nsyslog_priority: ERR\n}\n\
                logging_daemon {\nname: corosync\nlogfile_priority: debug\n}\n}\n";
    let logging = accepted(&udpu(&["10.0.0.1"], rest)).logging;
    let quorum = &logging.subsystems["QUORUM"];
    assert_eq!(
        (quorum.debug, quorum.syslog_priority.as_deref()),
        (Some(Debug::Trace), Some("err"))
    );
    assert_eq!(
        (logging.debug, logging.logfile_priority.as_str()),
        (Debug::Off, "debug")
    );
}

#[test]
fn places_of_missing_keys_are_their_sections() {
    let parsed = parse("test.conf", udpu(&["10.0.0.1"], ""));
    let text = |path: &str| parsed.document.text(parsed.config.place(path)).into_owned();
    assert_eq!(text("totem.transport"), "udpu");
    assert_eq!(text("totem.token"), "totem");
    assert_eq!(text("nodelist.node.0.nodeid"), "node");
    assert_eq!(text("quorum.provider"), "");
}
