//! A cluster for scenarios: a script of few verbs, carried out as it is written.

use std::time::Duration;

use bytes::Bytes;
use ringwright::ring::{Configuration, PhaseName};
use ringwright::{Event, Instant, NodeId};
use ringwright_totem::wire::Kind;

use crate::check;
use crate::history::{Life, MessageId, What};
use crate::narrate::{Detail, story};
use crate::run::run_until;
use crate::script::{Link, Store, Verb};
use crate::step::Step;
use crate::world::{Settings, World};

/// The group that every node's process 1 joins when it starts.
const GROUP: &str = "all";
/// Nobody waits longer for anything, virtual time.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often a cluster is looked at while something is awaited.
const LOOK: Duration = Duration::from_millis(1);

/// Nodes 1 to n, each with process 1 in one group. Unmet expectations panic, with the story so far; when it is dropped,
/// all of [`check::SAFETY`] must hold.
#[derive(Debug)]
pub struct Cluster<W: World = Step> {
    world: W,
    settings: Settings,
}

impl Cluster {
    /// A cluster of `nodes` nodes on the fast engine, all of them just started.
    #[must_use]
    pub fn of(nodes: u32) -> Self {
        let mut cluster = Self::not_started(Settings::new(nodes, 7));
        for node in 1..=nodes {
            cluster.start(node, Store::Lost);
        }
        cluster
    }

    /// A running node, to look at.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn node(&self, node: u32) -> &ringwright::Node {
        self.world.node(NodeId(node)).expect("the node runs")
    }
}

impl<W: World> Cluster<W> {
    /// A cluster of which nothing runs yet.
    #[must_use]
    pub fn not_started(settings: Settings) -> Self {
        let world = W::new(&settings);
        Self { world, settings }
    }

    /// The world below.
    #[must_use]
    pub fn world(&self) -> &W {
        &self.world
    }

    /// Carries out any verb, now.
    pub fn apply(&mut self, verb: &Verb) -> &mut Self {
        self.world.apply(verb);
        self
    }

    /// Starts a node and its process 1, which joins the group.
    pub fn start(&mut self, node: u32, store: Store) -> &mut Self {
        let (node, pid, group) = (NodeId(node), 1, GROUP.to_owned());
        self.apply(&Verb::Start { node, store })
            .apply(&Verb::Join { node, pid, group })
    }

    /// Kills a node's process.
    pub fn crash(&mut self, node: u32) -> &mut Self {
        self.apply(&Verb::Crash(NodeId(node)))
    }

    /// Lets a node leave in order.
    pub fn leave(&mut self, node: u32) -> &mut Self {
        self.apply(&Verb::Leave(NodeId(node)))
    }

    /// Stops a node's process for a while.
    pub fn pause(&mut self, node: u32, time: Duration) -> &mut Self {
        self.apply(&Verb::Pause(NodeId(node))).pass(time);
        self.apply(&Verb::Resume(NodeId(node)))
    }

    /// Lets nothing through from one of `from` to one of `to`.
    pub fn cut_one_way(&mut self, from: &[u32], to: &[u32]) -> &mut Self {
        let link = Link {
            cut: true,
            ..Link::default()
        };
        self.link(from, to, link)
    }

    /// Lets nothing through between two sides.
    pub fn cut(&mut self, one: &[u32], other: &[u32]) -> &mut Self {
        self.cut_one_way(one, other).cut_one_way(other, one)
    }

    /// Gives all directions from one of `from` to one of `to` these properties.
    pub fn link(&mut self, from: &[u32], to: &[u32], link: Link) -> &mut Self {
        let (from, to) = (ids(from), ids(to));
        self.apply(&Verb::Link { from, to, link })
    }

    /// Makes the network perfect again.
    pub fn heal(&mut self) -> &mut Self {
        self.apply(&Verb::Heal)
    }

    /// Loses the next `count` datagrams of a kind on the way to a node.
    pub fn drop_next(&mut self, to: u32, kind: Kind, count: u32) -> &mut Self {
        let to = NodeId(to);
        self.apply(&Verb::DropNext { to, kind, count })
    }

    /// Lets a datagram arrive that no node sent.
    pub fn inject(&mut self, to: u32, bytes: Bytes) -> &mut Self {
        self.apply(&Verb::Inject {
            to: NodeId(to),
            bytes,
        })
    }

