//! What holds for every history of a cluster: never two quorate sides.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use ringwright_totem::quorum::scenario::{Cluster, Op, Order};
use ringwright_totem::quorum::{Options, Output, TwoNode, Votequorum};
use ringwright_totem::{Instant, NodeId, RingId};

const NODES: u32 = 7;

fn node() -> impl Strategy<Value = NodeId> {
    (1..=NODES).prop_map(NodeId)
}

fn some_nodes() -> impl Strategy<Value = Vec<NodeId>> {
    proptest::sample::subsequence((1..=NODES).map(NodeId).collect::<Vec<_>>(), 1..=4)
}

/// What befalls a cluster without anybody's hand.
fn accident() -> impl Strategy<Value = Op> {
    let partition = || 0..4_u32;
    prop_oneof![
        4 => (node(), partition()).prop_map(|(node, partition)| Op::Up { node, partition }),
        2 => node().prop_map(Op::Down),
        1 => node().prop_map(Op::Leave),
        4 => (some_nodes(), partition()).prop_map(|(nodes, partition)| Op::Split { nodes, partition }),
        3 => (partition(), partition()).prop_map(|(into, from)| Op::Merge { into, from }),
        1 => (0..30_u64).prop_map(|seconds| Op::Wait(Duration::from_secs(seconds))),
    ]
}

/// Options whose safety rests on votes alone: an odd sum, `wait_for_all`, and no option that lowers what is needed.
fn safe_options() -> impl Strategy<Value = Options> {
    (
        vec(0..=3_u32, 1..=NODES as usize),
        0..=2_u8,
        0..=1_u8,
        prop::option::of(0..=1_u8),
    )
        .prop_map(|(votes, two_node, tracking, wait)| Options {
            nodes: (1..).map(NodeId).zip(votes).collect(),
            two_node,
            wait_for_all: wait.filter(|wait| *wait != 0 || two_node == 0).or(Some(1)),
            expected_votes_tracking: tracking,
            ..Options::default()
        })
        .prop_filter(
            "an odd sum, and not the pair that two_node is for",
            |options| {
                let sum: u32 = options.nodes.iter().map(|(_, votes)| votes).sum();
                sum % 2 == 1 && (options.two_node == 0 || options.nodes.len() != 2)
            },
        )
}

/// The quorate rings that nodes have published.
fn quorate_rings(cluster: &Cluster) -> Vec<Vec<NodeId>> {
    let views = cluster.views().into_values().filter(|view| view.quorate);
    views.map(|view| view.members).collect()
}

fn disjoint(a: &[NodeId], b: &[NodeId]) -> bool {
    a.iter().all(|id| !b.contains(id))
}

/// `ops` without nodes that are not configured, and without starting a node that runs.
fn possible(options: &Options, cluster: &Cluster, op: &Op) -> bool {
    match op {
        Op::Up { node, .. } => {
            options.nodes.iter().any(|(id, _)| id == node) && cluster.service(*node).is_none()
        }
        _ => true,
    }
}

proptest! {
    #[test]
    fn two_disjoint_sides_are_never_quorate_at_once(
        options in safe_options(),
        ops in vec(accident(), 1..60),
    ) {
        let mut cluster = Cluster::new(options.clone(), Order::Ascending);
        for op in &ops {
            if !possible(&options, &cluster, op) {
                continue;
            }
            cluster.apply(op);
            let rings = quorate_rings(&cluster);
            for (i, a) in rings.iter().enumerate() {
                prop_assert!(!rings[i + 1..].iter().any(|b| disjoint(a, b)), "{rings:?} after {op:?}");
            }
        }
    }

    #[test]
    fn strict_and_corosyncs_two_node_agree_on_two_nodes(
        wait in prop::option::of(0..=1_u8),
        ops in vec(accident(), 1..60),
    ) {
        let strict = Options { two_node: 1, wait_for_all: wait, ..Options::of([1, 2]) };
        let corosync = Options { two_node_semantics: TwoNode::Corosync, ..strict.clone() };
        let mut clusters = [strict.clone(), corosync].map(|options| Cluster::new(options, Order::Ascending));
        for op in &ops {
            if possible(&strict, &clusters[0], op) {
                let views = clusters.each_mut().map(|cluster| {
                    cluster.apply(op);
                    cluster.views()
                });
                prop_assert_eq!(&views[0], &views[1], "after {:?}", op);
            }
        }
    }
}

