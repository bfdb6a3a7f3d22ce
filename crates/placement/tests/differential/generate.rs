//! Random small clusters: configuration and status, consistent and odd.

use ringwright_placement::INFINITY;
use ringwright_placement::cib::{
    Cib, CibBuilder, Clone, Colocation, Constraint, Expression, Group, HistoryEntry, Location,
    Node, Operation, Order, Primitive, Resource, ResourceSet, Rule, Ticket,
};

use crate::history;

/// The time that everything is computed for, in seconds since the epoch.
pub(crate) const NOW: i64 = 1_700_000_000;

/// Random numbers out of a seed (splitmix64).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("below n")
    }

    /// True in `percent` of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: ToOwned<Owned = T>>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].to_owned()
    }
}

/// A resource as the generator knows it.
pub(crate) struct Made {
    pub(crate) resource: Resource,
    /// Its primitives, and what their histories may look like.
    pub(crate) primitives: Vec<Primitive>,
    pub(crate) clone: bool,
    pub(crate) promotable: bool,
    pub(crate) unique: bool,
}

impl Made {
    pub(crate) fn id(&self) -> &str {
        self.resource.attrs().id()
    }
}

/// A whole cluster.
pub(crate) struct Cluster {
    pub(crate) rng: Rng,
    pub(crate) builder: CibBuilder,
    pub(crate) nodes: Vec<String>,
    /// Those whose history is of interest.
    pub(crate) online: Vec<String>,
    pub(crate) made: Vec<Made>,
    pub(crate) fencing: bool,
    pub(crate) asymmetric: bool,
    /// How much of what is rare there is; most clusters are tame.
    pub(crate) oddness: usize,
}

/// The cluster of a seed.
pub(crate) fn cluster(seed: u64) -> Cib {
    let mut rng = Rng::new(seed);
    let oddness = rng.pick(&[0, 3, 10, 25]);
    let mut c = Cluster {
        builder: Cib::builder().at(NOW),
        nodes: Vec::new(),
        online: Vec::new(),
        made: Vec::new(),
        fencing: rng.chance(35),
        asymmetric: rng.chance(5),
        oddness,
        rng,
    };
    c.options();
    c.add_nodes();
    c.add_resources();
    c.add_constraints();
    history::add(&mut c);
    c.builder.build().expect("the parts fit together")
}

const SCORES: [i32; 9] = [10, 50, 100, 100, 500, -50, -500, INFINITY, -INFINITY];

impl Cluster {
    /// Applies a change to the builder.
    pub(crate) fn with(&mut self, change: impl FnOnce(CibBuilder) -> CibBuilder) {
        self.builder = change(std::mem::take(&mut self.builder));
    }

    pub(crate) fn odd(&mut self) -> bool {
        self.oddness > 0 && self.rng.chance(self.oddness)
    }

    fn score(&mut self) -> i32 {
        self.rng.pick(&SCORES)
    }

    fn options(&mut self) {
        let fencing = if self.fencing { "true" } else { "false" };
        self.with(|b| b.option("stonith-enabled", fencing));
        if self.asymmetric {
            self.with(|b| b.option("symmetric-cluster", "false"));
        }
        let some: &[(&str, &[&str])] = &[
            (
                "no-quorum-policy",
                &["stop", "freeze", "ignore", "suicide", "demote"],
            ),
            ("maintenance-mode", &["true"]),
            ("stop-all-resources", &["true"]),
            ("stop-orphan-resources", &["false"]),
            ("stop-orphan-actions", &["false"]),
            ("start-failure-is-fatal", &["false"]),
            ("startup-fencing", &["false"]),
            ("concurrent-fencing", &["true"]),
            ("stonith-action", &["off"]),
            ("enable-startup-probes", &["false"]),
            (
                "placement-strategy",
                &["utilization", "minimal", "balanced"],
            ),
        ];
        for (name, values) in some {
            let chance = match *name {
                "no-quorum-policy" | "placement-strategy" => 25,
                "maintenance-mode" | "stop-all-resources" => 2,
                _ => 5,
            };
            if self.rng.chance(chance) {
                let value = self.rng.pick(values);
                self.with(|b| b.option(name, value));
            }
        }
        if self.odd() || self.rng.chance(5) {
            self.with(|b| b.quorum(false));
        }
        if self.rng.chance(40) {
            let value = self.rng.pick(&["1", "100", "INFINITY"]);
            self.with(|b| b.rsc_default("resource-stickiness", value));
        }
    }

