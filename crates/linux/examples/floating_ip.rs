//! A floating address among hosts, without a configuration file or a daemon: the program is the node that holds it.
//!
//! On each of three hosts, as root: `floating_ip --me 1 --peers 192.168.56.2,192.168.56.3,192.168.56.4 --ip 192.168.56.56`,
//! where the host's own address stands at the place `--me` in the list. Prints where the address is, whenever it moves. The
//! end of input leaves in order: the address goes to another host at once. Kill the program, or stop it: the kernel takes
//! the address away by itself when its lease is over, and another host has it then; at no time have two.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use ringwright::manager::{Change, Event, Manager, Settings};
use ringwright::resource::Operation;
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Config, NodeId};
use ringwright_driver::{Driver, Handle, MemoryStore, Udp};
use ringwright_linux::{LinuxExecutor, Privileges};
use tokio::io::AsyncReadExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

const USAGE: &str = "usage: floating_ip --me ID --peers ADDRESS,ADDRESS,… --ip ADDRESS";

/// The cluster's configuration: the address, and nothing else.
fn configuration(ip: IpAddr) -> String {
    format!(
        r#"<cib validate-with="pacemaker-3.7" admin_epoch="0" epoch="0" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources>
      <primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2">
        <instance_attributes id="ip-parameters"><nvpair id="ip-ip" name="ip" value="{ip}"/></instance_attributes>
        <meta_attributes id="ip-meta"><nvpair id="ip-sticks" name="resource-stickiness" value="1"/></meta_attributes>
        <operations><op id="ip-monitor" name="monitor" interval="10s"/></operations>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>"#
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        arguments.insert(option, words.next().ok_or(USAGE)?);
    }
    let argument = |name| arguments.get(name).ok_or(USAGE);
    let me: u32 = argument("--me")?.parse()?;
    let peers = argument("--peers")?.split(',').map(str::parse);
    let peers = peers.collect::<Result<Vec<IpAddr>, _>>()?;
    let ip: IpAddr = argument("--ip")?.parse()?;
    let privileges = Privileges::probe()?;
    if !privileges.suffice() {
        return Err(privileges.to_string().into());
    }

    let node = start(me, &peers)?;
    let telling = tokio::spawn(tell(node.clone()));
    configure(&node, ip).await?;
    let (mut input, mut ignored) = (tokio::io::stdin(), [0; 256]);
    while input.read(&mut ignored).await? > 0 {}
    println!("{}", node.leave().await);
    telling.abort();
    Ok(())
}

fn start(me: u32, peers: &[IpAddr]) -> Result<Handle, Box<dyn Error>> {
    let nodes: Vec<_> = (1..).map(NodeId).zip(peers.iter().copied()).collect();
    let keys = TimingKeys {
        token: Some(1000),
        ..TimingKeys::default()
    };
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let config = Config {
        timing: Timing::resolve(&keys, nodes.len())?,
        resources: Some(Settings {
            base: None,
            unix_at_zero: since_1970.as_secs(),
        }),
        ..Config::of(me, nodes.iter().map(|(id, _)| id.0))
    };
    let udp = Udp::unicast(NodeId(me), nodes);
    let (store, address) = (MemoryStore::default(), watch::channel(true).1);
    let (seed, executor) = (std::process::id().into(), LinuxExecutor::default());
    Ok(Driver::start_with(
        config, seed, udp, store, address, executor,
    )?)
}

/// Whoever finds no configuration in a quorate cluster makes one; who is late with that is told so, and has what it wants.
async fn configure(node: &Handle, ip: IpAddr) -> Result<(), Box<dyn Error>> {
    node.until(|node| node.manager().is_some_and(Manager::is_quorate))
        .await?;
    let text = configuration(ip).into();
    let base = Some((0, 0));
    match node.change(Change::Replace { text, base }).await {
        Ok(version) => println!("configuration {version} is stored everywhere"),
        Err(refused) => println!("{refused}"),
    }
    Ok(())
}

/// Prints where the address comes and goes.
async fn tell(node: Handle) {
    let mut events = node.resource_events();
    loop {
        match events.recv().await {
            Ok(Event::Done {
                node,
                operation: Operation::Start,
                result: (0, 0),
                ..
            }) => println!("node {node} has it"),
            Ok(Event::Done {
                operation: Operation::Start,
                node,
                reason,
                ..
            }) => println!("node {node} cannot take it: {reason}"),
            Ok(Event::Done {
                node,
                operation: Operation::Stop,
                ..
            }) => println!("node {node} gives it back"),
            Ok(Event::Lapsed { .. }) => println!("the lease ran out"),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
