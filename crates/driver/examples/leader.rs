//! One leader among the processes of a cluster, by the machinery that places any resource: the program is its own executor.
//!
//! `leader --me 1 --peers 127.0.0.1,127.0.0.2,127.0.0.3` is node 1 of three, on the address that stands first; so a second
//! terminal on the same machine takes `--me 2`. Prints `leader` when this process becomes the leader and `follower` when it
//! is one no longer. The end of input leaves in order; kill the leader, and another takes over when its lease is over:
//! at no time are there two.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ringwright::manager::{Change, Manager, Settings};
use ringwright::resource::{Action, ExitCode, Operation, Outcome, Renewal};
use ringwright::ring::timing::{Timing, TimingKeys};
use ringwright::{Config, NodeId};
use ringwright_driver::{Driver, Executor, Handle, MemoryStore, Refused, Udp};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

const USAGE: &str = "usage: leader --me ID --peers ADDRESS,ADDRESS,…";

/// The cluster's configuration: one resource, which keeps its lease itself.
const CONFIGURATION: &str = r#"<cib validate-with="pacemaker-3.7" admin_epoch="0" epoch="0" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources>
      <primitive id="leader" class="ocf" provider="example" type="Leader">
        <meta_attributes id="leader-meta">
          <nvpair id="leader-lease" name="ringwright-lease" value="true"/>
        </meta_attributes>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>"#;

/// Until when this process is the leader; `None` if it is not.
#[derive(Clone)]
struct Leadership(Arc<watch::Sender<Option<Instant>>>);

impl Leadership {
    fn is_ours(&self) -> bool {
        self.0.borrow().is_some_and(|until| until > Instant::now())
    }
}

impl Executor for Leadership {
    async fn execute(&self, action: &Action, until: Option<Instant>) -> Outcome {
        match action.operation {
            Operation::Start => {
                // Without a lease nobody could take over from a process that hangs.
                let Some(until) = until else {
                    return Outcome::done(ExitCode::NotConfigured).because("leadership is a lease");
                };
                self.0.send_replace(Some(until));
            }
            Operation::Stop => {
                self.0.send_replace(None);
            }
            Operation::Monitor if !self.is_ours() => return Outcome::done(ExitCode::NotRunning),
            Operation::Monitor => {}
            _ => return Outcome::done(ExitCode::Unimplemented),
        }
        Outcome::done(ExitCode::Ok)
    }

    async fn renew(&self, _resource: &str, until: Instant) -> Renewal {
        if !self.is_ours() {
            return Renewal::Lost;
        }
        self.0.send_replace(Some(until));
        Renewal::Renewed
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: BTreeMap<String, String> = BTreeMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        arguments.insert(option, words.next().ok_or(USAGE)?);
    }
    let me: u32 = arguments.get("--me").ok_or(USAGE)?.parse()?;
    let peers = arguments.get("--peers").ok_or(USAGE)?.split(',');
    let peers = peers.map(str::parse).collect::<Result<Vec<IpAddr>, _>>()?;

    let leadership = Leadership(Arc::new(watch::channel(None).0));
    let node = start(me, &peers, leadership.clone())?;
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 256];
    let telling = tokio::spawn(tell(leadership));
    configure(&node).await?;
    while input.read(&mut ignored).await? > 0 {}
    // Hands the leadership over first.
    println!("{}", node.leave().await);
    telling.abort();
    Ok(())
}

fn start(me: u32, peers: &[IpAddr], leadership: Leadership) -> Result<Handle, Box<dyn Error>> {
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
    let seed = std::process::id().into();
    Ok(Driver::start_with(
        config, seed, udp, store, address, leadership,
    )?)
}

/// Whoever finds no configuration in a quorate cluster makes one; of two at the same time one is told that it is late.
async fn configure(node: &Handle) -> Result<(), Refused> {
    let quorate = |node: &ringwright::Node| node.manager().is_some_and(Manager::is_quorate);
    node.until(quorate).await?;
    let is_new = |node: &ringwright::Node| {
        let manager = node
            .manager()
            .filter(|m| m.fold().base.version().epoch == 0);
        manager.is_some()
    };
    if node.query(is_new).await? {
        let change = Change::Replace {
            text: CONFIGURATION.into(),
            base: Some((0, 0)),
        };
        if let Err(refused) = node.change(change).await {
            eprintln!("{refused}");
        }
    }
    Ok(())
}

/// Prints what this process is, whenever it changes.
async fn tell(leadership: Leadership) {
    let mut changes = leadership.0.subscribe();
    loop {
        // Leader as long as the clock says so, whatever else hangs.
        while changes
            .borrow_and_update()
            .is_none_or(|until| until <= Instant::now())
        {
            if changes.changed().await.is_err() {
                return;
            }
        }
        println!("leader");
        loop {
            let until = *changes.borrow_and_update();
            let Some(until) = until.filter(|until| *until > Instant::now()) else {
                break;
            };
            tokio::select! {
                told = changes.changed() => if told.is_err() { return },
                () = sleep_until(until) => {}
            }
        }
        println!("follower");
    }
}