    fn add_nodes(&mut self) {
        let count = 1 + self.rng.below(4);
        for number in 1..=count {
            let name = format!("n{number}");
            let mut node = Node::new(&name).capacity("cpu", 4);
            if self.rng.chance(50) {
                node = node.attribute("site", self.rng.pick(&["a", "b"]));
            }
            if self.rng.chance(20) {
                node = node.attribute("weight", self.rng.pick(&["5", "20", "-INFINITY"]));
            }
            if self.rng.chance(5) {
                let what = self.rng.pick(&["standby", "maintenance"]);
                node = node.attribute(what, "true");
            }
            let online = self.node_in_some_state(node);
            if online {
                self.online.push(name.clone());
            }
            self.nodes.push(name);
        }
        if self.rng.chance(80) {
            let dc = (1 + self.rng.below(count)).to_string();
            self.with(|b| b.attribute("dc-uuid", &dc));
        }
    }

    fn node_in_some_state(&mut self, node: Node) -> bool {
        let name = node.attrs.get("uname").expect("a name").to_owned();
        let kind = if self.rng.chance(80) {
            0
        } else {
            self.rng.below(10)
        };
        match kind {
            1 => self.with(|b| b.offline(node)),
            2 | 3 => self.with(|b| b.lost(node)),
            4 => self.with(|b| b.unseen(node)),
            5 => self.with(|b| {
                let pending = [
                    ("in_ccm", "true"),
                    ("crmd", "online"),
                    ("join", "pending"),
                    ("expected", "member"),
                ];
                b.node_in(node, &pending)
            }),
            6 => self.with(|b| {
                let down = [
                    ("in_ccm", "true"),
                    ("crmd", "offline"),
                    ("join", "down"),
                    ("expected", "member"),
                ];
                b.node_in(node, &down)
            }),
            _ => {
                self.with(|b| b.node(node));
                let mut transient = |name_of: &str, value: &str| {
                    self.with(|b| b.transient(&name, name_of, value));
                };
                match kind {
                    7 => transient("standby", "on"),
                    8 => transient("shutdown", "1699999990"),
                    9 => transient("maintenance", "true"),
                    _ => {}
                }
            }
        }
        matches!(kind, 0 | 3 | 6..=9)
    }

    fn add_resources(&mut self) {
        if self.fencing && self.rng.chance(90) {
            let mut fence = Primitive::new("fence", "stonith:fence_dummy");
            if self.rng.chance(50) {
                fence = fence.monitor("60s");
            }
            self.keep(Resource::from(fence.clone()), vec![fence]);
        }
        let count = 1 + self.rng.below(4);
        for number in 1..=count {
            let letter = char::from(b'a' + u8::try_from(number - 1).expect("few"));
            match self.rng.below(10) {
                0..=4 => {
                    let p = self.primitive(&letter.to_string(), false);
                    self.keep(Resource::from(p.clone()), vec![p]);
                }
                5 | 6 => {
                    let (group, members) = self.group(letter, false);
                    self.keep(Resource::from(group), members);
                }
                kind => self.add_clone(letter, kind == 9),
            }
        }
        let resources: Vec<Resource> = self.made.iter().map(|m| m.resource.clone()).collect();
        for resource in resources {
            self.with(|b| b.resource(resource));
        }
    }

    fn keep(&mut self, resource: Resource, primitives: Vec<Primitive>) {
        self.made.push(Made {
            resource,
            primitives,
            clone: false,
            promotable: false,
            unique: false,
        });
    }