/// Nodes whose synchronisations are cut short by the next ring: each member hears a part of what is said.
struct Interrupted {
    options: Options,
    seq: u64,
    nodes: BTreeMap<NodeId, Votequorum>,
    published: BTreeMap<NodeId, Vec<NodeId>>,
}

impl Interrupted {
    fn new(options: Options) -> Self {
        Self {
            options,
            seq: 0,
            nodes: BTreeMap::new(),
            published: BTreeMap::new(),
        }
    }

    fn restart(&mut self, id: NodeId) {
        self.published.remove(&id);
        if let Ok((service, _)) = Votequorum::new(id, &self.options, None) {
            self.nodes.insert(id, service);
        }
    }

    /// A ring of those among `members` that run. `heard` counts the messages that each hears; `None` is all of them,
    /// and then the ring decides.
    fn ring(&mut self, members: &[NodeId], heard: Option<&[usize]>) {
        let members = members
            .iter()
            .copied()
            .filter(|id| self.nodes.contains_key(id))
            .collect::<Vec<_>>();
        let Some(rep) = members.first() else { return };
        self.seq += 4;
        let ring = RingId::new(*rep, self.seq);
        let mut said = Vec::new();
        for id in &members {
            self.published.remove(id);
            let service = self.nodes.get_mut(id).unwrap();
            service.sync_init(Instant::ZERO, &members, ring);
            service.sync_process();
            while let Some(output) = service.poll_output() {
                if let Output::Send(message) = output {
                    said.push((*id, message));
                }
            }
        }
        for (i, id) in members.iter().enumerate() {
            let service = self.nodes.get_mut(id).unwrap();
            let count = heard.map_or(said.len(), |heard| heard[i % heard.len()].min(said.len()));
            for (from, message) in &said[..count] {
                service.on_message(*from, message);
            }
            if heard.is_none() {
                service.sync_activate();
            }
            while let Some(output) = service.poll_output() {
                if let Output::Verdict {
                    quorate: true,
                    members,
                    ..
                } = output
                {
                    self.published.insert(*id, members);
                }
            }
        }
    }
}

/// One ring after another: who restarts before it, its members, and how much is heard.
type Rings = Vec<(Vec<NodeId>, Vec<NodeId>, Option<Vec<usize>>)>;

fn rings() -> impl Strategy<Value = Rings> {
    let all = || (1..=NODES).map(NodeId).collect::<Vec<_>>();
    let some = move |least| proptest::sample::subsequence(all(), least..=NODES as usize);
    vec(
        (some(0), some(1), prop::option::of(vec(0..20_usize, 1..7))),
        1..30,
    )
}

proptest! {
    #[test]
    fn interrupted_synchronisations_do_not_split_the_verdict(options in safe_options(), rings in rings()) {
        let mut net = Interrupted::new(options.clone());
        for (restarting, members, heard) in &rings {
            let configured = |id: &&NodeId| options.nodes.iter().any(|(known, _)| known == *id);
            for id in restarting.iter().filter(configured) {
                net.restart(*id);
            }
            net.ring(members, heard.as_deref());
            let quorate = net.published.values().collect::<Vec<_>>();
            for (i, a) in quorate.iter().enumerate() {
                prop_assert!(!quorate[i + 1..].iter().any(|b| disjoint(a, b)), "{quorate:?}");
            }
        }
    }
}
