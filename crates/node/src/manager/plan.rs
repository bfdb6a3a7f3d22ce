//! From the shared state to what is to be done: the one place that knows how placement puts it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use ringwright_placement::cib::{Cib, Primitive};
use ringwright_placement::{self as placement, Options, place};

use super::graph::{Step, Work};
use super::status::Presence;
use super::{Graph, Situation, options};
use crate::NodeId;
use crate::resource::{Action, Agent, AttemptId, FenceOperation, Fencing, Operation};

/// When nothing happens, placement is asked again after this: Pacemaker's `cluster-recheck-interval`.
const RECHECK: Duration = Duration::from_mins(15);
/// The time that a fence agent has by default.
const FENCE_TIMEOUT: Duration = Duration::from_mins(1);

/// What leads from what is to what shall be. The same on all members: it depends on the situation alone.
pub(super) fn plan(situation: &Situation<'_>) -> Result<Graph, String> {
    let fold = situation.fold;
    let mut cib = fold.cib(situation.quorate, Some(situation.dc));
    options::for_placement(&fold.base, &mut cib);
    keep_off(situation, &mut cib);
    let asked = Options {
        now: i64::try_from(fold.now).ok(),
        orders: true,
        ..Options::default()
    };
    let placed = place(&cib, &asked).map_err(|refused| refused.to_string())?;
    let names: BTreeMap<_, _> = fold
        .nodes
        .iter()
        .map(|(id, n)| (n.name.as_str(), *id))
        .collect();
    let mut graph = Graph {
        steps: Vec::new(),
        recheck: Some(recheck(situation)),
    };
    for (place, step) in placed.graph.steps.iter().enumerate() {
        let number = |place: usize| u32::try_from(place + 1).unwrap_or(u32::MAX);
        graph.steps.push(Step {
            id: number(place),
            work: work(step, &names, &cib)?,
            after: step
                .waits_for
                .iter()
                .map(|before| number(*before))
                .collect(),
        });
    }
    // What waits for each other in a circle would wait for ever.
    break_circles(&placed.graph, &mut graph);
    Ok(graph)
}

/// Members that understand less than others run nothing.
fn keep_off(situation: &Situation<'_>, cib: &mut Cib) {
    let (_, newest) = situation.features;
    for (id, status) in &situation.fold.nodes {
        if status.presence != Presence::Member || status.feature >= newest {
            continue;
        }
        let id = id.to_string();
        for node in cib.nodes.iter_mut().filter(|node| node.attrs.id() == id) {
            let mut set = placement::cib::NvSet::default();
            set.attrs.set("id", &format!("ringwright-outdated-{id}"));
            let mut pair = placement::Attrs::default();
            pair.set("id", &format!("ringwright-outdated-{id}-standby"));
            pair.set("name", "standby");
            pair.set("value", "on");
            set.pairs.push(pair);
            node.attributes.insert(0, set);
        }
    }
}

fn work(step: &placement::Step, names: &BTreeMap<&str, NodeId>, cib: &Cib) -> Result<Work, String> {
    let node = step
        .node
        .as_deref()
        .and_then(|name| names.get(name))
        .copied();
    let resource = || {
        let history = step.history.as_ref().or(step.resource.as_ref());
        history.map(ToString::to_string).unwrap_or_default()
    };
    if let (Some(how), Some(target), false) = (&step.fence, node, step.pseudo) {
        let operation = match how.as_str() {
            "off" => FenceOperation::Off,
            "on" => FenceOperation::On,
            _ => FenceOperation::Reboot,
        };
        let name = step.node.as_deref().unwrap_or("");
        return Ok(Work::Fence {
            target,
            operation,
            requests: requests(cib, name, operation),
        });
    }
    let Some(node) = node.filter(|_| !step.pseudo) else {
        return Ok(Work::Point(step.key.clone()));
    };
    match step.task.as_str() {
        "cancel" => {
            let order = step.order.as_ref();
            let operation = order
                .and_then(|order| order.cancels.as_deref())
                .unwrap_or("monitor");
            Ok(Work::Cancel {
                node,
                resource: resource(),
                key: format!("{operation}_{}", step.interval_ms),
            })
        }
        "clear_failcount" => Ok(Work::Forgive {
            node,
            resource: resource(),
        }),
        "delete" => Ok(Work::Forget {
            node,
            resource: resource(),
        }),
        // The node goes by itself when it has nothing left.
        "do_shutdown" => Ok(Work::Point(step.key.clone())),
        task => match (&step.agent, &step.order) {
            (Some(agent), Some(order)) => agent_work(step, node, &resource(), task, agent, order),
            _ => Ok(Work::Point(step.key.clone())),
        },
    }
}

type AgentName = (placement::Text, Option<placement::Text>, placement::Text);

