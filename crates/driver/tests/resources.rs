//! Nodes over real UDP whose executors hold resources in memory.

mod common;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use common::{Cluster, PATIENCE};
use ringwright::manager::{Change, ChangeError, Event, Settings};
use ringwright::resource::{Action, Execution, ExitCode, Operation, Outcome, Renewal};
use ringwright_driver::{Driver, Executor, Handle, MemoryStore, Refused};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// Who holds what, and until when: kernels that outlive the processes, of all nodes.
#[derive(Clone, Default)]
struct Kernels(Arc<Mutex<Held>>);

/// By node and resource the end of its lease; `None` for ever.
type Held = BTreeMap<(u8, String), Option<Instant>>;

/// The executor of one node.
struct Agent {
    node: u8,
    kernels: Kernels,
    /// Operations that never come to an end.
    hangs: Option<Operation>,
}

impl Kernels {
    fn holders(&self, resource: &str) -> Vec<u8> {
        let now = Instant::now();
        let held = self.0.lock().unwrap();
        let lives = |until: &Option<Instant>| until.is_none_or(|until| until > now);
        let holders = held
            .iter()
            .filter(|((_, r), until)| r == resource && lives(until));
        holders.map(|((node, _), _)| *node).collect()
    }
}

impl Executor for Agent {
    async fn execute(&self, action: &Action, until: Option<Instant>) -> Outcome {
        if self.hangs == Some(action.operation) {
            std::future::pending::<()>().await;
        }
        let key = (self.node, action.resource.clone());
        match action.operation {
            Operation::Start => {
                let others = self.kernels.holders(&action.resource);
                assert!(
                    others.is_empty(),
                    "{} on {others:?} already",
                    action.resource
                );
                self.kernels.0.lock().unwrap().insert(key, until);
            }
            Operation::Stop => {
                self.kernels.0.lock().unwrap().remove(&key);
            }
            Operation::Monitor if !self.kernels.holders(&action.resource).contains(&self.node) => {
                return Outcome::done(ExitCode::NotRunning);
            }
            _ => {}
        }
        Outcome::done(ExitCode::Ok)
    }

    async fn renew(&self, resource: &str, until: Instant) -> Renewal {
        if !self.kernels.holders(resource).contains(&self.node) {
            return Renewal::Lost;
        }
        let key = (self.node, resource.to_owned());
        self.kernels.0.lock().unwrap().insert(key, Some(until));
        Renewal::Renewed
    }
}

fn configuration(timeout: &str) -> Change {
    let text = format!(
        "<cib validate-with=\"pacemaker-3.7\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\"><configuration><crm_config/>\
<nodes/><resources><primitive id=\"ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"><operations>\
<op id=\"s\" name=\"start\" interval=\"0\" timeout=\"{timeout}\"/><op id=\"m\" name=\"monitor\" interval=\"1s\"/>\
</operations></primitive></resources><constraints/></configuration><status/></cib>"
    );
    Change::Replace {
        text: text.into(),
        base: None,
    }
}

fn start(cluster: &Cluster, agent: Agent) -> Handle {
    let me = agent.node;
    let mut config = cluster.config(me);
    config.resources = Some(Settings::default());
    let (store, address) = (MemoryStore::default(), watch::channel(true).1);
    Driver::start_with(config, 7, cluster.udp(me), store, address, agent).unwrap()
}

async fn agree(node: &Handle, members: usize) {
    let agreed = move |node: &ringwright::Node| {
        let manager = node.manager().unwrap();
        manager.is_quorate() && manager.is_idle() && manager.members().len() == members
    };
    node.until(agreed).await.unwrap();
}

/// Waits until the resource was started at a node.
async fn started(node: &Handle, at: u32) {
    let runs = move |node: &ringwright::Node| {
        let nodes = &node.manager().unwrap().fold().nodes;
        let status = nodes.iter().find(|(id, _)| id.0 == at);
        status.is_some_and(|(_, status)| status.holdings().any(|held| held == "ip"))
    };
    node.until(runs).await.unwrap();
}