    fn primitive(&mut self, id: &str, promotable: bool) -> Primitive {
        let agent = if promotable {
            "ocf:pacemaker:Stateful"
        } else {
            "ocf:pacemaker:Dummy"
        };
        let mut p = Primitive::new(id, agent);
        if self.rng.chance(20) {
            p = p.param("fake", self.rng.pick(&["one", "two"]));
        }
        if self.rng.chance(30) {
            p = p.needs("cpu", 1 + u32::try_from(self.rng.below(3)).expect("few"));
        }
        for (name, values) in PRIMITIVE_META {
            let chance = if *name == "priority" || *name == "resource-stickiness" {
                15
            } else {
                3
            };
            if self.rng.chance(chance) {
                p = p.meta(name, self.rng.pick(values));
            }
        }
        if self.rng.chance(75) {
            let mut monitor = Operation::new("monitor", "10s");
            if self.rng.chance(15) {
                monitor = monitor.set(
                    "on-fail",
                    self.rng
                        .pick(&["ignore", "block", "stop", "restart", "standby", "fence"]),
                );
            }
            p = p.operation(monitor);
        }
        if promotable && self.rng.chance(75) {
            let mut monitor = Operation::new("monitor", "11s").set("role", "Promoted");
            if self.rng.chance(20) {
                monitor = monitor.set("on-fail", "demote");
            }
            p = p.operation(monitor);
        }
        if self.rng.chance(5) {
            p = p.operation(Operation::new("monitor", "12s").set("role", "Stopped"));
        }
        for name in ["start", "stop", "promote", "demote"] {
            if self.rng.chance(4) {
                let on_fail = self
                    .rng
                    .pick(&["ignore", "block", "restart", "stop", "fence"]);
                p = p.operation(Operation::new(name, "0").set("on-fail", on_fail));
            }
        }
        p
    }

    fn group(&mut self, letter: char, promotable: bool) -> (Group, Vec<Primitive>) {
        let count = 1 + self.rng.below(3);
        let members: Vec<Primitive> = (1..=count)
            .map(|number| self.primitive(&format!("{letter}{number}"), promotable))
            .collect();
        let mut group = Group::new(&letter.to_string(), members.clone());
        for (name, values) in GROUP_META {
            if self.rng.chance(8) {
                group = group.meta(name, self.rng.pick(values));
            }
        }
        (group, members)
    }

    fn add_clone(&mut self, letter: char, promotable: bool) {
        let (inner, primitives) = if self.rng.chance(25) {
            let (group, members) = self.group(letter, promotable);
            (Resource::from(group), members)
        } else {
            let p = self.primitive(&letter.to_string(), promotable);
            (Resource::from(p.clone()), vec![p])
        };
        let id = format!("{letter}-clone");
        let mut clone = if promotable {
            Clone::promotable(&id, inner)
        } else {
            Clone::new(&id, inner)
        };
        let unique = self.rng.chance(10);
        if unique {
            clone = clone.meta("globally-unique", "true");
        }
        for (name, values) in CLONE_META {
            let chance = if *name == "interleave" { 40 } else { 12 };
            if (promotable || !name.starts_with("promoted")) && self.rng.chance(chance) {
                clone = clone.meta(name, self.rng.pick(values));
            }
        }
        self.made.push(Made {
            resource: clone.into(),
            primitives,
            clone: true,
            promotable,
            unique,
        });
    }

    fn some_id(&mut self) -> String {
        self.made[self.rng.below(self.made.len())].id().to_owned()
    }

    /// Two or three different resources.
    fn some_ids(&mut self) -> Vec<String> {
        let mut ids: Vec<String> = self.made.iter().map(|m| m.id().to_owned()).collect();
        while ids.len() > 3 || (ids.len() > 2 && self.rng.chance(40)) {
            ids.remove(self.rng.below(ids.len()));
        }
        if self.rng.chance(50) {
            ids.reverse();
        }
        ids
    }

