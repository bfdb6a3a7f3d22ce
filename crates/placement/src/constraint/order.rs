//! Orders.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use crate::action::{End, Flow, Task, task};
use crate::arena::RscId;
use crate::cib::value::{leading_integer, parse_bool, parse_score};
use crate::cib::{self, ResourceSet};
use crate::state::{Cluster, Kind};
use crate::xml::Attrs;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Optional,
    Mandatory,
    Serialize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Symmetry {
    /// This direction only.
    None,
    /// As written, the inverse comes in addition.
    Forward,
    /// The inverse.
    Inverse,
}

impl Cluster<'_> {
    pub(super) fn unpack_order(&mut self, o: &cib::Order) {
        let kind = kind_of(&o.attrs, None);
        let symmetrical = o
            .attrs
            .get("symmetrical")
            .and_then(parse_bool)
            .unwrap_or(kind != Kinds::Serialize);
        let symmetry = if symmetrical && kind != Kinds::Serialize {
            Symmetry::Forward
        } else {
            Symmetry::None
        };
        if !o.sets.is_empty() {
            self.order_sets(&o.sets, kind, symmetry);
            return;
        }
        let (Some(first), Some(then)) = (o.attrs.get("first"), o.attrs.get("then")) else {
            return;
        };
        let action = |name: &str, default: &str| {
            let mut attrs = Attrs::default();
            attrs.set("action", o.attrs.get(name).unwrap_or(default));
            if let Some(all) = o
                .attrs
                .get("require-all")
                .filter(|_| name == "first-action")
            {
                attrs.set("require-all", all);
            }
            attrs
        };
        let first_attrs = action("first-action", "start");
        let then_attrs = action("then-action", first_attrs.get("action").unwrap_or("start"));
        if let Some(sets) = self.tag_sets(first, &first_attrs, then, &then_attrs) {
            self.order_sets(&sets, kind, symmetry);
            return;
        }
        if let (Some(first), Some(then)) = (self.constraint_rsc(first), self.constraint_rsc(then)) {
            let tasks = (
                task::of(first_attrs.get("action").unwrap_or("start")),
                task::of(then_attrs.get("action").unwrap_or("start")),
            );
            self.order_pair(o, &(first, tasks.0), &(then, tasks.1), kind, symmetry);
        }
    }

    fn order_pair(
        &mut self,
        o: &cib::Order,
        first: &(RscId, Task),
        then: &(RscId, Task),
        kind: Kinds,
        symmetry: Symmetry,
    ) {
        // A deprecated wish of the second: to be restarted even by an order that is only a sequence.
        let restarts = kind == Kinds::Optional && self.rscs[then.0].restart_type;
        let mut flow = flow_of(kind, &first.1, symmetry);
        if restarts {
            flow |= Flow::IMPLIES_THEN;
        }
        let needed = self.needed_instances(first.0, &o.attrs);
        if needed > 0 {
            self.order_some_instances(o.attrs.id(), first, then, flow, needed);
        } else {
            self.order_tasks(first.0, first.1.clone(), then.0, then.1.clone(), flow);
        }
        if symmetry != Symmetry::Forward {
            return;
        }
        if let (Some(undo_then), Some(undo_first)) =
            (task::inverse(&then.1), task::inverse(&first.1))
        {
            let mut flow = flow_of(kind, undo_first, Symmetry::Inverse);
            if restarts {
                flow |= Flow::IMPLIES_FIRST;
            }
            self.order_tasks(
                then.0,
                Cow::Borrowed(undo_then),
                first.0,
                Cow::Borrowed(undo_first),
                flow,
            );
        }
    }

    /// How many instances of the first one are enough; 0 if all are needed.
    fn needed_instances(&self, first: RscId, attrs: &Attrs) -> u32 {
        let r = &self.rscs[first];
        if r.kind != Kind::Clone {
            return 0;
        }
        if let Some(min) = r.meta("clone-min") {
            return u32::try_from(leading_integer(min)).unwrap_or(0);
        }
        let all = attrs
            .get("require-all")
            .and_then(parse_bool)
            .unwrap_or(true);
        u32::from(!all)
    }

    fn order_some_instances(
        &mut self,
        id: &str,
        first: &(RscId, Task),
        then: &(RscId, Task),
        flow: Flow,
        needed: u32,
    ) {
        let met = self.pseudo(&format!("one-or-more:{id}"));
        self.actions[met].required_before = needed;
        self.actions[met].requires_any = true;
        for child in self.children(first.0) {
            self.order(
                End::task(child, first.1.clone()),
                End::Action(met),
                Flow::ONE_OR_MORE | Flow::THEN_PRINTED,
            );
        }
        self.order(
            End::Action(met),
            End::task(then.0, then.1.clone()),
            flow | Flow::RUNNABLE_LEFT,
        );
    }

    fn order_sets(&mut self, sets: &[ResourceSet], kind: Kinds, symmetry: Symmetry) {
        let mut last: Option<&ResourceSet> = None;
        for set in sets {
            self.order_within(set, kind, symmetry);
            if let Some(last) = last {
                self.order_between(last, set, kind, symmetry);
                if symmetry == Symmetry::Forward {
                    self.order_between(set, last, kind, Symmetry::Inverse);
                }
            }
            last = Some(set);
        }
    }

    fn order_within(&mut self, set: &ResourceSet, kind: Kinds, symmetry: Symmetry) {
        let kind = kind_of(&set.attrs, Some(kind));
        let action = task::of(set.attrs.get("action").unwrap_or("start"));
        let members = self.set_members(set);
        let flow = flow_of(kind, &action, symmetry);
        if kind == Kinds::Serialize {
            for (i, &first) in members.iter().enumerate() {
                for &then in &members[i + 1..] {
                    self.order_tasks(first, action.clone(), then, action.clone(), flow);
                }
            }
        } else if sequential(set) {
            for two in members.windows(2) {
                self.order_tasks(two[0], action.clone(), two[1], action.clone(), flow);
            }
        }
        if symmetry != Symmetry::Forward || !sequential(set) {
            return;
        }
        let Some(undo) = task::inverse(&action) else {
            return;
        };
        let flow = flow_of(kind, undo, Symmetry::Inverse);
        for two in members.windows(2) {
            self.order_tasks(
                two[1],
                Cow::Borrowed(undo),
                two[0],
                Cow::Borrowed(undo),
                flow,
            );
        }
    }

    fn order_between(
        &mut self,
        one: &ResourceSet,
        two: &ResourceSet,
        kind: Kinds,
        symmetry: Symmetry,
    ) {
        let inverse = symmetry == Symmetry::Inverse;
        let action = |set: &ResourceSet| {
            let written = task::of(set.attrs.get("action").unwrap_or("start"));
            if inverse {
                task::inverse(&written).map(Cow::Borrowed)
            } else {
                Some(written)
            }
        };
        let (Some(first), Some(then)) = (action(one), action(two)) else {
            return;
        };
        let flow = flow_of(kind, &first, symmetry);
        let all = one
            .attrs
            .get("require-all")
            .and_then(parse_bool)
            .unwrap_or(true);
        if !all && !inverse {
            self.order_any(one, &first, two, &then, flow);
            return;
        }
        let pick = |c: &Self, set: &ResourceSet, last: bool| -> Vec<RscId> {
            let members = c.set_members(set);
            if !sequential(set) {
                return members;
            }
            let one = if last {
                members.last()
            } else {
                members.first()
            };
            one.copied().into_iter().collect()
        };
        let firsts = pick(self, one, !inverse);
        let thens = pick(self, two, inverse);
        for f in firsts {
            for &t in &thens {
                self.order_tasks(f, first.clone(), t, then.clone(), flow);
            }
        }
    }

    /// One member of the first set is enough.
    fn order_any(
        &mut self,
        one: &ResourceSet,
        first: &Task,
        two: &ResourceSet,
        then: &Task,
        flow: Flow,
    ) {
        let met = self.pseudo(&format!("one-or-more:{}", one.attrs.id()));
        self.actions[met].requires_any = true;
        for f in self.set_members(one) {
            self.order(
                End::task(f, first.clone()),
                End::Action(met),
                Flow::ONE_OR_MORE | Flow::THEN_PRINTED,
            );
        }
        for t in self.set_members(two) {
            self.order(
                End::Action(met),
                End::task(t, then.clone()),
                flow | Flow::RUNNABLE_LEFT,
            );
        }
    }
}