#[test]
fn an_address_moves_from_a_node_that_dies_and_is_never_held_twice() {
    // Each node has a runtime, so that one can die as a process does.
    let (cluster, kernels) = (Cluster::of_test(11), Kernels::default());
    let runtimes = [1, 2, 3].map(|_| Runtime::new().unwrap());
    let mut nodes = Vec::new();
    for (me, runtime) in (1..).zip(&runtimes) {
        let _entered = runtime.enter();
        let agent = Agent {
            node: me,
            kernels: kernels.clone(),
            hangs: None,
        };
        nodes.push(start(&cluster, agent));
    }
    let [first, second, third] = runtimes;
    let (two, three) = (nodes[1].clone(), nodes[2].clone());
    second.block_on(async {
        timeout(PATIENCE, async {
            agree(&two, 3).await;
            two.change(configuration("20s")).await.unwrap();
            started(&two, 1).await;
        })
        .await
        .unwrap();
    });
    assert_eq!(kernels.holders("ip"), [1]);
    first.shutdown_background();
    third.block_on(async {
        // The executors themselves assert that nobody else holds it.
        timeout(PATIENCE, started(&three, 2)).await.unwrap();
    });
    assert_eq!(kernels.holders("ip"), [2]);
    second.block_on(async {
        timeout(PATIENCE, two.leave()).await.unwrap();
    });
    assert!(
        !kernels.holders("ip").contains(&2),
        "stopped before it left"
    );
}

#[tokio::test]
async fn an_action_that_hangs_counts_as_timed_out_and_is_tried_elsewhere() {
    let (cluster, kernels) = (Cluster::of_test(12), Kernels::default());
    let nodes = [1, 2, 3].map(|me| {
        let agent = Agent {
            node: me,
            kernels: kernels.clone(),
            hangs: (me == 1).then_some(Operation::Start),
        };
        start(&cluster, agent)
    });
    let story = async {
        agree(&nodes[1], 3).await;
        let mut events = nodes[2].resource_events();
        nodes[1].change(configuration("1s")).await.unwrap();
        let timed_out = Execution::TimedOut.op_status();
        loop {
            if let Event::Done {
                node,
                operation: Operation::Start,
                result: (status, _),
                ..
            } = events.recv().await.unwrap()
            {
                assert_eq!((node.0, status), (1, timed_out));
                break;
            }
        }
        started(&nodes[1], 2).await;
        let failed = |node: &ringwright::Node| {
            let fold = node.manager().unwrap().fold();
            let one = fold.nodes.values().next().unwrap();
            one.attributes.get("fail-count-ip#start_0").cloned()
        };
        let count = nodes[2].query(failed).await.unwrap();
        assert_eq!(count.as_deref(), Some("INFINITY"));
    };
    timeout(PATIENCE, story)
        .await
        .expect("a test within its time");
}

#[tokio::test]
async fn a_change_waits_for_all_and_one_without_quorum_is_refused() {
    let (cluster, kernels) = (Cluster::of_test(13), Kernels::default());
    let agent = |me| Agent {
        node: me,
        kernels: kernels.clone(),
        hangs: None,
    };
    let story = async {
        let one = start(&cluster, agent(1));
        one.until(|node| node.manager().unwrap().is_settled())
            .await
            .unwrap();
        let refused = one.change(configuration("20s")).await.unwrap_err();
        assert!(
            matches!(refused, Refused::Change(ChangeError::NoQuorum)),
            "{refused}"
        );
        let two = start(&cluster, agent(2));
        agree(&two, 2).await;
        let version = two.change(configuration("20s")).await.unwrap();
        let stored = |node: &ringwright::Node| node.manager().unwrap().fold().base.version();
        assert!(one.query(stored).await.unwrap() >= version);
    };
    timeout(PATIENCE, story)
        .await
        .expect("a test within its time");
}