    fn add_constraints(&mut self) {
        for _ in 0..self.rng.below(6) {
            match self.rng.below(10) {
                0..=2 => self.location(),
                3..=5 => self.colocation(),
                6..=8 => self.order(),
                _ => self.ticket(),
            }
        }
        if self.asymmetric {
            for id in self
                .made
                .iter()
                .map(|m| m.id().to_owned())
                .collect::<Vec<_>>()
            {
                for node in self.nodes.clone() {
                    if self.rng.chance(70) {
                        self.with(|b| b.constraint(Location::new(&id, &node, 10)));
                    }
                }
            }
        }
    }

    fn constrain(&mut self, constraint: impl Into<Constraint>) {
        self.with(|b| b.constraint(constraint));
    }

    fn location(&mut self) {
        let (id, score) = (self.some_id(), self.score());
        let node = self.rng.pick(&self.nodes);
        let mut location = match self.rng.below(10) {
            0..=5 => Location::new(&id, &node, score),
            6 => {
                let ids = self.some_ids();
                Location::of_set(
                    ResourceSet::of(ids.iter().map(String::as_str)),
                    &node,
                    score,
                )
            }
            _ => {
                let rule = self.rule();
                Location::by_rules(&id, [rule])
            }
        };
        if location.rules.is_empty() && self.rng.chance(10) {
            location = location.set("resource-discovery", self.rng.pick(&["never", "exclusive"]));
        }
        self.constrain(location);
    }

    fn rule(&mut self) -> Rule {
        let count = 1 + self.rng.below(2);
        let expressions: Vec<Expression> = (0..count).map(|_| self.expression()).collect();
        let rule = if self.rng.chance(50) {
            Rule::all(expressions)
        } else {
            Rule::any(expressions)
        };
        let rule = if self.rng.chance(15) {
            rule.set("score-attribute", "weight")
        } else {
            let score = self.score();
            rule.score(score)
        };
        if self.rng.chance(15) {
            rule.set(
                "role",
                self.rng.pick(&["Promoted", "Started", "Unpromoted"]),
            )
        } else {
            rule
        }
    }

    fn expression(&mut self) -> Expression {
        let name = self.rng.pick(&self.nodes);
        match self.rng.below(5) {
            0 => Expression::compare("#uname", "eq", &name),
            1 => Expression::compare("#uname", "ne", &name),
            2 => Expression::compare("site", self.rng.pick(&["eq", "ne"]), "a"),
            3 => Expression::compare("weight", self.rng.pick(&["lt", "gte"]), "10"),
            _ => Expression::defined("site"),
        }
    }

    fn colocation(&mut self) {
        let mut score = self.score();
        if self.rng.chance(40) {
            score = INFINITY;
        }
        let ids = self.some_ids();
        let mut colocation = match &ids[..] {
            [a, b] => Colocation::new(a, b, score),
            [a, b, c] => {
                let mut first = ResourceSet::of([a.as_str(), b.as_str()]);
                if self.rng.chance(40) {
                    first = first.set("sequential", "false");
                }
                if self.rng.chance(50) {
                    Colocation::of_sets([first, ResourceSet::of([c.as_str()])], score)
                } else {
                    Colocation::of_sets(
                        [ResourceSet::of([a.as_str(), b.as_str(), c.as_str()])],
                        score,
                    )
                }
            }
            _ => return,
        };
        if colocation.sets.is_empty() {
            let promotable = |id: &str| self.made.iter().any(|m| m.promotable && m.id() == id);
            let (of, with) = (promotable(&ids[0]), promotable(&ids[1]));
            if of && self.rng.chance(40) {
                colocation = colocation.set(
                    "rsc-role",
                    self.rng.pick(&["Promoted", "Unpromoted", "Started"]),
                );
            }
            if with && self.rng.chance(60) {
                colocation = colocation.set(
                    "with-rsc-role",
                    self.rng.pick(&["Promoted", "Promoted", "Unpromoted"]),
                );
            }
            if self.rng.chance(10) {
                colocation = colocation.set("node-attribute", "site");
            }
            if self.rng.chance(10) {
                colocation = colocation.set("influence", self.rng.pick(&["true", "false"]));
            }
        }
        self.constrain(colocation);
    }