fn agent_work(
    step: &placement::Step,
    node: NodeId,
    resource: &str,
    task: &str,
    (class, provider, kind): &AgentName,
    order: &placement::Order,
) -> Result<Work, String> {
    let name = match provider {
        Some(provider) => format!("{class}:{provider}:{kind}"),
        None => format!("{class}:{kind}"),
    };
    let agent: Agent = name.parse().map_err(|e| format!("{resource}: {e}"))?;
    let operation: Operation = task.parse().map_err(|e| format!("{resource}: {e}"))?;
    let owned = |map: &BTreeMap<placement::Text, placement::Text>| {
        map.iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect()
    };
    let mut digests = BTreeMap::from([("op-digest".to_string(), order.digest.to_string())]);
    if let Some(peer) = &step.peer {
        let own = order
            .meta
            .get("on_node")
            .map(ToString::to_string)
            .unwrap_or_default();
        let (source, target) = match operation {
            Operation::MigrateTo => (own, peer.to_string()),
            _ => (peer.to_string(), own),
        };
        digests.insert("migrate_source".to_string(), source);
        digests.insert("migrate_target".to_string(), target);
    }
    let mut meta: BTreeMap<String, String> = owned(&order.meta);
    for name in ["migrate_source", "migrate_target"] {
        if let Some(value) = digests.get(name) {
            meta.insert(name.to_string(), value.clone());
        }
    }
    Ok(Work::Agent {
        node,
        action: Action {
            attempt: AttemptId(0),
            resource: resource.to_string(),
            agent,
            operation,
            interval: Duration::from_millis(step.interval_ms.into()),
            timeout: Duration::from_millis(order.timeout_ms.into()),
            parameters: owned(&order.parameters),
            meta,
            lease: None,
        },
        expected: u8::try_from(step.expects).unwrap_or(0),
        digests,
    })
}

/// What the devices that can fence a node are asked, in the order of the configuration.
fn requests(cib: &Cib, target: &str, operation: FenceOperation) -> Vec<Fencing> {
    let devices = options::primitives(cib)
        .into_iter()
        .filter(|(primitive, _)| {
            primitive.attrs.get("class") == Some("stonith") && fences(primitive, target)
        });
    let request = |primitive: &Primitive| {
        let mut parameters = BTreeMap::new();
        for set in primitive.params.iter().filter(|set| set.rule.is_none()) {
            for pair in &set.pairs {
                if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
                    let entry = parameters.entry(name.to_string());
                    entry.or_insert_with(|| value.to_string());
                }
            }
        }
        let seconds = parameters
            .get("pcmk_reboot_timeout")
            .and_then(|t| options::duration(t));
        if let Some(port) = port(&parameters, target) {
            let name = parameters
                .get("pcmk_host_argument")
                .map_or("port", String::as_str);
            if name != "none" {
                parameters.insert(name.to_string(), port);
            }
        }
        parameters.retain(|name, _| !name.starts_with("pcmk_"));
        Fencing {
            agent: primitive.attrs.get("type").unwrap_or("").to_string(),
            operation,
            target: Some(target.to_string()),
            parameters,
            timeout: seconds.unwrap_or(FENCE_TIMEOUT),
        }
    };
    devices.map(|(primitive, _)| request(primitive)).collect()
}

fn parameter<'a>(primitive: &'a Primitive, name: &str) -> Option<&'a str> {
    primitive.params.iter().find_map(|set| set.get(name))
}

fn separators(c: char) -> bool {
    c.is_whitespace() || c == ',' || c == ';'
}

/// Whether a device says that it can fence a node; one that says nothing of nodes can fence any.
fn fences(primitive: &Primitive, target: &str) -> bool {
    let list = parameter(primitive, "pcmk_host_list");
    let map = parameter(primitive, "pcmk_host_map");
    let listed = |list: &str| list.split(separators).any(|name| name == target);
    let mapped = |map: &str| {
        let names = map
            .split(separators)
            .filter_map(|pair| pair.split_once(':'));
        names.into_iter().any(|(name, _)| name == target)
    };
    match (list, map) {
        (None, None) => true,
        (list, map) => list.is_some_and(listed) || map.is_some_and(mapped),
    }
}

/// What the device calls the node, if it calls it otherwise.
fn port(parameters: &BTreeMap<String, String>, target: &str) -> Option<String> {
    let map = parameters.get("pcmk_host_map")?;
    let mut pairs = map
        .split(separators)
        .filter_map(|pair| pair.split_once(':'));
    let found = pairs.find(|(name, _)| *name == target);
    found.map(|(_, port)| port.to_string())
}

/// When time alone may change the outcome: a failure expires, or a rule's date passes.
fn recheck(situation: &Situation<'_>) -> u64 {
    let fold = situation.fold;
    let interval = fold
        .base
        .option("cluster-recheck-interval")
        .and_then(options::duration);
    let interval = interval
        .filter(|interval| !interval.is_zero())
        .unwrap_or(RECHECK);
    let latest = fold.now + interval.as_secs().max(1);
    let timeouts: BTreeMap<_, _> = options::primitives(fold.base.document())
        .into_iter()
        .filter_map(|(primitive, meta)| {
            let own = meta
                .iter()
                .find_map(|sets| options::value(sets, "failure-timeout"));
            let defaults = &fold.base.document().rsc_defaults;
            let text = own.or_else(|| options::value(defaults, "failure-timeout"))?;
            Some((primitive.attrs.id(), options::duration(text)?.as_secs()))
        })
        .collect();
    let failures = fold.nodes.values().flat_map(|node| &node.attributes);
    let expiries = failures.filter_map(|(name, at)| {
        let (resource, _) = name.strip_prefix("last-failure-")?.split_once('#')?;
        let resource = resource.split(':').next().unwrap_or(resource);
        let timeout = timeouts.get(resource).filter(|timeout| **timeout > 0)?;
        // The second after, so that it has expired for sure.
        Some(at.parse::<u64>().ok()?.saturating_add(timeout + 1))
    });
    expiries
        .filter(|at| *at > fold.now)
        .min()
        .unwrap_or(latest)
        .min(latest)
}

/// Placement's order breaks a circle at its first step; so does this.
fn break_circles(placed: &placement::Graph, graph: &mut Graph) {
    let mut done = BTreeSet::new();
    for place in placed.sequence() {
        if let Some(step) = graph.steps.get_mut(place) {
            step.after.retain(|before| done.contains(before));
            done.insert(step.id);
        }
    }
}
