//! The actions to carry out, and what each waits for.

mod order;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::action::Flow;
use crate::arena::ActionId;
use crate::state::Cluster;
use crate::xml::Text;

pub use order::Order;

/// Steps in the order in which they were planned.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// `RSC_TASK_INTERVAL`, or the name of an action of the cluster.
    pub key: String,
    /// What is done: `start`, `stop`, `monitor`, `stonith` …
    pub task: String,
    /// Milliseconds, 0 for what is done once.
    pub interval_ms: u32,
    /// The resource, with the number of an instance.
    pub resource: Option<Text>,
    /// The name that a history starts with, without the number of an anonymous instance.
    pub history: Option<Text>,
    /// The name that the histories of today use.
    pub known_as: Option<Text>,
    /// Class, provider and type of the resource's agent.
    pub agent: Option<(Text, Option<Text>, Text)>,
    /// Where.
    pub node: Option<Text>,
    /// How the node is fenced: `reboot`, `off`, `on`.
    pub fence: Option<String>,
    /// Nothing is executed.
    pub pseudo: bool,
    /// The exit code that is expected, of a monitor that is not expected to find it running.
    pub expects: i32,
    /// The digest of the parameters that the agent is given, where it is kept to see later whether they changed.
    pub digest: Option<Text>,
    /// The other end of a migration: source for `migrate_from`, target for `migrate_to`.
    pub peer: Option<Text>,
    /// Places within [`Graph::steps`] of what must be done before.
    pub waits_for: Vec<usize>,
    /// What the agent is told, if it was asked for.
    pub order: Option<Order>,
}

impl Graph {
    /// The places of all steps, so that each comes after what it waits for. A circle is broken at its first step.
    pub fn sequence(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.steps.iter().map(|s| s.waits_for.len()).collect();
        let mut followers: Vec<Vec<usize>> = alloc::vec![Vec::new(); self.steps.len()];
        for (i, s) in self.steps.iter().enumerate() {
            for w in &s.waits_for {
                followers[*w].push(i);
            }
        }
        let mut ready: alloc::collections::BTreeSet<usize> =
            (0..self.steps.len()).filter(|i| waiting[*i] == 0).collect();
        let mut done = alloc::vec![false; self.steps.len()];
        let mut out = Vec::new();
        while out.len() < self.steps.len() {
            let next = ready.pop_first().or_else(|| self.in_circle(&done));
            let Some(next) = next else { break };
            if core::mem::replace(&mut done[next], true) {
                continue;
            }
            out.push(next);
            for f in &followers[next] {
                waiting[*f] = waiting[*f].saturating_sub(1);
                if waiting[*f] == 0 && !done[*f] {
                    ready.insert(*f);
                }
            }
        }
        out
    }
}

impl Graph {
    /// A step that waits for itself in the end; only such are left.
    fn in_circle(&self, done: &[bool]) -> Option<usize> {
        let mut at = done.iter().position(|d| !d)?;
        let mut seen = alloc::collections::BTreeSet::new();
        while seen.insert(at) {
            let waits = &self.steps[at].waits_for;
            at = *waits.iter().find(|w| !done[**w]).unwrap_or(&at);
        }
        Some(at)
    }
}

impl Cluster<'_> {
    pub(crate) fn graph(&mut self, orders: bool) -> Graph {
        let mut places: BTreeMap<ActionId, usize> = BTreeMap::new();
        for id in self.actions.ids().collect::<Vec<_>>() {
            if self.emitted(id) {
                self.actions[id].dumped = true;
                places.insert(id, places.len());
            }
        }
        let steps = places
            .keys()
            .map(|id| {
                let mut step = self.step_of(*id);
                step.waits_for = self.waits(*id, &places);
                step.order = orders.then(|| self.order_of(*id)).flatten();
                step
            })
            .collect();
        Graph { steps }
    }

    /// Whether an action is carried out: it is required and can be.
    fn emitted(&self, id: ActionId) -> bool {
        let a = &self.actions[id];
        if !a.runnable || a.optional && !a.print_always {
            return false;
        }
        if let Some(rsc) = a.rsc {
            let recurring = a.interval_ms != 0;
            let r = &self.rscs[rsc];
            if !r.managed
                && !a.pseudo
                && !recurring
                && !a.is("monitor")
                && !a.is("cancel")
                && !a.is("clear_failcount")
            {
                return false;
            }
        }
        if a.pseudo || a.on_dc {
            return true;
        }
        let Some(node) = a.node else {
            return false;
        };
        let n = &self.nodes[node];
        if self.is_guest(node) && !n.remote_requires_reset {
            return true;
        }
        n.online && (!n.unclean || n.pending)
    }

    fn waits(&self, id: ActionId, places: &BTreeMap<ActionId, usize>) -> Vec<usize> {
        let a = &self.actions[id];
        let mut out: Vec<usize> = a
            .before
            .iter()
            .filter(|w| w.flow != Flow::NONE && self.counts(w.action, w.flow, id))
            .filter_map(|w| places.get(&w.action).copied())
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Orders that hold only under conditions.
    fn counts(&self, first: ActionId, flow: Flow, then: ActionId) -> bool {
        let (f, t) = (&self.actions[first], &self.actions[then]);
        if f.optional && !f.print_always {
            return false;
        }
        let same_node = f.node == t.node;
        if flow.has(Flow::ANTI_COLOCATION) || flow.has(Flow::SAME_NODE) {
            return same_node;
        }
        !flow.has(Flow::SERIALIZE)
    }

    fn step_of(&self, id: ActionId) -> Step {
        let a = &self.actions[id];
        let rsc = a.rsc.map(|r| &self.rscs[r]);
        let peer = a.rsc.and_then(|r| match &*a.task {
            "migrate_to" => self.rscs[r].assigned,
            "migrate_from" => self.rscs[r]
                .migrating
                .map(|(s, _)| s)
                .or(self.current_node(r)),
            _ => None,
        });
        Step {
            key: self.action_key(id),
            task: a.task.to_string(),
            interval_ms: a.interval_ms,
            resource: rsc.map(|r| r.id.clone()),
            history: rsc.map(|r| {
                if r.orphan && r.history_name.is_some() {
                    Text::from(r.history())
                } else if r.unique {
                    r.id.clone()
                } else {
                    Text::from(crate::state::strip(&r.id))
                }
            }),
            known_as: rsc.map(|r| {
                if r.unique {
                    r.id.clone()
                } else {
                    Text::from(r.history())
                }
            }),
            agent: rsc
                .filter(|r| r.is_primitive())
                .map(|r| (r.class.clone(), r.provider.clone(), r.agent.clone())),
            node: a.node.map(|n| self.nodes[n].uname.clone()),
            fence: a.fence_how.clone(),
            pseudo: a.pseudo,
            expects: a.expects.unwrap_or(0),
            digest: self.kept_digest(id),
            peer: peer.map(|n| self.nodes[n].uname.clone()),
            waits_for: Vec::new(),
            order: None,
        }
    }
}