fn sequential(set: &ResourceSet) -> bool {
    set.attrs
        .get("sequential")
        .and_then(parse_bool)
        .unwrap_or(true)
}

fn kind_of(attrs: &Attrs, default: Option<Kinds>) -> Kinds {
    match attrs.get("kind") {
        Some(k) if k.eq_ignore_ascii_case("optional") => Kinds::Optional,
        Some(k) if k.eq_ignore_ascii_case("serialize") => Kinds::Serialize,
        Some(_) => Kinds::Mandatory,
        None => match (attrs.get("score"), default) {
            (Some(s), _) if parse_score(s) == 0 => Kinds::Optional,
            (_, Some(d)) => d,
            _ => Kinds::Mandatory,
        },
    }
}

fn flow_of(kind: Kinds, first: &str, symmetry: Symmetry) -> Flow {
    match (kind, symmetry) {
        (Kinds::Optional, _) => Flow::OPTIONAL,
        (Kinds::Serialize, _) => Flow::SERIALIZE,
        (Kinds::Mandatory, Symmetry::None) => Flow::ASYMMETRICAL,
        (Kinds::Mandatory, Symmetry::Forward) if matches!(first, "start" | "promote") => {
            Flow::IMPLIES_THEN | Flow::RUNNABLE_LEFT
        }
        (Kinds::Mandatory, Symmetry::Forward) => Flow::IMPLIES_THEN,
        (Kinds::Mandatory, Symmetry::Inverse) => Flow::IMPLIES_FIRST,
    }
}
