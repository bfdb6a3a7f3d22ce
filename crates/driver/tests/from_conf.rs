//! Nodes from a corosync.conf.

use ringwright::NodeId;
use ringwright_config::Config;
use ringwright_driver::from_conf::{ConfError, resolve, settings};

const NODES: &str = "nodelist {
  node {
    nodeid: 1
    name: one
    ring0_addr: 192.168.56.2
  }
  node {
    nodeid: 2
    ring0_addr: 192.168.56.3
    quorum_votes: 2
  }
}
";

/// A configuration with these keys in the section `totem`, and this nodelist.
fn config(totem: &str, rest: &str) -> Config {
    let text = format!("totem {{\nversion: 2\n{totem}\n}}\n{rest}");
    ringwright_config::parse("corosync.conf", text)
        .accepted()
        .unwrap()
}

#[test]
fn udpu_listens_to_the_nodelist() {
    let quorum = "quorum {\nprovider: corosync_votequorum\n}\nsystem {\nstate_dir: /tmp/state\n}\n";
    let config = config(
        "transport: udpu\ntoken: 1000\nconfig_version: 7\nnetmtu: 1400",
        &format!("{NODES}{quorum}"),
    );
    let found = settings(&config, NodeId(2)).unwrap();
    assert_eq!(found.address.to_string(), "192.168.56.3");
    assert_eq!(found.state_dir.to_str(), Some("/tmp/state"));
    assert_eq!(found.transport.port, 5405);
    assert_eq!(found.transport.group, None);
    assert!(found.transport.block_unlisted);
    let addresses = found.transport.nodes.iter();
    let addresses: Vec<_> = addresses.map(|(id, ip)| format!("{id} {ip}")).collect();
    assert_eq!(addresses, ["1 192.168.56.2", "2 192.168.56.3"]);
    let node = found.node;
    assert_eq!(
        (node.me, node.config_version, node.net_mtu),
        (NodeId(2), 7, 1310)
    );
    assert_eq!(node.timing.token.as_millis(), 1000);
    assert_eq!(node.nodes[0].name, "one");
    assert_eq!(node.nodes[1].address, "192.168.56.3");
    assert_eq!(node.quorum.unwrap().nodes, [(NodeId(1), 1), (NodeId(2), 2)]);
}

#[test]
fn without_a_provider_there_is_no_votequorum() {
    let config = config("transport: udpu", NODES);
    assert_eq!(settings(&config, NodeId(1)).unwrap().node.quorum, None);
}

#[test]
fn udp_sends_to_the_clusters_group() {
    let group = |totem: &str| {
        let config = config(&format!("transport: udp\n{totem}"), NODES);
        let group = settings(&config, NodeId(1))
            .unwrap()
            .transport
            .group
            .unwrap();
        format!("{} ttl {}", group.address, group.ttl)
    };
    assert_eq!(group("cluster_name: wirelab"), "239.192.55.52 ttl 1");
    assert_eq!(
        group("interface {\nmcastaddr: 239.1.2.3\nttl: 5\n}"),
        "239.1.2.3 ttl 5"
    );
    assert_eq!(
        group("interface {\nbroadcast: yes\n}"),
        "255.255.255.255 ttl 1"
    );
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    let refused = |totem: &str| settings(&config(totem, NODES), NodeId(1)).unwrap_err();
    let knet = refused("transport: knet");
    assert_eq!(knet, ConfError::Knet);
    assert!(knet.to_string().contains("not supported yet"), "{knet}");
    assert_eq!(
        refused("transport: udpu\nnetmtu: 100"),
        ConfError::NetMtu(100)
    );
    assert_eq!(
        refused("transport: udpu\nnetmtu: 65508"),
        ConfError::NetMtu(65508)
    );
    let config = config("transport: udpu", NODES);
    assert_eq!(
        settings(&config, NodeId(9)).unwrap_err(),
        ConfError::NotListed(NodeId(9))
    );
}

#[tokio::test]
async fn names_are_resolved_by_the_system() {
    let nodes = NODES.replace("192.168.56.2", "localhost");
    let mut config = config("transport: udpu\nip_version: ipv4", &nodes);
    let unresolved = settings(&config, NodeId(1)).unwrap_err();
    assert_eq!(unresolved, ConfError::Unresolved("one".into()));
    resolve(&mut config).await.unwrap();
    assert!(settings(&config, NodeId(1)).unwrap().address.is_loopback());
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_refused_with_its_place() {
    let nodes = NODES.replace("192.168.56.3", "nobody.invalid");
    let mut config = config("transport: udpu", &nodes);
    let refused = resolve(&mut config).await.unwrap_err().to_string();
    assert!(
        refused.contains("nobody.invalid") && refused.starts_with("corosync.conf:"),
        "{refused}"
    );
}