    /// Sends a message of `len` bytes from a node's process 1.
    ///
    /// # Panics
    /// If the node refuses it.
    pub fn multicast(&mut self, node: u32, len: usize) -> MessageId {
        let before = self.world.history().sent.len();
        let (node, pid, group) = (NodeId(node), 1, GROUP.to_owned());
        self.apply(&Verb::Send {
            node,
            pid,
            group,
            len,
        });
        let after = self.world.history().sent.len();
        self.expect(after == before + 1, &format!("{node:?} takes a message"));
        MessageId(u32::try_from(before).expect("few messages"))
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) -> &mut Self {
        let until = self.now() + time;
        run_until(&mut self.world, until);
        self
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// Lets time pass until these nodes are in one ring, operational and synchronised; returns how long it took, to the
    /// millisecond.
    pub fn until_ring_of(&mut self, nodes: &[u32]) -> Duration {
        let members = ids(nodes);
        self.until(&format!("a ring of {nodes:?}"), |world| {
            members.iter().all(|&node| {
                world.status(node).is_some_and(|status| {
                    status.phase == PhaseName::Operational
                        && status.synchronised
                        && status.members == members
                })
            })
        })
    }

    /// Lets time pass until all nodes of the cluster are in one ring.
    pub fn until_one_ring(&mut self) -> Duration {
        let all: Vec<u32> = (1..=self.settings.nodes).collect();
        self.until_ring_of(&all)
    }

    /// Lets time pass until the world has settled, with everything delivered; see [`check::settled`].
    pub fn until_settled(&mut self) -> Duration {
        let settings = self.settings.clone();
        self.until("a settled cluster", |world| {
            check::settled::check(world, &settings).is_ok()
        })
    }

    /// Lets time pass until something holds; returns how long it took, to the millisecond.
    ///
    /// # Panics
    /// With the story so far, if it does not come to hold in two minutes.
    pub fn until(&mut self, what: &str, holds: impl Fn(&W) -> bool) -> Duration {
        let from = self.now();
        while !holds(&self.world) {
            self.expect(self.now().since(from) < PATIENCE, what);
            self.pass(LOOK);
        }
        self.now().since(from)
    }

    /// The messages that a node delivered in its present or last life, in order.
    #[must_use]
    pub fn delivered(&self, node: u32) -> Vec<MessageId> {
        let own = self.of_last_life(node);
        own.filter_map(|what| match what {
            What::Delivered { message, .. } => *message,
            _ => None,
        })
        .collect()
    }

    /// The rings that a node installed in its present or last life, in order.
    #[must_use]
    pub fn rings(&self, node: u32) -> Vec<Configuration> {
        let own = self.of_last_life(node);
        own.filter_map(|what| match what {
            What::Event(Event::Regular(ring)) => Some(ring.clone()),
            _ => None,
        })
        .collect()
    }

    /// Whether a node had something of this kind to tell in its present or last life.
    #[must_use]
    pub fn told(&self, node: u32, is_it: impl Fn(&Event) -> bool) -> bool {
        self.of_last_life(node)
            .any(|what| matches!(what, What::Event(event) if is_it(event)))
    }

    /// Whether a node's verdict is that it may act.
    #[must_use]
    pub fn is_quorate(&self, node: u32) -> bool {
        let status = self.world.status(NodeId(node));
        status.is_some_and(|status| status.quorate)
    }

    fn of_last_life(&self, node: u32) -> impl Iterator<Item = &What> {
        let records = &self.world.history().records;
        let of_node = records.iter().map(|record| record.life);
        let last: Option<Life> = of_node.filter(|life| life.node == NodeId(node)).max();
        records
            .iter()
            .filter(move |record| Some(record.life) == last)
            .map(|record| &record.what)
    }

    fn expect(&self, holds: bool, what: &str) {
        assert!(
            holds,
            "{}\nnot within reach: {what}",
            story(self.world.history(), Detail::Phases)
        );
    }
}

impl<W: World> Drop for Cluster<W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Err(violation) = check::safety(self.world.history(), &self.settings) {
            let story = story(self.world.history(), Detail::Messages);
            panic!("{story}\nFAILED {violation}");
        }
    }
}

fn ids(nodes: &[u32]) -> Vec<NodeId> {
    nodes.iter().copied().map(NodeId).collect()
}