    fn order(&mut self) {
        let ids = self.some_ids();
        let mut order = match &ids[..] {
            [a, b] => Order::new(a, b),
            [a, b, c] => {
                let mut first = ResourceSet::of([a.as_str(), b.as_str()]);
                if self.rng.chance(40) {
                    first = first.set("sequential", "false");
                    if self.rng.chance(50) {
                        first = first.set("require-all", "false");
                    }
                }
                Order::of_sets([first, ResourceSet::of([c.as_str()])])
            }
            _ => return,
        };
        match self.rng.below(10) {
            0 | 1 => order = order.set("kind", "Optional"),
            2 => order = order.set("kind", "Serialize"),
            3 => order = order.set("symmetrical", "false"),
            _ => {}
        }
        if order.sets.is_empty() {
            let promotable = |id: &str| self.made.iter().any(|m| m.promotable && m.id() == id);
            let (first, then) = (promotable(&ids[0]), promotable(&ids[1]));
            let clone = self.made.iter().any(|m| m.clone && m.id() == ids[0]);
            if first && self.rng.chance(60) {
                order = order.set("first-action", self.rng.pick(&["promote", "demote"]));
                order = order.set(
                    "then-action",
                    if then && self.rng.chance(50) {
                        "promote"
                    } else {
                        "start"
                    },
                );
            } else if self.rng.chance(6) {
                order = order
                    .set("first-action", "stop")
                    .set("then-action", self.rng.pick(&["start", "stop"]));
            }
            if clone && self.rng.chance(10) {
                order = order.set("require-all", "false");
            }
        }
        self.constrain(order);
    }

    fn ticket(&mut self) {
        let id = self.some_id();
        let mut ticket = Ticket::new(&id, "paris");
        if self.rng.chance(70) {
            ticket = ticket.set(
                "loss-policy",
                self.rng.pick(&["stop", "demote", "fence", "freeze"]),
            );
        }
        let promotable = self.made.iter().any(|m| m.promotable && m.id() == id);
        if promotable && self.rng.chance(40) {
            ticket = ticket.set("rsc-role", "Promoted");
        }
        self.constrain(ticket);
        if self.rng.chance(70) {
            let granted = self.rng.chance(60);
            self.with(|b| b.ticket("paris", granted));
        }
    }
}

const PRIMITIVE_META: &[(&str, &[&str])] = &[
    ("priority", &["1", "5", "10"]),
    ("resource-stickiness", &["0", "1", "50", "INFINITY"]),
    ("target-role", &["Stopped", "Started", "Unpromoted"]),
    ("is-managed", &["false"]),
    ("maintenance", &["true"]),
    ("migration-threshold", &["1", "2", "3", "1"]),
    ("failure-timeout", &["60s", "1h"]),
    (
        "multiple-active",
        &["block", "stop_only", "stop_unexpected"],
    ),
    ("allow-migrate", &["true", "true"]),
    ("critical", &["false"]),
    ("requires", &["nothing", "quorum", "fencing"]),
];

const GROUP_META: &[(&str, &[&str])] = &[
    ("priority", &["1", "5"]),
    ("resource-stickiness", &["50"]),
    ("target-role", &["Stopped"]),
    ("is-managed", &["false"]),
];

const CLONE_META: &[(&str, &[&str])] = &[
    ("interleave", &["true"]),
    ("clone-max", &["1", "2", "3"]),
    ("clone-node-max", &["2"]),
    ("ordered", &["true"]),
    ("notify", &["true"]),
    ("clone-min", &["1", "2"]),
    ("promoted-max", &["2"]),
    ("promoted-node-max", &["2"]),
    ("resource-stickiness", &["0", "10"]),
    ("target-role", &["Stopped", "Unpromoted"]),
    ("priority", &["5"]),
];

/// Whether an entry is one that ends in the state it names.
pub(crate) fn entry(operation: &str, interval_ms: u32, rc: i32) -> HistoryEntry {
    HistoryEntry::ended(operation, interval_ms, rc).at(NOW - 1000)
}
